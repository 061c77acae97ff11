"""The host's routes and the rules that choose among their tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vnetmgr.model.dhcp import IpAddress, IpNetwork


class NextHop(Record):
    """Where a route leads."""

    link: str | None = None
    via: IpAddress | None = None
    dead: bool = False
    """Whether the kernel does not use it: the link is down."""


class RouteFacts(Record):
    """One route."""

    destination: IpNetwork
    """0.0.0.0/0 and ::/0: the default."""
    table: str = "main"
    """main, local, default, or a number or name of somebody's."""
    kind: str = "unicast"
    """unicast, local, broadcast, multicast, blackhole, unreachable, prohibit, throw."""
    hops: tuple[NextHop, ...] = ()
    source: IpAddress | None = None
    metric: int = 0
    protocol: str | None = None
    """kernel, dhcp, static, ra, ..."""


class RouteRule(Record):
    """One policy rule: which packets are routed by which table."""

    version: int
    priority: int
    action: str = "table"
    """table, unreachable, blackhole, prohibit, goto, nop."""
    table: str | None = None
    source: IpNetwork | None = None
    destination: IpNetwork | None = None
    incoming: str | None = None
    """The link that a packet comes from."""
    outgoing: str | None = None
    inverted: bool = False
    other: tuple[str, ...] = ()
    """What else it asks for (fwmark, ports, ...), by ip's names: it cannot be told who matches."""


def longest_match(
    routes: Iterable[RouteFacts], table: str, address: IpAddress
) -> RouteFacts | None:
    """The route of a table that is for an address: of the longest prefix, then of the smallest
    metric; those that the kernel does not use are none."""
    fitting = [
        each
        for each in routes
        if each.table == table
        and each.destination.version == address.version
        and address in each.destination
        and not (each.hops and all(hop.dead for hop in each.hops))
    ]
    return min(fitting, key=lambda each: (-each.destination.prefixlen, each.metric), default=None)
