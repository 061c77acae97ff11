"""Addresses that a network keeps for a guest: given by its DHCP at once, and for good."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.waiting import eventually
from tests.system.conftest import ok, refused
from tests.system.plugged import Plugged, everything, plug

if TYPE_CHECKING:
    from subprocess import CompletedProcess

    from tests.lab import Lab
    from tests.system.conftest import Vm

pytestmark = pytest.mark.next

GATEWAY, MINE, NEXT = "192.168.60.1", "192.168.60.10", "192.168.60.11"
OTHER, OTHERS = "52:54:00:60:00:99", "192.168.60.20"
DUID = "00:03:00:01:52:54:00:60:00:06"
NETWORK = """
<network>
  <name>lab</name>
  <forward mode='nat'/>
  <bridge name='virbr60' stp='off' delay='0'/>
  <domain name='lab.test'/>
  <ip address='192.168.60.1' netmask='255.255.255.0'>
    <dhcp><range start='192.168.60.100' end='192.168.60.199'/></dhcp>
  </ip>
  <ip address='192.168.61.1' netmask='255.255.255.0'/>
  <ip family='ipv6' address='fd00:60::1' prefix='64'>
    <dhcp><range start='fd00:60::100' end='fd00:60::1ff'/></dhcp>
  </ip>
</network>"""


@pytest.fixture
def net(nets: Vm) -> Lab:
    """The network lab, which runs, without reservations."""
    nets.lab.conn.networkDefineXML(NETWORK).create()
    return nets.lab


@pytest.fixture
def lan(nets: Vm, net: Lab) -> Plugged:
    """A nic of the guest on it."""
    return plug(nets, "lan", "--network", "lab")


def reserve(lab: Lab, *words: str) -> CompletedProcess[str]:
    return lab.vnetmgr("reserve-address", "lab", *words)


def release(lab: Lab, *words: str) -> CompletedProcess[str]:
    return lab.vnetmgr("release-address", "lab", *words)


def virsh_update(lab: Lab, xml: str, *, ip: int = 0, states: str = "--live --config") -> None:
    """Add a reservation by virsh."""
    lab.sh(f'virsh net-update lab add ip-dhcp-host "{xml}" --parent-index {ip} {states}')


def reservations(lab: Lab) -> tuple[list[str], list[str]]:
    """The reservations in libvirt's config and in its live document, each on one line."""
    return (
        _hosts(lab.sh("virsh net-dumpxml lab --inactive")),
        _hosts(lab.sh("virsh net-dumpxml lab")),
    )


def _hosts(document: str) -> list[str]:
    found = re.findall(r"<host [^>]*/>|<host .*?</host>", document, re.DOTALL)
    return [re.sub(r">\s+<", "><", each) for each in found]


def by_mac(mac: str, address: str) -> str:
    return f"<host mac='{mac}' ip='{address}'/>"


def changes(result: CompletedProcess[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(ok(result))["changes"]
    return found


def leases(lab: Lab) -> dict[str, dict[str, Any]]:
    """What list-leases says, by address."""
    listed = json.loads(ok(lab.vnetmgr("list-leases", "lab", "-o", "json")))
    assert listed["kind"] == "leases"
    return {each["address"]: each for each in listed["items"]}


def dnsmasq(lab: Lab) -> str:
    """The process that gives the network its addresses."""
    return lab.sh("cat /run/libvirt/network/lab.pid")


def test_the_guest_gets_it_at_once_and_after_every_restart(lan: Plugged) -> None:
    lab, guest = lan.vm.lab, lan.vm.guest
    before = dnsmasq(lab)
    said = ok(reserve(lab, "q35/lan", MINE))
    assert f"address lab/{lan.mac}: added in config and live: {MINE}, q35/lan" in said
    kept = [by_mac(lan.mac, MINE)]
    assert reservations(lab) == (kept, kept)
    assert dnsmasq(lab) == before
    assert guest.dhcp(lan.mac) == MINE
    ok(lab.vnetmgr("restart-network", "lab"))
    assert reservations(lab) == (kept, kept)
    assert guest.dhcp(lan.mac) == MINE
    lab.restart_libvirtd()
    assert reservations(lab) == (kept, kept)
    assert guest.dhcp(lan.mac) == MINE


def test_without_an_address_it_keeps_the_lease(lan: Plugged) -> None:
    lab = lan.vm.lab
    said = refused(reserve(lab, "q35/lan"), 4)
    assert f"q35/lan ({lan.mac}) has no lease now, so there is no address to take" in said
    assert reservations(lab) == ([], [])
    address = lan.vm.guest.dhcp(lan.mac)
    result = reserve(lab, "q35/lan")
    ok(result)
    assert "moves to" not in result.stderr
    kept = [by_mac(lan.mac, address)]
    assert reservations(lab) == (kept, kept)


def test_a_guest_with_another_lease_moves_when_it_asks_again(lan: Plugged) -> None:
    lab, guest = lan.vm.lab, lan.vm.guest
    held = guest.dhcp(lan.mac)
    result = reserve(lab, "q35/lan", MINE)
    ok(result)
    assert f"holds {held} now and moves to {MINE} at its next renewal" in result.stderr
    assert guest.addresses(lan.mac) == [held]
    assert guest.dhcp(lan.mac) == MINE

    ok(release(lab, "q35/lan"))
    assert reservations(lab) == ([], [])
    assert guest.addresses(lan.mac) == [MINE]
    lan.reach(GATEWAY)
    assert leases(lab)[MINE]["reserved"] is False


@pytest.mark.parametrize("form", ["q35/lan", "q35", "q35/{mac}", "{mac}"])
def test_a_client_is_a_nic_or_a_mac(lan: Plugged, form: str) -> None:
    before = everything(lan.vm.lab)
    client = form.format(mac=lan.mac)
    (change,) = changes(reserve(lan.vm.lab, client, MINE, "--dry-run", "-o", "json"))
    assert (change["action"], change["object"], change["name"], change["scope"]) == (
        "create",
        "address",
        f"lab/{lan.mac}",
        ["config", "live"],
    )
    assert everything(lan.vm.lab) == before


def test_a_domain_with_two_nics_on_it_has_to_name_one(lan: Plugged) -> None:
    plug(lan.vm, "own", "--bridge", "virbr60")
    said = refused(reserve(lan.vm.lab, "q35", MINE), 4)
    assert "2 nics on network lab: lan (network lab), own (bridge virbr60)" in said
    plug(lan.vm, "up", "--bridge", "br0")
    said = refused(reserve(lan.vm.lab, "q35/up", MINE), 4)
    assert "nic q35/up (bridge br0) is not on network lab" in said
    assert reservations(lan.vm.lab) == ([], [])


def test_what_is_anothers_is_refused_and_named(lan: Plugged) -> None:
    lab = lan.vm.lab
    held = lan.vm.guest.dhcp(lan.mac)
    virsh_update(lab, f"<host mac='{OTHER}' name='web' ip='{OTHERS}'/>")
    virsh_update(lab, f"<host mac='{OTHER[:-2]}98' ip='192.168.60.21'/>", states="--config")
    virsh_update(lab, f"<host id='{DUID}' ip='fd00:60::20'/>", ip=2)
    before = everything(lab)
    ours = "52:54:00:60:00:01"
    table = {
        (ours, OTHERS): f"{OTHERS} is reserved for {OTHER} already",
        (ours, "192.168.60.21"): f"192.168.60.21 is reserved for {OTHER[:-2]}98 already",
        (ours, held): f"{held} is leased to {lan.mac} now",
        (ours, MINE, "--hostname", "web"): f"web belongs to the reservation of {OTHER} ({OTHERS})",
        ("--hostname", "six", "fd00:60::20"): f"fd00:60::20 is reserved for {DUID} already",
    }
    for words, says in table.items():
        assert says in refused(reserve(lab, *words), 4)
    assert everything(lab) == before


WRONG = {
    ("{mac}", "192.168.9.5"): "is in none of the subnets",
    ("{mac}", GATEWAY): "is the gateway's",
    ("{mac}", "192.168.60.0"): "is the network address",
    ("{mac}", "192.168.60.255"): "is the broadcast address",
    ("{mac}", "192.168.61.5"): "libvirt has DHCP for one IPv4 subnet of a network, and that is",
    ("--duid", DUID, MINE): "an IPv4 client is known by its MAC or its name, not by DUID",
    (): "whose address?",
    ("{mac}", "192.168.60.256"): "'192.168.60.256' is no IP address",
    ("{mac}", "192.168.60.5/24"): "'192.168.60.5/24' is no IP address",
    ("53:54:00:00:00:01", MINE): "a multicast address",
    ("52:54:00:00:00:0x", MINE): "is not six bytes like",
    ("--duid", "00:03", "fd00:60::5"): "DUID '00:03' is not like",
    ("{mac}", MINE, "--hostname", "a b"): "--hostname 'a b': a DNS name has",
    ("{mac}", MINE, "--hostname", "a\nb"): "a DNS name has",
}


def test_what_dhcp_cannot_give_is_bad_usage_and_nothing_is_touched(net: Lab) -> None:
    before = everything(net)
    for words, says in WRONG.items():
        result = reserve(net, *(word.format(mac=OTHER) for word in words))
        assert says in refused(result, 2), words
    assert everything(net) == before


def test_what_is_not_there_is_named(lan: Plugged) -> None:
    lab = lan.vm.lab
    assert "network lav does not exist" in refused(
        lab.vnetmgr("reserve-address", "lav", OTHER, MINE), 1
    )
    assert "has no nic wan; it has lan" in refused(reserve(lab, "q35/wan", MINE), 1)
    assert "no domain q53" in refused(reserve(lab, "q53", MINE), 1)
    assert f"nothing is reserved for {OTHER}" in refused(release(lab, OTHER), 1)
    assert reservations(lab) == ([], [])


def test_a_network_without_dhcp_keeps_no_address(nets: Vm) -> None:
    ok(nets.lab.vnetmgr("create-network", "ext", "--mode", "bridge", "--bridge", "br0"))
    before = everything(nets.lab)
    said = refused(nets.lab.vnetmgr("reserve-address", "ext", OTHER, "10.10.0.5"), 2)
    assert "network ext: it has no DHCP: it is bridge and has no subnet" in said
    assert everything(nets.lab) == before


def test_a_moved_one_keeps_its_name_and_its_lease_time(net: Lab) -> None:
    virsh_update(
        net,
        f"<host mac='{OTHER}' name='web' ip='{OTHERS}'><lease expiry='5' unit='hours'/></host>",
    )
    before = dnsmasq(net)
    (change,) = changes(reserve(net, OTHER, NEXT, "-o", "json"))
    assert change["fields"] == [{"field": "address", "before": OTHERS, "after": NEXT}]
    kept = [f"<host mac='{OTHER}' name='web' ip='{NEXT}'><lease expiry='5' unit='hours'/></host>"]
    assert reservations(net) == (kept, kept)
    given = f"{OTHER},{NEXT},web,5h"
    assert net.sh("cat /var/lib/libvirt/dnsmasq/lab.hostsfile").split() == [given]
    assert dnsmasq(net) == before
    ok(reserve(net, OTHER, NEXT, "--hostname", "www"))
    kept = [each.replace("'web'", "'www'") for each in kept]
    assert reservations(net) == (kept, kept)


def test_a_second_run_says_that_it_is_done(net: Lab) -> None:
    ok(reserve(net, OTHER, MINE))
    before = everything(net)
    again = reserve(net, OTHER, MINE)
    assert (again.returncode, again.stdout) == (0, "")
    assert f"network lab: {MINE} is reserved for {OTHER} already" in again.stderr
    assert everything(net) == before


@pytest.mark.parametrize(("have", "lack"), [("config", "live"), ("live", "config")])
def test_what_one_state_lacks_is_completed(net: Lab, have: str, lack: str) -> None:
    virsh_update(net, by_mac(OTHER, MINE), states=f"--{have}")
    (change,) = changes(reserve(net, OTHER, MINE, "-o", "json"))
    assert (change["action"], change["scope"]) == ("create", [lack])
    kept = [by_mac(OTHER, MINE)]
    assert reservations(net) == (kept, kept)


def test_states_that_differ_are_brought_to_the_same(net: Lab) -> None:
    virsh_update(net, by_mac(OTHER, OTHERS), states="--live")
    ok(reserve(net, OTHER, MINE))
    kept = [by_mac(OTHER, MINE)]
    assert reservations(net) == (kept, kept)


def test_one_state_alone(net: Lab) -> None:
    config, live = [by_mac(OTHER, MINE)], [by_mac(OTHER, NEXT)]
    ok(reserve(net, OTHER, MINE, "--config"))
    assert reservations(net) == (config, [])
    ok(reserve(net, OTHER, NEXT, "--live"))
    assert reservations(net) == (config, live)
    ok(release(net, OTHER, "--config"))
    assert reservations(net) == ([], live)
    ok(release(net, OTHER))
    assert reservations(net) == ([], [])


def test_a_network_that_is_off_gives_it_from_its_start_on(nets: Vm, net: Lab) -> None:
    network = net.conn.networkLookupByName("lab")
    network.destroy()
    mac = "52:54:00:60:00:05"
    (change,) = changes(reserve(net, mac, MINE, "-o", "json"))
    assert change["scope"] == ["config"]
    assert "does not run" in refused(reserve(net, mac, NEXT, "--live"), 4)
    assert not network.isActive()
    ok(net.vnetmgr("start-network", "lab"))
    kept = [by_mac(mac, MINE)]
    assert reservations(net) == (kept, kept)
    ok(nets("attach-nic", "--network", "lab", "--mac", mac))
    assert nets.guest.dhcp(mac) == MINE
    network.destroy()
    ok(release(net, mac))
    assert "<host" not in net.sh("virsh net-dumpxml lab --inactive")


def test_ipv6_clients_are_known_by_duid_or_by_name(net: Lab) -> None:
    ok(reserve(net, "fd00:60::10", "--duid", DUID.replace("00", "0")))
    ok(reserve(net, "--hostname", "six", "fd00:60::11"))
    kept = [f"<host id='{DUID}' ip='fd00:60::10'/>", "<host name='six' ip='fd00:60::11'/>"]
    assert reservations(net) == (kept, kept)
    given = net.sh("cat /var/lib/libvirt/dnsmasq/lab.hostsfile").split()
    assert given == [f"id:{DUID},[fd00:60::10]", "six,[fd00:60::11]"]
    listed = leases(net)
    assert [(listed[each]["duid"], listed[each]["hostname"]) for each in sorted(listed)] == [
        (DUID, None),
        (None, "six"),
    ]
    assert {each["reserved"] for each in listed.values()} == {True}

    again = reserve(net, "fd00:60::10", "--duid", DUID)
    assert f"fd00:60::10 is reserved for {DUID} already" in again.stderr
    ok(release(net, "--hostname", "six"))
    ok(release(net, "--duid", DUID))
    assert reservations(net) == ([], [])


def test_an_ipv6_reservation_moves(net: Lab) -> None:
    """libvirt does not look at DUIDs when it looks for what it modifies."""
    for client in (("--duid", DUID), ("--hostname", "six")):
        ok(reserve(net, "fd00:60::10", *client))
        ok(reserve(net, "fd00:60::12", *client))
        (only,), (live,) = reservations(net)
        assert only == live
        assert "ip='fd00:60::12'" in only
        ok(release(net, *client))


def test_no_mac_for_ipv6_and_the_reason_is_given(lan: Plugged) -> None:
    for client in (lan.mac, "q35/lan"):
        said = refused(reserve(lan.vm.lab, client, "fd00:60::10"), 4)
        assert "libvirt takes no MAC for an IPv6 reservation" in said
        assert "--duid, or the --hostname" in said
    assert reservations(lan.vm.lab) == ([], [])


def test_release_takes_one_address_or_all_of_a_client(net: Lab) -> None:
    ok(reserve(net, OTHER, MINE, "--hostname", "web"))
    ok(reserve(net, "fd00:60::10", "--hostname", "web"))
    before = everything(net)
    assert f"{NEXT} is not reserved for" in refused(release(net, OTHER, NEXT), 1)
    (change,) = changes(release(net, "--hostname", "web", "--dry-run", "-o", "json"))
    assert [each["before"] for each in change["fields"]] == [MINE, "fd00:60::10"]
    assert everything(net) == before
    ok(release(net, "--hostname", "web", "fd00:60::10"))
    (left,), _ = reservations(net)
    assert MINE in left
    ok(release(net, "--hostname", "web"))
    assert reservations(net) == ([], [])


def test_list_leases_names_domains_and_nics_and_shows_reservations(lan: Plugged) -> None:
    lab, guest = lan.vm.lab, lan.vm.guest
    ok(reserve(lab, "q35/lan", MINE, "--hostname", "web"))
    ok(reserve(lab, OTHER, OTHERS))
    listed = leases(lab)
    assert [(each, listed[each]["leased"], listed[each]["reserved"]) for each in listed] == [
        (MINE, False, True),
        (OTHERS, False, True),
    ]
    guest.dhcp(lan.mac)
    mine = eventually(lambda: (row := leases(lab)[MINE])["leased"] and row, "the lease")
    assert (mine["domain"], mine["nic"], mine["mac"], mine["hostname"], mine["prefix"]) == (
        *("q35", "lan", lan.mac, "web"),
        24,
    )
    assert mine["reserved"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", mine["expires"])
    others = leases(lab)[OTHERS]
    assert (others["domain"], others["nic"], others["expires"]) == (None, None, None)
    table = ok(lab.vnetmgr("list-leases", "lab")).splitlines()
    (row,) = [line for line in table if MINE in line]
    assert re.search(rf"{lan.mac} +q35/lan +web +(1 h|59 min) +leased, reserved", row), row
    (row,) = [line for line in table if OTHERS in line]
    assert re.search(rf"{OTHER} +- +- +- +reserved", row), row
