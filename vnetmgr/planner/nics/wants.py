"""Plan a nic as a command means it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.intent import Intent
from vnetmgr.planner.nics.attach import plan_creation, plan_new
from vnetmgr.planner.nics.match import find_nic, find_wanted, is_as_wanted
from vnetmgr.planner.result import Planned

if TYPE_CHECKING:
    from vnetmgr.model.desired import NicWant
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.state import Seen
    from vnetmgr.planner.context import Context


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
    if context.overlays is not None:
        context.overlays.touches(context.domain, seen)
    if want.intent is Intent.PRESENT and _is_there(want, seen, context):
        return Planned(want=want)
    from vnetmgr.planner.nics.update import plan_update

    return plan_update(want, seen, context)


def _is_there(want: NicWant, seen: Seen[Nic], context: Context) -> bool:
    """Whether it is in all states as it was planned, as most nics are that are read back."""
    everywhere = all(seen.value(state) is not None for state in want.states)
    return everywhere and is_as_wanted(want.patch, seen, context)
