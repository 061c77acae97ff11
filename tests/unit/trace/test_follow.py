"""Where packets of guests on every kind of path get to."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.doctor.hosts import (
    MAC,
    bridge_host,
    direct_host,
    nat_host,
    port,
    route,
    switch_host,
    user_host,
    with_domain,
    with_link,
    with_links,
    with_nic,
    with_port,
    with_sysctl,
    without_link,
)
from tests.unit.doctor.rulesets import NOTHING, loaded
from vnetmgr.doctor.targets import parse_targets
from vnetmgr.errors import RefusedError, UsageError
from vnetmgr.model.path.domains import DomainState
from vnetmgr.model.path.trace import Fate, HopKind, Trace, Way
from vnetmgr.model.path.unseen import Need, Unseen
from vnetmgr.model.record import replace
from vnetmgr.trace.choose import traced
from vnetmgr.trace.destination import parse_destination

if TYPE_CHECKING:
    from vnetmgr.model.path.facts import PathFacts

WEB = "198.51.100.7:443"
CALLS = "net/bridge/bridge-nf-call-iptables"


def trace(facts: PathFacts, destination: str, nic: str = "web1") -> Trace:
    (asked,) = parse_targets([nic])
    return traced(facts, asked, parse_destination(destination))


def told(found: Trace) -> tuple[Fate, str]:
    return found.verdict, found.reason


@pytest.mark.parametrize(
    ("facts", "destination", "reason"),
    [
        (nat_host(), WEB, "leaves this host by eth0"),
        (nat_host(), "gateway", "to the host"),
        (nat_host(), "gateway:53/udp", "to the host"),
        (nat_host(), "192.0.2.10", "to the host"),
        (bridge_host(), WEB, "leaves this host by eth0"),
        (bridge_host(), "192.0.2.1", "leaves this host by eth0"),
        (bridge_host(), "192.0.2.10:22", "to the host"),
        (bridge_host(address_on_bridge=False), WEB, "leaves this host by eth0"),
        (bridge_host(agent=False), WEB, "leaves this host by eth0"),
        (direct_host(), WEB, "leaves this host by eth0"),
        (user_host(), WEB, "leaves this host by eth0"),
        (user_host(), "10.0.2.2:80", "to the host"),
    ],
)
def test_delivered(facts: PathFacts, destination: str, reason: str) -> None:
    assert told(trace(facts, destination)) == (Fate.DELIVERED, reason)


OFF = with_domain(nat_host(), state=DomainState.OFF)


def docker_host() -> PathFacts:
    return with_sysctl(replace(bridge_host(), rulesets=loaded("docker")), CALLS, 1)


@pytest.mark.parametrize(
    ("facts", "destination", "reason"),
    [
        (
            with_domain(nat_host(), state=DomainState.OFF),
            WEB,
            "nic web1/lan: the domain is shut off",
        ),
        (with_nic(nat_host(), link="down"), WEB, "nic web1/lan: its link is down"),
        (without_link(nat_host(), "vnet0"), WEB, "tap vnet0: there is no such link"),
        (
            with_link(nat_host(), "vnet0", master="br9"),
            WEB,
            "tap vnet0: it is a port of br9, not of virbr0",
        ),
        (
            with_link(nat_host(), "vnet0", master=None),
            WEB,
            "tap vnet0: it is a port of no bridge, not of virbr0",
        ),
        (with_link(nat_host(), "virbr0", up=False), WEB, "bridge virbr0: the link is down"),
        (
            with_port(bridge_host(), "vnet0", state="blocking"),
            WEB,
            "bridge vnet0: the bridge keeps it blocking",
        ),
        (with_link(bridge_host(), "eth0", carrier=False), WEB, "link eth0: it has no carrier"),
        (
            with_sysctl(nat_host(), "net/ipv4/ip_forward", 0),
            WEB,
            "route 198.51.100.7: net.ipv4.ip_forward is 0",
        ),
        (
            with_sysctl(nat_host(), "net/ipv4/conf/virbr0/forwarding", 0),
            WEB,
            "route 198.51.100.7: net.ipv4.conf.virbr0.forwarding is 0",
        ),
        (
            with_sysctl(
                replace(nat_host(), routes=(route("0.0.0.0/0", "eth0", via="192.0.2.1"),)),
                "net/ipv4/conf/all/rp_filter",
                1,
            ),
            WEB,
            "route virbr0: rp_filter: the route to 192.168.150.20 is "
            "0.0.0.0/0 in table main via 192.0.2.1",
        ),
        (
            docker_host(),
            WEB,
            "Docker drops it: table ip filter, chain FORWARD: policy drop",
        ),
        (
            direct_host(),
            "192.0.2.10",
            "link eth0: a macvtap guest and its host cannot reach each other",
        ),
    ],
)
def test_dropped(facts: PathFacts, destination: str, reason: str) -> None:
    assert told(trace(facts, destination)) == (Fate.DROPPED, reason)


def without(facts: PathFacts, **fields: Any) -> PathFacts:
    """Without what only root sees."""
    unseen = tuple(Unseen(part=each, needs=Need.ROOT, why="needs root") for each in fields)
    return replace(facts, unseen=unseen, **fields)


@pytest.mark.parametrize(
    ("facts", "destination", "unknown"),
    [
        (without(nat_host(), links=None), WEB, "links: needs root"),
        (without(nat_host(), routes=None), WEB, "routes: needs root"),
        (without(nat_host(), rulesets=None), WEB, "rulesets.nft: needs root"),
        (without(nat_host(), sysctls=None), WEB, "sysctls: needs root"),
        (switch_host(), WEB, "Open vSwitch's flows are not evaluated"),
        (
            user_host(),
            "192.0.2.1",
            "whether QEMU may send a ping: see sysctl net.ipv4.ping_group_range",
        ),
        (
            nat_host(),
            "192.168.150.77",
            "192.168.150.77 is on this LAN; no port is known for it, and the bridge has no uplink",
        ),
    ],
)
def test_unknown_by_name(facts: PathFacts, destination: str, unknown: str) -> None:
    found = trace(facts, destination)
    assert (found.verdict, found.unknown) == (Fate.UNKNOWN, (unknown,))


def test_the_hops_of_a_nat_network() -> None:
    hops = trace(nat_host(), WEB).hops
    assert [hop.kind for hop in hops[:3]] == [HopKind.NIC, HopKind.TAP, HopKind.BRIDGE]
    nat = next(hop for hop in hops if hop.kind is HopKind.NAT)
    assert (nat.owner, nat.verdict) == ("libvirt", "masquerade to 192.0.2.10")
    back = [hop for hop in hops if hop.way is Way.BACK]
    assert [hop.rule for hop in back if hop.kind is HopKind.NAT] == ["to 192.168.150.20 again"]
    assert (back[-1].kind, back[-1].name) == (HopKind.TAP, "vnet0")


def test_two_guests_of_one_bridge() -> None:
    other_mac = type(MAC)("52:54:00:00:00:02")
    facts = with_links(bridge_host(), port("vnet1", "br0"))
    (first,) = facts.domains
    (lan,) = first.nics
    second = replace(
        first,
        name="db1",
        agent=None,
        nics=(replace(lan, live=replace(lan.nic, mac=other_mac, target="vnet1"), config=None),),
    )
    facts = replace(facts, domains=(first, second), asked=("web1", "db1"))
    known = facts.neighbours or ()
    entry = replace(known[0], address=ip_address("192.0.2.21"), link="br0", mac=other_mac)
    facts = replace(facts, neighbours=(*known, entry))
    assert told(trace(facts, "db1")) == (Fate.DELIVERED, "to guest db1/lan")
    isolated = with_port(with_port(facts, "vnet0", isolated=True), "vnet1", isolated=True)
    assert trace(isolated, "db1").verdict is Fate.DROPPED


def test_names_and_addresses_that_cannot_be_traced() -> None:
    with pytest.raises(UsageError):
        trace(nat_host(), "nobody")
    with pytest.raises(UsageError):
        trace(nat_host(), "192.168.150.20")  # its own
    with pytest.raises(UsageError):
        trace(nat_host(), "224.0.0.1")


def test_a_domain_with_several_nics() -> None:
    facts = nat_host()
    (domain,) = facts.domains
    second = replace(domain.nics[0], live=replace(domain.nics[0].nic, name="b"), config=None)
    facts = replace(facts, domains=(replace(domain, nics=(*domain.nics, second)),))
    with pytest.raises(RefusedError):
        trace(facts, WEB)
    assert trace(facts, WEB, "web1/lan").verdict is Fate.DELIVERED


def test_what_others_wrote_is_shown_without_what_acts_on_a_terminal() -> None:
    chain = {"family": "inet", "table": "t\x1b[2J", "name": "c\u202e"}
    hook = {"type": "filter", "hook": "forward", "prio": 0, "policy": "drop"}
    facts = replace(nat_host(), rulesets=replace(NOTHING, nft=({"chain": {**chain, **hook}},)))
    found = trace(facts, WEB)
    assert found.verdict is Fate.DROPPED
    assert all(hop.name.isprintable() for hop in found.hops)
    assert found.reason.isprintable()
