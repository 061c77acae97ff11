"""Pure: what of a host a change of OVN's northbound database touches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.record import replace
from vnetmgr.planner.restrict import Key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.overlay.northbound import LogicalPort, Northbound


def touched_by(before: Northbound, after: Northbound, host: str) -> dict[Key, int]:
    """Whose ports are others than before, of this host's domains, and which overlays are; and how
    many hosts look at each of those first: all hear of it at once, and one is enough to mend it.
    `host`: as the ports' owners have it. A port that is bound is the same; one that is released
    may be of a nic that has gone, and could not go before."""
    found = dict.fromkeys(_ports(before, after, host), 0)
    return found | dict(_overlays(before, after, host))


def _ports(before: Northbound, after: Northbound, host: str) -> Iterator[Key]:
    old = {port.name: port for port in before.ports}
    new = {port.name: port for port in after.ports}
    for name in old.keys() | new.keys():
        one, other = old.get(name), new.get(name)
        if _same(one) != _same(other) or _is_released(one, other):
            for port in (one, other):
                owner = None if port is None else port.owner
                if owner is not None and owner.host == host and owner.domain_name is not None:
                    yield Key("domain", owner.domain_name)


def _same(port: LogicalPort | None) -> LogicalPort | None:
    return None if port is None else replace(port, up=None)


def _is_released(one: LogicalPort | None, other: LogicalPort | None) -> bool:
    return bool(one and one.up and other and not other.up)


def freed_by(before: Northbound, after: Northbound, fleet: str) -> frozenset[Key]:
    """Overlays whose names others had in this fleet's way, and have no more."""
    there = {each.network.name for each in after.overlays if each.fleet != fleet}
    return frozenset(
        Key("network", each.network.name)
        for each in before.overlays
        if each.fleet != fleet and each.network.name not in there
    )


def _overlays(before: Northbound, after: Northbound, host: str) -> Iterator[tuple[Key, int]]:
    for some, others in ((before, after), (after, before)):
        for each in some.overlays:
            if each not in others.overlays:
                yield (
                    Key("network", each.network.name),
                    sum(other < host for other in each.hosts),
                )
