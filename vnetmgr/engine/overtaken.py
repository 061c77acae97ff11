"""Somebody else may write to OVN's database between a plan and its carrying out: another host that
gives the same address to a guest of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.engine.apply import apply
from vnetmgr.engine.around_unlisted import both
from vnetmgr.errors import OvertakenError, VnetError
from vnetmgr.model.plan import Result

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
    for _ in range(_TIMES):
        if not any(isinstance(error, OvertakenError) for error in report.errors):
            break
        open_ = {each.change.key for each in report.outcomes if each.result is not Result.DONE}
        try:
            again = replan()
        except VnetError:  # what has failed is said already
            break
        if not {change.key for change in again.changes} <= open_:
            break
        plan, report = again, both(report, apply(host, again, on_progress=on_progress))
    return plan, report
