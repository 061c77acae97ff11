"""Mark the changes that cut something off if they go wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.plan import Action, Change, Disruption, ObjectKind, Step
from vnetmgr.model.record import replace
from vnetmgr.model.state import State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vnetmgr.model.seen.observed import Observed

_HARMLESS = frozenset({Disruption.NONE, Disruption.NEXT_START})


def with_risks(steps: Iterable[Step], observed: Observed) -> tuple[Step, ...]:
    """The steps with their risky changes marked: a running domain's only nic, and the link that
    carries the host's default route."""
    return tuple(
        replace(step, changes=tuple(_marked(change, observed) for change in step.changes))
        for step in steps
    )


def _marked(change: Change, observed: Observed) -> Change:
    risk = _risk(change, observed)
    return change if risk is None else replace(change, risk=risk)


def _risk(change: Change, observed: Observed) -> str | None:
    if change.object is ObjectKind.NIC and change.domain is not None and State.LIVE in change.scope:
        domain = observed.domain(change.domain)
        live = [seen for seen in domain.nics if seen.live is not None] if domain else []
        disrupts = change.action is Action.DELETE or change.disruption not in _HARMLESS
        if disrupts and len(live) == 1:
            return f"the only nic of {change.domain}, which runs"
    routes = observed.routes
    if routes is None:
        return None
    link = next((link for link in routes.default_links if link in change.links), None)
    return None if link is None else f"link {link} carries this host's default route"
