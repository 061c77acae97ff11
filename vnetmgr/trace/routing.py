"""The kernel's decision on a route: policy rules, tables, the longest prefix."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vnetmgr.model.path.routes import longest_match

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.dhcp import IpAddress, IpNetwork
    from vnetmgr.model.path.facts import PathFacts
    from vnetmgr.model.path.routes import RouteFacts, RouteRule

_REFUSING = frozenset({"blackhole", "unreachable", "prohibit"})


class Decision(NamedTuple):
    """Where a packet goes on."""

    kind: str
    """local, via, refused, unknown."""
    text: str
    """The route in a few words; why it is not known."""
    link: str = ""
    via: IpAddress | None = None
    source: IpAddress | None = None
    """What the host itself would send from."""


def decide(
    facts: PathFacts, target: IpAddress, source: IpAddress | None, incoming: str | None
) -> Decision:
    """The route of a packet that came by a link, or that the host itself sends (None). Both of
    rules and routes have been seen."""
    if any(target == each.address for link in facts.links or () for each in link.addresses):
        return Decision("local", f"{target} is the host's own")
    found = list(dict.fromkeys(_by_rules(facts, target, source, incoming)))
    sure = [each for each in found if each.kind != "unknown"]
    if len(found) == 1:
        return found[0]
    if len({(each.kind, each.link, each.via) for each in sure}) == 1:
        return sure[0]
    why = next((each.text for each in found if each.kind == "unknown"), "several routes")
    return Decision("unknown", why)


def _by_rules(
    facts: PathFacts, target: IpAddress, source: IpAddress | None, incoming: str | None
) -> Iterator[Decision]:
    """What may be decided: each rule that may apply, until one that does for sure."""
    rules = [each for each in facts.route_rules or () if each.version == target.version]
    doubtful = ""
    for rule in sorted(rules, key=lambda each: each.priority):
        applies = _applies(rule, target, source, incoming)
        if applies is False:
            continue
        decision = _by_rule(facts, rule, target)
        if decision is None:
            continue
        yield decision
        if applies:
            if doubtful:
                yield Decision("unknown", doubtful)
            return
        doubtful = f"the policy rule of priority {rule.priority}: {_asks(rule)}"
    yield Decision("refused", f"there is no route to {target}")
    if doubtful:
        yield Decision("unknown", doubtful)


def _asks(rule: RouteRule) -> str:
    return f"it asks for {', '.join(rule.other)}" if rule.other else "the source is not known"


def _applies(
    rule: RouteRule, target: IpAddress, source: IpAddress | None, incoming: str | None
) -> bool | None:
    """Whether a rule is for such a packet; None: that cannot be told."""
    sure = [
        rule.destination is None or target in rule.destination,
        rule.incoming is None or rule.incoming == (incoming or "lo"),
        rule.outgoing is None,
    ]
    from_there = _from(rule.source, source)
    doubtful = bool(rule.other) or from_there is None
    matches = all(sure) and from_there is not False
    if not matches:
        return rule.inverted
    if doubtful:
        return None
    return not rule.inverted


def _from(network: IpNetwork | None, source: IpAddress | None) -> bool | None:
    if network is None:
        return True
    return None if source is None else source in network


def _by_rule(facts: PathFacts, rule: RouteRule, target: IpAddress) -> Decision | None:
    """What a rule decides; None: the next one has the say."""
    if rule.action in _REFUSING:
        return Decision("refused", f"policy rule {rule.priority}: {rule.action}")
    if rule.action == "goto":
        return Decision("unknown", f"policy rule {rule.priority} goes to another")
    if rule.table is None:
        return None
    found = longest_match(facts.routes or (), rule.table, target)
    if found is None or found.kind == "throw":
        return None
    return _by_route(found, rule.table)


def default_route(facts: PathFacts, version: int) -> RouteFacts | None:
    """The host's own way out."""
    found = [
        each
        for each in facts.routes or ()
        if each.table == "main"
        and each.destination.version == version
        and each.destination.prefixlen == 0
    ]
    return min(found, key=lambda each: each.metric, default=None)


def _by_route(route: RouteFacts, table: str) -> Decision:
    name = f"{route.destination} in table {table}"
    if route.kind in ("local", "broadcast", "anycast", "multicast"):
        return Decision("local", f"{route.kind} {name}")
    if route.kind in _REFUSING:
        return Decision("refused", f"{route.kind} {name}")
    hops = [hop for hop in route.hops if not hop.dead]
    if len(hops) != 1 or hops[0].link is None:
        return Decision("unknown", f"{name} has {len(hops)} next hops")
    hop = hops[0]
    via = f" via {hop.via}" if hop.via else ""
    return Decision("via", f"{name}{via}", hop.link or "", hop.via, route.source)
