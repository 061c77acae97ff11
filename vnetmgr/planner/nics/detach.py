"""Plan the removal of a nic: that nic and no other, in every state asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.errors import NotFoundError
from vnetmgr.libvirt_xml.domain_write import remove_nic
from vnetmgr.model.intent import Intent
from vnetmgr.model.plan import Action, Change, FieldChange, ObjectKind, Op, Step
from vnetmgr.model.record import replace
from vnetmgr.model.state import State
from vnetmgr.planner.context import Context, links_of, nic_states, ordered, state_notes
from vnetmgr.planner.nics.device_ops import LIVE_FIRST, unplug_op
from vnetmgr.planner.nics.match import describe, find_nic, find_wanted
from vnetmgr.planner.nics.vectors import override_ops, overrides_of_changed
from vnetmgr.planner.owned import record_owned
from vnetmgr.planner.result import Planned

if TYPE_CHECKING:
    from vnetmgr.model.desired import NicWant
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.state import Seen


def plan_removal(want: NicWant, context: Context) -> Planned[NicWant]:
    """A step that takes the nic out, or nothing when ABSENT finds it gone."""
    domain, features = context.domain, context.observed.features
    seen = _find(want, context)
    states = nic_states(want, domain, features)
    resolved = replace(want, intent=Intent.ABSENT, states=states)
    present = frozenset(state for state in states if seen and seen.value(state) is not None)
    if seen is None or not present:
        if want.intent is Intent.ABSENT or seen is None:
            return Planned(want=resolved)
        missing = " and ".join(ordered(states))
        raise NotFoundError(
            f"domain {domain.name}: nic {describe(seen.any)} is not in {missing}",
            f"see where it is: {Command('list-nics', domain.name)}",
        )
    taken = [nic for state in present if (nic := seen.value(state)) is not None]
    change = Change(
        action=Action.DELETE,
        object=ObjectKind.NIC,
        domain=domain.name,
        name=seen.any.key,
        scope=ordered(present),
        fields=(FieldChange(field="source", before=str(seen.any.source), after=None),),
        links=links_of(tuple(("source", nic.source, None) for nic in taken)),
    )
    ops = (
        *_vectors_ops(seen, present, domain.name),
        *_removal_ops(seen, present, context),
        *_record_ops(seen.any, context),
    )
    step = Step(group=domain.name, changes=(change,), ops=ops)
    notes = state_notes(domain, present, features)
    if context.overlays is not None:
        context.overlays.unplugged(domain, seen, present)
    return Planned(want=resolved, steps=(step,), notes=tuple(notes), seen=seen)


def _find(want: NicWant, context: Context) -> Seen[Nic] | None:
    if want.nic is None:
        return find_wanted(context.domain, want.patch)
    try:
        return find_nic(context.domain, want.nic)
    except NotFoundError:
        if want.intent is Intent.ABSENT:
            return None
        raise


def _vectors_ops(seen: Seen[Nic], states: frozenset[State], domain: str) -> list[Op]:
    """Its vectors go first: left behind, they would be those of the next nic of that name, and
    a run that is cut off in between would not find the nic that they belong to."""
    nic = seen.config
    if nic is None or State.CONFIG not in states:
        return []
    return override_ops(overrides_of_changed(nic, replace(nic, vectors=None)), domain)


def _record_ops(nic: Nic, context: Context) -> tuple[Op, ...]:
    """What the domain's metadata says of it goes last, and with it."""
    draft = context.draft
    if not nic.owned or nic.name not in draft.owned_nics:
        return ()
    op = record_owned(draft, draft.owned_nics - {nic.name})
    return () if op is None else (op,)


def _removal_ops(seen: Seen[Nic], states: frozenset[State], context: Context) -> tuple[Op, ...]:
    domain = context.domain
    if not context.observed.features.device_calls:
        return (context.draft.redefine(remove_nic(context.draft.document, seen.config_xml or "")),)
    label = f"nic {describe(seen.any)}"
    return tuple(
        unplug_op(domain.name, xml, state, label=label, late=state is State.LIVE)
        for state in LIVE_FIRST
        if state in states and (xml := seen.xml(state)) is not None
    )
