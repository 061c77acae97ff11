"""What is done to a host on which nothing is wrong, and how it is done."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.unit.doctor import hosts
from tests.unit.doctor.hosts import (
    LAN_MAC,
    MAC,
    NOW_S,
    OTHER_MAC,
    bridge_host,
    nat_host,
    with_agent,
    with_domain,
    with_link,
    with_links,
    with_nic,
    without_link,
)
from vnetmgr.model.dhcp import Lease
from vnetmgr.model.forward import Forward, Protocol
from vnetmgr.model.path.domains import DomainState, GuestAddress, GuestLink
from vnetmgr.model.path.finding import Status
from vnetmgr.model.path.links import LinkFacts, Neighbour
from vnetmgr.model.path.networks import FilterFacts, FilterRule
from vnetmgr.model.path.probe import DhcpOffer, ProbeFacts, ProbePlace
from vnetmgr.model.path.routes import RouteFacts
from vnetmgr.model.record import replace
from vnetmgr.model.seen.rules import Listener

if TYPE_CHECKING:
    from collections.abc import Callable

    from vnetmgr.model.path.facts import PathFacts


class Fault(NamedTuple):
    """What is done to a host, and what doctor has to say of web1/lan."""

    host: Callable[[], PathFacts]
    change: Callable[[PathFacts], PathFacts]
    check: str
    owner: str
    remedy: str | None
    fixable: bool = False
    status: Status = Status.BROKEN


def down(name: str) -> Callable[[PathFacts], PathFacts]:
    return lambda facts: with_link(facts, name, up=False, carrier=False)


def off(facts: PathFacts) -> PathFacts:
    """The network stopped: libvirt took the bridge, and left the guest's tap alone."""
    (network,) = facts.networks
    facts = replace(facts, networks=(replace(network, live=None),), dnsmasqs=())
    return with_link(without_link(facts, "virbr0"), "vnet0", master=None, port=None)


def shut_off(facts: PathFacts) -> PathFacts:
    """The domain is off, and its nic is in the config alone."""
    (domain,) = facts.domains
    (nic,) = domain.nics
    nics = (replace(nic, live=None, tx_packets=None),)
    facts = with_domain(facts, state=DomainState.OFF, nics=nics, agent=None, free_slots=None)
    return without_link(facts, "vnet0")


def twin(facts: PathFacts) -> PathFacts:
    """A copy of the domain, with its MAC, on the same bridge."""
    (domain,) = facts.domains
    (nic,) = domain.nics
    assert nic.live is not None
    there = replace(nic, live=replace(nic.live, target="vnet1"))
    other = replace(domain, name="web2", uuid="8e1c7a52-0000-4000-a000-000000000002", nics=(there,))
    facts = with_links(facts, replace(hosts.port("vnet1", nic.live.bridge or "")))
    return replace(facts, domains=(domain, other))


def leased_out(facts: PathFacts) -> PathFacts:
    """Everybody else has a lease."""
    leases = tuple(
        Lease(
            network="lab",
            address=ip_address(f"192.168.150.{at}"),
            prefix=24,
            mac=OTHER_MAC,
            expires_s=NOW_S + 60,
        )
        for at in range(2, 101)
    )
    return replace(with_domain(facts, agent=None), leases=leases)


def named(facts: PathFacts, *rules: FilterRule, name: str = "mine") -> PathFacts:
    """The nic has a filter with these rules."""
    facts = with_nic(facts, filter=name)
    return replace(facts, filters=(FilterFacts(name="mine", rules=rules),))


def nested(facts: PathFacts) -> PathFacts:
    """The host is a guest itself, and its own gave up on DHCP."""
    told = GuestAddress(address=ip_address("169.254.7.8"), prefix=16)
    facts = with_agent(facts, GuestLink(name="eth0", mac=MAC, addresses=(told,)))
    return with_link(facts, "eth0", driver="hv_netvsc")


def wifi(facts: PathFacts) -> PathFacts:
    return with_link(with_domain(facts, agent=None), "eth0", wireless=True)


def taken(facts: PathFacts) -> PathFacts:
    facts = with_domain(facts, forwards=(Forward(nic="lan", host_port=8080, guest_port=80),))
    nginx = Listener(
        protocol=Protocol.TCP, address=ip_address("0.0.0.0"), port=8080, program="nginx"
    )
    return replace(facts, listeners=(nginx,))


def bonded() -> PathFacts:
    """br0 on a bond of two cards."""
    bond = replace(hosts.port("bond0", "br0", kind="bond"), kind="bond", bond_mode="active-backup")
    cards = tuple(
        LinkFacts(name=name, up=True, carrier=True, master="bond0") for name in ("eth0", "eth1")
    )
    return bridge_host(uplink=bond, below=cards)


def vlan_link() -> PathFacts:
    """br0 on a VLAN of a card."""
    up = replace(hosts.port("eth0.30", "br0", kind="vlan"), parent="eth0", vlan=30)
    return bridge_host(uplink=up, below=(LinkFacts(name="eth0", up=True, carrier=True),))


def two_bridges() -> PathFacts:
    """br0 joined to br1 by a veth; br1 has the card."""
    near = replace(hosts.port("veth0", "br0", kind="veth"), parent="veth1")
    far = replace(hosts.port("veth1", "br1", kind="veth"), parent="veth0")
    return bridge_host(
        uplink=near, below=(far, hosts.bridge("br1"), hosts.port("eth0", "br1", kind=None))
    )


def probed(facts: PathFacts, bridge: str = "br0", **seen: Any) -> PathFacts:
    """A probe stood beside the guest."""
    place = ProbePlace(bridge=bridge)
    found = {"offers": (OFFER,), "no_sender": "no address was free", **seen}
    return replace(facts, probes=(ProbeFacts(place=place, **found),))


def routes(facts: PathFacts) -> tuple[RouteFacts, ...]:
    return facts.routes or ()


def shut_off_nic(facts: PathFacts) -> PathFacts:
    """The domain runs without it."""
    (domain,) = facts.domains
    (nic,) = domain.nics
    return without_link(with_domain(facts, nics=(replace(nic, live=None),)), "vnet0")


def silenced(facts: PathFacts) -> PathFacts:
    """`ip link set eth0 down` in the guest: the kernel keeps its IPv4 address, and the agent tells
    it; of IPv6 nothing is left. The host has asked since."""
    facts = with_agent(
        facts,
        GuestLink(
            name="lo",
            mac=None,
            addresses=(GuestAddress(address=ip_address("::1"), prefix=128),),
        ),
        GuestLink(
            name="eth0",
            mac=MAC,
            addresses=(GuestAddress(address=ip_address("192.168.150.20"), prefix=24),),
        ),
    )
    near = Neighbour(address=ip_address("192.168.150.20"), link="virbr0", mac=None, state="failed")
    return replace(facts, neighbours=(near,))


ROUTER = ip_address("192.0.2.1")
OFFER = DhcpOffer(
    server=ROUTER, mac=LAN_MAC, address=ip_address("192.0.2.77"), prefix=24, routers=(ROUTER,)
)
OTHER_OFFER = replace(
    OFFER, server=ip_address("192.0.2.9"), mac=OTHER_MAC, routers=(ip_address("192.0.2.9"),)
)
NAT, LAN = nat_host, bridge_host
RESTART = "vnetmgr restart-network lab"
PLUG_NAT = "vnetmgr update-nic web1 lan --network lab"
PLUG_LAN = "vnetmgr update-nic web1 lan --bridge br0"
TCP_IN = FilterRule(action="accept", direction="in", protocol="tcp")
