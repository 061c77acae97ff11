"""What it means for running guests that their ports get other addresses. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.names import joined
from vnetmgr.model.plan import Disruption, Step
from vnetmgr.model.record import replace
from vnetmgr.model.writes import FlapLinks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from vnetmgr.model.overlay.northbound import PortChange

_OFF = (
    "OVN takes packets from their new addresses alone (port security), so that their guests are "
    "off the network until they ask for these, as a link that goes down and up makes them do"
)


def notes_of(changes: Iterable[PortChange], asking: Collection[tuple[str, str]]) -> Iterator[str]:
    """What to know of guests that go on with an address that is not theirs any more. `asking`:
    the nics (domain, nic) that are made to ask anew."""
    found: dict[str, list[str]] = {}
    for change in changes:
        before, after = change.before, change.after
        if before is None or after is None or not (before.up and after.port_security):
            continue
        owner = after.owner
        nic = ("", "") if owner is None else (owner.domain_name or "", owner.nic or "")
        lost = set(before.addresses) - set(after.addresses)
        if nic not in asking and not all(any(a in net for net in after.own_choice) for a in lost):
            found.setdefault(after.switch, []).append(after.label)
    for switch, nics in sorted(found.items()):
        yield f"network {switch}: {joined(sorted(nics))}: {_OFF}"


def asking_of(steps: Iterable[Step]) -> frozenset[tuple[str, str]]:
    """The nics whose links go down and up for that."""
    flaps = (op.do for step in steps for op in step.ops)
    return frozenset(
        (link.domain, link.label) for do in flaps if isinstance(do, FlapLinks) for link in do.links
    )


def flaps_apart(steps: Iterable[Step]) -> tuple[list[Step], list[Step]]:
    """The steps without their guests' asking anew, and that as steps of its own: a guest that asks
    before its port has another address gets the former one."""
    first: list[Step] = []
    then: list[Step] = []
    for step in steps:
        flaps = tuple(op for op in step.ops if isinstance(op.do, FlapLinks))
        told = tuple(each for each in step.changes if each.disruption is Disruption.LINK_FLAP)
        if not flaps:
            first.append(step)
            continue
        then.append(Step(group=step.group, changes=told, ops=flaps))
        ops = tuple(op for op in step.ops if op not in flaps)
        changes = tuple(each for each in step.changes if each not in told)
        if ops or changes:
            first.append(replace(step, changes=changes, ops=ops))
    return first, then
