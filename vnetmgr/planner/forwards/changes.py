"""What a plan says of port forwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.forward import port_text
from vnetmgr.model.host_forward import host_forwards, is_passt, is_slirp
from vnetmgr.model.plan import Action, Change, Disruption, FieldChange, ObjectKind
from vnetmgr.model.record import replace
from vnetmgr.model.seen.forwarded import nic_of
from vnetmgr.model.state import State
from vnetmgr.planner.context import ordered
from vnetmgr.planner.forwards.rules import is_passable, passage_of, rules_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.forward import Forward
    from vnetmgr.model.host_forward import HostForward
    from vnetmgr.model.seen.rules import LiveRules, Rule
    from vnetmgr.model.writes import SetHostForwards
    from vnetmgr.planner.forwards.passt import Passt
    from vnetmgr.planner.forwards.rules import DomainForwards, Led


def to_text(rule: Rule) -> str:
    """Where a rule leads."""
    address = f"[{rule.guest_address}]" if rule.version == 6 else str(rule.guest_address)
    return f"{address}:{rule.guest_port}"


def forward_changes(
    plan: DomainForwards,
    live: LiveRules,
    *,
    told: SetHostForwards | None,
    passt: Passt,
) -> Iterator[Change]:
    """What becomes of each of a domain's forwards. `told`: what QEMU is told of those in user
    mode."""
    for change in _changes(plan, live, told=told, passt=passt):
        if with_nic := {state for name, state in passt.carried if name == change.name}:
            yield replace(change, scope=ordered(frozenset((*change.scope, *with_nic))))
        elif change.name in passt.live:
            states = ordered(frozenset((*change.scope, State.LIVE)))
            yield replace(change, scope=states, disruption=Disruption.REPLUG)
        else:
            yield change


def _changes(
    plan: DomainForwards,
    live: LiveRules,
    *,
    told: SetHostForwards | None,
    passt: Passt,
) -> Iterator[Change]:
    domain = plan.domain
    present = set(live.of(domain.uuid))
    before = {forward.name: forward for forward in domain.forwards}
    after = {led.forward.name: led for led in plan.led}
    for name, led in after.items():
        wanted = list(rules_of(domain, led))
        off = any(rule not in present or not _works(rule, led, live) for rule in wanted)
        off |= told is not None and any(each in told.add for each in _qemus(led))
        fields = tuple(_fields(before.get(name), led))
        if name not in before:
            yield forward_change(Action.CREATE, domain, name, fields, _states(led))
        elif before[name] != led.forward:
            scope = (State.CONFIG, State.LIVE) if off else (State.CONFIG,)
            yield forward_change(Action.UPDATE, domain, name, fields, scope)
        elif off or name in passt.config | passt.live:
            states = (State.CONFIG,) if name in passt.config else (State.LIVE,)
            yield forward_change(Action.REPAIR, domain, name, (), states)
    stay = {forward.name for forward in plan.forwards}
    for name, forward in before.items():
        if name not in stay:
            field = FieldChange(field="to", before=_there(forward), after=None)
            yield forward_change(Action.DELETE, domain, name, (field,), _had(domain, forward))
    kept = {rule.where for led in plan.led for rule in rules_of(domain, led)}
    kept |= {rule.where for rule in plan.rules_left(present)}
    stranded = {forward.name for forward in plan.stranded}
    named = {
        (forward.protocol, port)
        for forward in domain.forwards
        if forward.name not in stranded
        for port in forward.host_ports
    }
    for rule in sorted(present, key=lambda each: each.host_port):
        if rule.where not in kept and (rule.protocol, rule.host_port) not in named:
            field = FieldChange(field="to", before=to_text(rule), after=None)
            yield forward_change(Action.DELETE, domain, rule.name, (field,), (State.LIVE,))


def _works(rule: Rule, led: Led, live: LiveRules) -> bool:
    network = led.target.network
    return network is not None and is_passable(rule, passage_of(network), live)


def _qemus(led: Led) -> tuple[HostForward, ...]:
    return () if led.netdev is None else host_forwards(led.forward, led.netdev)


def _states(led: Led) -> tuple[State, ...]:
    """Where a forward is made: QEMU has it only while it has the nic."""
    live = led.target.network is not None or led.netdev is not None
    return (State.CONFIG, State.LIVE) if live else (State.CONFIG,)


def _had(domain: SeenDomain, forward: Forward) -> tuple[State, ...]:
    """Where a forward is taken away."""
    seen = nic_of(domain, forward)
    # passt's are told apart by who is plugged out and in.
    off = seen is not None and (is_passt(seen.any) or (is_slirp(seen.any) and seen.live is None))
    return (State.CONFIG,) if off else (State.CONFIG, State.LIVE)


def forward_change(
    action: Action,
    domain: SeenDomain,
    name: str,
    fields: tuple[FieldChange, ...],
    scope: tuple[State, ...],
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


def _fields(before: Forward | None, led: Led) -> Iterator[FieldChange]:
    forward = led.forward
    there = port_text(forward.guest_port, forward.ports)
    to = ", ".join(f"[{a}]:{there}" if a.version == 6 else f"{a}:{there}" for a in led.addresses)
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
