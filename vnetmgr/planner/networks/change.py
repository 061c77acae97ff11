"""Plan a network: made, changed in place where libvirt can, restarted where it has to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import RefusedError
from vnetmgr.model.intent import Intent
from vnetmgr.model.network_want import network_differences
from vnetmgr.model.patch import Unset
from vnetmgr.model.plan import Action, Change, Disruption, Op, Step
from vnetmgr.model.record import Record, replace
from vnetmgr.model.seen.guests import guests_of
from vnetmgr.model.show import show
from vnetmgr.model.state import State
from vnetmgr.planner.context import links_of, ordered
from vnetmgr.planner.networks.bridge_setup import setup_notes
from vnetmgr.planner.networks.checks import check_network, fitting, lost_settings
from vnetmgr.planner.networks.context import (
    NetworkContext,
    merged_differences,
    missing_network,
    network_change,
    new_network_notes,
    note_for_command,
    refuse_another,
    refuse_stranding,
)
from vnetmgr.planner.networks.create import plan_creation
from vnetmgr.planner.networks.extra import extra_problems
from vnetmgr.planner.networks.ip_side import host_notes, mtu_note
from vnetmgr.planner.networks.keeps import keeps_of
from vnetmgr.planner.networks.links import link_notes
from vnetmgr.planner.networks.routes import needs_restart
from vnetmgr.planner.networks.run import (
    Running,
    plan_removal,
    plan_return,
    refuse_disruption,
    run_ops,
)
from vnetmgr.planner.networks.settle import change_notes, settle, with_lost_ranges
from vnetmgr.planner.overlays.checks import overlay_notes, start_notes
from vnetmgr.planner.result import Planned
from vnetmgr.problem import Worded, behind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from vnetmgr.model.network import Network
    from vnetmgr.model.network_want import NetworkPatch, NetworkWant
    from vnetmgr.model.patch import Differences
    from vnetmgr.planner.overlays.switch_half import SwitchUpkeep


def plan_network(want: NetworkWant, context: NetworkContext) -> Planned[NetworkWant]:
    """The step that brings a network to what is wanted.

    Raises NotFoundError, UsageError or RefusedError before anything is touched.
    """
    if want.intent in (Intent.REMOVE, Intent.ABSENT):
        return plan_removal(want, context)
    if want.intent is not Intent.CREATE:
        _refuse_other_half(want, context)
    context.draft.check(want)
    if not context.draft.documents:
        if context.draft.kept.document and want.intent is Intent.UPDATE and want.running:
            return plan_return(want, context)
        if want.intent is Intent.UPDATE:
            raise missing_network(want.name, context.observed)
        return plan_creation(want, context)
    if want.intent is Intent.CREATE:
        _refuse_present(want, context)
    return _plan_change(want, context)


_PLUGGED = frozenset({"mode", "forward_devs", "direct_mode", "vlan", "native_vlan", "portgroups"})
"""What a guest's nic has from its network since it was plugged in."""


class _Edit(Record):
    """What has to change, state by state."""

    states: frozenset[State]
    patches: Mapping[State, NetworkPatch]
    differences: Mapping[State, Differences]
    restart: Differences
    """What of the running network only a restart can change."""

    def of(self, state: State) -> Differences:
        """The differences in one state."""
        return self.differences.get(state, ())


def _refuse_present(want: NetworkWant, context: NetworkContext) -> None:
    """A network that is to be made and is there has to be as asked."""
    for state in (State.CONFIG, State.LIVE):
        present = context.draft.value(state)
        if present is not None:
            refuse_another(want, present, _settled(want, state, context))
            return


def _refuse_other_half(want: NetworkWant, context: NetworkContext) -> None:
    """Refuse to make an overlay of another network, or another of one: its guests' nics and what
    OVN has of it would have to change with it."""
    for state in State:
        present = context.draft.value(state)
        mode = want.patch.mode
        if present is None or isinstance(mode, Unset):
            continue
        if present.is_overlay is not want.patch.is_overlay:
            raise RefusedError(
                f"network {want.name} is {present.mode}, and does not become {mode}",
                "make another network, move its guests' nics there, and delete this one",
            )


def _plan_change(want: NetworkWant, context: NetworkContext) -> Planned[NetworkWant]:
    unfinished = context.draft.unfinished
    if unfinished:
        want = replace(want, autostart=want.autostart is not False)
    _refuse_transient(want, context)
    edit = _edit(want, context)
    was = context.draft.active
    stops = was and want.running is False
    running = Running(
        restart=was and not stops and (want.restart or bool(edit.restart)),
        starts=bool(not was and want.running),
        stops=stops,
    )
    _check(edit, context, running)
    if edit.restart and not stops:
        _refuse_restart(want, edit, context)
    ops = _edit_ops(edit, context, whole=stops or bool(edit.restart))
    refuse_stranding(context, context.draft.documents)
    autostart = context.draft.set_autostart(autostart=want.autostart)
    upkeep = context.draft.keep_switch()
    change = _change(want, edit, upkeep, autostart=bool(autostart), unfinished=unfinished)
    if unfinished:
        autostart += context.draft.finish()
    run = run_ops(want, context, running)
    changes = (*change, *run.changes)
    notes = [*_notes(want, edit, context, was=was), *_begun(running, context), *run.notes]
    if not changes and not run.waiting:
        notes += note_for_command(want.intent, f"network {want.name} is as asked; nothing to do")
    step = Step(
        group=f"network {want.name}",
        changes=changes,
        ops=(*ops, *upkeep.ops, *autostart, *run.ops),
        keeps=keeps_of(context.draft),
    )
    return Planned(
        want=_resolved(want, context, stops=stops),
        steps=(step,) if changes else (),
        waiting=run.waiting,
        notes=tuple(notes),
    )


def _begun(running: Running, context: NetworkContext) -> Iterator[str]:
    """What to know where it begins to run."""
    if running.starts or running.restart:
        draft = context.draft
        yield from start_notes(draft.name, draft.value(State.LIVE), context.observed)


def _resolved(want: NetworkWant, context: NetworkContext, *, stops: bool) -> NetworkWant:
    if stops and not context.draft.persistent:
        return replace(want, intent=Intent.ABSENT, running=None)  # libvirt forgets it
    return replace(want, intent=Intent.PRESENT, restart=False, renew=False)


def _refuse_transient(want: NetworkWant, context: NetworkContext) -> None:
    asked = want.intent is Intent.UPDATE and want.autostart  # a spec means it unless it says no
    if asked and not context.draft.persistent:
        raise RefusedError(
            f"network {want.name} is transient: it has no config that could start with the host",
            f"keep it first: virsh net-dumpxml {want.name} > {want.name}.xml; "
            f"virsh net-define {want.name}.xml",
        )


def _refuse_restart(want: NetworkWant, edit: _Edit, context: NetworkContext) -> None:
    what = ", ".join(
        f"{field} {show(before) or '-'} -> {show(after) or '-'}"
        for field, before, after in edit.restart
    )
    refuse_disruption(want.name, what, edit.states, context)


def _check(edit: _Edit, context: NetworkContext, running: Running) -> None:
    """Judge the network as it would be, in each state that changes or starts."""
    begins = running.starts or running.restart
    for state in ordered(edit.states):
        if edit.of(state) or begins:
            present, patch = context.value(state), edit.patches[state]
            fits, misfits = fitting(present, patch)
            after = context.draft.merged(state, fits)
            misfits += lost_settings(present, patch, after)
            misfits += extra_problems(present, fits, after, context.observed.features)
            check_network(after, present, context, starts=begins, misfits=misfits)


def _change(
    want: NetworkWant, edit: _Edit, upkeep: SwitchUpkeep, *, autostart: bool, unfinished: bool
) -> Iterator[Change]:
    config, live = edit.of(State.CONFIG), edit.of(State.LIVE)
    differences = (*merged_differences(config, live), *upkeep.differences)
    scope = {state for state in edit.states if edit.of(state) or upkeep.differences}
    if autostart:
        differences += (("autostart", not want.autostart, want.autostart),)
        scope.add(State.CONFIG)
    if unfinished:
        differences += (("creation", "cut short", None),)
        scope.add(State.CONFIG)
    if differences:
        disruption = Disruption.RESTART if edit.restart else Disruption.NONE
        change = network_change(Action.UPDATE, want.name, scope, differences, disruption)
        yield replace(change, links=links_of(config + live))
    if upkeep.flaws:
        mended = tuple((flaw, "changed by somebody else", None) for flaw in upkeep.flaws)
        yield network_change(Action.REPAIR, want.name, edit.states, mended)


def _edit(want: NetworkWant, context: NetworkContext) -> _Edit:
    states = context.draft.target(want.states)
    patches = {state: _settled(want, state, context) for state in states}
    if State.LIVE in patches and State.CONFIG in patches:
        config, live = context.value(State.CONFIG), context.value(State.LIVE)
        patches[State.LIVE] = with_lost_ranges(patches[State.LIVE], config, live)
    differences = {
        state: network_differences(context.value(state), patch) for state, patch in patches.items()
    }
    overlay = context.draft.fleet is not None
    restart = needs_restart(differences.get(State.LIVE, ()), overlay=overlay)
    return _Edit(states=states, patches=patches, differences=differences, restart=restart)


def _settled(want: NetworkWant, state: State, context: NetworkContext) -> NetworkPatch:
    present = context.value(state)
    return context.draft.settled(settle(want, present), present)


def _edit_ops(edit: _Edit, context: NetworkContext, *, whole: bool) -> list[Op]:
    """In place where that brings everything about; else the config is written whole, and the
    running network takes what it can, or all of it (`whole`) by the restart behind."""
    draft = context.draft
    changed = {state for state in edit.states if edit.of(state)}
    overlay = draft.fleet is not None
    if not whole and draft.active and not needs_restart(edit.of(State.CONFIG), overlay=overlay):
        return draft.edit({state: edit.patches[state] for state in changed}) if changed else []
    ops: list[Op] = []
    if State.CONFIG in changed:
        ops += draft.rewrite(edit.patches[State.CONFIG])
    if State.LIVE in changed and not whole:
        ops += draft.edit({State.LIVE: edit.patches[State.LIVE]})
    return ops


def _mtu_notes(after: Network, context: NetworkContext) -> Iterator[str]:
    seen = context.draft.seen
    guests = guests_of(seen, context.observed) if seen is not None else []
    return mtu_note(after, [guest.label for guest in guests])


def _way_out_note(after: Network, context: NetworkContext) -> Iterator[str]:
    """OVN's DHCP has no router to tell of before there is one."""
    seen = context.draft.seen
    guests = guests_of(seen, context.observed) if seen is not None else []
    if guests and after.external is not None:
        names = ", ".join(guest.label for guest in guests)
        yield f"guests learn of the way out when they renew their addresses: {names}"


def _notes(want: NetworkWant, edit: _Edit, context: NetworkContext, *, was: bool) -> list[str]:
    notes = []
    if was and State.LIVE not in edit.states and edit.of(State.CONFIG):
        notes.append(f"network {want.name}: the running network is unchanged until it is restarted")
    changed = {field for field, _, _ in edit.of(State.LIVE)}
    notes += new_network_notes(context)
    for state in (each for each in State if edit.of(each)):
        after = context.draft.value(state)
        if after is not None:
            notes += change_notes(want.name, edit.of(state), after)
            fields = {field for field, _, _ in edit.of(state)}
            more = [*host_notes(after, fields, context.observed)]
            more += setup_notes(after, fields, context.observed)
            more += overlay_notes(after, fields, context.observed)
            more += _mtu_notes(after, context) if "mtu" in changed else ()
            more += _way_out_note(after, context) if "external" in changed else ()
            notes += (behind(f"network {want.name}: ", each) for each in more)
            break
    if context.draft.seen is not None and changed & _PLUGGED:
        before, after = context.draft.seen.live, context.draft.value(State.LIVE)
        if before is not None and after is not None:
            found = link_notes(before, after, context)
            notes += (f"network {want.name}: {each}" for each in found)
    if changed & {"subnets"} and not want.renew:
        kept = f"network {want.name}: guests keep their old addresses until they ask again"
        notes.append(Worded(f"{kept}; --renew flaps their links so that they do", kept))
    return notes
