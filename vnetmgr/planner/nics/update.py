"""Plan a nic's change: in place where libvirt can, else by the one rule of --allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.errors import RefusedError, UsageError
from vnetmgr.model.intent import Intent
from vnetmgr.model.nic import Mode, NicPatch, differences
from vnetmgr.model.patch import UNSET
from vnetmgr.model.plan import Action, Change, Disruption, ObjectKind, Op, Step
from vnetmgr.model.record import Record, replace
from vnetmgr.model.state import State
from vnetmgr.planner.context import (
    Context,
    field_changes,
    links_of,
    nic_states,
    ordered,
    resolve,
    state_notes,
)
from vnetmgr.planner.nics.checks import check_nic
from vnetmgr.planner.nics.dependents import depending, with_dependents
from vnetmgr.planner.nics.identity import refuse_taken
from vnetmgr.planner.nics.match import describe, nothing_to_do
from vnetmgr.planner.nics.rewired import gone_on_with, left_down, moves_unplugged
from vnetmgr.planner.nics.switches import choose_interface_id, with_port
from vnetmgr.planner.result import Planned
from vnetmgr.problem import Worded

if TYPE_CHECKING:
    from vnetmgr.model.desired import NicWant
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.state import Seen
    from vnetmgr.planner.nics.routes import Route

_LIVE = frozenset({State.LIVE})
_RATES = ("inbound", "outbound")

_Differences = tuple[tuple[str, object, object], ...]


class _Live(Record):
    """The live half: what is done now, how, and what waits for the next start."""

    now: _Differences = ()
    waiting: _Differences = ()
    replug: bool = False
    out: bool = False
    """The nic is not plugged in, and has to be."""
    by_port: bool = False
    """It gets to its source by its logical port, and libvirt need not do anything for it."""
    rewire: bool = False
    """It gets to another LAN in place: its link goes down and up, so that the guest notices."""
    disruption: Disruption = Disruption.NONE


def plan_update(want: NicWant, seen: Seen[Nic], context: Context) -> Planned[NicWant]:
    """The step that brings an existing nic to what is wanted, and what of it has to wait."""
    domain, features = context.domain, context.observed.features
    asked = nic_states(want, domain, features)
    patch = _whole_patch(want.patch, seen, context)
    if len(asked) > 1:
        patch = gone_on_with(patch, seen, context)
    want = replace(want, patch=patch)
    states = frozenset(state for state in asked if seen.value(state) is not None)
    if not states:
        raise _absent(seen, context)
    refuse_taken(patch.name, patch.mac, seen, context)
    _check(want, seen, context, states)
    config = _differences(seen, State.CONFIG, states, want.patch)
    config += _own_id(seen, states, config, context)
    if State.LIVE in asked - states and "replug" in context.policy.allow:
        # A re-plug that was cut short left the nic out of the running domain.
        live = _Live(now=(("plugged", False, True),), out=True, disruption=Disruption.REPLUG)
    else:
        live = _plan_live(want, seen, context, states)
    _check_address(seen.any, config, live, context)
    resolved = _resolved(want, seen, states)
    notes = _notes(seen, context, states, config=config, live=live)
    repairs = _repairs(want, seen, context, live) if State.LIVE in states else ()
    if seen.live and not repairs and not live.now and want.spec_name is None:
        notes += _lost_note(seen, context)
    waiting = _change(seen, context, live.waiting, _LIVE, Disruption.NEXT_START)
    parts = (waiting,) if live.waiting else ()
    if not config and not live.now:
        if want.intent is Intent.UPDATE and not live.waiting and not repairs:
            notes += _as_asked(seen, patch, states, domain)
        return Planned(want=resolved, steps=repairs, waiting=parts, notes=tuple(notes))
    change = _whole_change(seen, context, config, live)
    ops, lost = _ops(want, seen, context, config, live)
    notes += (*lost, *_port_notes(seen, context, config, live))
    step = Step(group=domain.name, changes=(change,), ops=ops)
    return Planned(
        want=resolved, steps=(*repairs, step), waiting=parts, notes=tuple(notes), seen=seen
    )


def _as_asked(
    seen: Seen[Nic], patch: NicPatch, states: frozenset[State], domain: SeenDomain
) -> list[str]:
    """What to say where there is nothing to do."""
    notes = [nothing_to_do(domain, seen.any)[1]]
    if State.LIVE in states and left_down(seen, patch):
        up = Command("update-nic", domain.name, seen.any.key, "--link", "up", "--live")
        notes.append(f"{domain.name}: the link of nic {seen.any.key} is down: {up}")
    return notes


def _absent(seen: Seen[Nic], context: Context) -> UsageError:
    return UsageError(
        f"domain {context.domain.name}: nic {describe(seen.any)} is not in the state named",
        f"see where it is: {Command('list-nics', context.domain.name)}",
    )


def _port_notes(seen: Seen[Nic], context: Context, config: _Differences, live: _Live) -> list[str]:
    """What to say of its port on an overlay."""
    if context.overlays is None:
        return []
    replugged = live.replug or live.out
    return context.overlays.updated(context.domain, seen, config, live.now, replugged=replugged)


def _ops(
    want: NicWant, seen: Seen[Nic], context: Context, config: _Differences, live: _Live
) -> tuple[tuple[Op, ...], list[str]]:
    """What is written, and notes of what goes with it. Most of a spec's nics need nothing."""
    from vnetmgr.planner.nics.update_ops import lost_by, ops_of

    ops = ops_of(
        seen,
        want.patch,
        config=config,
        live=_libvirts(live),
        replug=live.replug,
        rewire=live.rewire,
        out=live.out,
        context=context,
    )
    return ops, lost_by(seen, ops, context.domain.name)


def _lost_note(seen: Seen[Nic], context: Context) -> list[str]:
    from vnetmgr.planner.nics.repair import lost_note

    note = lost_note(seen, context)
    return [] if note is None else [note]


def _whole_patch(patch: NicPatch, seen: Seen[Nic], context: Context) -> NicPatch:
    """The patch with what it brings along."""
    patch = _with_direct_mode(patch, seen.any)
    for nic in filter(None, (seen.config, seen.live)):  # the config may have moved already
        patch = with_dependents(with_port(patch, nic, context), nic, context)
    return patch


def _whole_change(seen: Seen[Nic], context: Context, config: _Differences, live: _Live) -> Change:
    """What is done now, in both states."""
    scope = frozenset(
        state for state, any_ in ((State.CONFIG, config), (State.LIVE, live.now)) if any_
    )
    shown = {field: (field, before, after) for field, before, after in live.now + config}
    disruption = live.disruption
    if not live.now and context.domain.active:
        disruption = Disruption.NEXT_START
    change = _change(seen, context, tuple(shown.values()), scope, disruption)
    return replace(change, links=links_of(live.now + config))


def _check_address(nic: Nic, config: _Differences, live: _Live, context: Context) -> None:
    later, now = ({field: to for field, _, to in each} for each in (config, live.now))
    if "pci_address" in {**later, **now}:
        from vnetmgr.planner.nics.slots import check_address

        check_address(
            replace(nic, **{**later, **now}),
            context.domain,
            config="pci_address" in later,
            replugged="pci_address" in now,
        )


def _repairs(want: NicWant, seen: Seen[Nic], context: Context, live: _Live) -> tuple[Step, ...]:
    """A nic that is asked onto the source that it is on, and whose tap is not, is not as asked. A
    spec's is repaired whatever it asks. What moves or plugs it in anew does it as well. It comes
    before other changes: it plugs in what was observed."""
    asked = seen.live is not None and seen.live.source == want.patch.source
    moved = live.replug or live.out or any(field == "source" for field, _, _ in live.now)
    if moved or not (asked or want.spec_name is not None):
        return ()
    from vnetmgr.planner.nics.repair import repair

    step = repair(seen, context)
    return () if step is None else (step,)


def _notes(
    seen: Seen[Nic],
    context: Context,
    states: frozenset[State],
    *,
    config: _Differences,
    live: _Live,
) -> list[str]:
    """What the user should know of the change besides."""
    domain = context.domain
    said = any(field != "interface_id" for field, _, _ in config)  # which nobody asked for
    notes = state_notes(domain, states, context.observed.features) if said else []
    if live.replug and seen.live is not None and seen.live.vectors is not None:
        notes.append(
            f"{domain.name}: nic {describe(seen.any)} has QEMU's own number of vectors until the "
            "next cold start: libvirt sets them on no device that is plugged in"
        )
    if live.now and moves_unplugged(seen, live.now):
        notes.append(f"{domain.name}: the link of nic {seen.any.key} is down, and stays down")
    return notes


def _with_direct_mode(patch: NicPatch, nic: Nic) -> NicPatch:
    """A nic that becomes a macvtap gets the mode that a new one gets, not libvirt's vepa."""
    if patch.source is UNSET or patch.source.mode is not Mode.DIRECT:
        return patch
    return patch if nic.source.mode is Mode.DIRECT else resolve(patch, direct_mode="bridge")


def _check(want: NicWant, seen: Seen[Nic], context: Context, states: frozenset[State]) -> None:
    """Judge the nic as it would be, in each state, by the fields that change."""
    if context.overlays is not None and want.patch.source not in (UNSET, seen.any.source):
        context.overlays.refuse_unwritable(want.patch.source)
    for state in ordered(states):
        nic = seen.value(state)
        # Most of a spec's are as wanted.
        if nic is not None and (changed := differences(nic, want.patch)):
            after = replace(nic, **{field: value for field, _, value in changed})
            fields = frozenset(field for field, _, _ in changed)
            fields |= depending(want.patch, fields)
            if state is State.LIVE and State.CONFIG in states:
                fields -= {"vectors"}  # they wait, and the config's are judged
            check_nic(after, fields=fields, context=context, states=states, command="update-nic")


def _differences(
    seen: Seen[Nic], state: State, states: frozenset[State], patch: NicPatch
) -> _Differences:
    nic = seen.value(state)
    return differences(nic, patch) if state in states and nic is not None else ()


def _own_id(
    seen: Seen[Nic], states: frozenset[State], config: _Differences, context: Context
) -> _Differences:
    """That a nic has an id of its own in its config, on an overlay. Most nics are on none."""
    nic, overlays = seen.config, context.overlays
    if overlays is None or nic is None or State.CONFIG not in states:
        return ()
    after = replace(nic, **{field: value for field, _, value in config})
    if overlays.network(after.source) is None:
        return ()
    wanted = choose_interface_id(context, after, seen)
    return () if wanted == nic.interface_id else (("interface_id", nic.interface_id, wanted),)


def _libvirts(live: _Live) -> _Differences:
    """What libvirt does of the live half."""
    if live.by_port and not live.replug:
        return tuple(each for each in live.now if each[0] != "source")
    return live.now


def _plan_live(want: NicWant, seen: Seen[Nic], context: Context, states: frozenset[State]) -> _Live:
    changed = _differences(seen, State.LIVE, states, want.patch)
    if any(field in _RATES and to is None for field, _, to in changed):
        from vnetmgr.planner.nics.behind import falls_to_portgroup

        if falls_to_portgroup(seen, want.patch, context):
            changed = tuple(each for each in changed if each[0] not in _RATES)
    if not changed or seen.live is None:
        return _Live()
    from vnetmgr.planner.nics.routes import Route, worst

    after = replace(seen.live, **{field: value for field, _, value in changed})
    overlays = context.overlays
    by_port = overlays is not None and overlays.moves_by_port(seen.live, after.source)
    routes = {
        field: _route(field, seen, after, context, by_port=by_port) for field, _, _ in changed
    }
    by_replug = any(route is Route.REPLUG for route, _ in routes.values())
    replug = by_replug and "replug" in context.policy.allow
    possible = {Route.IN_PLACE, Route.REPLUG} if replug else {Route.IN_PLACE}
    now = tuple(each for each in changed if routes[each[0]][0] in possible)
    rest = tuple(each for each in changed if each not in now)
    if rest and State.CONFIG not in states:
        raise _not_live(rest, seen, context, by_replug=by_replug)
    disruption = worst(routes[field][1] for field, _, _ in now)
    flaps = (Route.IN_PLACE, Disruption.LINK_FLAP) in (routes.get("source"), routes.get("vlan"))
    return _Live(
        now=now,
        waiting=rest,
        replug=replug,
        disruption=disruption,
        by_port=by_port,
        rewire=flaps and not replug,
    )


def _route(
    field: str, seen: Seen[Nic], after: Nic, context: Context, *, by_port: bool
) -> tuple[Route, Disruption]:
    from vnetmgr.planner.nics.behind import elsewhere, stays_a_tap
    from vnetmgr.planner.nics.routes import live_route

    before = seen.live or after
    moves, up = before.source != after.source, "down" not in (before.link, after.link)
    return live_route(
        field,
        before=before,
        after=after,
        stays_a_tap=not moves or stays_a_tap(seen, after.source, context),
        by_port=by_port,
        rewired=up and (not moves or elsewhere(before, after, context)),
    )


def _not_live(
    rest: _Differences, seen: Seen[Nic], context: Context, *, by_replug: bool
) -> RefusedError:
    names = ", ".join(field for field, _, _ in rest)
    replug = "--allow replug unplugs it and plugs it in again; " if by_replug else ""
    return RefusedError(
        f"domain {context.domain.name}: {names} of nic {describe(seen.any)} cannot change "
        "while it is plugged in",
        Worded(
            f"{replug}without --live the change waits in the config for the next start",
            replug.removesuffix("; ") or "its domain is transient: whoever starts it changes it",
        ),
    )


def _change(
    seen: Seen[Nic],
    context: Context,
    changed: _Differences,
    scope: frozenset[State],
    disruption: Disruption,
) -> Change:
    return Change(
        action=Action.UPDATE,
        object=ObjectKind.NIC,
        domain=context.domain.name,
        name=seen.any.key,
        scope=ordered(scope),
        disruption=disruption,
        fields=field_changes(changed),
    )


def _resolved(want: NicWant, seen: Seen[Nic], states: frozenset[State]) -> NicWant:
    """The want as a state. A nic addressed by what the patch changes has a new address."""
    address = want.nic
    for field in ("name", "mac", "pci_address"):
        changed = getattr(want.patch, field)
        if address is not None and changed is not UNSET:
            named = {str(getattr(nic, field)) for nic in (seen.config, seen.live) if nic}
            address = str(changed) if address in named else address
    return replace(want, intent=Intent.PRESENT, states=states, nic=address)
