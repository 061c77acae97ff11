"""The guest's port forwards: they go along in its metadata, and their rules are made there anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.migration.item import Thing
from vnetmgr.model.forward import overlaps
from vnetmgr.model.rows.migration import Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.migration.facts import Facts, Side
    from vnetmgr.model.forward import Forward
    from vnetmgr.model.rows.migration import MigrationItem
    from vnetmgr.model.seen.rules import LiveRules


def forward_items(facts: Facts) -> Iterator[MigrationItem]:
    """Whether the ports of that host are free for them."""
    for forward in facts.domain.forwards:
        yield _forward(forward, facts)


def _forward(forward: Forward, facts: Facts) -> MigrationItem:
    for domain in facts.destination.observed.domains:
        if domain.uuid == facts.domain.uuid:
            continue
        for other in domain.forwards:
            if other.clashes(forward):
                text = f"{other.name} leads to {domain.name} there"
                return Thing(Part.FORWARD, forward.text).differs(text)
    return port_item(forward, facts.destination)


def port_item(forward: Forward, there: Side) -> MigrationItem:
    """Whether a host that has no such forward has what it takes."""
    thing, rules = Thing(Part.FORWARD, forward.text), there.observed.rules
    if rules is None:
        unseen = "no other guest's there; who else listens there can be seen on that host alone"
        return thing.is_unseen(unseen)
    listening = _listening(forward, rules)
    if listening is not None:
        return thing.differs(f"{listening} there")
    lacks = forward.listen_alone
    if lacks is not None and rules.addresses is not None and lacks not in rules.addresses:
        return thing.is_missing(f"{there.name} does not have the address {lacks}")
    return thing.is_ok("free there")


def _listening(forward: Forward, rules: LiveRules) -> str | None:
    for each in rules.listeners:
        if (
            each.protocol is forward.protocol
            and each.port in forward.host_ports
            and overlaps(forward.listen, each.address)
        ):
            return str(each)
    return None
