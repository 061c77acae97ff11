"""Overlays: the network is the same on both hosts, and each has to be a chassis of OVN's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.overlay.host import EXTERNAL_IDS

if TYPE_CHECKING:
    from vnetmgr.migration.facts import Side
    from vnetmgr.migration.item import Thing
    from vnetmgr.model.network import Network
    from vnetmgr.model.rows.migration import MigrationItem

_NEEDED = ("system_id", "southbound", "encap_type", "encap_ip")


def is_the_same(here: Network, there: Network) -> bool:
    """Whether both are one overlay: whoever is on it is reached from either host."""
    return here.is_overlay and there.is_overlay and here.fleet == there.fleet


def chassis_item(thing: Thing, there: Side) -> MigrationItem:
    """Whether OVN takes packets of guests to and from that host."""
    chassis = there.observed.chassis
    if chassis is None:
        if there.observed.links is not None and there.observed.links.switches == frozenset():
            return thing.is_missing("no Open vSwitch is there", there.called.there("join-overlay"))
        return thing.is_unseen(f"whether {there.name} has joined OVN cannot be seen from here")
    if chassis.registered:
        return thing.is_ok(f"OVN has chassis {chassis.system_id} there")
    lacking = [EXTERNAL_IDS[field] for field in _NEEDED if not getattr(chassis, field)]
    if lacking:
        text = f"its Open vSwitch has no {', '.join(lacking)}: it has not joined OVN"
        return thing.is_missing(text, there.called.there("join-overlay"))
    return thing.is_ok(
        f"chassis {chassis.system_id} there, {chassis.encap_type} at {chassis.encap_ip}"
    )
