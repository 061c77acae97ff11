"""Plan a nic as a command means it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.intent import Intent
from vnetmgr.planner.nics.attach import plan_creation, plan_new
from vnetmgr.planner.nics.match import find_nic, find_wanted

if TYPE_CHECKING:
    from vnetmgr.model.desired import NicWant
    from vnetmgr.planner.context import Context
    from vnetmgr.planner.result import Planned


def plan_nic(want: NicWant, context: Context) -> Planned[NicWant]:
    """The steps that make a nic, change it or take it away."""
    if want.intent in (Intent.REMOVE, Intent.ABSENT):
        from vnetmgr.planner.nics.detach import plan_removal

        return plan_removal(want, context)
    if want.intent is Intent.CREATE:
        return plan_creation(want, context)
    seen = find_nic(context.domain, want.nic) if want.nic else None
    seen = seen or find_wanted(context.domain, want.patch)
    if not seen:
        return plan_new(want, context)
    from vnetmgr.planner.nics.update import plan_update

    return plan_update(want, seen, context)
