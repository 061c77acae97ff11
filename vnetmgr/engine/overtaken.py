"""Somebody else may write to OVN's database between a plan and its carrying out: another host that
gives the same address to a guest of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.engine.apply import apply
from vnetmgr.engine.around_unlisted import both
from vnetmgr.errors import OvertakenError, VnetError
from vnetmgr.model.record import replace

if TYPE_CHECKING:
    from collections.abc import Callable

    from vnetmgr.engine.apply import Writer
    from vnetmgr.model.plan import Plan, Report

_TIMES = 5


def apply_overtaken(
    host: Writer,
    plan: Plan,
    report: Report,
    replan: Callable[[], Plan],
    *,
    on_progress: Callable[[str], None],
) -> tuple[Plan, Report]:
    """Where a write was refused since others had written meanwhile, plan again and go on with
    that, as long as it is about the same objects: nothing is done that nobody was shown."""
    shown = {change.key for change in plan.changes}
    for _ in range(_TIMES):
        if not any(isinstance(error, OvertakenError) for error in report.errors):
            break
        try:
            again = replan()
        except VnetError:  # what has failed is said already
            break
        keys = {change.key for change in again.changes}
        if not keys <= shown:
            break
        # What is to be done again was taken back, if only in part.
        kept = tuple(each for each in report.outcomes if each.change.key not in keys)
        report = replace(report, outcomes=kept)
        plan, report = again, both(report, apply(host, again, on_progress=on_progress))
    return plan, report
