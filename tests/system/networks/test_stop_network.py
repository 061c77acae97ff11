"""stop-network and delete-network: never under running guests unasked, and never for good."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.system.conftest import ok, refused
from tests.system.plugged import BRIDGE, Plugged, everything, make_network, plug

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.lab import Lab
    from tests.system.conftest import Vm

pytestmark = pytest.mark.next

GATEWAY = "192.168.60.1"
NIC = (
    "<interface type='network'><mac address='52:54:00:00:60:01'/><source network='lab'/>"
    "<target dev='idle0'/><alias name='ua-lan'/></interface>"
)


@pytest.fixture
def used(nets: Vm) -> Iterator[Plugged]:
    """A nic on the network lab, with packets that flow; there are three more users."""
    lab = nets.lab
    make_network(lab, "lab")
    lan = plug(nets, "lan", "--network", "lab")
    plug(nets, "plain", "--bridge", BRIDGE)
    lan.take("192.168.60.9/24")
    lan.reach(GATEWAY)
    idle = lab.guest("idle", nics=(NIC,), memory_mib=32, paused=True, transient=True)
    lab.sh(f"ip link add c0 type veth peer name c1; ip link set c0 master {BRIDGE}")
    yield lan
    lab.sh("ip link del c0")
    idle.destroy()


def notes(printed: str) -> str:
    """What a report says besides its changes."""
    return "\n".join(json.loads(printed)["notes"])


def networks(lab: Lab) -> dict[str, bool]:
    """Whether each network runs."""
    return {each.name(): bool(each.isActive()) for each in lab.conn.listAllNetworks()}


@pytest.mark.parametrize("command", ["stop-network", "delete-network"])
def test_under_running_guests_it_is_refused_and_all_of_them_are_named(
    used: Plugged, command: str
) -> None:
    lab = used.vm.lab
    before = everything(lab)
    said = refused(lab.vnetmgr(command, "lab"), 4)
    for user in ("q35/lan", "q35/plain", "idle/lan", "port c0"):
        assert user in said
    assert "--force" in said
    assert everything(lab) == before
    used.reach(GATEWAY)


def test_forced_it_says_who_is_cut_off_and_a_start_plugs_them_in_again(used: Plugged) -> None:
    lab = used.vm.lab
    before, carrier = everything(lab), used.carrier_changes()
    said = notes(ok(lab.vnetmgr("stop-network", "lab", "--force", "-o", "json")))
    assert "cut off until it starts again: " in said
    for user in ("q35/lan", "q35/plain", "idle/lan"):
        assert user in said
    assert "c0 of no guest of this libvirt: unplugged, for good" in said
    assert networks(lab) == {"lab": False}
    assert not used.reaches(GATEWAY)

    report = json.loads(ok(lab.vnetmgr("start-network", "lab", "-o", "json")))
    done = [(each["action"], each["domain"], each["name"]) for each in report["changes"]]
    assert done[0] == ("start", None, "lab")
    assert sorted(done[1:]) == [
        ("repair", "idle", "lan"),
        ("repair", "q35", "lan"),
        ("repair", "q35", "plain"),
    ]
    after = everything(lab)
    assert (after.domains, after.networks) == (before.domains, before.networks)
    assert after.ports == before.ports.replace(f"c0/brport/bridge {BRIDGE}\n", "")
    used.reach(GATEWAY)
    assert used.carrier_changes() == carrier


def test_a_network_made_again_plugs_in_the_guests_that_still_name_it(used: Plugged) -> None:
    lab = used.vm.lab
    devices, carrier = used.device(), used.carrier_changes()
    said = notes(ok(lab.vnetmgr("delete-network", "lab", "--force", "-o", "json")))
    assert "q35/lan" in said
    assert networks(lab) == {}
    assert used.vm.nic("lan")["orphan"] is True
    create = ("create-network", "lab", "--subnet", "192.168.60.0/24", "--bridge", BRIDGE)
    report = json.loads(ok(lab.vnetmgr(*create, "-o", "json")))
    assert sorted(each["action"] for each in report["changes"]) == ["create", *3 * ["repair"]]
    assert used.device() == devices
    used.take("192.168.60.9/24")  # it knows the gateway by the former bridge's MAC
    used.reach(GATEWAY)
    assert used.carrier_changes() == carrier
    assert not any(nic["orphan"] for nic in used.vm.nics())


def test_a_network_that_nobody_uses_just_stops_and_goes(nets: Vm, off: Callable[..., str]) -> None:
    """Guests that are off use nothing: they are in the way of no stop, only of a deletion."""
    lab = nets.lab
    make_network(lab, "lab")
    make_network(lab, "other", bridge="virbr61", subnet="192.168.61")
    off("asleep", "<interface type='network'><source network='lab'/></interface>")
    plug(nets, "lan", "--network", "other")
    ok(lab.vnetmgr("stop-network", "lab"))
    assert networks(lab) == {"lab": False, "other": True}
    assert json.loads(ok(lab.vnetmgr("stop-network", "lab", "-o", "json")))["changes"] == []
    ok(lab.vnetmgr("start-network", "lab"))
    assert networks(lab) == {"lab": True, "other": True}
    said = refused(lab.vnetmgr("delete-network", "lab"), 4)
    assert "needed by asleep/52:54:" in said
    assert "(off)" in said
    assert "cannot start" in notes(
        ok(lab.vnetmgr("delete-network", "lab", "--force", "-o", "json"))
    )
    assert networks(lab) == {"other": True}
    assert "does not exist" in refused(lab.vnetmgr("delete-network", "lab"), 1)


def test_what_a_cut_off_restart_left_goes_with_the_network(nets: Vm) -> None:
    lab = nets.lab
    make_network(lab, "lab")
    hop = "<network><name>vnetmgr-hop-lab</name><bridge name='vnetmgr-hop%d'/></network>"
    for command in ("stop-network", "stop-network", "delete-network"):
        lab.conn.networkCreateXML(hop)
        ok(lab.vnetmgr(command, "lab"))
        assert "vnetmgr-hop-lab" not in networks(lab)
    assert networks(lab) == {}


def test_a_saved_guest_is_named_by_what_its_save_has(nets: Vm) -> None:
    """It is restored as it was, whatever its config says by now."""
    lab = nets.lab
    make_network(lab, "lab")
    saved = lab.guest("saved", nics=(NIC,), memory_mib=32, paused=True)
    try:
        lab.conn.networkLookupByName("lab").setAutostart(0)
        saved.domain.managedSave()
        config = saved.domain.XMLDesc().replace("network='lab'", "network='other'")
        lab.conn.defineXML(config)
        said = refused(lab.vnetmgr("delete-network", "lab"), 4)
        assert "needed by saved/lan (saved): without it they do not start" in said
        saved.domain.managedSaveRemove()
        ok(lab.vnetmgr("delete-network", "lab"))
    finally:
        lab.conn.lookupByName("saved").undefine()


def test_a_transient_network_stops_for_good_and_starts_with_no_host(nets: Vm) -> None:
    lab = nets.lab
    lab.conn.networkCreateXML(f"<network><name>short</name><bridge name='{BRIDGE}'/></network>")
    before = everything(lab)
    said = refused(lab.vnetmgr("update-network", "short", "--autostart"), 4)
    assert "network short is transient" in said
    assert everything(lab) == before
    ok(lab.vnetmgr("update-network", "short", "--no-autostart"))
    ok(lab.vnetmgr("stop-network", "short"))
    assert networks(lab) == {}
