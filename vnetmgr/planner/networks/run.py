"""Plan that a network runs, is restarted, stops or goes; with the guests on it plugged in again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.errors import RefusedError
from vnetmgr.model.intent import Intent
from vnetmgr.model.names import joined
from vnetmgr.model.network import hop_name
from vnetmgr.model.network_want import network_differences, patch_of
from vnetmgr.model.patch import UNSET
from vnetmgr.model.plan import Action, Change, Disruption, FieldChange, ObjectKind, Op, Step
from vnetmgr.model.record import Record, replace
from vnetmgr.model.seen.guests import (
    Guest,
    foreign_ports,
    guests_of,
    orphans_of,
    sleepers_of,
    strangers_on,
)
from vnetmgr.model.state import State
from vnetmgr.planner.context import links_of
from vnetmgr.planner.networks.context import (
    NetworkContext,
    left_afar,
    missing_network,
    network_change,
)
from vnetmgr.planner.networks.links import refuse_cut_off
from vnetmgr.planner.networks.routes import keeps_taps
from vnetmgr.planner.nics.taps import flap, repairs, stale_change, stale_guests
from vnetmgr.planner.result import Planned
from vnetmgr.problem import Worded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetmgr.model.network import Network
    from vnetmgr.model.network_want import NetworkWant
    from vnetmgr.model.patch import Differences


class Running(Record):
    """What becomes of a network's running."""

    restart: bool = False
    starts: bool = False
    stops: bool = False


class Run(Record):
    """The writes that bring it about, and what they are for people."""

    ops: list[Op]
    changes: list[Change]
    waiting: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()


def run_ops(want: NetworkWant, context: NetworkContext, running: Running) -> Run:
    """Start, restart or stop a network as planned so far; then plug in what has lost its bridge.

    Raises RefusedError where running guests, or ports that cannot be put back, are in the way.
    """
    draft = context.draft
    guests = _guests(want, context)
    if running.stops:
        ops, notes = stop_ops(want, context, guests)
        return Run(
            ops=ops,
            changes=[network_change(Action.STOP, want.name, (State.LIVE,))],
            notes=tuple(notes),
        )
    if running.restart:
        return _restart(want, context, guests)
    unstarted = want.running is None and draft.cut_short and not draft.active
    if running.starts or unstarted:
        return _with_flaps(want, guests, _start(want, context, guests))
    _refuse_lost_trace(want, context)
    if not want.guests or draft.seen is None:
        return Run(ops=[], changes=[])
    if not draft.active:
        return _stay_off(want, context, guests)
    return _with_flaps(want, guests, _repair(want, context, guests))


def _start(want: NetworkWant, context: NetworkContext, guests: list[Guest]) -> Run:
    """Start it; what a restart that was cut short, or a killed libvirtd, has left comes first."""
    draft = context.draft
    ports, left = _ports(context), draft.left
    _refuse_left(want, context)
    refuse_ports(want, context, ports)
    was = draft.seen.config if draft.seen else None
    ops = draft.clear(ports) + draft.start()
    ops += draft.replug(guests, former=was) if want.guests else []
    fields = (("bridge without a network", left, None),) if left else ()
    change = network_change(Action.START, want.name, (State.LIVE,), fields)
    notes = _port_notes(want.name, ports, "put back after the start")
    return Run(ops=ops, changes=[change, *repairs(guests)], notes=tuple(notes))


def _stay_off(want: NetworkWant, context: NetworkContext, guests: list[Guest]) -> Run:
    """What is off, and may stay so: only what a run or a libvirtd has left half done goes."""
    draft = context.draft
    if draft.left is not None and want.running is False:
        ops, notes = stop_ops(want, context, guests)
        change = network_change(Action.STOP, want.name, (State.LIVE,))
        return Run(ops=ops, changes=[change], notes=tuple(notes))
    ports = _ports(context) if draft.cut_short else ()
    refuse_ports(want, context, ports)
    ops = draft.drop_hop()
    notes = _port_notes(want.name, ports, "unplugged, for good")
    return Run(ops=ops, changes=[_hop_change(want)] if ops else [], notes=tuple(notes))


def refuse_ports(want: NetworkWant, context: NetworkContext, ports: tuple[str, ...]) -> None:
    """Refuse what loses ports of this machine's that cannot be put back from here."""
    if ports and not _can_plug(context):
        raise RefusedError(
            f"network {want.name}: {joined(ports)} on its bridge belong to no guest of this "
            "libvirt, and cannot be put back over a remote connection",
            f"run vnetmgr on {context.observed.host} itself",
        )


def _refuse_left(want: NetworkWant, context: NetworkContext) -> None:
    """Refuse what a bridge that a killed libvirtd has left is in the way of."""
    left = context.draft.left
    if left is not None and not _can_plug(context):
        raise RefusedError(
            f"network {want.name}: {left_afar(left, context)}", "nothing was touched"
        )


def _refuse_lost_trace(want: NetworkWant, context: NetworkContext) -> None:
    """Refuse a mode without a bridge of its own, for what stays off and has left one: its MAC,
    which says whose that is, goes with the mode."""
    left, after = context.draft.left, context.draft.value(State.CONFIG)
    if left is not None and want.running is None and after and not after.has_own_bridge:
        raise RefusedError(
            f"network {want.name}: bridge {left} is what libvirtd left of it when it was killed, "
            "and nothing would say so any more",
            f"first start the network again: {Command('start-network', want.name)}; or remove the "
            f"bridge: {Command('stop-network', want.name, '--force')}",
        )


def _hop_change(want: NetworkWant) -> Change:
    fields = (("hop network", hop_name(want.name), None),)
    return network_change(Action.REPAIR, want.name, (State.LIVE,), fields)


def _guests(want: NetworkWant, context: NetworkContext) -> list[Guest]:
    seen = context.draft.seen
    return guests_of(seen, context.observed) if want.guests and seen is not None else []


def _restart(want: NetworkWant, context: NetworkContext, guests: list[Guest]) -> Run:
    draft = context.draft
    former = context.value(State.LIVE)
    ports = _ports(context)
    refuse_ports(want, context, ports)
    after = draft.value(State.CONFIG) or former
    refuse_cut_off(want.name, guests, former, after)
    taps = guests
    if keeps_taps(former, after) and draft.seen is not None:
        taps = orphans_of(draft.seen, context.observed)
    pending = _all_differences(former, after) if want.restart else ()
    ops = draft.restart(taps, ports)
    changes: list[Change] = []
    if want.restart:
        disruption = Disruption.RESTART
        states = (State.LIVE,)
        changes.append(network_change(Action.RESTART, want.name, states, pending, disruption))
    notes = _port_notes(want.name, ports, "put back after the restart")
    run = Run(ops=ops, changes=[*changes, *repairs(taps)], notes=tuple(notes))
    return _with_flaps(want, guests, run)


def _all_differences(before: Network, after: Network) -> Differences:
    """What a restart brings about of a config that was changed earlier."""
    return network_differences(before, patch_of(after))


def _repair(want: NetworkWant, context: NetworkContext, guests: list[Guest]) -> Run:
    """What runs as wanted: only taps that have lost the bridge, or miss what it gives now."""
    draft, seen = context.draft, context.draft.seen
    after = draft.value(State.LIVE)
    if seen is None or after is None:
        return Run(ops=[], changes=[])
    lost = orphans_of(seen, context.observed)
    changes = list(repairs(lost))
    stale = []
    if want.patch.portgroups is not UNSET or want.removed_portgroups:
        stale = [guest for guest in stale_guests(guests, after) if guest not in lost]
    refreshed = tuple(stale_change(guest, after) for guest in stale)
    waiting: tuple[Change, ...] = ()
    if "replug" in context.policy.allow:
        changes += (replace(change, disruption=Disruption.LINK_FLAP) for change in refreshed)
    else:
        waiting, stale = refreshed, []
    back = draft.kept.ports
    refuse_ports(want, context, back)
    ops = draft.replug((*lost, *stale), former=after, stale=stale)
    if ops and not changes:
        changes.append(_hop_change(want))
    notes = _port_notes(want.name, back, "put back")
    return Run(ops=ops, changes=changes, waiting=waiting, notes=tuple(notes))


def _with_flaps(want: NetworkWant, guests: list[Guest], run: Run) -> Run:
    if not want.renew or not guests:
        return run
    write = flap(want.name, guests)
    named = {(link.domain, link.label) for link in write.links}
    changes = [
        Change(
            action=Action.UPDATE,
            object=ObjectKind.NIC,
            domain=guest.domain.name,
            name=guest.name,
            scope=(State.LIVE,),
            disruption=Disruption.LINK_FLAP,
            fields=(FieldChange(field="link", before="up", after="down, then up"),),
        )
        for guest in guests
        if (guest.domain.name, guest.name) in named
    ]
    ops = [*run.ops, Op(do=write, may_finish_later=True)]
    return replace(run, ops=ops, changes=[*run.changes, *changes])


_IN_ONE_STEP = (
    "--allow restart does it in one step: guests keep their devices, are plugged in again, and "
    "lose packets for a few seconds"
)
_MOVE_THEM = "move them to another network first"


def refuse_disruption(
    name: str, what: str, states: frozenset[State], context: NetworkContext
) -> None:
    """Refuse a change that needs a restart of the network, unless that is allowed and possible."""
    if State.CONFIG not in states:
        raise RefusedError(
            f"network {name}: {what} cannot change while it runs",
            "leave --live out, and allow a restart of the network: --allow restart"
            if context.draft.persistent
            else "a transient network is made anew by whoever made it",
        )
    if "restart" in context.policy.allow:
        return
    seen = context.draft.seen
    guests = guests_of(seen, context.observed) if seen is not None else []
    on_it = f"; on it: {joined([guest.label for guest in guests])}" if guests else ""
    raise RefusedError(
        f"network {name}: {what} [restart] needs a restart of the network, and nothing was "
        f"changed{on_it}",
        Worded(f"{_IN_ONE_STEP}; --config leaves it for the network's next start", _IN_ONE_STEP),
    )


def stop_ops(
    want: NetworkWant,
    context: NetworkContext,
    guests: list[Guest],
    sleepers: Sequence[str] = (),
) -> tuple[list[Op], list[str]]:
    """Stop a network; raises RefusedError while running guests use it, unless forced."""
    ports = _ports(context)
    users = [guest.label for guest in guests] + [f"port {port}" for port in ports]
    _refuse_users(want, users, sleepers)
    draft = context.draft
    if draft.left is not None:
        _refuse_left(want, context)
        cut = guests
    else:
        cut = guests if context.value(State.LIVE).has_own_bridge else []
    notes = []
    if cut:
        labels = joined([guest.label for guest in cut])
        notes.append(f"network {want.name}: cut off until it starts again: {labels}")
    notes += _port_notes(want.name, ports, "unplugged, for good")
    if draft.left is not None:
        return [*draft.drop_hop(), *draft.remove_left()], notes
    can_plug = ports if _can_plug(context) else ()
    return [*draft.drop_hop(), *draft.stop(cut, can_plug)], notes


def _refuse_users(want: NetworkWant, users: Sequence[str], sleepers: Sequence[str]) -> None:
    if want.force or not (users or sleepers):
        return
    why = [f"used by {joined(users)}: without it they are cut off"] if users else []
    why += [f"needed by {joined(sleepers)}: without it they do not start"] if sleepers else []
    raise RefusedError(
        f"network {want.name} is {', and '.join(why)}",
        Worded(f"{_MOVE_THEM}, or --force to go on", _MOVE_THEM),
    )


def plan_return(want: NetworkWant, context: NetworkContext) -> Planned[NetworkWant]:
    """The step that starts a transient network again which a restart stopped and lost."""
    draft = context.draft
    ports = _ports(context)
    _refuse_left(want, context)
    refuse_ports(want, context, ports)
    ops = draft.clear(ports) + draft.start_again()
    seen = draft.as_seen()
    guests = guests_of(seen, context.observed) if seen is not None else []
    ops += draft.replug(guests, former=draft.value(State.LIVE))
    change = network_change(Action.START, want.name, (State.LIVE,))
    step = Step(group=f"network {want.name}", changes=(change, *repairs(guests)), ops=tuple(ops))
    resolved = replace(want, intent=Intent.PRESENT, restart=False, renew=False)
    notes = _port_notes(want.name, ports, "put back after the start")
    return Planned(want=resolved, steps=(step,), notes=tuple(notes))


def plan_removal(want: NetworkWant, context: NetworkContext) -> Planned[NetworkWant]:
    """The step that stops a network and forgets it."""
    draft = context.draft
    resolved = replace(want, intent=Intent.ABSENT, running=None)
    if not draft.documents and want.is_forced_removal and draft.joins:
        gone, told = draft.leave(force=True)
        change = network_change(Action.DELETE, want.name, State)
        step = Step(group=f"network {want.name}", changes=(change,), ops=tuple(gone))
        return Planned(want=resolved, steps=(step,), notes=tuple(told))
    if not draft.documents:
        if want.intent is Intent.REMOVE:
            raise missing_network(want.name, context.observed)
        return Planned(want=resolved)
    ops: list[Op] = []
    notes: list[str] = []
    sleepers = sleepers_of(draft.seen, context.observed) if draft.seen is not None else []
    if draft.active or draft.left is not None:
        ops, notes = stop_ops(want, context, _guests(want, context), sleepers)
    else:
        _refuse_users(want, (), sleepers)
        ports = _ports(context)
        refuse_ports(want, context, ports)
        notes = _port_notes(want.name, ports, "unplugged, for good")
        ops = draft.drop_hop()
    if sleepers:
        notes.append(
            f"network {want.name}: cannot start until there is one of that name: {joined(sleepers)}"
        )
    gone, told = draft.leave(force=want.force)
    if draft.persistent:
        ops += draft.undefine()
    change = network_change(Action.DELETE, want.name, _states(context))
    change = replace(change, links=_links(context))
    # What a run that is killed leaves is libvirt's network, and the next one goes on with it.
    step = Step(group=f"network {want.name}", changes=(change,), ops=(*gone, *ops))
    return Planned(want=resolved, steps=(step,), notes=(*notes, *told))


def _states(context: NetworkContext) -> list[State]:
    seen = context.draft.seen
    return [state for state in State if seen is not None and seen.value(state) is not None]


def _links(context: NetworkContext) -> frozenset[str]:
    """What a removal takes it off."""
    seen = context.draft.seen
    states = (seen.config, seen.live) if seen is not None else ()
    return links_of(
        tuple(
            (field, getattr(each, field), None)
            for each in states
            if each is not None
            for field in each.FIELDS
        )
    )


def _ports(context: NetworkContext) -> tuple[str, ...]:
    """The ports of no guest of this libvirt: those on its bridge, and those that a restart which
    was cut short has taken off it."""
    draft, found = context.draft, context.draft.kept.ports
    if draft.left is not None:
        found += strangers_on(draft.left, context.observed)
    elif draft.seen is not None:
        found += foreign_ports(draft.seen, context.observed)
    return tuple(dict.fromkeys(found))


def _can_plug(context: NetworkContext) -> bool:
    """Whether links of the managed host are links of this machine."""
    links = context.observed.links
    return links is not None and links.ports is not None


def _port_notes(name: str, ports: tuple[str, ...], what: str) -> list[str]:
    if not ports:
        return []
    return [f"network {name}: {joined(ports)} of no guest of this libvirt: {what}"]
