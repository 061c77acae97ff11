"""Devices of the host for guests: what can be proven without an SR-IOV card, and macvtap.

No machine that these tests run on has such a card. So vnetmgr looks at a made-up /sys (mounted for
it alone), and libvirtd, which sees the real one, says whether it takes the definitions.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import libvirt
import pytest

from tests.sysfs import VF0, VF1, make_sysfs
from tests.system.conftest import element, interfaces, ok, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from subprocess import CompletedProcess

    from tests.lab import Lab
    from tests.system.conftest import Vm

    On = Callable[..., CompletedProcess[str]]

pytestmark = pytest.mark.next

ADDRESS = "<address type='pci' domain='0x0000' bus='0x03' slot='0x10' function='0x1'/>"


@pytest.fixture
def with_card(lab: Lab, tmp_path: Path) -> On:
    """Runs vnetmgr on a machine that seems to have an SR-IOV card."""
    sysfs = make_sysfs(tmp_path / "sys")

    def run(*arguments: str) -> CompletedProcess[str]:
        script = 'mount --bind "$0" /sys && exec "$@"'
        enter = ["unshare", "-m", "sh", "-c", script, str(sysfs)]
        return lab.run([*enter, sys.executable, "-m", "vnetmgr", *arguments])

    return run


@pytest.fixture
def card(lab: Lab, tmp_path: Path) -> Iterator[None]:
    """The whole lab, libvirtd with it, seems to have an SR-IOV card."""
    lab.sh(f"mount --bind {make_sysfs(tmp_path / 'all')} /sys")
    yield
    lab.sh("umount --lazy /sys")  # libvirtd may be at a file there


@pytest.fixture
def pool(lab: Lab) -> Iterator[str]:
    """A network's name; what is made under it goes afterwards."""
    yield "vfs"
    for network in lab.conn.listAllNetworks():
        if network.name() == "vfs":
            if network.isActive():
                network.destroy()
            network.undefine()


@pytest.mark.parametrize("device", [VF1, "ens1v1"])
def test_a_device_in_the_config(
    lab: Lab, off: Callable[..., str], with_card: On, device: str
) -> None:
    name = off("hd")
    options = ("--hostdev", device, "--name", "vf", "--mac", "52:54:00:12:34:22", "--vlan", "42")
    ok(with_card("attach-nic", name, *options))
    (nic,) = interfaces(lab.conn.lookupByName(name).XMLDesc(0))
    for part in (
        "<interface type='hostdev' managed='yes'>",
        "<mac address='52:54:00:12:34:22'/>",
        f"<source>\n        {ADDRESS}\n      </source>",
        "<tag id='42'/>",
        "<alias name='ua-vf'/>",
    ):
        assert part in nic
    again = with_card("attach-nic", name, *options, "-o", "json")
    assert json.loads(ok(again))["changes"] == []
    listed = json.loads(ok(lab.vnetmgr("list-nics", name, "-o", "json")))["items"][0]
    assert (listed["mode"], listed["source"]) == ("hostdev", VF1)


def test_a_device_that_another_domain_has(off: Callable[..., str], with_card: On, lab: Lab) -> None:
    first, second = off("hd1"), off("hd2")
    ok(with_card("attach-nic", first, "--hostdev", VF1))
    said = refused(with_card("attach-nic", second, "--hostdev", VF1), 4)
    assert "domain hd1 has it (config)" in said
    ok(with_card("attach-nic", second, "--hostdev", VF0))
    items = json.loads(ok(with_card("list-host-devices", "-o", "json")))
    assert items["kind"] == "host-devices"
    found = {item["address"]: item for item in items["items"]}
    assert (found[VF1]["domain"], found[VF1]["assignable"]) == ("hd1", False)
    assert found[VF1]["reasons"] == ["domain hd1 has it"]
    assert found["0000:03:10.2"]["assignable"]
    assert "yes" in ok(with_card("list-host-devices"))
    ok(lab.vnetmgr("detach-nic", first, "nic0"))


def test_a_created_domain_with_a_device(lab: Lab, with_card: On) -> None:
    try:
        ok(with_card("create-domain", "hdnew", "--nic", f"hostdev={VF1},vlan=5"))
        (nic,) = interfaces(lab.conn.lookupByName("hdnew").XMLDesc(0))
        assert ADDRESS in nic
        assert "<tag id='5'/>" in nic
    finally:
        lab.conn.lookupByName("hdnew").undefine()


def test_a_device_that_is_not_there(lab: Lab, off: Callable[..., str]) -> None:
    said = refused(lab.vnetmgr("attach-nic", off("hd"), "--hostdev", VF1), 1)
    assert f"device {VF1} does not exist" in said


def test_libvirts_own_refusal_of_a_live_attach(vm: Vm, with_card: On) -> None:
    """libvirtd sees the real /sys, which has no such device: its error, and nothing left behind."""
    said = refused(with_card("attach-nic", vm.name, "--hostdev", VF1), 1)
    assert "host doesn't support passthrough of host PCI devices" in said
    assert "the host's IOMMU is off or vfio-pci is not loaded" in said
    assert [interfaces(document) for document in vm.documents()] == [[], []]


def test_a_pool(lab: Lab, off: Callable[..., str], card: None, pool: str) -> None:
    options = ("create-network", pool, "--mode", "hostdev", "--pf", "ens1")
    dry = json.loads(ok(lab.vnetmgr(*options, "--dry-run", "-o", "json")))
    assert [change["action"] for change in dry["changes"]] == ["create"]
    assert pool not in [network.name() for network in lab.conn.listAllNetworks()]
    ok(lab.vnetmgr(*options))
    network = lab.conn.networkLookupByName(pool)
    assert (network.isActive(), network.autostart()) == (1, 1)
    document = network.XMLDesc(libvirt.VIR_NETWORK_XML_INACTIVE)
    assert "<forward mode='hostdev' managed='yes'>" in document
    assert "<pf dev='ens1'/>" in document
    # libvirt found the virtual functions itself.
    assert network.XMLDesc(0).count("<address type='pci'") == 3
    assert json.loads(ok(lab.vnetmgr(*options, "-o", "json")))["changes"] == []
    assert "pf is ens1, asked for ens2" in refused(lab.vnetmgr(*options[:-1], "ens2"), 4)
    name = off("hd")
    ok(lab.vnetmgr("attach-nic", name, "--network", pool, "--vlan", "9"))
    assert f"network='{pool}'" in lab.conn.lookupByName(name).XMLDesc(0)


def test_a_pool_that_libvirt_cannot_start_is_not_left_behind(
    lab: Lab, with_card: On, pool: str
) -> None:
    """vnetmgr sees a card, libvirtd does not: it takes the definition and refuses the start."""
    said = refused(with_card("create-network", pool, "--mode", "hostdev", "--pf", "ens1"), 1)
    assert "No usable Vf's present on SRIOV PF ens1" in said
    assert "list-host-devices" in said
    assert pool not in [network.name() for network in lab.conn.listAllNetworks()]


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--mode", "nat", "--pf", "ens1"), 2, "--pf: a nat network has none"),
        (("--mode", "hostdev"), 2, "needs --pf"),
        (("--mode", "hostdev", "--pf", "ens2"), 4, "virtual functions are switched off"),
        (("--mode", "hostdev", "--pf", "lo"), 1, "belongs to no PCI network device"),
    ],
)
def test_a_pool_that_cannot_be(
    lab: Lab, with_card: On, pool: str, options: tuple[str, ...], code: int, message: str
) -> None:
    assert message in refused(with_card("create-network", pool, *options), code)
    assert pool not in [network.name() for network in lab.conn.listAllNetworks()]


def test_this_machines_own_devices(lab: Lab) -> None:
    listed = json.loads(ok(lab.vnetmgr("list-host-devices", "-o", "json")))
    assert all(item["assignable"] is not bool(item["reasons"]) for item in listed["items"])


def test_the_devices_of_another_host(lab: Lab) -> None:
    uri = lab.uri.replace("qemu+unix:", "qemu+ext:") + "&command=/bin/false"
    result = lab.vnetmgr("list-host-devices", "--connect", uri)
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    said = refused(lab.vnetmgr("list-host-devices", "--connect", "test:///default"), 1)
    assert "cannot be seen" in said


# macvtap


@pytest.fixture
def links(vm: Vm) -> Iterator[tuple[str, str]]:
    """A pair of links: what goes in at one comes out at the other."""
    if reason := vm.lab.lacks("macvtap"):
        pytest.skip(reason)
    vm.lab.sh("ip link add mv0 type veth peer name mv1 && ip link set mv0 up && ip link set mv1 up")
    yield "mv0", "mv1"
    vm.strip()
    vm.lab.sh("ip link del mv0")


@pytest.mark.parametrize("mode", ["bridge", "vepa", "private", "passthrough"])
def test_every_macvtap_mode(vm: Vm, links: tuple[str, str], mode: str) -> None:
    """The guest reaches what is behind the link, in each mode, and the same from both states."""
    link, far = links
    vm.lab.sh(f"ip addr add 10.77.0.1/24 dev {far}")
    ok(vm("attach-nic", "--direct", link, "--direct-mode", mode, "--name", "direct"))
    nic = vm.nic("direct")
    for document in vm.documents():
        assert f"<source dev='{link}' mode='{mode}'/>" in element(document, nic["mac"])
    seen = vm.lab.sh(f"ip -d link show {nic['target']}")
    assert f"mode {'passthru' if mode == 'passthrough' else mode}" in seen
    inside = vm.guest.link(nic["mac"])
    vm.guest.sh(f"ip link set {inside} up && ip addr add 10.77.0.2/24 dev {inside}")
    vm.guest.sh("ping -c 1 -W 15 10.77.0.1")
    ok(vm("detach-nic", "direct"))
    assert vm.nics() == []


def test_passthrough_of_the_hosts_own_link(vm: Vm, links: tuple[str, str]) -> None:
    link, _ = links
    vm.lab.sh(f"ip addr add 10.77.0.3/24 dev {link}")
    attach = ("attach-nic", "--direct", link, "--direct-mode")
    said = refused(vm(*attach, "passthrough"), 4)
    assert f"the host would lose its way to 10.77.0.0/24 (link {link})" in said
    ok(vm(*attach, "bridge", "--name", "first"))
    vm.lab.sh(f"ip addr del 10.77.0.3/24 dev {link}")
    ok(vm(*attach, "private", "--name", "second"))
    ok(vm("detach-nic", "first"))
    third = vm(*attach, "passthrough", "--name", "third")
    assert f"link {link} is in use by macvtap" in refused(third, 4)
