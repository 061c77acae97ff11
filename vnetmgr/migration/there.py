"""What only the other host itself can see of what a guest needs: who listens on its ports, which
bridges its Open vSwitch has, and what that is to OVN. One vnetmgr asks another for it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vnetmgr.errors import UsageError
from vnetmgr.migration.checks.forwards import port_item
from vnetmgr.migration.checks.links import bridge_item
from vnetmgr.migration.checks.overlays import chassis_item
from vnetmgr.migration.item import Thing
from vnetmgr.model.nic import OPENVSWITCH
from vnetmgr.model.options.forwards import build_forward
from vnetmgr.model.record import replace
from vnetmgr.model.rows.migration import MigrationCheck, MigrationItem, Part, Readiness
from vnetmgr.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from vnetmgr.migration.facts import Side
    from vnetmgr.model.forward import Forward

_ASKED = (Part.FORWARD, Part.BRIDGE, Part.CHASSIS)


def unseen(check: MigrationCheck) -> list[dict[str, str]]:
    """The things to ask that host itself for, as it is told them."""
    return [
        {"object": item.object, "name": item.name}
        for item in check.items
        if item.status is Readiness.NOT_CHECKED and item.object in _ASKED
    ]


def forwards_of(told: object) -> dict[str, Forward]:
    """The port forwards among the things that it is told, by name. Raises UsageError."""
    return {name: build_forward(name, {}) for part, name in _things(told) if part == Part.FORWARD}


def found_there(told: object, there: Side) -> MigrationCheck:
    """What it says of them. Raises UsageError for what is no such question."""
    forwards = forwards_of(told)
    items = [port_item(forward, there) for forward in forwards.values()]
    items += [
        bridge_item(Thing(Part.BRIDGE, name), name, there, virtualport=OPENVSWITCH)
        for part, name in _things(told)
        if part == Part.BRIDGE
    ]
    items += [
        chassis_item(Thing(Part.CHASSIS, name), there)
        for part, name in _things(told)
        if part == Part.CHASSIS
    ]
    return MigrationCheck(
        domain="", source="", destination=there.name, running=True, items=tuple(items)
    )


def _things(told: object) -> list[tuple[str, str]]:
    try:
        return [(str(each["object"]), str(each["name"])) for each in told]  # type: ignore[attr-defined]  # else TypeError
    except (TypeError, KeyError):
        raise UsageError("--session: no such question of check-migration") from None


def check_of(document: Mapping[str, Any]) -> MigrationCheck:
    """What a document says that is known to be of that kind."""
    return MigrationCheck(
        domain=document["domain"],
        source=document["source"],
        destination=document["destination"],
        running=document["running"],
        items=tuple(map(_item, document["items"])),
        after=tuple(document["after"]),
        notes=tuple(document["notes"]),
    )


def _item(found: Mapping[str, Any]) -> MigrationItem:
    return MigrationItem(
        object=Part(found["object"]),
        name=found["name"],
        nic=found["nic"],
        status=Readiness(found["status"]),
        cause=found["cause"],
        remedy=found["remedy"],
        blocking=found["blocking"],
    )


def with_seen(check: MigrationCheck, items: Iterable[MigrationItem]) -> MigrationCheck:
    """The same, with what that host has said of the things that it was asked for. It gives no
    commands to run."""
    seen = {(item.object, item.name): item for item in items if item.object in _ASKED}
    return replace(check, items=tuple(_seen(item, seen) for item in check.items))


def _seen(item: MigrationItem, seen: Mapping[tuple[Part, str], MigrationItem]) -> MigrationItem:
    found = seen.get((item.object, item.name))
    if found is None or item.status is not Readiness.NOT_CHECKED:
        return item
    cause = printable(found.cause)
    return replace(item, status=found.status, cause=cause, blocking=found.blocking)
