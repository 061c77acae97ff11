"""Overlays as they are made, changed and taken away on several hosts."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from tests.unit.planner.overlays import builders
from tests.unit.planner.overlays.builders import KERNEL, OWN, guest, overlay_nic, port
from tests.unit.planner.overlays.fleet import (
    LINKS,
    TEMPLATE,
    Fleet,
    created,
    deleted,
    in_spec,
    run,
    updated,
)
from vnetmgr.errors import ExitCode, VnetError
from vnetmgr.model.desired import Desired, Policy, SpecScope
from vnetmgr.model.network import Network, NetworkMode
from vnetmgr.model.overlay.northbound import LogicalPort, Northbound, Overlay, Owner
from vnetmgr.model.overlay.southbound import SeenChassis
from vnetmgr.model.plan import Action, Plan
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import HostRoute, WayOut
from vnetmgr.model.values import Mac
from vnetmgr.model.writes import SetOverlay, SetPorts
from vnetmgr.planner import make_plan
from vnetmgr.planner.overlays.external import concerns_others

SUBNET = "10.66.0.0/24"
BLUE = Network(
    name="blue",
    mode=NetworkMode.OVERLAY,
    subnets=(ip_network(SUBNET),),
    gateways=(ip_address("10.66.0.1"),),
)


@pytest.fixture
def fleet() -> Fleet:
    """Two hosts without anything."""
    return Fleet("a", "b")


def fields(plan: Plan) -> dict[str, tuple[str | None, str | None]]:
    """What changes of the network."""
    return {each.field: (each.before, each.after) for c in plan.changes for each in c.fields}


def switches(plan: Plan) -> list[SetOverlay]:
    """What is written of OVN's."""
    return [op.do for step in plan.steps for op in step.ops if isinstance(op.do, SetOverlay)]


def refused(fleet: Fleet, desired: Desired, host: str = "a") -> VnetError:
    try:
        (error,) = fleet.plan(host, desired).errors
    except VnetError as raised:
        return raised
    return error


# One overlay, several hosts


def test_the_first_host_makes_it_and_the_others_join(fleet: Fleet) -> None:
    first = fleet.run("a", in_spec(subnet=SUBNET))
    assert [each.action for each in first.changes] == [Action.CREATE]
    assert list(map(str, fleet.blue.network.gateways)) == ["10.66.0.1"]
    assert list(map(str, fleet.blue.network.dhcp_ranges)) == ["10.66.0.2-10.66.0.254"]
    switch = fleet.blue.network
    fleet.run("b", in_spec(subnet=SUBNET))
    assert fleet.blue.hosts == {"a", "b"}
    assert fleet.blue.network == switch
    for host in fleet.documents:
        assert fleet.plan(host, in_spec(subnet=SUBNET)).steps == ()


def test_what_nobody_says_is_as_it_is_when_another_host_joins(fleet: Fleet) -> None:
    fleet.run("a", created(subnet=SUBNET, dhcp_range="10.66.0.9-10.66.0.20", mtu="1400"))
    switch = fleet.blue.network
    fleet.run("b", created())
    assert fleet.blue.network == switch


def test_what_the_first_host_was_told_of_it_the_others_are_not() -> None:
    fleet = Fleet("a", "b", "c")

    def dns(host: str, domain: str = "x.test") -> list[str]:
        plan = fleet.run(host, in_spec(subnet=SUBNET, dns_domain=domain))
        return [note for note in plan.notes if "OVN answers the names that it knows" in note]

    assert len(dns("a")) == 1
    assert dns("b") == []
    assert len(dns("c", "y.test")) == 1


def test_a_command_that_means_another_does_not_join(fleet: Fleet) -> None:
    fleet.run("a", created(subnet=SUBNET))
    error = refused(fleet, created(subnet="10.67.0.0/24"), "b")
    assert error.exit_code is ExitCode.REFUSED
    said = "exists already in OVN, and subnets is 10.66.0.0/24, asked for 10.67.0.0/24"
    assert said in error.message
    assert "create-network blue --mode overlay, without these" in (error.hint or "")


def test_the_last_host_takes_it_away(fleet: Fleet) -> None:
    for host in ("a", "b"):
        fleet.run(host, created(subnet=SUBNET))
    gone = fleet.run("a", deleted())
    assert any("b still has it, and OVN keeps it" in note for note in gone.notes)
    assert (fleet.blue.hosts, fleet.documents["a"]) == (frozenset({"b"}), {})
    fleet.run("b", deleted())
    assert fleet.northbound.overlays == ()


def test_what_may_be_its_own_stays_and_is_named(fleet: Fleet) -> None:
    fleet.run("a", created(subnet=SUBNET))
    (blue,) = fleet.northbound.overlays
    fleet.has(replace(blue, look_alikes=("lr-del 1",)))
    assert fleet.plan("a", updated()).steps == ()
    (note,) = fleet.run("a", deleted()).notes
    assert note.endswith("it stays, and `ovn-nbctl --db=unix:nb lr-del 1` takes it away")


def test_what_hosts_have_left_that_are_no_more_goes_by_force(fleet: Fleet) -> None:
    fleet.run("a", created(subnet=SUBNET))
    fleet.has(replace(fleet.blue, hosts=frozenset({"a", "c"})), ports=(NIC,))
    fleet.run("a", deleted())
    assert fleet.blue.hosts == {"c"}
    assert "does not exist" in refused(fleet, deleted()).message
    fleet.has(fleet.blue, ports=(replace(NIC, up=True),))
    assert "has ports of nics on other hosts" in refused(fleet, deleted(force=True)).message
    fleet.has(fleet.blue, ports=(replace(NIC, up=False),))
    fleet.run("a", deleted(force=True))
    assert fleet.northbound.overlays == ()


def test_what_a_host_has_and_ovn_does_not_know_of_it_is_told(fleet: Fleet) -> None:
    fleet.run("a", in_spec(subnet=SUBNET))
    fleet.has(replace(fleet.blue, hosts=frozenset({"c"})))
    plan = fleet.run("a", in_spec(subnet=SUBNET))
    assert fields(plan) == {"hosts": ("c", "a,c")}


def test_nothing_given_gets_a_subnet_that_is_free_in_ovn_too(fleet: Fleet) -> None:
    fleet.has(Overlay(network=replace(BLUE, name="red", subnets=(ip_network("192.168.122.0/24"),))))
    fleet.run("a", created())
    assert list(map(str, fleet.blue.network.subnets)) == ["192.168.123.0/24"]
    fleet.run("b", created())
    assert fleet.blue.hosts == {"a", "b"}


def red(**options: str | list[str]) -> Desired:
    """`create-network red --mode overlay ...`."""
    return Desired(networks=(replace(created(**options).networks[0], name="red"),))


def test_two_overlays_may_have_the_same_addresses(fleet: Fleet) -> None:
    fleet.run("a", created(subnet=SUBNET))
    plan = fleet.run("a", red(subnet=SUBNET, dns_forwarder="9.9.9.9"))
    assert plan.changes
    assert plan.notes == ()


# Changes


def test_a_change_is_at_once_on_all_hosts(fleet: Fleet) -> None:
    for host in ("a", "b"):
        fleet.run(host, created(subnet=SUBNET))
    plan = fleet.run("b", updated(mtu="1300", isolated_ports="yes", lease_time="1h"))
    assert [each.disruption for each in plan.changes] == ["none"]
    assert fleet.plan("a", created(subnet=SUBNET, mtu="1300")).steps == ()
    assert fields(plan)["mtu"] == (None, "1300")


def test_a_subnet_takes_its_gateway_and_range_along(fleet: Fleet) -> None:
    fleet.run("a", created(subnet=[SUBNET, "fd00:66::/64"]))
    fleet.run("a", updated(subnet="10.9.0.0/24"))
    network = fleet.blue.network
    assert list(map(str, network.subnets)) == ["10.9.0.0/24", "fd00:66::/64"]
    assert list(map(str, network.gateways)) == ["10.9.0.1", "fd00:66::1"]
    assert list(map(str, network.dhcp_ranges)) == ["10.9.0.2-10.9.0.254"]


def test_what_somebody_has_changed_by_hand_is_a_difference_or_is_mended(fleet: Fleet) -> None:
    fleet.run("a", in_spec(subnet=SUBNET, mtu="1400"))
    fleet.has(
        replace(fleet.blue, network=replace(fleet.blue.network, mtu=9), flaws=("no DHCP options",))
    )
    plan = fleet.run("a", in_spec(subnet=SUBNET, mtu="1400"))
    assert [each.action for each in plan.changes] == [Action.UPDATE, Action.REPAIR]
    assert fields(plan) == {
        "mtu": ("9", "1400"),
        "no DHCP options": ("changed by somebody else", None),
    }


def test_a_switch_that_somebody_took_away_is_made_again_by_its_spec_alone(fleet: Fleet) -> None:
    fleet.run("a", in_spec(subnet=SUBNET))
    lost = fleet.blue
    fleet.has()
    fleet.documents["a"]["blue"] = (fleet.documents["a"]["blue"][0], False)
    error = refused(fleet, run(running=True))
    assert "has no logical switch of fleet default in OVN (unix:nb)" in error.message
    plan = fleet.run("a", in_spec(subnet=SUBNET))
    assert fields(plan)["switch"] == (None, "blue")
    assert fleet.blue == lost


def test_a_spec_without_it_takes_it_away_and_an_older_one_does_not(fleet: Fleet) -> None:
    for host in ("a", "b"):
        fleet.run(host, in_spec(subnet=SUBNET))
    nothing = Desired(spec=SpecScope(prune_all=True))
    fleet.has(replace(fleet.blue, revision=5), revision=4)
    (error,) = fleet.plan("a", nothing).errors
    assert "was written from revision 5 of the spec" in error.message
    fleet.has(fleet.blue, revision=5)
    for host, left in (("a", {"b"}), ("b", set())):
        fleet.run(host, nothing)
        assert {each for one in fleet.northbound.overlays for each in one.hosts} == left


# What is refused

OURS = Overlay(network=BLUE, fleet="default", hosts=frozenset({"a"}))
WEB1 = Owner(fleet="default", domain="u", domain_name="web1", nic="lan", host="b")
NIC = LogicalPort(name="x", switch="blue", mac=Mac("52:54:00:00:00:01"), owner=WEB1)


@pytest.mark.parametrize(
    ("overlays", "says"),
    [
        ((Overlay(network=BLUE),), "is not vnetmgr's"),
        ((Overlay(network=BLUE, fleet="west"),), "is of fleet west"),
    ],
)
def test_a_switch_of_somebody_else_is_left_alone(
    fleet: Fleet, overlays: tuple[Overlay, ...], says: str
) -> None:
    fleet.has(*overlays)
    for desired in (created(subnet=SUBNET), in_spec(subnet=SUBNET)):
        error = refused(fleet, desired)
        assert error.exit_code is ExitCode.REFUSED
        assert says in error.message


def test_a_network_of_another_fleet_is_no_specs(fleet: Fleet) -> None:
    fleet.run("a", in_spec(subnet=SUBNET))
    fleet.has(fleet.blue, fleet="west")
    error = refused(fleet, in_spec(subnet=SUBNET))
    assert "is an overlay of fleet default, and this spec writes for fleet west" in error.message


REVISIONS = {
    "newer, as it is": (5, 6, {}, {"revision": ("5", "6")}),
    "newer, changed": (5, 6, {"mtu": "1300"}, {"revision": ("5", "6"), "mtu": ("1400", "1300")}),
    "the same, changed": (5, 5, {"mtu": "1300"}, {"mtu": ("1400", "1300")}),
    "first": (None, 1, {}, {"revision": (None, "1")}),
    "older, as it is": (5, 4, {}, {}),
    "none, as it is": (5, None, {}, {}),
    "none at all": (None, None, {"mtu": "1300"}, {"mtu": ("1400", "1300")}),
    "older, changed": (5, 4, {"mtu": "1300"}, "from revision 5 of the spec, and this one is of"),
    "none, changed": (5, None, {"mtu": "1300"}, "revision 5 of the spec, and this one says no"),
}


@pytest.mark.parametrize(("stamped", "now", "more", "expected"), REVISIONS.values(), ids=REVISIONS)
def test_revisions(
    fleet: Fleet, stamped: int | None, now: int | None, more: dict[str, str], expected: Any
) -> None:
    fleet.run("a", in_spec(subnet=SUBNET, mtu="1400"))
    fleet.has(replace(fleet.blue, revision=stamped), revision=now)
    desired = in_spec(**{"subnet": SUBNET, "mtu": "1400"} | more)
    if isinstance(expected, str):
        assert expected in refused(fleet, desired).message
        return
    assert fields(fleet.run("a", desired)) == expected
    kept = fleet.blue.revision
    fleet.has(fleet.blue, revision=None)
    fleet.run("a", updated(mtu="1200"))
    assert fleet.blue.revision == kept == (now if now and now > (stamped or 0) else stamped)


@pytest.mark.parametrize(
    ("switch", "ports", "force", "says"),
    [
        (
            replace(OURS, others=2),
            (),
            True,
            "would go with it: 2 more",
        ),
        (OURS, (NIC,), False, "has ports of nics on other hosts in OVN: web1/lan (b)"),
        (OURS, (replace(NIC, owner=None),), True, "and would go with it: x"),
        (OURS, (NIC,), True, None),
        (OURS, (replace(NIC, owner=replace(WEB1, host="a")),), False, None),
        (replace(OURS, hosts=frozenset({"a", "b"}), others=2), (NIC,), False, None),
    ],
)
def test_ports_of_others_keep_a_switch(
    fleet: Fleet,
    switch: Overlay,
    ports: tuple[LogicalPort, ...],
    force: bool,  # noqa: FBT001 - a case's
    says: str | None,
) -> None:
    fleet.run("a", created(subnet=SUBNET))
    fleet.has(switch, ports=ports)
    if says is None:
        assert fleet.plan("a", deleted(force=force)).steps
        return
    error = refused(fleet, deleted(force=force))
    assert (error.exit_code, says in error.message) == (ExitCode.REFUSED, True)


@pytest.mark.parametrize(
    ("hosts", "force", "gone"),
    [("ab", False, ""), ("ab", True, "a"), ("a", False, "a"), ("a", True, "ac")],
)
def test_ports_go_that_nobody_looks_after_any_more(
    fleet: Fleet,
    hosts: str,
    force: bool,  # noqa: FBT001 - a case's
    gone: str,
) -> None:
    ports = tuple(
        replace(NIC, name=name, owner=replace(WEB1, host=name))
        for name in ("ac" if force or hosts == "ab" else "a")
    )
    fleet.run("a", created(subnet=SUBNET))
    fleet.has(replace(OURS, hosts=frozenset(hosts)), ports=ports)
    plan = fleet.plan("a", deleted(force=force))
    writes = [op.do for step in plan.steps for op in step.ops]
    taken = [each for do in writes if isinstance(do, SetPorts) for each in do.changes]
    assert [each.before.name for each in taken if each.before] == list(gone)


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "an option of DHCP": ({"dhcp_option": "option:vendor-class,x"}, "OVN's DHCP has no option"),
    "an option of DHCP, twice": (
        {"dhcp_option": ["option:ntp-server,10.0.0.1", "42,10.0.0.2"]},
        "42,10.0.0.2: option:ntp-server,10.0.0.1 says that already",
    ),
    "no virtual port": ({"virtualport": "none"}, "of openvswitch, in any case"),
    "an MTU below IPv6's": ({"subnet": "fd00::/64", "mtu": "1200"}, "1280"),
    "a forwarder for a domain": ({"dns_forwarder": "9.9.9.9,domain=x"}, "an address alone"),
    "what libvirt has of addresses": ({"extra": "ipv6=yes"}, "ipv6: an overlay network has none"),
    "one id for all nics": (
        {"extra": f"virtualport.parameters.interfaceid={OWN}"},
        "virtualport.parameters.interfaceid: an overlay network has none",
    ),
    "files to boot": ({"bootp": "pxe"}, "an overlay network has none"),
    "the host's firewall": ({"zone": "home"}, "an overlay network has none"),
    "external without an address": (
        {"external": "physnet1"},
        "needs an external address",
    ),
    "an address without external": (
        {"external_address": "192.0.2.9/24"},
        "goes with external",
    ),
    "two addresses of a version": (
        {"external": "physnet1", "external_address": ["192.0.2.9/24", "192.0.2.8/24"]},
        "one of an IP version",
    ),
    "an address of its own": (
        {"external": "physnet1", "external_address": "10.66.0.9/16"},
        "overlaps 10.66.0.0/24, the overlay's own",
    ),
    "a gateway elsewhere": (
        {
            "external": "physnet1",
            "external_address": "192.0.2.9/24",
            "external_gateway": "198.51.100.1",
        },
        "198.51.100.1 is not in the subnet of the router's address",
    ),
    "a gateway that no host can be": (
        {
            "external": "physnet1",
            "external_address": "192.0.2.9/24",
            "external_gateway": "192.0.2.255",
        },
        "192.0.2.255 is the broadcast address of 192.0.2.0/24",
    ),
    "a host, twice": (
        {"external": "physnet1", "external_address": "192.0.2.9/24", "external_host": ["a", "a"]},
        "a is given twice",
    ),
    "more servers than DHCP can say": (
        {"dns_forwarder": [f"192.0.2.{number}" for number in range(1, 65)]},
        "64 servers of IPv4: DHCP tells of 63 at most",
    ),
    "a host without the mapping": (
        {"external": "other", "external_address": "192.0.2.9/24"},
        "this host has no bridge to other (ovn-bridge-mappings: physnet1)",
    ),
}


@pytest.mark.parametrize(("options", "says"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_known_beforehand(
    fleet: Fleet, options: dict[str, Any], says: str
) -> None:
    fleet.mappings["a"] = (("physnet1", "br-ex"),)
    with pytest.raises(VnetError) as caught:
        fleet.plan("a", created(**{"subnet": SUBNET, **options}))
    assert says in str(caught.value.message)
    fleet.run("a", created(subnet=SUBNET))
    with pytest.raises(VnetError) as caught:
        fleet.plan("a", updated(**options))
    assert says in str(caught.value.message)


OF_TEMPLATES = {
    "subnet": "<ip address='10.9.0.1' netmask='255.255.255.0'/>",
    "mtu": "<mtu size='1300'/>",
    "dns-domain": "<domain name='x.test'/>",
    "isolated-ports": "<port isolated='yes'/>",
}


@pytest.mark.parametrize(("option", "element"), OF_TEMPLATES.items(), ids=OF_TEMPLATES)
def test_what_a_template_has_that_is_ovns_is_refused(
    fleet: Fleet, option: str, element: str
) -> None:
    text = TEMPLATE.read_text().replace("</network>", f"{element}</network>")
    (want,) = created().networks
    error = refused(fleet, Desired(networks=(replace(want, template=text),)))
    assert error.exit_code is ExitCode.USAGE
    assert f"--{option}: the template has it for libvirt" in error.message


V6 = "fd00:66::/64"
UNTOLD: dict[str, tuple[dict[str, Any], str]] = {
    "options": ({"dhcp_option": "option:ntp-server,10.0.0.1"}, "of it by IPv4's DHCP alone"),
    "lease time": (
        {"dhcp_range": "fd00:66::10-fd00:66::99", "lease_time": "1h"},
        "of it by IPv4's DHCP alone, and the overlay has no subnet of IPv4",
    ),
    "server": ({"dns_forwarder": "9.9.9.9"}, "9.9.9.9: the overlay has no subnet of IPv4"),
}


@pytest.mark.parametrize(("options", "says"), UNTOLD.values(), ids=UNTOLD)
def test_what_no_guest_would_be_told_is_known_beforehand(
    fleet: Fleet, options: dict[str, Any], says: str
) -> None:
    for want in (created, in_spec):
        with pytest.raises(VnetError) as caught:
            fleet.plan("a", want(subnet=V6, **options))
        assert caught.value.exit_code is ExitCode.USAGE
        assert says in caught.value.message
    fleet.run("a", created(subnet=V6))
    error = refused(fleet, updated(**options))
    assert (error.exit_code, says in error.message) == (ExitCode.USAGE, True)
    fleet.run("b", created())
    both = {"subnet": [SUBNET, V6], **options}
    fleet.run("a", updated(**both))
    # Nor is the subnet taken away that it is for.
    error = refused(fleet, in_spec(subnet=V6))
    assert (error.exit_code, says in error.message) == (ExitCode.USAGE, True)
    fleet.run("a", in_spec(subnet=V6, **dict.fromkeys(options.keys() - {"dhcp_range"}, "none")))


def test_what_of_dhcp_an_overlay_without_subnets_has_none_for(fleet: Fleet) -> None:
    with pytest.raises(VnetError, match="OVN tells guests of it by IPv4's DHCP alone"):
        fleet.plan("a", created(subnet="none", dhcp_option="option:ntp-server,10.0.0.1"))
    # Without a subnet that somebody names it gets one of IPv4.
    fleet.run("a", created(dhcp_option="option:ntp-server,10.0.0.1"))


@pytest.mark.parametrize("mode", ["nat", "bridge"])
def test_an_overlay_stays_one(fleet: Fleet, mode: str) -> None:
    fleet.run("a", created(subnet=SUBNET))
    error = refused(fleet, updated(mode=mode))
    assert f"network blue is overlay, and does not become {mode}" in error.message


def test_without_the_database_its_libvirts_half_can_be_started_and_stopped(fleet: Fleet) -> None:
    fleet.run("a", created(subnet=SUBNET))
    fleet.unseen = VnetError("OVN's northbound database does not answer")
    assert [each.action for each in fleet.plan("a", run(running=False)).changes] == [Action.STOP]
    for desired in (updated(mtu="1300"), deleted(), in_spec(subnet=SUBNET)):
        assert fleet.unseen.message in refused(fleet, desired).message
    plan = fleet.plan("a", deleted(force=True))
    assert plan.notes == ("network blue: not checked: what OVN has of it stays as it is",)


# The way out


def test_the_way_out_is_by_the_host_that_has_the_bridge(fleet: Fleet) -> None:
    fleet.mappings["a"] = (("physnet1", "br-ex"),)
    spec = in_spec(
        subnet=SUBNET,
        external="br-ex",
        external_address="192.0.2.10/24",
        external_gateway="192.0.2.1",
    )
    fleet.run("a", spec)
    network = fleet.blue.network
    assert (network.external, network.external_hosts) == ("physnet1", ("chassis-a",))
    # b has no such bridge, and it is none of its business.
    fleet.run("b", spec)
    assert fleet.blue.network == network
    assert fleet.plan("a", spec).steps == ()
    named = in_spec(
        subnet=SUBNET,
        external="physnet1",
        external_address="192.0.2.10/24",
        external_gateway="192.0.2.1",
        external_host=["b", "chassis-a"],
    )
    fleet.mappings["b"] = fleet.mappings["a"]
    fleet.run("b", named)
    assert fleet.blue.network.external_hosts == ("chassis-b", "chassis-a")


OUT = {"external": "physnet1", "external_address": "192.0.2.10/24"}


@pytest.mark.parametrize("whose", ["default", "others"])
def test_two_routers_do_not_answer_for_one_address(fleet: Fleet, whose: str) -> None:
    fleet.mappings["a"] = (("physnet1", "br-ex"), ("physnet2", "br-ex2"))
    fleet.run("a", created(subnet=SUBNET, external_gateway="192.0.2.1", **OUT))
    fleet.has(*(replace(each, fleet=whose) for each in fleet.northbound.overlays))
    for taken, who in (("192.0.2.10/24", "address"), ("192.0.2.1/24", "gateway")):
        error = refused(fleet, red(subnet="10.67.0.0/24", **OUT | {"external_address": taken}))
        assert error.exit_code is ExitCode.REFUSED
        says = f"on physnet1 is the {who} of overlay blue's router: both would answer for it"
        assert says in error.message
    assert fleet.plan("a", red(subnet="10.67.0.0/24", **OUT | {"external": "physnet2"})).steps
    free = OUT | {"external_address": "192.0.2.11/24"}
    notes = fleet.run("a", red(subnet="10.66.0.0/16", **free)).notes
    says = "network red: subnet 10.66.0.0/16 overlaps 10.66.0.0/24 of overlay blue, which has the"
    assert any(note.startswith(says) for note in notes)


def test_nor_do_those_of_one_plan(fleet: Fleet) -> None:
    fleet.mappings["a"] = (("physnet1", "br-ex"),)
    both = (in_spec(subnet=SUBNET, **OUT).networks[0], red(subnet="10.67.0.0/24", **OUT))
    spec = Desired(networks=(both[0], *both[1].networks), spec=SpecScope())
    assert "the address of overlay blue's router" in refused(fleet, spec).message
    fleet.run("a", created(subnet=SUBNET, **OUT))
    moved = in_spec(subnet=SUBNET, **OUT | {"external_address": "192.0.2.9/24"}).networks[0]
    fleet.run("a", replace(spec, networks=(moved, *both[1].networks)))


def test_nor_the_host_and_a_router(fleet: Fleet) -> None:
    fleet.routes = (
        HostRoute(network=ip_network("192.0.2.10/32"), link="br-ex", is_address=True),
        HostRoute(network=ip_network("10.66.0.0/16"), link="eth1"),
    )
    wanted = created(subnet=SUBNET, external_host="a", **OUT)
    fleet.mappings["b"] = (("physnet1", "br-ex"),)
    error = refused(fleet, created(subnet=SUBNET, **OUT), "b")
    assert "192.0.2.10 on physnet1 is this host's own (br-ex)" in error.message
    fleet.mappings["b"] = ()
    notes = fleet.run("b", wanted).notes  # the physical network is another host's matter
    says = "subnet 10.66.0.0/24 overlaps this host's route 10.66.0.0/16 (eth1): guests look for"
    assert any(says in note for note in notes)


def chassis(name: str, mappings: str = "physnet1:br-ex") -> SeenChassis:
    """A host that has joined, called otherwise by itself."""
    return SeenChassis(name=name, hostname=name.removeprefix("chassis-"), bridge_mappings=mappings)


def test_a_host_that_ovn_does_not_have_is_no_way_out(fleet: Fleet) -> None:
    fleet.mappings["a"] = (("physnet1", "br-ex"),)
    wanted = {"subnet": SUBNET, "dns_forwarder": "9.9.9.9", "external_gateway": "192.0.2.1"} | OUT
    typo = created(**wanted, external_host="chassis-bb")
    (note,) = fleet.plan("a", typo).notes
    assert "not checked: whether chassis-bb is a host of OVN's, and knows the bridge" in note
    fleet.ovn_hosts = (chassis("chassis-a"), chassis("chassis-b"), chassis("c", "other:br0"))
    error = refused(fleet, typo)
    assert error.exit_code is ExitCode.USAGE
    assert (
        "guests would have no way out: OVN has no host chassis-bb, but chassis-a (a), chassis-b "
        "(b), c. Did you mean chassis-b?"
    ) in error.message
    text = "host c has no bridge to physnet1 (ovn-bridge-mappings: other)"
    assert text in refused(fleet, created(**wanted, external_host="c")).message
    # Of several, one may join later.
    (note,) = fleet.run("a", created(**wanted, external_host=["chassis-a", "later"])).notes
    assert "the router is not everywhere yet: OVN has no host later, but chassis-a (a)" in note
    assert fleet.run("a", updated(external_host="chassis-b")).notes == ()


@pytest.mark.parametrize(
    ("asked", "asks"),
    [
        (WayOut("blue", "physnet1", ("chassis-a",)), False),
        (WayOut("blue", "physnet1", ("a", "chassis-b")), False),
        (WayOut("blue", None, ("chassis-a", "c")), True),
        (WayOut("blue", "physnet2"), True),
        (WayOut("red", "physnet1"), False),
        (WayOut("red", "physnet1", ("c",)), True),
    ],
)
def test_ovn_is_asked_for_its_hosts_where_others_are_new(
    fleet: Fleet, asked: WayOut, *, asks: bool
) -> None:
    fleet.mappings["a"] = (("physnet1", "br-ex"),)
    fleet.run("a", created(subnet=SUBNET, external_host=["chassis-a", "chassis-b"], **OUT))
    assert concerns_others(asked, fleet.observed("a")) is asks


def test_all_of_the_way_out_goes_with_it(fleet: Fleet) -> None:
    fleet.mappings["a"] = (("physnet1", "br-ex"),)
    fleet.run("a", created(subnet=SUBNET, external="br-ex", external_address="192.0.2.10/24"))
    fleet.run("a", updated(external="none"))
    network = fleet.blue.network
    assert (network.external, network.external_addresses, network.external_hosts) == (None, (), ())


def test_guests_that_have_their_addresses_are_told_of_a_way_out_later() -> None:
    nic = overlay_nic(OWN, target="vnet0")
    chassis = replace(KERNEL, bridge_mappings=(("physnet1", "br-ex"),))
    for guests in ((guest(overlay_nic(OWN), nic),), (guest(overlay_nic(OWN)),)):
        observed = builders.host(*guests, ports=(port(up=True),), chassis=chassis)
        wanted = updated(external="physnet1", external_address="192.0.2.10/24")
        notes = make_plan(wanted, observed, Policy()).notes
        told = "network blue: guests learn of the way out when they renew their addresses: vm1/"
        assert any(told in note for note in notes) == (guests[0].live_xml is not None)


NOTES: dict[str, tuple[dict[str, Any], str | None]] = {
    "no server": ({}, "guests are told of no DNS server"),
    "names alone": ({"dns_domain": "x.test"}, "wait 5 seconds for each of those"),
    "a server": ({"dns_domain": "x.test", "dns_forwarder": "9.9.9.9"}, None),
    "an MTU that does not fit": (
        {"mtu": "1500", "dns_forwarder": "9.9.9.9"},
        "guests have MTU 1500, and 1442 fits between this host and others",
    ),
}


@pytest.mark.parametrize(("options", "says"), NOTES.values(), ids=NOTES)
def test_what_is_told(fleet: Fleet, options: dict[str, Any], says: str | None) -> None:
    notes = fleet.plan("a", created(subnet=SUBNET, **options)).notes
    assert [says in each for each in notes] == [True] if says else notes == ()


NOT_JOINED = (
    "network blue: host a has not joined OVN: guests on it there reach nobody until "
    "`vnetmgr join-overlay` was run on a"
)


def test_a_host_that_has_not_joined_may_make_one_and_is_told(fleet: Fleet) -> None:
    fleet.chassis = {"southbound": None}
    options: dict[str, Any] = {"subnet": SUBNET, "dns_forwarder": "9.9.9.9"}
    assert fleet.run("a", created(**options)).notes == (NOT_JOINED,)
    assert fleet.blue.hosts == {"a"}
    assert fleet.run("a", run(running=False)).notes == ()
    assert fleet.run("a", run(running=True)).notes == (NOT_JOINED,)


def test_without_ovns_bridge_it_is_made_where_it_is_not_started(fleet: Fleet) -> None:
    fleet.links = replace(LINKS, names=frozenset({"eth0"}))
    assert refused(fleet, created(subnet=SUBNET)).text.endswith(
        "br-int is OVN's bridge, and host a has none: `vnetmgr join-overlay` on a makes it; "
        "--no-start makes the network without it"
    )
    (want,) = created(subnet=SUBNET, dns_forwarder="9.9.9.9").networks
    (note,) = fleet.run("a", Desired(networks=(replace(want, running=False),))).notes
    assert note.startswith("network blue: host a has no bridge br-int, on which OVN switches: ")


def test_whom_guests_ask_besides_is_said_as_it_is_given(fleet: Fleet) -> None:
    (note,) = fleet.plan("a", created(subnet=SUBNET, dns_domain="x.test")).notes
    assert note.endswith("whom they ask besides, --dns-forwarder ADDRESS says")
    (note,) = fleet.plan("a", in_spec(subnet=SUBNET)).notes
    assert note.endswith("whom they ask, dns_forwarders: [ADDRESS] says")


@pytest.mark.parametrize(
    ("underlay", "address", "mtu"),
    [
        (1500, "10.0.0.1", None),
        (9000, "10.0.0.1", 8942),
        (1500, "fd00::1", 1422),
        (None, "x", None),
    ],
)
def test_guests_packets_are_as_large_as_fits_between_hosts(
    fleet: Fleet, underlay: int | None, address: str, mtu: int | None
) -> None:
    fleet.chassis = {"underlay_mtu": underlay, "encap_ip": address}
    plan = fleet.run("a", created(subnet=SUBNET, dns_forwarder="9.9.9.9"))
    assert fleet.blue.network.mtu == mtu
    assert bool(plan.notes) == (underlay is None)
    fleet.chassis = {"underlay_mtu": 1400, "encap_ip": "10.0.0.1"}
    (note,) = fleet.run("b", created()).notes
    assert "and 1342 fits between this host and others" in note


def test_a_database_without_it_says_nothing_of_it() -> None:
    assert Northbound(at="x").overlay("blue", "default") is None
