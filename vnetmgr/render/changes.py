"""Plans and reports, for people and as JSON."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, TypeVar

from vnetmgr.model.names import joined
from vnetmgr.model.plan import Action, Disruption, ObjectKind, Result
from vnetmgr.model.record import replace
from vnetmgr.model.writes import (
    AttachDevice,
    CreateNetwork,
    DefineDomain,
    DefineNetwork,
    DetachDevice,
    SetMetadata,
    SetRules,
    UpdateDevice,
    UpdateNetwork,
)
from vnetmgr.render.blocks import Block, Data, Done, Form, Line, Xml, notes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from vnetmgr.errors import VnetError
    from vnetmgr.model.plan import Change, NicFacts, Plan, Report
    from vnetmgr.model.writes import Write

T = TypeVar("T")

_SIGNS = {Action.CREATE: "+", Action.DELETE: "-"}
_COLOURS = {Action.CREATE: "green", Action.DELETE: "red"}
# The fields of something new that its first line names.
_TELLING = frozenset(
    {
        "source",
        "model",
        "mode",
        "nics",
        "controllers",
        "subnets",
        "address",
        "client",
        "record",
        "to",
    }
)
# So many nics that are plugged in again stand each on a line of their own.
_MANY = 8
_KINDS = {Action.CREATE: "added", Action.DELETE: "removed"}
_DONE = {
    Action.CREATE: "added",
    Action.UPDATE: "changed",
    Action.DELETE: "removed",
    Action.REPAIR: "repaired",
    Action.START: "started",
    Action.STOP: "stopped",
    Action.RESTART: "restarted",
}


def render_plan(plan: Plan, *, form: Form, show_waiting: bool = True) -> Iterator[Block]:
    """What would be done. `show_waiting`: also what only a start of the domain brings about."""
    if form.for_programs:
        yield plan_json(
            plan.host,
            plan.changes,
            waiting=plan.waiting,
            noted=plan.notes,
            errors=plan.errors,
        )
    else:
        yield from plan_lines(
            plan.changes,
            plan.waiting,
            show_waiting=show_waiting,
            failed=bool(plan.errors),
            summed=plan.desired.spec is not None,
        )
        yield from notes(plan.notes)
    yield from _each_once(plan.errors)


def plan_json(
    host: str,
    changes: Sequence[Change],
    *,
    waiting: Sequence[Change] = (),
    noted: Sequence[str],
    errors: Sequence[VnetError] = (),
) -> Data:
    """What would be done, as the command-line contract has it."""
    from vnetmgr.render.documents.changes import PLAN, ShownPlan

    # The marks of risky changes: for people, they stand beside the change.
    risks = (f"{_subject(each)}: {each.risk}" for each in changes if each.risk)
    return PLAN.whole(ShownPlan(host, changes, waiting, (*noted, *risks), errors))


def plan_lines(
    changes: Sequence[Change],
    waiting: Sequence[Change] = (),
    *,
    show_waiting: bool = True,
    failed: bool = False,
    summed: bool = False,
) -> Iterator[Line]:
    """What would be done, and what only a start of a domain brings about. `failed`: whether some of
    it could not be planned; `summed`: at the end, how much it is."""
    for group in _grouped(changes, lambda change: change):
        if len(group) > _MANY:
            yield Line(f"~ {_repaired(group)} (live)")
        else:
            for change in group:
                yield from change_lines(change)
    for change in waiting if show_waiting else ():
        yield Line(f"! {_subject(change)} waits for the next start{_colon(change)}", "yellow")
    if not changes and not failed:
        yield Line("nothing to do")
    if summed and (changes or (show_waiting and waiting)):
        yield Line(f"planned: {_summary(changes, [Result.WAITING] * len(waiting))}")


def _each_once(errors: Iterable[VnetError]) -> Iterable[VnetError]:
    return {each.message: each for each in errors}.values()


def render_documents(plan: Plan) -> Iterator[Block]:
    """The documents that a plan writes, each below what writes it."""
    for step in plan.steps:
        for op in step.ops:
            found = _document(op.do)
            if found is not None and found[1]:
                what, document = found
                yield Line(f"# {step.group}: {type(op.do).__name__}{what}", "dim")
                yield Xml(document)


def _document(write: Write) -> tuple[str, str | None] | None:
    """What a write hands over, behind the state that it is for: XML to libvirt, or JSON to nft, as
    if there were no rules yet."""
    match write:
        case AttachDevice() | UpdateDevice() | DetachDevice():
            return f" in {write.state}", write.xml
        case DefineDomain() | SetMetadata() | DefineNetwork() | UpdateNetwork() | CreateNetwork():
            return "", write.xml
        case SetRules():
            from vnetmgr.model.seen.rules import LiveRules
            from vnetmgr.nft_json.write import transaction

            nothing = LiveRules()
            after = nothing.with_domain(write.uuid, write.rules, write.passages)
            return "", transaction(nothing, after)
    return None


def _summary(changes: Iterable[Change], others: Iterable[Result]) -> str:
    """How many there are of each kind; what goes, and what is not done, where there is any."""
    counts = Counter(_KINDS.get(change.action, "changed") for change in changes)
    counts.update(map(str, others))
    always = ("added", "changed", "waiting")
    some = filter(counts.get, ("removed", "failed", "undone", "skipped"))
    return ", ".join(f"{counts[kind]} {kind}" for kind in (*always, *some))


def render_report(
    report: Report, *, form: Form, show_waiting: bool = True, summed: bool = False
) -> Iterator[Block]:
    """What was done, and what was verified; errors go to standard error.

    Without `show_waiting` only what began to wait in this run is said: it is no news later.
    `summed`: at the end, how much it was.
    """
    if form.for_programs:
        from vnetmgr.render.documents.changes import REPORT, ShownReport

        yield REPORT.whole(ShownReport(report))
    else:
        yield from report_lines(report, show_waiting=show_waiting)
        if summed and (report.outcomes or not report.errors):
            changes = [each.change for each in report.outcomes if each.result is Result.DONE]
            others = [each.result for each in report.outcomes if each.result is not Result.DONE]
            yield Done(_summary(changes, others))
    yield from _each_once(report.errors)
    if not form.for_programs:
        yield from notes(report.notes)


def render_changes_alone(report: Report, *, form: Form, show_waiting: bool) -> Iterator[Block]:
    """For cron: nothing where nothing happened, and no notes."""
    if form.for_programs or something_happened(report) or show_waiting or report.errors:
        shown = replace(report, notes=())
        yield from render_report(shown, form=form, show_waiting=show_waiting)


def something_happened(report: Report) -> bool:
    """Whether it has more than what waits."""
    return any(outcome.result is not Result.WAITING for outcome in report.outcomes)


def report_lines(report: Report, *, show_waiting: bool) -> Iterator[Done]:
    """What was done, and what was verified."""
    changed = {each.change.key for each in report.outcomes if each.result is Result.DONE}
    shown = [
        outcome
        for outcome in report.outcomes
        if show_waiting or outcome.result is not Result.WAITING or outcome.change.key in changed
    ]
    for outcomes in _grouped(shown, lambda outcome: outcome.change):
        if len(outcomes) > _MANY and all(each.result is Result.DONE for each in outcomes):
            changes = [outcome.change for outcome in outcomes]
            yield Done(f"{_repaired(changes)}: plugged in again", "green")
        else:
            yield from (_outcome_line(outcome.change, outcome.result) for outcome in outcomes)
    yield from map(_facts_line, report.facts)


def _grouped(items: Iterable[T], change_of: Callable[[T], Change]) -> Iterator[list[T]]:
    """The items one by one, but nics that are plugged in again together: there may be many."""
    for repairs, group in groupby(items, key=lambda item: _is_repair(change_of(item))):
        if repairs:
            yield list(group)
        else:
            yield from ([item] for item in group)


def _is_repair(change: Change) -> bool:
    return change.action is Action.REPAIR and change.object is ObjectKind.NIC


def _repaired(changes: Sequence[Change]) -> str:
    return f"nics {joined([f'{each.domain}/{each.name}' for each in changes], _MANY)}"


def _subject(change: Change) -> str:
    placed = change.object in (ObjectKind.NIC, ObjectKind.FORWARD, ObjectKind.PORT)
    place = f"{change.domain}/" if change.domain and placed else ""
    place = f"{change.domain}: " if change.domain and change.object is ObjectKind.SLOTS else place
    return f"{change.object} {place}{change.name}"


def _places(change: Change) -> tuple[str, ...]:
    """Where it is done: in libvirt's states, or in OVN, which has but one."""
    return ("OVN",) if change.object is ObjectKind.PORT else tuple(change.scope)


def _fields(change: Change) -> str:
    return ", ".join(f"{f.field} {f.before or '-'} -> {f.after or '-'}" for f in change.fields)


def change_lines(change: Change) -> Iterator[Line]:
    """What would be done to one object."""
    sign = _SIGNS.get(change.action, "~")
    scope = " + ".join(_places(change))
    disruption = f" [{change.disruption}]" if change.disruption is not Disruption.NONE else ""
    risk = f" ! {change.risk}" if change.risk else ""
    line = f"{sign} {_subject(change)} ({scope}){disruption}{risk}"
    yield Line(line, "yellow" if risk else _COLOURS.get(change.action, ""))
    for field in change.fields:
        if change.action is Action.CREATE:
            yield Line(f"    {field.field}: {field.after}")
        else:
            yield Line(f"    {field.field}: {field.before or '-'} -> {field.after or '-'}")


def _outcome_line(change: Change, result: Result) -> Done:
    scope = " and ".join(_places(change))
    if result is Result.DONE:
        restarted = " (the network was restarted)" if _restarts(change) else ""
        done = f"{_DONE[change.action]} in {scope}{_what(change)}"
        done = "plugged in again" if _is_repair(change) else done
        return Done(f"{_subject(change)}: {done}{restarted}", "green")
    if result is Result.WAITING:
        return Done(f"{_subject(change)}: waits for the next start{_colon(change)}", "yellow")
    return Done(f"{_subject(change)}: {result}", "red")


def _colon(change: Change) -> str:
    return f": {_fields(change)}" if change.fields else ""


def _restarts(change: Change) -> bool:
    return change.disruption is Disruption.RESTART and change.action is not Action.RESTART


def _what(change: Change) -> str:
    """What was done, where the subject alone does not tell."""
    if change.fields and change.action in (Action.UPDATE, Action.RESTART):
        return f": {_fields(change)}"
    if change.action is Action.CREATE:
        made = [each.after for each in change.fields if each.after and each.field in _TELLING]
        return f": {', '.join(made)}" if made else ""
    return ""


def _facts_line(facts: NicFacts) -> Done:
    shown = [
        f"{label} {'yes' if value else 'no'}"
        for label, value in (("configured", facts.configured), ("plugged", facts.plugged))
        if value is not None
    ]
    if facts.used is not None:
        shown.append(f"used by the guest {'yes' if facts.used else 'no'}")
    elif facts.reason and facts.plugged is not False:
        shown.append("used by the guest: not visible")
    why = facts.evidence or facts.reason
    mac = f" ({facts.mac})" if facts.mac else ""
    return Done(
        f"  {facts.name or facts.mac}{mac if facts.name else ''}: {', '.join(shown)}"
        + (f"; {why}" if why else "")
    )
