"""What libvirt has no element for (vectors), or one that only QEMU users know, on real guests."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import libvirt
import libvirt_qemu
import pytest

from tests.system.conftest import Vm, element, interfaces, ok, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab import Lab

pytestmark = pytest.mark.next

TAINTED = "tainted: custom device configuration"
VECTORS_2 = "<qemu:property name='vectors' type='unsigned' value='2'/>"
MSIX = 0x11


@pytest.fixture(scope="module")
def cold(lab: Lab) -> Iterator[Vm]:
    """A guest that may be started anew."""
    guest = lab.guest("cold", root_ports=6)
    yield Vm(lab, guest)
    guest.destroy()


@pytest.fixture
def own(cold: Vm) -> Iterator[Vm]:
    """That guest, without nics before and after."""
    yield cold
    cold.strip()


def start_again(vm: Vm) -> None:
    """A cold start."""
    vm.guest.domain.destroy()
    vm.guest.domain.create()
    vm.guest.wait_ready()


def msix_vectors(vm: Vm, mac: str) -> int:
    """The size of a nic's MSI-X table, as the guest reads it from its configuration space."""
    device = f"/sys/class/net/{vm.guest.link(mac)}/device/.."  # virtio's PCI device
    config = bytes.fromhex(vm.guest.sh(f"od -An -v -tx1 {device}/config").replace("\n", ""))
    place = config[0x34]
    while place and config[place] != MSIX:
        place = config[place + 1]
    assert place
    return (int.from_bytes(config[place + 2 : place + 4], "little") & 0x7FF) + 1


def interrupts(vm: Vm, mac: str) -> int:
    """How many of them the guest's driver uses."""
    device = f"/sys/class/net/{vm.guest.link(mac)}/device/.."
    return len(vm.guest.sh(f"ls {device}/msi_irqs").split())


def qom(vm: Vm, alias: str, name: str) -> Any:
    """A property of the device, from QEMU itself."""
    arguments = {"path": f"/machine/peripheral/{alias}", "property": name}
    command = json.dumps({"execute": "qom-get", "arguments": arguments})
    answer = libvirt_qemu.qemuMonitorCommand(vm.guest.domain, command, 0)
    return json.loads(answer)["return"]


def results(printed: str) -> list[tuple[str, list[str]]]:
    """(result, fields) of each change of a report."""
    changes = json.loads(printed)["changes"]
    return [
        (change["result"], [field["field"] for field in change["fields"]]) for change in changes
    ]


def test_vectors_wait_for_the_next_start_and_the_guest_then_sees_them(own: Vm) -> None:
    attach = ("attach-nic", "--bridge", "br0", "--name", "lan", "--vectors", "2")
    before = own.documents()
    said = refused(own(*attach), 4)
    assert "--allow taint" in said
    assert "tainted" in said
    assert "config only" in refused(own(*attach, "--allow", "taint", "--live"), 4)
    assert own.documents() == before

    done, waiting = results(ok(own(*attach, "--allow", "taint", "-o", "json")))
    assert done[0] == "done"
    assert "vectors" in done[1]
    assert waiting == ("waiting", ["vectors"])
    config, live = own.documents()
    assert VECTORS_2 in config
    assert "qemu:override" not in live
    nic = own.nic("lan")
    assert nic["pending"] == ["vectors"]
    assert msix_vectors(own, nic["mac"]) == 4  # QEMU's own number for one queue pair
    assert own.guest.dhcp(nic["mac"]).startswith("10.10.0.")
    # Once more, and nobody has to allow what is there.
    assert ok(own(*attach, "-o", "json"))
    assert own.documents()[0] == config
    assert TAINTED not in own.guest.domain.messages()

    start_again(own)
    assert TAINTED in own.guest.domain.messages()
    assert own.nic("lan")["pending"] == []
    assert msix_vectors(own, nic["mac"]) == 2
    assert own.guest.dhcp(nic["mac"]).startswith("10.10.0.")
    assert interrupts(own, nic["mac"]) == 2
    assert qom(own, "ua-lan", "vectors") == 2


def test_vectors_of_a_nic_that_is_there_change_move_and_go(own: Vm) -> None:
    own.guest.domain.attachDeviceFlags(
        "<interface type='bridge'><source bridge='br0'/><model type='virtio'/></interface>", 3
    )
    mac = own.nics()[0]["mac"]
    allowed = ("--vectors", "2", "--allow", "taint")
    assert "--name" in refused(own("update-nic", mac, *allowed), 4)
    ok(own("update-nic", mac, *allowed, "--name", "lan"))
    assert "<qemu:device alias='ua-lan'>" in own.documents()[0]
    again = results(ok(own("update-nic", "lan", "--vectors", "2", "-o", "json")))
    assert again == [("waiting", ["vectors"])]
    ok(own("update-nic", "lan", "--vectors", "8", "--mtu", "1400", "--allow", "taint,replug"))
    assert "value='8'" in own.documents()[0]
    assert "mtu size='1400'" in element(own.documents()[1], mac)
    ok(own("update-nic", "lan", "--name", "wan"))
    config = own.documents()[0]
    assert "<qemu:device alias='ua-wan'>" in config
    assert "ua-lan" not in config
    ok(own("update-nic", "wan", "--vectors", "none"))
    assert "qemu:" not in own.documents()[0]
    ok(own("update-nic", "wan", *allowed))
    ok(own("detach-nic", "wan"))
    assert "qemu:" not in own.documents()[0]
    assert interfaces(own.documents()[0]) == []


def test_a_new_domain_has_its_vectors_from_the_first_start(lab: Lab) -> None:
    nic = "bridge=br0,name=lan,vectors=2"
    command = ("create-domain", "made", "--memory", "64MiB", "--nic", nic, "--start")
    assert "--allow taint" in refused(lab.vnetmgr(*command), 4)
    ok(lab.vnetmgr(*command, "--allow", "taint"))
    domain = lab.conn.lookupByName("made")
    try:
        assert VECTORS_2 in domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)
        assert TAINTED in domain.messages()
        listed = json.loads(ok(lab.vnetmgr("list-nics", "made", "-o", "json")))["items"]
        assert [nic["pending"] for nic in listed] == [[]]
    finally:
        domain.destroy()
        domain.undefine()


EXTRA = (
    *("--extra", "driver.name=qemu", "--extra", "driver.rx_queue_size=1024"),
    *("--extra", "driver.host.csum=off", "--extra", "driver.host.gso=off"),
    *("--extra", "driver.guest.tso4=off", "--extra", "acpi.index=7"),
    *("--extra", "target.dev=mytap", "--extra", "tune.sndbuf=65536"),
)


def test_extra_reaches_the_guest(vm: Vm) -> None:
    ok(vm("attach-nic", "--bridge", "br0", "--name", "lan", *EXTRA))
    nic = vm.nic("lan")
    assert (nic["pending"], nic["target"]) == ([], "mytap")
    for document in vm.documents():
        found = element(document, nic["mac"])
        for part in (
            *("name='qemu'", "rx_queue_size='1024'", "csum='off' gso='off'", "tso4='off'"),
            *("<acpi index='7'/>", "<target dev='mytap'/>", "<sndbuf>65536</sndbuf>"),
        ):
            assert part in found, part
    assert qom(vm, "ua-lan", "rx_queue_size") == 1024
    assert qom(vm, "ua-lan", "csum") is False
    features = vm.guest.sh(f"cat /sys/class/net/{vm.guest.link(nic['mac'])}/device/features")
    assert features[0] == "0"  # VIRTIO_NET_F_CSUM
    assert features[7] == "0"  # VIRTIO_NET_F_GUEST_TSO4
    assert features[8] == "1"  # VIRTIO_NET_F_GUEST_TSO6, which nobody turned off
    assert vm.guest.dhcp(nic["mac"]).startswith("10.10.0.")
    again = vm("attach-nic", "--bridge", "br0", "--name", "lan", *EXTRA)
    assert again.returncode == 0
    assert "is there already" in again.stderr


def test_extra_changes_key_by_key_by_replug(vm: Vm) -> None:
    ok(vm("attach-nic", "--bridge", "br0", "--name", "lan", *EXTRA))
    one = ("update-nic", "lan", "--extra", "driver.rx_queue_size=512")
    config, live = results(ok(vm(*one, "-o", "json")))
    assert (config, live) == (("done", ["extra"]), ("waiting", ["extra"]))
    assert qom(vm, "ua-lan", "rx_queue_size") == 1024
    ok(vm(*one, "--allow", "replug"))
    assert qom(vm, "ua-lan", "rx_queue_size") == 512
    assert qom(vm, "ua-lan", "csum") is False
    assert vm.nic("lan")["target"] == "mytap"
    gone = ("--extra", "driver.host.csum=none", "--extra", "target.dev=none")
    ok(vm("update-nic", "lan", *gone, "--allow", "replug"))
    assert qom(vm, "ua-lan", "rx_queue_size") == 512
    assert qom(vm, "ua-lan", "csum") is True
    assert vm.nic("lan")["target"].startswith("vnet")
    assert vm.nic("lan")["pending"] == []


def test_what_cannot_be_plugged_in_is_refused_and_goes_to_the_config(vm: Vm) -> None:
    before = vm.documents()
    rom = ("attach-nic", "--bridge", "br0", "--name", "lan", "--extra", "rom.bar=off")
    said = refused(vm(*rom), 4)
    assert "rom.bar=off" in said
    assert "--config" in said
    assert vm.documents() == before
    ok(vm(*rom, "--config"))
    assert "<rom bar='off'/>" in vm.documents()[0]


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ("script.path=/bin/true", "for ethernet nics only"),
        ("ip.address=10.0.0.1", "only user mode"),
        ("target.dev=vnet7", "would drop it"),
        ("driver.rx_queue_size=300", "256, 512, 1024"),
    ],
)
def test_what_would_fail_or_be_ignored_is_refused(vm: Vm, extra: str, message: str) -> None:
    before = vm.documents()
    said = refused(vm("attach-nic", "--bridge", "br0", "--extra", extra), 2)
    assert message in said
    assert vm.documents() == before
