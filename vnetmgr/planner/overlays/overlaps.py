"""What an overlay's addresses get in the way of. Pure.

OVN keeps overlays apart, and the host from them: two may have one subnet. A physical network is
shared, and an address there is one router's alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.network_want import network_problem
from vnetmgr.planner.subnets import overlap_problems

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from vnetmgr.model.dhcp import IpAddress, IpInterface, IpNetwork
    from vnetmgr.model.network import Network
    from vnetmgr.model.overlay.host import Chassis
    from vnetmgr.model.overlay.northbound import Northbound
    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.problem import Problem


def address_problems(
    after: Network, changed: Collection[str], observed: Observed
) -> Iterator[Problem]:
    """Addresses of its router that somebody else has on the physical network."""
    if not {"external", "external_addresses"}.intersection(changed):
        return
    northbound = observed.northbound
    found = [] if northbound is None else [*other_routers(after, northbound)]
    for address, whose in (*found, *_own_addresses(after, observed)):
        text = f"{address.ip} on {after.external} is {whose}: both would answer for it"
        yield network_problem("external_addresses", text, address)


def other_routers(network: Network, northbound: Northbound) -> Iterator[tuple[IpInterface, str]]:
    """The addresses of an overlay's router that another overlay has, as well, and whose each is."""
    for other in _with_its_way_out(network, northbound):
        for address in network.external_addresses:
            if any(address.ip == each.ip for each in other.external_addresses):
                yield address, f"the address of overlay {other.name}'s router"
            elif address.ip in other.external_gateways:
                yield address, f"the gateway of overlay {other.name}'s router"


def overlaps_outside(
    network: Network, northbound: Northbound
) -> Iterator[tuple[IpNetwork, IpNetwork, str]]:
    """Its subnets that another overlay with its way out has, as well: both, and that one's name."""
    for other in _with_its_way_out(network, northbound):
        for mine in network.subnets:
            for theirs in other.subnets:
                if mine.overlaps(theirs):
                    yield mine, theirs, other.name


def _with_its_way_out(network: Network, northbound: Northbound) -> Iterator[Network]:
    if network.external is not None:
        for each in northbound.overlays:
            same = each.network.name == network.name  # of which OVN has one
            if not same and each.network.external == network.external:
                yield each.network


def _own_addresses(after: Network, observed: Observed) -> Iterator[tuple[IpInterface, str]]:
    routes = () if observed.routes is None else observed.routes.routes
    has = ((each.network.network_address, each.link) for each in routes if each.is_address)
    return hosts_own(after, observed.chassis, has)


def hosts_own(
    network: Network, chassis: Chassis | None, has: Iterable[tuple[IpAddress, str | None]]
) -> Iterator[tuple[IpInterface, str]]:
    """The addresses of an overlay's router that this host has, as well, where it is on that
    physical network, and whose each is. `has`: the host's, with their links."""
    mappings = () if chassis is None else chassis.bridge_mappings
    if not any(name == network.external for name, _ in mappings):
        return
    links = dict(has)
    for address in network.external_addresses:
        if address.ip in links:
            link = links[address.ip]
            yield address, f"this host's own{f' ({link})' if link else ''}"


def overlap_notes(after: Network, changed: Collection[str], observed: Observed) -> Iterator[str]:
    """What to know of its subnets."""
    if "subnets" in changed:
        for each in overlap_problems(
            after.subnets,
            name=after.name,
            networks=observed.networks,
            routes=observed.routes,
            own_bridges=(),
        ):
            yield f"{each.text}: guests look for those addresses on the overlay"
    if {"subnets", "external"}.intersection(changed) and observed.northbound is not None:
        for mine, theirs, name in overlaps_outside(after, observed.northbound):
            yield (
                f"subnet {mine} overlaps {theirs} of overlay {name}, which has the same way out: "
                "their guests cannot reach one another, and are told apart outside by their "
                "routers' addresses alone"
            )
