"""What doctor says, for people and as JSON: causes first, then each nic's path."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from vnetmgr.model.path.finding import Status
from vnetmgr.render.blocks import Block, Done, Form, Line, Table, notes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vnetmgr.model.path.finding import Diagnosis, Finding, NicPath
    from vnetmgr.model.plan import Plan, Report

_COLOURS = {
    Status.BROKEN: "red",
    Status.WARNING: "yellow",
    Status.INFO: "bold",
    Status.NOT_CHECKED: "dim",
    Status.OK: "",
}
_HEADINGS = ("STEP", "STATUS", "CHECK", "WHAT")
_MANY = 4
"""So many nics that share a cause are named, and shown whole."""


def render_findings(
    diagnosis: Diagnosis, plan: Plan | None = None, report: Report | None = None, *, form: Form
) -> Iterator[Block]:
    """What was found; with `plan`, what would mend it; with `report`, behind what was done."""
    errors = (*(plan.errors if plan else ()), *(report.errors if report else ()))
    if form.for_programs:
        from vnetmgr.render.documents.findings import FINDINGS, ShownFindings

        yield FINDINGS.whole(
            ShownFindings(
                diagnosis,
                planned=plan.changes if plan else (),
                outcomes=report.outcomes if report else (),
                notes=(*(plan.notes if plan else ()), *(report.notes if report else ())),
                errors=errors,
            )
        )
        yield from errors
        return
    if report is not None:
        from vnetmgr.render.changes import render_report

        yield from render_report(report, form=Form.TABLE)
        yield Done()
    yield from _lines(diagnosis)
    if plan is not None:
        from vnetmgr.render.changes import render_plan

        yield Line()
        yield Line("--fix would do:")
        yield from render_plan(plan, form=Form.TABLE)
    yield from notes(diagnosis.notes)


def _lines(diagnosis: Diagnosis) -> Iterator[Block]:
    if not diagnosis.paths:
        yield Line(f"no domains on {diagnosis.uri}")
    causes = list(_causes(diagnosis))
    yield from causes
    wholes = _wholes(diagnosis)
    above = whole_above = bool(causes)  # a blank line around what is more than a line
    for number, path in enumerate(diagnosis.paths):
        whole = number in wholes
        if above and (whole or whole_above):
            yield Line()
        yield from _whole(path, diagnosis) if whole else _short(path)
        above, whole_above = True, whole


def _wholes(diagnosis: Diagnosis) -> set[int]:
    """Which paths are shown whole: of what was asked for by itself; and where something is
    wrong, of the first that have a cause in common."""
    found: set[int] = set()
    counts: dict[tuple[object, ...], int] = {}
    for number, path in enumerate(diagnosis.paths):
        cause = path.first_cause
        if (path.domain, path.nic) in diagnosis.named:
            found.add(number)
        elif cause is not None:
            counts[_in_common(cause)] = count = counts.get(_in_common(cause), 0) + 1
            found |= {number} if count <= _MANY else set()
    return found


def _in_common(cause: Finding) -> tuple[object, ...]:
    return cause.check, cause.cause, cause.owner, cause.remedy, cause.status


def _causes(diagnosis: Diagnosis) -> Iterator[Line]:
    """The first cause of each nic; nics that have one in common share it."""
    by_cause: dict[tuple[object, ...], list[Finding]] = {}
    for each in diagnosis.causes:
        by_cause.setdefault(_in_common(each), []).append(each)
    for found in by_cause.values():
        first = found[0]
        labels = [
            each.domain if each.nic is None else f"{each.domain}/{each.nic}" for each in found
        ]
        shown = ", ".join(labels[:_MANY])
        more = f" and {len(labels) - _MANY} more" if len(labels) > _MANY else ""
        yield Line(f"{shown}{more}: {first.cause}", _COLOURS[first.status])
        if first.owner:
            yield Line(f"  whose it is: {first.owner}")
        if first.remedy:
            itself = "   (doctor --fix does it)" if first.fixable else ""
            yield Line(f"  mend it: {first.remedy}{itself}")


def _whole(path: NicPath, diagnosis: Diagnosis) -> Iterator[Block]:
    each_alone = (path.domain, path.nic) in diagnosis.named
    rows = [[each] for each in path.findings] if each_alone else list(_runs(path.findings))
    yield Line(f"{path.label}, from the guest outwards:")
    yield Table(
        _HEADINGS, [_row(found) for found in rows], [_COLOURS[each[0].status] for each in rows]
    )


def _short(path: NicPath) -> Iterator[Block]:
    cause = path.first_cause
    if cause is not None:
        yield Line(f"{path.label}: {cause.cause}", _COLOURS[cause.status])
        return
    yield Line(f"{path.label}: {_summary(path)}", "green" if path.those(Status.OK) else "")
    for each in path.those(Status.INFO):
        yield Line(f"  {each.status}: {_what(each)}")


def _runs(findings: Iterable[Finding]) -> Iterator[list[Finding]]:
    """What is good at one step stands together, and so does what one thing would let be checked."""

    def run(each: Finding) -> tuple[object, ...]:
        if each.status is Status.OK:
            return each.status, each.layer
        if each.status is Status.NOT_CHECKED:
            return each.status, each.cause
        return (each.check,)

    for _, found in groupby(findings, run):
        yield list(found)


def _row(found: Sequence[Finding]) -> tuple[str, ...]:
    first, *others = found
    steps = ", ".join(dict.fromkeys(each.layer for each in found))
    if not others:
        return steps, first.status, first.check, _what(first)
    what = first.cause if first.status is Status.NOT_CHECKED else f"{first.cause}, and so on"
    return steps, first.status, f"{len(found)} checks", what


def _what(finding: Finding) -> str:
    return f"{finding.cause}; {finding.remedy}" if finding.remedy else finding.cause


def _summary(path: NicPath) -> str:
    """Of a path that nothing is known to be wrong with: how much of it was looked at."""
    done = sum(each.status is not Status.NOT_CHECKED for each in path.findings)
    unseen = path.those(Status.NOT_CHECKED)
    if not done:
        return f"nothing was checked: {_reasons(unseen)}"
    checked = f"nothing wrong in {done} checks" if done > 1 else "nothing wrong in 1 check"
    return f"{checked}; {len(unseen)} not checked: {_reasons(unseen)}" if unseen else checked


def _reasons(unseen: Iterable[Finding]) -> str:
    """What looking would need, each once."""
    return "; ".join(why for why, _ in groupby(sorted(each.cause for each in unseen)))
