"""How the last reconcile of a host ended."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from vnetmgr.errors import ExitCode
from vnetmgr.model.plan import Result
from vnetmgr.model.record import Record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vnetmgr.model.plan import Report


class LastRun(Record):
    """Of a reconcile, or of a watch's look at everything."""

    host: str
    ended_s: float
    """Seconds since the epoch."""
    duration_s: float
    success: bool
    errors: int
    changes: Mapping[str, int] = MappingProxyType({})
    """What became of them -> how many."""

    @classmethod
    def of(cls, report: Report, *, ended_s: float, duration_s: float) -> LastRun:
        """What a report says of it."""
        results = dict.fromkeys(map(str, Result), 0)
        for outcome in report.outcomes:
            results[outcome.result] += 1
        return cls(
            host=report.host,
            ended_s=ended_s,
            duration_s=duration_s,
            success=report.exit_code is ExitCode.DONE,
            errors=len(report.errors),
            changes=results,
        )
