"""A network is restarted under running guests: they keep their devices, and packets flow again."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.lab.waiting import eventually
from tests.system.conftest import BOTH, element, ok, refused
from tests.system.host import test_remote
from tests.system.on_networks import foreign_link
from tests.system.plugged import BRIDGE, Plugged, everything, make_network, plug
from tests.system.running import Running, held, one_error
from tests.system.stumble import PAUSED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab import Guest, Lab
    from tests.system.conftest import Vm

pytestmark = pytest.mark.next

far = test_remote.far

GATEWAY = "192.168.60.1"
MOVED = ("--subnet", "192.168.61.0/24")


@pytest.fixture
def lan(nets: Vm) -> Plugged:
    """A nic of the guest on the network lab, with packets that flow."""
    make_network(nets.lab, "lab")
    lan = plug(nets, "lan", "--network", "lab")
    lan.take("192.168.60.9/24")
    lan.reach(GATEWAY)
    return lan


@pytest.fixture
def idle(lan: Plugged) -> Iterator[Guest]:
    """A second guest on the network lab; it is paused, and never boots."""
    nic = (
        "<interface type='network'><mac address='52:54:00:00:60:01'/><source network='lab'/>"
        "<target dev='idle0'/><alias name='ua-lan'/></interface>"
    )
    guest = lan.vm.lab.guest("idle", nics=(nic,), memory_mib=32, paused=True, transient=True)
    yield guest
    guest.destroy()


def changes(printed: str) -> list[tuple[str, str, str]]:
    """What a report says was done: (action, object, name)."""
    listed = json.loads(printed)["changes"]
    assert {each["result"] for each in listed} <= {"done", "waiting"}
    return [(each["action"], each["object"], each["name"]) for each in listed]


def ports(lab: Lab, bridge: str = BRIDGE) -> set[str]:
    """The ports of a bridge."""
    return set(lab.sh(f"ls /sys/class/net/{bridge}/brif").split())


@dataclass(frozen=True, kw_only=True)
class Row:
    """A change that only a restart brings about, and where the guest is afterwards."""

    command: tuple[str, ...]
    says: str
    """What it says that it changes."""
    before: tuple[str, ...] = ()
    """An update that comes before."""
    address: str = "192.168.60.9/24"
    peer: str = GATEWAY
    bridge: str = BRIDGE
    device: tuple[str, str] = ("", "")
    """What libvirt shows differently in the nic's live element: of this, that."""


def update(*options: str) -> tuple[str, ...]:
    """A change of the network."""
    return ("update-network", "lab", *options)


ISOLATED = ("<target", "<port isolated='yes'/>\n      <target")
ROWS = {
    "subnet": Row(
        command=update(*MOVED),
        says="subnets 192.168.60.0/24 -> 192.168.61.0/24",
        address="192.168.61.9/24",
        peer="192.168.61.1",
    ),
    "nat to routed": Row(command=update("--mode", "routed"), says="mode nat -> routed"),
    "routed to isolated": Row(
        before=update("--mode", "routed"),
        command=update("--mode", "isolated"),
        says="mode routed -> isolated",
    ),
    "isolated to bridge": Row(
        before=update("--mode", "isolated"),
        command=update("--mode", "bridge", "--bridge", "br0"),
        says="mode isolated -> bridge",
        address="10.10.0.77/24",
        peer="10.10.0.1",
        bridge="br0",
        device=("type='network'", "type='bridge'"),
    ),
    "bridge to nat": Row(
        before=update("--mode", "bridge", "--bridge", "br0"),
        command=update("--mode", "nat", "--subnet", "192.168.60.0/24", "--bridge", "virbr61"),
        says="mode bridge -> nat",
        bridge="virbr61",
        device=("type='bridge'", "type='network'"),
    ),
    "bridge to another bridge": Row(
        before=update("--mode", "bridge", "--bridge", "br0"),
        command=update("--bridge", "br1"),
        says="bridge br0 -> br1",
        address="10.11.0.77/24",
        peer="10.11.0.1",
        bridge="br1",
    ),
    "mtu": Row(command=update("--mtu", "1400"), says="mtu - -> 1400"),
    "its own bridge's name": Row(
        command=update("--bridge", "virbr61"),
        says=f"bridge {BRIDGE} -> virbr61",
        bridge="virbr61",
    ),
    "dns domain": Row(command=update("--dns-domain", "lab.test"), says="dns_domain - -> lab.test"),
    "dhcp option": Row(
        command=update("--dhcp-option", "option:ntp-server,192.168.60.5"),
        says="dhcp_options - -> option:ntp-server,192.168.60.5",
    ),
    "isolated ports": Row(
        command=update("--isolated-ports"), says="isolated_ports - -> yes", device=ISOLATED
    ),
    "ports no longer isolated": Row(
        before=update("--isolated-ports"),
        command=update("--no-isolated-ports"),
        says="isolated_ports yes -> ",
        device=ISOLATED[::-1],
    ),
    "cname": Row(
        command=("add-dns-record", "lab", "--cname", "a.lab.test", "--target", "b.lab.test"),
        says="cname a.lab.test b.lab.test",
    ),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_what_only_a_restart_changes_is_refused_first_and_then_costs_no_device(
    lan: Plugged, row: Row
) -> None:
    lab = lan.vm.lab
    if row.before:
        ok(lab.vnetmgr(*row.before, "--allow", "restart"))
    before = everything(lab)
    said = refused(lab.vnetmgr(*row.command), 4)
    assert row.says in said
    assert "[restart]" in said
    assert "on it: q35/lan" in said
    assert everything(lab) == before

    device, carrier = lan.device(), lan.carrier_changes()
    done = ok(lab.vnetmgr(*row.command, "--allow", "restart", "-o", "json"))
    first, *repairs = json.loads(done)["changes"]
    assert first["disruption"] == "restart"
    assert [(each["action"], each["domain"], each["name"]) for each in repairs] == [
        ("repair", "q35", "lan")
    ]
    assert lan.device() == device.replace(*row.device) != ""
    assert lan.bridge() == row.bridge
    lan.take(row.address)
    lan.reach(row.peer)
    assert lan.carrier_changes() == carrier
    (nic,) = lan.vm.nics()
    assert (nic["orphan"], nic["pending"]) == (False, [])
    again = lab.vnetmgr(*row.command, "--allow", "restart", "-o", "json")
    assert changes(ok(again)) == []


def test_a_restart_by_itself_plugs_in_all_nics_on_the_bridge(lan: Plugged) -> None:
    lab = lan.vm.lab
    plain = plug(lan.vm, "plain", "--bridge", BRIDGE)
    before, carriers = everything(lab), [lan.carrier_changes(), plain.carrier_changes()]
    done = ok(lab.vnetmgr("restart-network", "lab", "-o", "json"))
    assert changes(done) == [
        ("restart", "network", "lab"),
        ("repair", "nic", "lan"),
        ("repair", "nic", "plain"),
    ]
    assert everything(lab) == before
    lan.reach(GATEWAY)
    lan.take("192.168.62.9/24")
    plain.take("192.168.60.10/24")
    plain.reach(GATEWAY)
    assert [lan.carrier_changes(), plain.carrier_changes()] == carriers


def test_a_dry_run_of_a_restart_names_the_nics_and_touches_nothing(lan: Plugged) -> None:
    before = everything(lan.vm.lab)
    done = ok(lan.vm.lab.vnetmgr("restart-network", "lab", "--dry-run", "-o", "json"))
    plan = json.loads(done)
    assert [(each["action"], each["name"]) for each in plan["changes"]] == [
        ("restart", "lab"),
        ("repair", "lan"),
    ]
    assert everything(lan.vm.lab) == before


def test_what_is_left_to_the_config_comes_with_a_later_restart(lan: Plugged) -> None:
    lab = lan.vm.lab
    before = everything(lab)
    result = lab.vnetmgr("update-network", "lab", *MOVED, "--config", "-o", "json")
    (change,) = json.loads(ok(result))["changes"]
    assert change["scope"] == ["config"]
    assert "unchanged until it is restarted" in result.stdout
    after = everything(lab)
    config, live, *state = after.networks["lab"]
    assert "address='192.168.61.1'" in config
    assert [live, *state] == list(before.networks["lab"][1:])
    assert (after.domains, after.ports) == (before.domains, before.ports)
    lan.reach(GATEWAY)

    device = lan.device()
    restart, _ = json.loads(ok(lab.vnetmgr("restart-network", "lab", "-o", "json")))["changes"]
    assert {
        (each["field"], each["before"], each["after"])
        for each in restart["fields"]
        if each["field"] == "subnets"
    } == {("subnets", "192.168.60.0/24", "192.168.61.0/24")}
    lan.take("192.168.61.9/24")
    lan.reach("192.168.61.1")
    assert lan.device() == device


def test_a_dnsmasq_that_does_not_start_brings_the_former_network_back(lan: Plugged) -> None:
    """dnsmasq alone knows the names of its options."""
    lab = lan.vm.lab
    before, carrier = everything(lab), lan.carrier_changes()
    command = update("--dhcp-option", "option:nonsense,1", "--allow", "restart", "-o", "json")
    said = refused(lab.vnetmgr(*command), 1)
    assert "bad dhcp-option" in said
    assert everything(lab) == before
    lan.reach(GATEWAY)
    assert lan.carrier_changes() == carrier


def test_a_bridge_name_taken_at_the_last_moment_brings_the_former_network_back(
    lan: Plugged,
) -> None:
    """Also where the config has waited for a restart, and goes on waiting."""
    lab = lan.vm.lab
    ok(lab.vnetmgr("update-network", "lab", *MOVED, "--config"))
    before = everything(lab)
    running = held(lab, *update("--bridge", "virbr61", "--allow", "restart"))
    with foreign_link(lab, "virbr61"):
        said = one_error(running.end(), 4)
    assert "bridge virbr61 is the name of a link that the host has already" in said
    assert everything(lab) == before
    lan.reach(GATEWAY)


def test_a_bridge_name_that_a_link_has_taken_since_is_refused_before_anything_stops(
    lan: Plugged,
) -> None:
    lab = lan.vm.lab
    ok(lab.vnetmgr(*update("--bridge", "virbr61", "--config")))
    before, carrier = everything(lab), lan.carrier_changes()
    with foreign_link(lab, "virbr61"):
        said = refused(lab.vnetmgr("restart-network", "lab"), 4)
    assert "bridge virbr61 is the name of a link that the host has already" in said
    assert "nothing was touched" in said
    assert everything(lab) == before
    assert lan.carrier_changes() == carrier


def test_renew_lets_guests_ask_for_addresses_of_the_new_subnet(agent_vm: Vm, nets: Vm) -> None:
    make_network(nets.lab, "lab")
    try:
        lan = plug(agent_vm, "lan", "--network", "lab")
        guest = agent_vm.guest

        def address(subnet: str) -> bool:
            return any(each.startswith(subnet) for each in guest.addresses(lan.mac))

        eventually(lambda: address("192.168.60."), "an address of the old subnet")
        carrier, device = lan.carrier_changes(), lan.device()
        command = update(*MOVED, "--allow", "restart", "--renew", "-o", "json")
        done = json.loads(ok(nets.lab.vnetmgr(*command)))["changes"]
        assert [each["disruption"] for each in done] == ["restart", "none", "link-flap"]
        eventually(lambda: address("192.168.61."), "an address of the new subnet")
        lan.reach("192.168.61.1")
        eventually(lambda: lan.carrier_changes() == carrier + 2, "the guest has seen both")
        assert lan.device() == device
    finally:
        agent_vm.strip()


def test_renew_leaves_links_that_are_down_on_purpose(lan: Plugged) -> None:
    carrier = lan.carrier_changes() + 1
    ok(lan.vm("update-nic", "lan", "--link", "down"))
    eventually(lambda: lan.carrier_changes() == carrier, "the guest has seen it")
    done = ok(lan.vm.lab.vnetmgr("restart-network", "lab", "--renew", "-o", "json"))
    assert changes(done) == [("restart", "network", "lab"), ("repair", "nic", "lan")]
    assert lan.vm.nic("lan")["link"] == "down"
    assert lan.carrier_changes() == carrier


def test_a_transient_network_is_restarted_as_it_runs(nets: Vm) -> None:
    lab = nets.lab
    lab.conn.networkCreateXML(
        f"<network><name>short</name><bridge name='{BRIDGE}' stp='off' delay='0'/>"
        f"<ip address='{GATEWAY}' netmask='255.255.255.0'/></network>"
    )
    lan = plug(nets, "lan", "--network", "short")
    before = everything(lab)
    ok(lab.vnetmgr("restart-network", "short"))
    assert everything(lab) == before
    lan.take("192.168.60.9/24")
    lan.reach(GATEWAY)


def test_a_paused_guest_is_plugged_in_again(lan: Plugged, idle: Guest) -> None:
    before = everything(lan.vm.lab)
    ok(lan.vm.lab.vnetmgr("restart-network", "lab"))
    assert "idle0" in ports(lan.vm.lab)
    assert everything(lan.vm.lab) == before


def test_a_guest_that_stops_meanwhile_is_no_failure(lan: Plugged, idle: Guest) -> None:
    lab = lan.vm.lab
    stumble = [sys.executable, "-m", "tests.system.stumble", "pause", "before", "4"]
    running = Running(lab, [*stumble, "restart-network", "lab"])
    assert running.until(PAUSED.strip())
    assert not lan.bridge()  # all is done but for plugging in
    idle.destroy()
    result = running.end()
    assert result.returncode == 0, result.stderr
    lan.reach(GATEWAY)


@pytest.fixture
def box(lan: Plugged) -> Iterator[str]:
    """A container on the network's bridge, as a runtime of containers plugs it in: its port."""
    lab = lan.vm.lab
    lab.sh(
        f"ip netns add box; ip link add c0 type veth peer name c1 netns box;"
        f"ip link set c0 master {BRIDGE} up;"
        f"ip -n box address add 192.168.60.7/24 dev c1; ip -n box link set c1 up"
    )
    yield "c0"
    lab.sh("ip netns del box; ip link del c0", check=False)


def test_a_containers_port_is_named_and_put_back(lan: Plugged, box: str) -> None:
    lab = lan.vm.lab
    lan.reach("192.168.60.7")
    before = everything(lab)
    plan = ok(lab.vnetmgr("restart-network", "lab", "--dry-run", "-o", "json"))
    assert any(box in note for note in json.loads(plan)["notes"])
    result = lab.vnetmgr("restart-network", "lab")
    ok(result)
    assert f"{box} of no guest of this libvirt: put back after the restart" in result.stderr
    assert everything(lab) == before
    lan.reach("192.168.60.7")


def test_from_afar_a_containers_port_is_in_the_way(lan: Plugged, box: str, far: str) -> None:
    lab = lan.vm.lab
    before = everything(lab)
    for command in (("restart-network", "lab"), update("--mtu", "1400", "--allow", "restart")):
        said = refused(lab.vnetmgr(*command, "-c", far), 4)
        assert box in said
        assert "cannot be put back over a remote connection" in said
        assert everything(lab) == before
    lab.sh(f"ip link set {box} nomaster")
    ok(lab.vnetmgr("restart-network", "lab", "-c", far))
    lan.reach(GATEWAY)


def test_a_portgroups_change_reaches_running_nics_by_a_re_plug_alone(lan: Plugged) -> None:
    lab = lan.vm.lab
    ok(lab.vnetmgr(*update("--portgroup", "name=slow,inbound=1mbit")))
    slow = plug(lan.vm, "slow", "--network", "lab", "--portgroup", "slow")
    own = plug(lan.vm, "own", "--network", "lab", "--portgroup", "slow", "--inbound", "3mbit")
    devices, carrier = [each.device() for each in (lan, own)], slow.carrier_changes()
    assert "average='125'" in slow.device()

    command = update("--portgroup", "name=slow,inbound=2mbit", "-o", "json")
    network, nic = json.loads(ok(lab.vnetmgr(*command)))["changes"]
    assert (network["object"], network["result"]) == ("network", "done")
    assert (nic["name"], nic["result"]) == ("slow", "waiting")
    assert nic["fields"] == [{"field": "inbound", "before": "1mbit", "after": "2mbit"}]
    assert "average='125'" in slow.device()

    assert changes(ok(lab.vnetmgr(*command, "--allow", "replug"))) == [("update", "nic", "slow")]
    assert "average='250'" in slow.device()
    assert slow.carrier_changes() == carrier
    assert [each.device() for each in (lan, own)] == devices
    assert changes(ok(lab.vnetmgr(*command, "--allow", "replug"))) == []


def test_a_rate_that_only_the_running_nic_has_survives(lan: Plugged) -> None:
    ok(lan.vm.lab.vnetmgr(*update("--portgroup", "name=all,inbound=2mbit,default")))
    ok(lan.vm("update-nic", "lan", "--inbound", "1mbit", "--live"))
    before = everything(lan.vm.lab)
    assert "average='125'" in lan.device()
    ok(lan.vm.lab.vnetmgr("restart-network", "lab"))
    assert everything(lan.vm.lab) == before


def classes(lab: Lab, link: str = BRIDGE) -> str:
    """What the kernel shapes a link's packets to."""
    return lab.sh(f"tc class show dev {link}")


def test_what_a_nic_is_guaranteed_is_a_part_of_what_its_network_has(nets: Vm) -> None:
    lab = nets.lab
    if reason := lab.lacks("sch_htb"):
        pytest.skip(reason)
    subnet = ("--mode", "isolated", "--subnet", "192.168.60.0/24", "--bridge", BRIDGE)
    ok(lab.vnetmgr("create-network", "lab", *subnet, "--inbound", "10mbit,peak=20mbit"))
    assert "rate 10Mbit ceil 20Mbit" in classes(lab)
    ok(nets("attach-nic", "--network", "lab", "--name", "a", "--inbound", "floor=12mbit"))
    assert "rate 12Mbit ceil 20Mbit" in classes(lab)
    # libvirt counts what a nic has and gets together, whatever of it changes.
    for options in (("--inbound", "8mbit,floor=16mbit"), ("--link", "down")):
        ok(nets("update-nic", "a", *options))
        assert "rate 16Mbit ceil 20Mbit" in classes(lab)
        assert "rate 4Mbit ceil 20Mbit" in classes(lab)  # what is left to the others
        assert nets.nic("a")["pending"] == []
    assert "rate 8Mbit ceil 8Mbit" in classes(lab, nets.nic("a")["target"])

    before = everything(lab)
    second = ("attach-nic", "--network", "lab", "--name", "b", "--inbound", "floor=5mbit")
    said = refused(nets(*second), 4)
    assert "can guarantee 20mbit, of which 16mbit are others': not 5mbit to q35/b" in said
    assert "floor=4mbit is left" in said
    said = refused(lab.vnetmgr(*update("--inbound", "15mbit", "--allow", "restart")), 4)
    assert "16mbit of it are guaranteed to q35/a" in said
    assert everything(lab) == before

    ok(lab.vnetmgr(*update("--inbound", "40mbit", "--allow", "restart")))
    assert "rate 16Mbit ceil 40Mbit" in classes(lab)
    ok(nets(*second))
    ok(nets("update-nic", "a", "--bridge", "br0"))
    assert "rate 16Mbit" not in classes(lab)
    assert "floor" not in element(nets.documents()[1], nets.nic("a")["mac"])


KINDS = {
    "floor": "<bandwidth><inbound average='1000' floor='200'/></bandwidth>",
    "only a floor": "<bandwidth><inbound floor='100'/></bandwidth>",
    "filter": "<filterref filter='clean-traffic'><parameter name='IP' value='192.168.60.5'/>"
    "</filterref>",
    "isolated": "<port isolated='yes'/>",
    "mtu": "<mtu size='1400'/>",
    "no link": "<link state='down'/>",
    "rates": "<bandwidth><inbound average='100'/><outbound average='200'/></bandwidth>",
}


def test_whatever_a_nic_has_it_has_afterwards(nets: Vm) -> None:
    lab = nets.lab
    make_network(
        lab,
        "lab",
        "<forward mode='nat'/><bandwidth><inbound average='100000'/></bandwidth>"
        "<portgroup name='slow'><bandwidth><inbound average='300'/></bandwidth></portgroup>"
        "<portgroup name='fast' default='yes'><bandwidth><outbound average='900'/></bandwidth>"
        "</portgroup>",
    )
    for name, inner in KINDS.items():
        nets.guest.domain.attachDeviceFlags(
            f"<interface type='network'><source network='lab'/><model type='virtio'/>{inner}"
            f"<alias name='ua-{name.replace(' ', '-')}'/></interface>",
            BOTH,
        )
    for portgroup in ("slow", "fast"):
        ok(nets("attach-nic", "--network", "lab", "--portgroup", portgroup, "--name", portgroup))
    before = everything(lab)
    done = ok(lab.vnetmgr("restart-network", "lab", "-o", "json"))
    assert changes(done)[0] == ("restart", "network", "lab")
    assert len(changes(done)) == 1 + len(KINDS) + 2
    assert everything(lab) == before
    assert not any(nic["orphan"] for nic in nets.nics())


def test_a_nic_that_names_only_the_bridge_is_named_when_that_goes(lan: Plugged) -> None:
    """libvirt's document of it says nothing of the network, and cannot be moved along."""
    plug(lan.vm, "plain", "--bridge", BRIDGE)
    lab = lan.vm.lab
    said = refused(lab.vnetmgr(*update("--bridge", "virbr61", "--allow", "restart")), 1)
    assert "1 of 2 nics could not be plugged in again" in said
    assert "q35/plain" in said
    lan.reach(GATEWAY)
    assert lan.bridge() == "virbr61"


def test_what_was_restarted_survives_a_restart_of_libvirtd(lan: Plugged) -> None:
    lab = lan.vm.lab
    ok(lab.vnetmgr(*update(*MOVED, "--allow", "restart")))
    before, device = everything(lab), lan.device()
    lab.restart_libvirtd()
    after = everything(lab)
    assert (after.networks, after.ports, lan.device()) == (before.networks, before.ports, device)
    lan.take("192.168.61.9/24")
    lan.reach("192.168.61.1")
