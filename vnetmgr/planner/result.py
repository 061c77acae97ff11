"""What planning one want yields, whatever kind of object it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from vnetmgr.model.record import Record

if TYPE_CHECKING:
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.plan import Change, Step
    from vnetmgr.model.state import Seen

W = TypeVar("W")


class Planned(Record, Generic[W]):
    """A want's share of the plan. `want` is the want as planned, with nothing left open."""

    want: W
    steps: tuple[Step, ...] = ()
    waiting: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    seen: Seen[Nic] | None = None
    """The nic that is changed, or goes."""
    after: Nic | None = None
    """The nic as it will be, where a spec's is planned."""
