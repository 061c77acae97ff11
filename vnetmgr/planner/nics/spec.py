"""Plan a nic of a spec: found by MAC, owned alias or plain alias; adopted, or made and owned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.errors import RefusedError
from vnetmgr.model.nic import Nic, whole
from vnetmgr.model.patch import UNSET
from vnetmgr.model.plan import Action, Change, Disruption, ObjectKind
from vnetmgr.model.record import replace
from vnetmgr.model.spec import candidates
from vnetmgr.model.state import State
from vnetmgr.planner.context import Context, nic_states, resolve
from vnetmgr.planner.nics.attach import complete_nic, plan_new
from vnetmgr.planner.nics.match import describe, is_as_wanted, on_source
from vnetmgr.planner.nics.update import plan_update
from vnetmgr.planner.owned import record_owned
from vnetmgr.planner.result import Planned

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vnetmgr.model.desired import NicWant
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.state import Seen


def candidates_for(want: NicWant, domain: SeenDomain) -> list[Seen[Nic]]:
    """The nics that a spec's want could mean by MAC, owned alias or plain alias."""
    return candidates(domain, want.spec_name, want.patch.mac)


def find_spec_nic(
    domain: SeenDomain, want: NicWant, wants: Sequence[NicWant], found: list[Seen[Nic]]
) -> Seen[Nic] | None:
    """The nic that a spec means: by MAC, then by owned alias, then by plain alias (`found`); where
    it says so, else by its source. `wants` are all of the domain.

    Raises RefusedError when these lead to different nics, or to several.
    """
    if not found and want.by_source:
        found = _by_source(domain, want, wants)
    if len(found) > 1:
        raise RefusedError(
            f"domain {domain.name}: nic {want.spec_name} of the spec could be each of "
            + ", ".join(describe(seen.any) for seen in found),
            "give the spec's nic the MAC of the one that is meant, or rename the other",
        )
    return next(iter(found), None)


def _by_source(domain: SeenDomain, want: NicWant, wants: Sequence[NicWant]) -> list[Seen[Nic]]:
    """The nics on a want's source that no want has found; refused where several wants could have
    one, as nothing tells which."""
    free = _others_on_source(domain, want, wants)
    rivals = [
        each.spec_name or ""
        for each in wants
        if each.by_source
        and each.patch.source == want.patch.source
        and not candidates_for(each, domain)
    ]
    if free and len(rivals) > 1:
        raise RefusedError(
            f"domain {domain.name}: nics {' and '.join(rivals)} of the spec could each be "
            + ", ".join(describe(seen.any) for seen in free),
            "give the spec's nics the MACs of those that are meant",
        )
    return free


def _others_on_source(
    domain: SeenDomain, want: NicWant, wants: Sequence[NicWant]
) -> list[Seen[Nic]]:
    """The nics on a want's source that no want of the spec means, and that no spec has made."""
    meant = {id(seen) for each in wants for seen in candidates_for(each, domain)}
    found = on_source(domain, want.patch)
    return [seen for seen in found if id(seen) not in meant and not seen.any.owned]


def _beside_note(domain: SeenDomain, want: NicWant, wants: Sequence[NicWant]) -> str | None:
    """That a new nic comes beside one that the spec does not name, and may have meant."""
    beside = _others_on_source(domain, want, wants)
    if not beside:
        return None
    there = ", ".join(
        f"{seen.any.name or 'one without a name'} ({seen.any.mac})" for seen in beside
    )
    return (
        f"{domain.name}: nic {want.spec_name} is a new one beside {there} on the same "
        f"{want.patch.source}, which the spec does not name. If that is meant, give the spec its "
        f"MAC ({Command('export', domain.name)} writes it), or `match: source`"
    )


def plan_spec_nic(
    want: NicWant,
    context: Context,
    *,
    seen: Seen[Nic] | None,
    wants: Sequence[NicWant],
) -> Planned[NicWant]:
    """The steps for one nic, and where its tap is: networks that the plan makes plug those in by
    themselves. `seen`: the nic that it is; `wants`: all of its domain.

    What a running guest has no slot for goes to the config and waits.
    """
    if seen is None:
        new = _from_template(want, context)
        part = _or_later(new, context, lambda each: plan_new(each, context))
        made = as_nic(part.want)
        if want.patch.mac is not UNSET:  # a derived one tells by itself
            part = _recorded(part, new, context)
        beside = _beside_note(context.domain, want, wants)
        notes = part.notes if beside is None else (beside, *part.notes)
        return replace(part, want=want, notes=notes, after=made)
    if context.overlays is not None:
        context.overlays.touches(context.domain, seen)
    states = nic_states(want, context.domain, context.observed.features)
    missing = frozenset(state for state in states if seen.value(state) is None)
    if not missing and is_as_wanted(want.patch, seen, context) and _has_own(seen, context):
        return Planned(want=want, seen=seen, after=seen.any)
    parts: list[Planned[NicWant]] = []
    if missing:
        parts.append(_completed(want, seen, missing, context))
    if present := states - missing:
        parts.append(plan_update(replace(want, states=present), seen, context))
    part = _joined(want, parts)
    if part.steps and seen.any.owned and want.patch.mac == seen.any.mac:
        # Made by a version that did not write it down; the spec says that it is this one.
        part = _recorded(part, want, context)
    after = replace(seen.any, **dict(whole(want.patch, seen.any).items()))
    return replace(part, seen=seen, after=as_it_leads(seen, after, part))


def _has_own(seen: Seen[Nic], context: Context) -> bool:
    """Whether a nic has what it needs on an overlay; most are on none."""
    return context.overlays is None or context.overlays.is_as_needed(context.domain, seen)


def as_it_leads(seen: Seen[Nic], after: Nic, part: Planned[NicWant]) -> Nic:
    """A nic as forwards see it once it is changed: on the source that it runs on, for as long as
    another has to wait, or is for the next start alone."""
    waits = any(map(_moves, part.waiting))
    moves = [change for step in part.steps for change in step.changes if _moves(change)]
    later = bool(moves) and not any(State.LIVE in change.scope for change in moves)
    if seen.live is None or not (waits or later):
        return after
    return replace(after, source=seen.live.source, bridge=seen.live.bridge)


def _moves(change: Change) -> bool:
    return any(field.field == "source" for field in change.fields)


def _recorded(part: Planned[NicWant], want: NicWant, context: Context) -> Planned[NicWant]:
    """The part, with the domain's metadata saying that the nic is owned."""
    op = record_owned(context.draft, context.draft.owned_nics | {want.spec_name or ""})
    if op is None or not part.steps:
        return part
    *before, last = part.steps
    return replace(part, steps=(*before, replace(last, ops=(*last.ops, op))))


def _from_template(want: NicWant, context: Context) -> NicWant:
    """A new nic, named and owned."""
    patch = resolve(want.patch, name=want.spec_name, owned=True)
    return replace(want, patch=patch, template=_template(want, context))


def _template(want: NicWant, context: Context) -> str | None:
    source = want.patch.source
    if want.template is not None or source is UNSET:
        return want.template
    return context.observed.templates[f"nic/{source.mode}.xml"]


def as_nic(want: NicWant) -> Nic:
    """A new nic as far as its want says."""
    source = want.patch.source
    if source is UNSET:
        raise ValueError("a new nic has a source")
    patch = whole(want.patch, None)
    extra = patch.extra
    return Nic(
        source=source,
        mac=None if patch.mac is UNSET else patch.mac,
        name=None if patch.name is UNSET else patch.name,
        owned=patch.owned is True,
        extra=extra if isinstance(extra, tuple) else None,
    )


def _joined(want: NicWant, parts: list[Planned[NicWant]]) -> Planned[NicWant]:
    return Planned(
        want=want,
        steps=tuple(step for part in parts for step in part.steps),
        waiting=tuple(change for part in parts for change in part.waiting),
        notes=tuple(note for part in parts for note in part.notes),
    )


def _completed(
    want: NicWant, seen: Seen[Nic], missing: frozenset[State], context: Context
) -> Planned[NicWant]:
    """Put a nic into the state that lacks it: somebody took it out there."""
    full = replace(want, states=frozenset(), template=_template(want, context))
    try:
        return complete_nic(full, seen, missing, context)
    except RefusedError:
        if missing != {State.LIVE} or not _may_wait(want):
            raise
        return Planned(want=want, waiting=(_waiting(want, context),))


def _or_later(
    want: NicWant, context: Context, plan: Callable[[NicWant], Planned[NicWant]]
) -> Planned[NicWant]:
    """Now, or at the next start where a running guest cannot take it."""
    try:
        return plan(want)
    except RefusedError:
        if not (_may_wait(want) and context.domain.active and context.domain.persistent):
            raise
    part = plan(replace(want, states=frozenset({State.CONFIG})))
    waiting = _waiting(want, context)
    return replace(part, waiting=(*part.waiting, waiting))


def _may_wait(want: NicWant) -> bool:
    return State.LIVE not in want.states


def _waiting(want: NicWant, context: Context) -> Change:
    return Change(
        action=Action.CREATE,
        object=ObjectKind.NIC,
        domain=context.domain.name,
        name=want.spec_name or "",
        scope=(State.LIVE,),
        disruption=Disruption.NEXT_START,
    )
