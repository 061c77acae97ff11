"""The steps that write ports, and how their changes are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.overlay.northbound import PortChange
from vnetmgr.model.plan import Action, Change, FieldChange, ObjectKind, Op, Step
from vnetmgr.model.record import replace
from vnetmgr.model.show import show
from vnetmgr.model.state import State
from vnetmgr.model.writes import SetPorts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from vnetmgr.model.overlay.northbound import LogicalPort, Northbound

GROUP = "ports of overlays"
"""That of a spec's ports: all are one transaction."""
_FIELDS: dict[str, Callable[[LogicalPort], object]] = {
    "source": lambda port: f"network {port.switch}",
    "mac": lambda port: port.mac,
    "addresses": lambda port: port.addresses,
    "own_choice": lambda port: port.own_choice,
    "port_security": lambda port: port.port_security,
    "dns_name": lambda port: port.dns_name,
    "interface_id": lambda port: port.name,
    "migration": lambda port: port.migration and str(port.migration),
    "host": lambda port: port.owner and port.owner.host,
    "nic": lambda port: port.owner and port.owner.nic,
    "domain": lambda port: port.owner and port.owner.domain_name,
    "domain_uuid": lambda port: port.owner and port.owner.domain,
    "flaws": lambda port: port.flaws,
}
_NOT_TOLD_ANEW = frozenset({"nic", "domain", "domain_uuid"})
"""What the change itself says of a new port."""
_TOLD_AT_THE_END = frozenset({"source", "mac", "addresses"})


def shown(change: PortChange) -> Change:
    """A port's change, for people: by the nic that it is for."""
    before, after, port = change.before, change.after, change.port
    owner, flaws = port.owner, before.flaws if before is not None else ()
    action = Action.UPDATE if before is not None and after is not None else Action.CREATE
    if after is None:
        action = Action.DELETE
    elif flaws:
        action = Action.REPAIR
    return Change(
        action=action,
        object=ObjectKind.PORT,
        domain=owner.domain_name if owner is not None else None,
        name=(owner.nic if owner is not None else None) or port.name,
        scope=(State.LIVE,),
        fields=tuple(_fields(before, after)),
    )


def _fields(before: LogicalPort | None, after: LogicalPort | None) -> Iterator[FieldChange]:
    for field, read in _FIELDS.items():
        if before is None and field in _NOT_TOLD_ANEW:
            continue
        if after is None and field not in _TOLD_AT_THE_END:
            continue
        was = None if before is None else show(read(before)) or None
        will = None if after is None else show(read(after)) or None
        if was != will:
            yield FieldChange(field=field, before=was, after=will)


def step_of(changes: Sequence[PortChange], group: str) -> tuple[Step, ...]:
    """The step that makes these changes, in one transaction; none where there are none.

    Its answer may be lost, so that it is not known whether it was done: then the way back looks.
    """
    if not changes:
        return ()
    back = tuple(PortChange(before=each.after, after=each.before) for each in changes)
    op = Op(
        do=SetPorts(changes=tuple(changes)),
        undo=(SetPorts(changes=back),),
        undo_when_failed=True,
    )
    return (Step(group=group, changes=tuple(map(shown, changes)), ops=(op,)),)


def is_as_written(change: PortChange, northbound: Northbound) -> bool:
    """Whether OVN has a port as a change leaves it; where it is bound is not ours to say."""
    after, now = change.after, northbound.port(_name(change))
    if after is None or now is None:
        return after is now
    return replace(now, up=after.up, requested_chassis=after.requested_chassis) == after


def _name(change: PortChange) -> str | None:
    port = change.after or change.before
    return None if port is None else port.name
