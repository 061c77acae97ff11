"""What a plan says of port forwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.forward import port_text
from vnetmgr.model.plan import Action, Change, Disruption, FieldChange, ObjectKind
from vnetmgr.model.record import replace
from vnetmgr.model.seen.forwarded import nic_of
from vnetmgr.model.state import State
from vnetmgr.planner.context import ordered

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.forward import Forward
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.seen.rules import Rule
    from vnetmgr.planner.forwards.way import DomainForwards, Resolved, Share, Way, Written


def to_text(rule: Rule) -> str:
    """Where a rule leads."""
    address = f"[{rule.guest_address}]" if rule.version == 6 else str(rule.guest_address)
    return f"{address}:{rule.guest_port}"


def forward_changes(
    plan: DomainForwards, share: Share, written: Written, way_of: Callable[[Nic], Way]
) -> Iterator[Change]:
    """What becomes of each of a domain's forwards. `share`: what all ways do for them; `written`:
    the nics that their own steps write."""
    before = {forward.name: forward for forward in plan.domain.forwards}
    for each in plan.resolved:
        forward, nic = each.forward, each.target.nic
        states = _states(share, forward.name)
        with_nic = {s for s in State if (plan.domain.name, str(nic.mac), s) in written}
        fields = tuple(_fields(before.get(forward.name), each))
        if forward.name not in before:
            scope = _at_once(plan.domain, nic, way_of) | states | with_nic
            yield _change(Action.CREATE, plan, share, forward.name, fields, scope)
        elif before[forward.name] != forward:
            scope = {State.CONFIG} | states | with_nic
            yield _change(Action.UPDATE, plan, share, forward.name, fields, scope)
        elif states:
            yield _change(Action.REPAIR, plan, share, forward.name, (), states | with_nic)
    stay = {forward.name for forward in plan.forwards}
    for name, forward in before.items():
        if name not in stay:
            seen = nic_of(plan.domain, forward)
            scope = set(State) if seen is None else _at_once(plan.domain, seen.any, way_of)
            field = FieldChange(field="to", before=_there(forward), after=None)
            scope |= _states(share, name)
            yield _change(Action.DELETE, plan, share, name, (field,), scope)
    yield from share.unnamed


def waiting_changes(domain: SeenDomain, share: Share) -> Iterator[Change]:
    """What the running domain has otherwise until its next start."""
    for name in sorted(share.waiting):
        yield Change(
            action=Action.UPDATE,
            object=ObjectKind.FORWARD,
            domain=domain.name,
            name=name,
            scope=(State.LIVE,),
            disruption=Disruption.NEXT_START,
        )


def _at_once(domain: SeenDomain, nic: Nic, way_of: Callable[[Nic], Way]) -> set[State]:
    """Where a nic's forwards are made, or taken away, as they are written."""
    return set(State) if way_of(nic).is_live(domain, nic) else {State.CONFIG}


def _states(share: Share, name: str) -> set[State]:
    """Where something is done for a forward."""
    done = ((State.CONFIG, share.config), (State.LIVE, share.live))
    return {state for state, names in done if name in names}


def _change(
    action: Action,
    plan: DomainForwards,
    share: Share,
    name: str,
    fields: tuple[FieldChange, ...],
    scope: Collection[State],
) -> Change:
    change = forward_change(action, plan.domain, name, fields, scope)
    replugged = name in share.replugged
    return replace(change, disruption=Disruption.REPLUG) if replugged else change


def forward_change(
    action: Action,
    domain: SeenDomain,
    name: str,
    fields: tuple[FieldChange, ...],
    scope: Collection[State],
) -> Change:
    """What becomes of one forward, by its name. A transient domain has no config: its metadata
    lasts as long as it runs."""
    scope = scope if domain.persistent else (State.LIVE,)
    return Change(
        action=action,
        object=ObjectKind.FORWARD,
        domain=domain.name,
        name=name,
        scope=ordered(frozenset(scope)),
        fields=fields,
    )


def _fields(before: Forward | None, resolved: Resolved) -> Iterator[FieldChange]:
    forward = resolved.forward
    there = port_text(forward.guest_port, forward.ports)
    to = ", ".join(
        f"[{a}]:{there}" if a.version == 6 else f"{a}:{there}" for a in resolved.addresses
    )
    shown: dict[str, tuple[object, object]] = {
        "nic": (before.nic if before else None, forward.nic),
        "allow_from": (_text(before and before.allow_from), _text(forward.allow_from)),
        "loopback": (_yes(before and before.loopback), _yes(forward.loopback)),
        "guest_address": (_text(before and before.guest_address), _text(forward.guest_address)),
    }
    was = _there(before) if before else None
    if before is None or was != _there(forward):
        yield FieldChange(field="to", before=was, after=to or _there(forward))
    for field, (old, new) in shown.items():
        if old != new:
            yield FieldChange(
                field=field,
                before=None if old is None else str(old),
                after=None if new is None else str(new),
            )


def _there(forward: Forward) -> str:
    return f"{forward.nic}:{port_text(forward.guest_port, forward.ports)}"


def _text(values: object) -> str | None:
    return " ".join(map(str, values)) if isinstance(values, tuple) and values else None


def _yes(value: object) -> str | None:
    return "yes" if value else None
