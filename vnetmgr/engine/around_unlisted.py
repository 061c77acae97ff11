"""Plug nics in around what QEMU alone knows of: half of a hot-plug that a killed libvirtd left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.engine.apply import apply
from vnetmgr.errors import VnetError
from vnetmgr.model.plan import Plan, Report, Result
from vnetmgr.model.record import replace
from vnetmgr.planner import conduct_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vnetmgr.engine.apply import Writer
    from vnetmgr.model.seen.unlisted import Unlisted


def apply_around_unlisted(
    host: Writer,
    plan: Plan,
    report: Report,
    replan: Callable[[frozenset[Unlisted]], Plan],
    *,
    on_progress: Callable[[str], None],
) -> tuple[Plan, Report, frozenset[Unlisted]]:
    """Where a nic's slot, or the name that was chosen for it, has turned out to be taken in QEMU,
    plan again without it. Only an attempt tells: to ask QEMU taints a domain.
    """
    unlisted: frozenset[Unlisted] = frozenset()
    while found := frozenset(_unlisted(report, plan)) - unlisted:
        unlisted |= found
        try:
            plan = replan(unlisted)
        except VnetError:  # no other slot, or no other name: what failed says what to do
            return plan, report, unlisted
        report = both(report, apply(host, plan, on_progress=on_progress))
    notes = sorted(
        f"{each.domain}: QEMU holds a device at {each.address} that libvirt does not list, until "
        "the next cold start: that slot is left out"
        for each in unlisted
        if each.address is not None
    )
    return plan, replace(report, notes=(*report.notes, *notes)), unlisted


def _unlisted(report: Report, plan: Plan) -> Iterator[Unlisted]:
    if not report.errors:
        return
    from vnetmgr.model.seen.unlisted import UnlistedDeviceError

    for error in report.errors:
        # A spec's names are given; what a command gives is refused when it is planned again.
        if isinstance(error, UnlistedDeviceError) and (
            error.unlisted.address or not conduct_of(plan.desired).adopts
        ):
            yield error.unlisted


def both(first: Report, then: Report) -> Report:
    """What the first attempt did of other groups stays done; all else was tried again."""
    done = tuple(each for each in first.outcomes if each.result is Result.DONE)
    return replace(then, outcomes=(*done, *then.outcomes))
