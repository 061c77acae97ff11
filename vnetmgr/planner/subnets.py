"""Subnets for networks: a free one, and what a wanted one gets in the way of."""

from __future__ import annotations

from bisect import bisect_right
from ipaddress import IPv4Network, collapse_addresses
from typing import TYPE_CHECKING

from vnetmgr.errors import RefusedError
from vnetmgr.model.network_want import network_problem
from vnetmgr.problem import Worded

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from vnetmgr.model.dhcp import IpNetwork
    from vnetmgr.model.network import SeenNetwork
    from vnetmgr.model.seen.observed import HostRoute, HostRoutes
    from vnetmgr.problem import Problem


def free_subnet(
    networks: Collection[SeenNetwork], routes: HostRoutes, taken: Iterable[IpNetwork] = ()
) -> IPv4Network:
    """The first private /24 that no network has or leads to, and that this machine neither has nor
    reaches; nor any of those that are `taken` besides.

    Raises RefusedError when there is none.
    """
    taken = [*taken, *(subnet for network in networks for subnet in _subnets(network))]
    taken += [route.network for route in routes.routes]
    taken += [subnet for network in networks for subnet in _led_to(network)]
    blocks = list(collapse_addresses(net for net in taken if isinstance(net, IPv4Network)))
    starts = [block.network_address for block in blocks]
    for candidate in _candidates():
        # Blocks are disjoint and in order: only the last that starts before the end can overlap.
        index = bisect_right(starts, candidate.broadcast_address)
        if index == 0 or blocks[index - 1].broadcast_address < candidate.network_address:
            return candidate
    raise RefusedError(
        "no free subnet: every private /24 that was tried is a network's, or this host has "
        "or reaches addresses in it",
        Worded("give one with --subnet", "give one: subnets"),
    )


def _candidates() -> Iterator[IPv4Network]:
    """From libvirt's own first choice on."""
    for third in range(122, 255):
        yield IPv4Network(f"192.168.{third}.0/24")
    for second in range(122, 255):
        yield IPv4Network(f"10.{second}.0.0/24")
    yield from IPv4Network("172.16.0.0/12").subnets(new_prefix=24)


def overlap_problems(
    subnets: Iterable[IpNetwork],
    *,
    name: str,
    networks: Iterable[SeenNetwork],
    routes: HostRoutes | None,
    own_bridges: Collection[str],
) -> list[Problem]:
    """What is in the way of network `name`'s wanted subnets.

    `own_bridges` are the bridges that it has, or had before the change: what this machine has
    there is the network's own.
    """
    here = [network for network in networks if not network.is_overlay]
    others = [network for network in here if network.name != name]
    problems: list[Problem] = []
    for subnet in subnets:
        bridges = set(own_bridges)
        for network in others:
            hits = [taken for taken in _subnets(network) if taken.overlaps(subnet)]
            problems += [
                network_problem(
                    "subnets", f"subnet {subnet} overlaps {hit} of network {network.name}", subnet
                )
                for hit in hits
            ]
            if hits:
                bridges |= _bridges(network)
        hits_here = [
            route
            for route in (routes.routes if routes else ())
            if route.link not in bridges and route.network.overlaps(subnet)
        ]
        problems += (
            network_problem("subnets", text, subnet) for text in _host_problems(subnet, hits_here)
        )
    return problems


def _host_problems(subnet: IpNetwork, hits: list[HostRoute]) -> Iterator[str]:
    """Routes, then the addresses that are in none of them on the same link."""
    routes = [hit for hit in hits if not hit.is_address]
    for route in routes:
        yield f"subnet {subnet} overlaps this host's route {route.network}{_on(route)}"
    for hit in hits:
        if hit.is_address and not any(
            route.link == hit.link and route.network.overlaps(hit.network) for route in routes
        ):
            address = hit.network.network_address
            yield f"subnet {subnet} contains this host's address {address}{_on(hit)}"


def _on(route: HostRoute) -> str:
    return f" ({route.link})" if route.link else ""


def _subnets(network: SeenNetwork) -> Iterable[IpNetwork]:
    """Those of both states, once each."""
    states = (network.config, network.live)
    return dict.fromkeys(subnet for state in states if state for subnet in state.subnets)


def _led_to(network: SeenNetwork) -> Iterable[IpNetwork]:
    """Where its routes lead, but for those of default routes, which may be in halves."""
    states = (network.config, network.live)
    routes = (route for state in states if state for route in state.routes)
    return (route.subnet for route in routes if route.subnet.prefixlen > 1)


def _bridges(network: SeenNetwork) -> set[str]:
    states = (network.config, network.live)
    return {state.bridge for state in states if state and state.bridge}
