"""The host as its guests' router: forwarding, routes, reverse-path filter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.doctor.check import Found, Remedy, Row, shell_command
from vnetmgr.doctor.remedies import set_sysctl, switch_on
from vnetmgr.doctor.routes import leaves_by, routers_on
from vnetmgr.doctor.segment import addresses, on_own_network, own_network
from vnetmgr.model.options.addressing import nth_address
from vnetmgr.model.path.finding import Layer, Status

if TYPE_CHECKING:
    from vnetmgr.doctor.check import Subject
    from vnetmgr.model.dhcp import IpAddress

_FAILED = frozenset({"failed", "incomplete"})
_STRICT = 1


def is_routed(subject: Subject) -> bool:
    """Whether its packets leave by the host's routes."""
    network = own_network(subject)
    return (
        on_own_network(subject)
        and network is not None
        and network.mode.kind.routed
        and bool(network.subnets)
    )


def _versions(subject: Subject) -> list[int]:
    network = own_network(subject)
    return sorted({each.version for each in network.subnets}) if network is not None else []


def _forwarding(subject: Subject) -> Found | None:
    sysctls, bridge = subject.facts.sysctls or {}, subject.bridge_name
    wanted = {
        4: ("net/ipv4/ip_forward", f"net/ipv4/conf/{bridge}/forwarding"),
        6: ("net/ipv6/conf/all/forwarding",),
    }
    for path in (each for version in _versions(subject) for each in wanted[version]):
        if path not in sysctls:
            if path == wanted[4][-1]:
                continue  # the link has gone; the bridge's own check says so
            return Found(cause=f"the kernel has no {path}", status=Status.NOT_CHECKED)
        if not sysctls[path]:
            return Found(
                cause=f"the host does not forward packets: {path.replace('/', '.')} is 0",
                owner=f"sysctl {path.replace('/', '.')}",
                remedy=set_sysctl(path, 1),
            )
    return None


def _reverse_path(subject: Subject) -> Found | None:
    """The stricter of the two settings counts (net/ipv4/fib_frontend.c). With 1 the kernel drops
    what comes from an address to which it would not answer by the same link."""
    sysctls, bridge = subject.facts.sysctls or {}, subject.bridge_name
    paths = ("net/ipv4/conf/all/rp_filter", f"net/ipv4/conf/{bridge}/rp_filter")
    strictest = max(paths, key=lambda path: sysctls.get(path, 0))
    if max(sysctls.get(path, 0) for path in paths) != _STRICT:
        return None
    found = [(each, leaves_by(subject.facts, each)) for each in _sources(subject)]
    for address, link in found:
        if link != bridge and link is not None:
            return Found(
                cause=f"packets from {address} are dropped: the host would answer by {link}, not "
                f"by {bridge}, and {strictest.replace('/', '.')} is 1",
                owner=f"sysctl {strictest.replace('/', '.')}",
                remedy=set_sysctl(strictest, 2),
            )
    if found and any(link is None for _, link in found):
        return Found(
            cause="the host has policy routing that cannot be told: what it would answer by is not "
            "known",
            status=Status.NOT_CHECKED,
        )
    return None


def _sources(subject: Subject) -> list[IpAddress]:
    """The guest's IPv4 addresses; where they are not known, one of its subnet."""
    known: list[IpAddress] = [each for each in addresses(subject) if each.version == 4]
    network = own_network(subject)
    if known or network is None:
        return known
    return [nth_address(each, 2) for each in network.subnets if each.version == 4]


def _conntrack(subject: Subject) -> Found | None:
    """Once its table is full the kernel drops each packet that begins a connection. Where nobody
    tracks any it has no such setting."""
    sysctls, limit = subject.facts.sysctls or {}, "net/netfilter/nf_conntrack_max"
    count, most = sysctls.get("net/netfilter/nf_conntrack_count"), sysctls.get(limit)
    if count is None or not most or count < most:
        return None
    return Found(
        cause=f"the host's table of connections is full ({count} of {most}): it drops new ones",
        owner=f"sysctl {limit.replace('/', '.')}",
        remedy=set_sysctl(limit, 2 * most),
    )


def _no_default(subject: Subject) -> Found | None:
    routes = subject.facts.routes or ()
    for version in _versions(subject):
        if version == 6:
            continue  # most hosts have none, and guests go by IPv4
        defaults = [
            each
            for each in routes
            if each.destination.prefixlen <= 1 and each.destination.version == version
        ]
        usable = [
            each
            for each in defaults
            if each.kind == "unicast" and not (each.hops and all(hop.dead for hop in each.hops))
        ]
        if not usable:
            dead = next((hop.link for each in defaults for hop in each.hops if hop.dead), None)
            why = f": {dead}, by which it has one, is down" if dead else ""
            return Found(
                cause=f"the host has no default route{why}: its guests reach what is near it, and "
                "nothing else",
                owner="the host's network configuration",
                remedy=switch_on(dead)
                if dead
                else Remedy(command="ip route add default via GATEWAY  # the LAN's router"),
                # A host that is meant to reach what is near it has none.
                status=None if defaults else Status.INFO,
            )
    return None


def _forward_dev(subject: Subject) -> Found | None:
    network = own_network(subject)
    name = next(iter(network.forward_devs), None) if network is not None else None
    if network is None or name is None:
        return None
    link = subject.facts.link(name)
    if link is not None and link.up and link.carrier:
        return None
    states = ("is not there", "is down", "has no carrier")
    state = states[0 if link is None else 1 if not link.up else 2]
    return Found(
        cause=f"link {name}, the only one that packets of network {network.name} leave by, {state}",
        owner=f"libvirt's network {network.name}: <forward dev>",
        remedy=Remedy(
            command=str(Command("update-network", network.name, "--forward-dev", "none"))
        ),
    )


def _neighbour(subject: Subject) -> Found | None:
    """The host asks for a guest before it sends it anything."""
    told = addresses(subject)
    asked = [
        (each, near)
        for each in told
        for near in subject.facts.neighbour(each)
        if near.link == subject.bridge_name
    ]
    if not asked or any(near.state not in _FAILED for _, near in asked):
        return None
    from_agent = subject.domain.agent is not None
    return Found(
        cause=f"the host has asked for {asked[0][0]} on {subject.bridge_name}, and nothing answers",
        owner=f"the guest of domain {subject.domain.name}",
        status=None if from_agent else Status.INFO,  # a lease outlives whoever had it
    )


def _gateway_neighbour(subject: Subject) -> Found | None:
    """The LAN's router, as far as the host itself goes by the same bridge."""
    bridge = subject.bridge_name
    for router in () if bridge is None else routers_on(subject.facts, bridge):
        states = [each.state for each in subject.facts.neighbour(router)]
        if bridge and states and all(state in _FAILED for state in states):
            return Found(
                cause=f"the host itself gets no answer from the LAN's router {router} on {bridge}",
                owner=f"the LAN behind {bridge}",
                remedy=Remedy(
                    command=shell_command("arping", "-c", "3", "-I", bridge, str(router))
                ),
            )
    return None


ROWS = (
    Row(
        "no-ip-forward",
        Layer.ROUTE,
        Status.BROKEN,
        _forwarding,
        "the host forwards packets",
        needs=("sysctls",),
        applies=is_routed,
    ),
    Row(
        "conntrack-full",
        Layer.ROUTE,
        Status.BROKEN,
        _conntrack,
        "the host's table of connections has room",
        needs=("sysctls",),
        applies=is_routed,
    ),
    Row(
        "rp-filter-drops",
        Layer.ROUTE,
        Status.BROKEN,
        _reverse_path,
        "the host takes packets from the guest's addresses",
        needs=("sysctls", "routes"),
        applies=lambda subject: is_routed(subject) and 4 in _versions(subject),
    ),
    Row(
        "forward-dev-down",
        Layer.ROUTE,
        Status.BROKEN,
        _forward_dev,
        "the link that its network leaves by works",
        needs=("links",),
        applies=lambda subject: (
            is_routed(subject) and bool((network := own_network(subject)) and network.forward_devs)
        ),
    ),
    Row(
        "no-default-route",
        Layer.ROUTE,
        Status.WARNING,
        _no_default,
        "the host has a default route",
        needs=("routes",),
        applies=is_routed,
    ),
)

LATER_ROWS = (
    Row(
        "router-no-answer",
        Layer.ADDRESS,
        Status.WARNING,
        _gateway_neighbour,
        "no router that the host has asked for on its bridge is silent",
        needs=("routes", "neighbours"),
        applies=lambda subject: (
            subject.live is not None
            and subject.bridge_name is not None
            and own_network(subject) is None
        ),
    ),
    Row(
        "guest-no-answer",
        Layer.ADDRESS,
        Status.WARNING,
        _neighbour,
        "no address of the guest's that the host has asked for is silent",
        needs=("neighbours",),
        applies=on_own_network,
    ),
)
