"""Networks on links of the host, and VLANs that networks give to their nics, with a real guest."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.system.conftest import element, ok, refused
from tests.system.plugged import plug

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab import Lab
    from tests.system.conftest import Vm
    from tests.system.plugged import Plugged

pytestmark = pytest.mark.next

FAR = "10.78.0.1"


@pytest.fixture
def links(nets: Vm) -> Iterator[Lab]:
    """Three links of the host; what goes in at mt0 or mt1 comes out at mtf0 or mtf1, and mt2 is
    down."""
    if reason := nets.lab.lacks("macvtap"):
        pytest.skip(reason)
    lab = nets.lab
    for number in range(3):
        lab.sh(f"ip link add mt{number} type veth peer name mtf{number}")
        lab.sh(f"ip link set mtf{number} up")
    lab.sh(f"ip link set mt0 up; ip link set mt1 up; ip addr add {FAR}/24 dev mtf0")
    yield lab
    nets.strip()
    lab.sh("for n in 0 1 2; do ip link del mt$n; done")


@pytest.fixture
def lan(nets: Vm, links: Lab) -> Plugged:
    """A nic of the guest on a macvtap network of one link, with packets that flow."""
    ok(links.vnetmgr("create-network", "wan", "--mode", "macvtap", "--forward-dev", "mt0"))
    lan = plug(nets, "lan", "--network", "wan")
    lan.take("10.78.0.2/24")
    lan.reach(FAR)
    return lan


def live(lan: Plugged) -> str:
    return element(lan.vm.documents()[1], lan.mac)


def test_a_guest_on_a_macvtap_network(lan: Plugged) -> None:
    """It is shown, diagnosed, traced and drawn as on any other network; a pool changes while it
    runs, and a restart leaves the guest's macvtap alone."""
    vm, lab = lan.vm, lan.vm.lab
    nic = vm.nic("lan")
    assert (nic["mode"], nic["source"], nic["pending"], nic["orphan"]) == (
        *("network", "wan", [], False),
    )
    assert "<source network='wan' portid=" in live(lan)
    assert "dev='mt0' mode='bridge'" in live(lan)
    found = json.loads(lab.vnetmgr("doctor", f"{vm.name}/lan", "-o", "json").stdout)
    assert not [each for each in found["items"] if each["status"] == "broken"], found
    traced = json.loads(lab.vnetmgr("trace", f"{vm.name}/lan", FAR, "-o", "json").stdout)
    assert "mt0" in [hop["name"] for hop in traced["hops"]]
    drawn = json.loads(ok(lab.vnetmgr("topology", "-o", "json")))
    edges = {(each["source"], each["target"]) for each in drawn["edges"]}
    assert ("network:wan", "link:mt0") in edges

    pool = ("update-network", "wan", "--forward-dev")
    changed = lab.vnetmgr(*pool, "mt1", "--forward-dev", "mt2")
    assert "changed in config and live: forward_devs mt0 -> mt1,mt2" in ok(changed)
    assert "mt2 is down, and guests there reach nothing: ip link set mt2 up" in changed.stderr
    assert f"on link mt0 until their next start: {vm.name}/lan" in changed.stderr
    lan.reach(FAR)
    target = nic["target"]
    restarted = lab.vnetmgr("update-network", "wan", "--direct-mode", "vepa", "--allow", "restart")
    ok(restarted)
    assert f"on macvtap in mode bridge until their next start: {vm.name}/lan" in restarted.stderr
    lan.reach(FAR)
    assert vm.nic("lan")["target"] == target
    ok(lab.vnetmgr("restart-network", "wan"))
    lan.reach(FAR)
    assert "used by" in refused(lab.vnetmgr("stop-network", "wan"), 4)
    second = plug(vm, "second", "--network", "wan")
    assert any(f"dev='mt{n}' mode='vepa'" in live(second) for n in (1, 2))
    ok(vm("detach-nic", "second"))


def test_other_modes(lan: Plugged) -> None:
    vm, lab = lan.vm, lan.vm.lab
    bridged = ("update-network", "wan", "--mode", "bridge", "--bridge", "br0")
    changed = lab.vnetmgr(*bridged, "--allow", "restart")
    ok(changed)
    assert f"until their next start: {vm.name}/lan" in changed.stderr
    lan.reach(FAR)
    ok(lab.vnetmgr("create-network", "own", "--mode", "isolated"))
    own = plug(vm, "own", "--network", "own")
    macvtap = ("update-network", "own", "--mode", "macvtap", "--forward-dev", "mt1")
    said = refused(lab.vnetmgr(*macvtap, "--allow", "restart"), 4)
    assert f"cut off would be {vm.name}/own" in said
    assert own.bridge() == "virbr0"
    ok(vm("detach-nic", "own"))
    ok(lab.vnetmgr(*macvtap, "--allow", "restart"))
    assert "<forward dev='mt1' mode='bridge'>" in lab.conn.networkLookupByName("own").XMLDesc()


def test_a_link_has_one_passthrough(links: Lab) -> None:
    whole = ("--mode", "macvtap", "--forward-dev", "mt1")
    ok(links.vnetmgr("create-network", "whole", *whole, "--direct-mode", "passthrough"))
    said = refused(links.vnetmgr("create-network", "too", *whole), 4)
    assert "network whole has link mt1, and passthrough shares it with nobody" in said
    links.sh("ip addr flush dev mt0; ip addr add 10.79.0.1/24 dev mt0")
    taken = ("create-network", "taken", "--mode", "macvtap", "--forward-dev", "mt0")
    said = refused(links.vnetmgr(*taken, "--direct-mode", "passthrough"), 4)
    assert "the host would lose its way to 10.79.0.0/24 (link mt0)" in said


def test_vlans_of_a_network(nets: Vm) -> None:
    """A nic's own take the place of its portgroup's, and those of the network's."""
    if reason := nets.lab.lacks("openvswitch"):
        pytest.skip(reason)
    lab, switch = nets.lab, nets.lab.openvswitch("ovsbr0")
    on = ("--mode", "bridge", "--bridge", "ovsbr0", "--virtualport", "openvswitch")
    trunk = ("--vlan", "10", "--vlan", "20", "--native-vlan", "10")
    ok(lab.vnetmgr("create-network", "tagged", *on, *trunk, "--portgroup", "one,vlan=30"))
    for name, options, tag, trunks in (
        ("plain", (), "10", "[10, 20]"),
        ("grouped", ("--portgroup", "one"), "30", "[]"),
        ("own", ("--portgroup", "one", "--vlan", "40"), "40", "[]"),
    ):
        ok(nets("attach-nic", "--network", "tagged", "--name", name, *options))
        nic = nets.nic(name)
        assert nic["pending"] == []
        told = switch.vsctl(f"get port {nic['target']} tag trunks")
        assert told.splitlines() == [tag, trunks], name
    assert nets.nic("plain")["vlan"] == [10, 20]


def test_vlans_on_a_linux_bridge(nets: Vm) -> None:
    """This kernel filters none, whatever libvirt could: refused, with the other ways."""
    lab = nets.lab
    network = ("create-network", "tagged", "--mode", "bridge", "--bridge", "br0")
    for options in (("--vlan", "5"), ("--portgroup", "a,vlan=5")):
        said = refused(lab.vnetmgr(*network, *options), 4)
        assert "br0 is a Linux bridge, where this host tags none" in said
        assert "ip link add link eth0 name eth0.10 type vlan id 10" in said
    said = refused(nets("attach-nic", "--bridge", "br0", "--vlan", "5"), 4)
    assert "this host tags no VLANs there" in said
    assert lab.conn.listAllNetworks() == []
