"""attach-nic on a real guest: each source, reached from inside; the same in both states; once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.lab import eventually
from tests.system.conftest import element, interfaces, ok, refused
from vnetmgr.model.qemu.models import NIC_MODELS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lab import Lab
    from tests.system.conftest import Vm

pytestmark = pytest.mark.next


def mac_alias_address(nic: str) -> list[str]:
    """The parts of a nic that have to be the same in config and live."""
    keep = ("<mac ", "<alias ", "<address type='pci'")
    return [line.strip() for line in nic.splitlines() if line.strip().startswith(keep)]


def assert_same_in_both(vm: Vm, mac: str) -> None:
    config, live = (element(document, mac) for document in vm.documents())
    assert mac_alias_address(config) == mac_alias_address(live)
    assert len(mac_alias_address(config)) == 3


def test_bridge(vm: Vm) -> None:
    ok(vm("attach-nic", "--bridge", "br0", "--name", "lan"))
    nic = vm.nic("lan")
    assert (nic["mode"], nic["source"], nic["model"]) == ("bridge", "br0", "virtio")
    assert nic["in_config"]
    assert nic["in_live"]
    assert nic["orphan"] is False
    assert_same_in_both(vm, nic["mac"])
    assert vm.guest.driver(nic["mac"]) == "virtio_net"
    assert vm.guest.dhcp(nic["mac"]).startswith("10.10.0.")
    assert vm.guest.fetch(vm.lab.lan("br0").address) == "hello from lan0"


def test_nat_makes_and_starts_the_network_once(vm: Vm) -> None:
    printed = ok(vm("attach-nic", "--nat", "--name", "out", "-o", "json"))
    made = [(change["object"], change["result"]) for change in json.loads(printed)["changes"]]
    network = vm.lab.conn.networkLookupByName("default")
    try:
        assert made == [("network", "done"), ("nic", "done")]
        assert network.isActive()
        assert network.autostart()
        mac = vm.nic("out")["mac"]
        assert_same_in_both(vm, mac)
        assert vm.guest.dhcp(mac).startswith("192.168.122.")
        vm.guest.sh("ping -c 1 -W 15 192.168.122.1")
        (address,) = vm.nic("out")["addresses"]
        assert address["origin"] == "lease"
        assert address["address"] in vm.guest.addresses(mac)
        again = json.loads(ok(vm("attach-nic", "--nat", "-o", "json")))
        assert again["changes"] == []
    finally:
        vm.strip()
        network.destroy()
        network.undefine()


def test_nat_starts_a_network_that_is_off_and_refuses_one_that_is_no_nat(vm: Vm) -> None:
    isolated = vm.lab.conn.networkDefineXML("<network><name>default</name></network>")
    assert "is isolated, not nat" in refused(vm("attach-nic", "--nat"), 4)
    isolated.undefine()
    nat = vm.lab.conn.networkDefineXML(
        "<network><name>default</name><forward mode='nat'/>"
        "<ip address='192.168.77.1' netmask='255.255.255.0'/></network>"
    )
    try:
        ok(vm("attach-nic", "--nat"))
        assert nat.isActive()
    finally:
        vm.strip()
        nat.destroy()
        nat.undefine()


def test_user_mode(vm: Vm) -> None:
    ok(vm("attach-nic", "--user", "--name", "net0"))
    mac = vm.nic("net0")["mac"]
    assert_same_in_both(vm, mac)
    assert vm.guest.dhcp(mac) == "10.0.2.15"
    vm.guest.sh("ping -c 1 -W 15 10.0.2.2")


def test_direct(vm: Vm) -> None:
    if reason := vm.lab.lacks("macvtap"):
        pytest.skip(reason)
    vm.lab.sh("ip link add mv0 type veth peer name mv1 && ip link set mv0 up && ip link set mv1 up")
    try:
        ok(vm("attach-nic", "--direct", "mv0", "--name", "direct"))
        nic = vm.nic("direct")
        assert (nic["mode"], nic["source"]) == ("direct", "mv0")
        live = element(vm.documents()[1], nic["mac"])
        assert "mode='bridge'" in live
        assert vm.guest.driver(nic["mac"]) == "virtio_net"
        ok(vm("detach-nic", "direct"))
    finally:
        vm.strip()
        vm.lab.sh("ip link del mv0")


def test_openvswitch(vm: Vm) -> None:
    if reason := vm.lab.lacks("openvswitch"):
        pytest.skip(reason)
    vm.lab.openvswitch("ovsbr0")
    assert "no Linux bridge" in refused(vm("attach-nic", "--bridge", "ovsbr0"), 1)
    ok(vm("attach-nic", "--bridge", "ovsbr0", "--virtualport", "openvswitch", "--name", "ovs"))
    nic = vm.nic("ovs")
    assert_same_in_both(vm, nic["mac"])
    assert nic["orphan"] is False
    assert vm.guest.dhcp(nic["mac"]).startswith("10.12.0.")
    pings = f"ping -c 3 -W 1 {vm.lab.lan('ovsbr0').address}"
    eventually(lambda: vm.guest.run(pings)[0] == 0, "packets")
    ok(vm("update-nic", "ovs", "--vlan", "10"))
    assert vm.nic("ovs")["vlan"] == [10]
    assert vm.nic("ovs")["pending"] == []
    # The switch goes by the flows that it has until it has looked through them.
    eventually(lambda: vm.guest.run(pings)[0] != 0, "three packets that do not arrive")
    ok(vm("update-nic", "ovs", "--vlan", "none"))
    eventually(lambda: vm.guest.run(pings)[0] == 0, "packets")


@pytest.mark.parametrize(
    "model",
    [
        *("virtio", "virtio-transitional", "virtio-non-transitional", "e1000e", "e1000"),
        *("e1000-82544gc", "e1000-82545em", "rtl8139", "vmxnet3", "pcnet"),
    ],
)
def test_models(vm: Vm, model: str) -> None:
    ok(vm("attach-nic", "--bridge", "br0", "--model", model, "--name", model))
    mac = vm.nic(model)["mac"]
    assert_same_in_both(vm, mac)
    known = NIC_MODELS[model]
    link = vm.guest.link(mac)
    device = f"/sys/class/net/{link}/device"
    vendor, product = known.pci_id.split(":") if known.pci_id else ("", "")
    assert vm.guest.driver(mac) == known.driver
    where = device if not model.startswith("virtio") else f"{device}/.."
    assert vm.guest.sh(f"cat {where}/vendor {where}/device").split() == [
        f"0x{vendor}",
        f"0x{product}",
    ]
    assert vm.guest.dhcp(mac).startswith("10.10.0.")


def test_every_option_arrives(vm: Vm) -> None:
    ok(
        vm(
            *("attach-nic", "--bridge", "br1", "--name", "full", "--mac", "5254.00ab.cdef"),
            *("--mtu", "1400", "--queues", "2", "--pci-address", "0000:09:00.0"),
            *("--link", "down", "--inbound", "8mbit", "--outbound", "1MB/s", "--boot-order", "3"),
            *("--filter", "clean-traffic", "--filter-param", "IP=10.11.0.77", "--isolated-port"),
        )
    )
    for document in vm.documents():
        nic = element(document, "52:54:00:ab:cd:ef")
        for part in (
            "<source bridge='br1'/>",
            "<inbound average='1000'/>",
            "<outbound average='1000'/>",
            "<filterref filter='clean-traffic'>",
            "<parameter name='IP' value='10.11.0.77'/>",
            "<mtu size='1400'/>",
            "queues='2'",
            "<link state='down'/>",
            "<boot order='3'/>",
            "<port isolated='yes'/>",
            "bus='0x09'",
            "<alias name='ua-full'/>",
        ):
            assert part in nic, part
    link = vm.guest.link("52:54:00:ab:cd:ef")
    assert vm.guest.sh(f"cat /sys/class/net/{link}/mtu").strip() == "1400"
    assert vm.nic("full")["link"] == "down"
    assert vm.nic("full")["pending"] == []


def test_a_second_run_does_nothing_and_says_so(vm: Vm) -> None:
    ok(vm("attach-nic", "--bridge", "br0", "--mtu", "1400"))
    before = vm.documents()
    result = vm("attach-nic", "--bridge", "br0", "--mtu", "1400")
    assert result.returncode == 0
    assert "nic nic0 (bridge br0) is there already" in result.stderr
    assert vm.documents() == before
    said = refused(vm("attach-nic", "--bridge", "br0", "--mtu", "1500"), 4)
    assert "mtu is 1400, asked for 1500" in said
    assert vm.documents() == before


def test_a_nic_that_someone_else_made_counts(vm: Vm) -> None:
    vm.guest.domain.attachDeviceFlags(
        "<interface type='bridge'><source bridge='br0'/><model type='virtio'/></interface>", 3
    )
    assert "is there already" in vm("attach-nic", "--bridge", "br0").stderr
    assert len(interfaces(vm.documents()[0])) == 1


def test_a_nic_that_is_in_one_state_is_completed(vm: Vm) -> None:
    ok(vm("attach-nic", "--bridge", "br0", "--name", "half", "--config"))
    assert not vm.nic("half")["in_live"]
    ok(vm("attach-nic", "--bridge", "br0"))
    nic = vm.nic("half")
    assert nic["in_live"]
    assert_same_in_both(vm, nic["mac"])


@pytest.mark.parametrize(("state", "other"), [("config", "live"), ("live", "config")])
def test_one_state_alone(vm: Vm, state: str, other: str) -> None:
    ok(vm("attach-nic", "--bridge", "br0", "--name", "one", f"--{state}"))
    nic = vm.nic("one")
    assert nic[f"in_{state}"]
    assert not nic[f"in_{other}"]


def test_wait_tells_configured_plugged_and_used_apart(vm: Vm, agent_vm: Vm) -> None:
    unused = vm("attach-nic", "--bridge", "br0", "--wait", "1", "-o", "json")
    assert unused.returncode == 1
    (facts,) = json.loads(unused.stdout)["facts"]
    assert (facts["configured"], facts["plugged"], facts["used"]) == (True, True, False)
    assert "the guest sent nothing through it" in unused.stderr
    printed = ok(agent_vm("attach-nic", "--bridge", "br0", "--wait", "120", "-o", "json"))
    (facts,) = json.loads(printed)["facts"]
    assert (facts["configured"], facts["plugged"], facts["used"]) == (True, True, True)
    assert "the guest sent" in facts["evidence"]
    agent_vm.strip()


def test_in_user_mode_only_an_agent_can_tell(vm: Vm, agent_vm: Vm) -> None:
    assert "not visible" in ok(vm("attach-nic", "--user", "--wait", "2"))
    printed = ok(agent_vm("attach-nic", "--user", "--wait", "120"))
    assert "used by the guest yes; it has 10.0.2.15 (agent)" in printed
    agent_vm.strip()


def test_without_a_slot_nothing_is_attempted(lab: Lab) -> None:
    """q35 as libvirt lays it out has one spare port; the second nic finds none."""
    guest = lab.guest("tight", paused=True)
    try:
        results = [
            lab.vnetmgr("attach-nic", "tight", "--bridge", "br0", "--name", f"n{number}")
            for number in range(6)
        ]
        first_refused = next(result for result in results if result.returncode)
        said = refused(first_refused, 4)
        assert "no free hot-plug slot for model virtio" in said
        assert "--config" in said
        assert "vnetmgr add-slots tight" in said
        config, live = (guest.domain.XMLDesc(flag) for flag in (2, 0))
        assert len(interfaces(config)) == len(interfaces(live))
        assert "conventional PCI slot" in refused(
            lab.vnetmgr(
                "attach-nic", "tight", "--bridge", "br0", "--model", "e1000", "--name", "x"
            ),
            4,
        )
    finally:
        guest.destroy()


def test_a_shut_off_domain_gets_it_in_the_config(lab: Lab, off: Callable[..., str]) -> None:
    name = off("cold")
    ok(lab.vnetmgr("attach-nic", name, "--bridge", "br0"))
    assert len(interfaces(lab.conn.lookupByName(name).XMLDesc(0))) == 1
    assert "does not run" in refused(lab.vnetmgr("attach-nic", name, "--user", "--live"), 4)


def test_a_transient_domain_gets_it_live(lab: Lab) -> None:
    guest = lab.guest("fleeting", root_ports=3, transient=True, paused=True)
    try:
        ok(lab.vnetmgr("attach-nic", "fleeting", "--bridge", "br0"))
        assert len(interfaces(guest.domain.XMLDesc(0))) == 1
        said = refused(lab.vnetmgr("attach-nic", "fleeting", "--user", "--config"), 4)
        assert "is transient" in said
    finally:
        guest.destroy()


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--bridge", "br9"), 1, "bridge br9 does not exist; bridges here: br0, br1"),
        (("--bridge", "br0", "--vlan", "5"), 4, "tags no VLANs"),
        (("--bridge", "br0", "--model", "virtoi"), 2, "Did you mean virtio"),
        (("--bridge", "br0", "--nat"), 2, "one source, not --bridge and --nat"),
        ((), 2, "a nic needs a source"),
        (("--bridge", "br0", "--mac", "01:00:5e:00:00:01", "--mtu", "9"), 2, "2 problems"),
        (("--bridge", "br0", "--name", "vnetmgr-x"), 2, "reserved"),
        (("--network", "nosuch"), 1, "network nosuch does not exist"),
        (("--direct", "nosuch"), 1, "link nosuch does not exist"),
        (("--bridge", "br0", "--filter", "clean-trafic"), 1, "clean-trafic"),
    ],
)
def test_bad_input_touches_nothing(
    vm: Vm, options: tuple[str, ...], code: int, message: str
) -> None:
    before = vm.documents()
    assert message in refused(vm("attach-nic", *options), code)
    assert vm.documents() == before


def test_dry_run_prints_the_plan_and_touches_nothing(vm: Vm) -> None:
    before = vm.documents()
    printed = json.loads(ok(vm("attach-nic", "--nat", "--dry-run", "-o", "json")))
    assert printed["kind"] == "plan"
    assert [(each["action"], each["object"]) for each in printed["changes"]] == [
        ("create", "network"),
        ("create", "nic"),
    ]
    assert vm.documents() == before
    assert "default" not in [each.name() for each in vm.lab.conn.listAllNetworks()]


def test_verbose_shows_the_exact_xml(vm: Vm) -> None:
    result = vm("attach-nic", "--bridge", "br0", "--name", "seen", "--verbose")
    assert "attachDeviceFlags of q35" in result.stderr
    assert "<alias name=" in result.stderr
    assert "ua-seen" in result.stderr


def test_a_template_of_the_users_own_is_used_and_judged_by_libvirts_schema(vm: Vm) -> None:
    template = vm.lab.directory / "config" / "vnetmgr" / "templates" / "nic" / "bridge.xml"
    template.parent.mkdir(parents=True)
    here = {"XDG_CONFIG_HOME": str(vm.lab.directory / "config")}
    attach = ("attach-nic", vm.name, "--bridge", "br0", "--name", "mine")
    whole = "<interface type='bridge'><source/><model type='e1000e'/>{}</interface>"
    template.write_text(whole.format("<coalesce><rx><frames max='7'/></rx></coalesce>"))
    ok(vm.lab.vnetmgr(*attach, env=here))
    nic = element(vm.documents()[0], vm.nic("mine")["mac"])
    assert "e1000e" in nic
    assert "frames max='7'" in nic
    vm.strip()
    template.write_text(whole.format("<frames max='7'/>"))
    said = refused(vm.lab.vnetmgr(*attach, env=here), 2)
    assert "frames" in said
    assert "problems:" not in said  # in both states, and told once
    assert str(template) in said
    assert vm.nics() == []
