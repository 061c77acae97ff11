"""By which link the host sends to an address: its routing tables, as far as they tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.path.routes import longest_match

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.dhcp import IpAddress
    from vnetmgr.model.path.facts import PathFacts
    from vnetmgr.model.path.routes import RouteRule

# The rules that every kernel has: local, main and default, in this order.
_USUAL_TABLES = frozenset({"local", "main", "default"})


def leaves_by(facts: PathFacts, address: IpAddress) -> str | None:
    """The link by which the host sends to an address, "" where by none; None: it cannot be told."""
    rules = [each for each in facts.route_rules or () if each.version == address.version]
    if any(_may_decide(each, address) for each in rules):
        return None
    for table in ("local", "main", "default"):
        route = longest_match(facts.routes or (), table, address)
        if route is not None:
            links = sorted({hop.link or "" for hop in route.hops if not hop.dead})
            return None if len(links) > 1 else "".join(links)
    return ""


def routers_on(
    facts: PathFacts, link: str | None, version: int | None = None
) -> Iterator[IpAddress]:
    """The routers behind a link by which the host itself goes where it has no other route; of
    the routes of one IP version, which their routers need not be of."""
    for route in facts.routes or ():
        wanted = version in (None, route.destination.version)
        for hop in route.hops if wanted and route.destination.prefixlen == 0 else ():
            if hop.via is not None and hop.link == link:
                yield hop.via


def _may_decide(rule: RouteRule, address: IpAddress) -> bool:
    """Whether a policy rule that is not the kernel's own may be about packets to an address."""
    if rule.action == "nop" or (rule.action == "table" and rule.table in _USUAL_TABLES):
        return False
    return rule.inverted or rule.destination is None or address in rule.destination
