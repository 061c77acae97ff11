"""Bridges and other links of the host's that nics are on, and how large packets they carry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.migration.item import Thing
from vnetmgr.model.nic import OPENVSWITCH
from vnetmgr.model.rows.migration import Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.migration.facts import Carried, Side
    from vnetmgr.model.rows.migration import MigrationItem

USUAL_MTU = 1500
_LAN = "; whether it leads to the same LAN is not known"


def bridge_item(
    thing: Thing, bridge: str, there: Side, *, virtualport: str | None
) -> MigrationItem:
    """Whether a bridge is there, of the kind that a nic's port is plugged into."""
    links, switched = there.observed.links, virtualport == OPENVSWITCH
    if links is None:
        return thing.is_unseen(f"bridges of {there.name} cannot be seen over its connection")
    if bridge in links.bridges:
        if not switched:
            return thing.is_ok(f"a Linux bridge there{_LAN}")
        return thing.differs("a Linux bridge there, and the nic's port is one of Open vSwitch")
    if links.switches is not None and bridge in links.switches:
        if switched:
            return thing.is_ok(f"a bridge of Open vSwitch there{_LAN}")
        return thing.differs("a bridge of Open vSwitch there, and the nic has no virtualport")
    return _no_bridge(thing, bridge, there, switched=switched)


def _no_bridge(thing: Thing, bridge: str, there: Side, *, switched: bool) -> MigrationItem:
    """Over a remote connection a bridge of Open vSwitch is a link like others."""
    seen = there.observed.links is not None and there.observed.links.switches is not None
    if switched and not seen:
        if there.links is not None and bridge not in there.links:
            return thing.is_missing("no link of that name there")
        return thing.is_unseen(f"whether {there.name} has it in Open vSwitch cannot be seen")
    if there.links is not None and bridge in there.links:
        return thing.differs("a link there, and no bridge")
    what = "bridge of Open vSwitch" if switched else "bridge"
    return thing.is_missing(f"no {what} of that name there")


def link_item(link: str, of: Carried) -> MigrationItem:
    """Whether a link is there that macvtaps stand on."""
    there, thing = of.facts.destination, Thing(Part.LINK, link, of)
    if there.links is None:
        return thing.is_unseen(f"links of {there.name} cannot be seen over its connection")
    if link in there.links:
        return thing.is_ok("a link there")
    return thing.is_missing("no link of that name there")


def mtu_items(of: Carried, here: str, there: str) -> Iterator[MigrationItem]:
    """Whether the links below a nic, on this host and on the other, carry what it sends. libvirt
    takes a nic's own MTU along, and does not compare."""
    below, carries = of.facts.source.mtu(here), of.facts.destination.mtu(there)
    wanted = of.nic.mtu or below
    thing = Thing(Part.MTU, there, of)
    if carries is None:
        known = "" if wanted is None else f"; packets of {wanted} bytes leave it here"
        yield thing.is_unseen(f"the MTU there cannot be seen over its connection{known}")
    elif wanted is not None:
        yield _mtu(thing, wanted, carries, as_here=below == carries)


def _mtu(thing: Thing, wanted: int, carries: int, *, as_here: bool) -> MigrationItem:
    if carries >= wanted:
        return thing.is_ok(f"{carries} there")
    if as_here:
        return thing.is_ok(f"{carries} there, as here, and {wanted} in the guest")
    return thing.differs(f"{carries} there: packets of up to {wanted} bytes would be lost")
