"""Somebody else may bring about the same at the same moment: another run for the same spec, on a
machine whose lock is another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.engine.apply import apply
from vnetmgr.engine.around_unlisted import both
from vnetmgr.errors import ConnectionLostError, UnfinishedError, VnetError
from vnetmgr.model.plan import Result
from vnetmgr.model.record import replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from vnetmgr.engine.apply import Writer
    from vnetmgr.model.plan import Plan, Report

_TIMES = 5
# What these leave is not what was asked for, whatever a plan finds.
_OWN = (UnfinishedError, ConnectionLostError)


def apply_beside_others(
    host: Writer,
    report: Report,
    replan: Callable[[], Plan],
    *,
    on_progress: Callable[[str], None],
) -> Report:
    """Where a change has failed and there is nothing left of it to do, somebody else has made it:
    go on with what is left. What nobody has made is what has failed."""
    for _ in range(_TIMES):
        failed = [each.change for each in report.outcomes if each.result is Result.FAILED]
        if not failed or any(isinstance(error, _OWN) for error in report.errors):
            return report
        try:
            plan = replan()
        except VnetError:  # what has failed is said already
            return report
        left = {change.key for change in plan.changes}
        made = [change.subject for change in failed if change.key not in left]
        if not made:
            return report
        notes = (
            *report.notes,
            *(f"{each}: somebody else has made it so meanwhile" for each in made),
        )
        report = both(report, apply(host, plan, on_progress=on_progress))
        report = replace(report, notes=(*notes, *report.notes))
    return report
