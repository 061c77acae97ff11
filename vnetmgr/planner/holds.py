"""Plan holds, and tell which wants of a spec one stands in the way of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import NotFoundError
from vnetmgr.libvirt_xml.metadata import with_holds
from vnetmgr.model.domain import Hold
from vnetmgr.model.intent import Intent
from vnetmgr.model.plan import Action, Change, FieldChange, ObjectKind, Step
from vnetmgr.model.record import replace
from vnetmgr.model.state import State
from vnetmgr.planner.context import ordered, set_metadata
from vnetmgr.planner.nics.match import find_nic
from vnetmgr.planner.result import Planned

if TYPE_CHECKING:
    from vnetmgr.model.desired import HoldWant
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.seen.observed import Observed


def plan_hold(want: HoldWant, observed: Observed) -> Planned[HoldWant]:
    """The step that sets or takes away a hold; none when there is nothing to do.

    Raises NotFoundError for a nic, or for a hold to be released, that is not there.
    """
    domain = observed.domain(want.domain)
    gone = want.intent in (Intent.REMOVE, Intent.ABSENT)
    resolved = replace(want, intent=Intent.ABSENT if gone else Intent.PRESENT)
    if domain is None:
        return Planned(want=resolved)
    nic = find_nic(domain, want.nic).any.key if want.nic is not None else None
    now = [hold for hold in domain.holds if hold.until_s > observed.now_s]
    kept = [hold for hold in now if hold.nic != nic]
    mine = next((hold for hold in now if hold.nic == nic), None)
    if gone:
        if mine is None:
            if want.intent is Intent.REMOVE:
                raise NotFoundError(
                    f"domain {want.domain}: there is no hold on {want.nic or 'it'}",
                    "it may have run out",
                )
            return Planned(want=resolved)
        return Planned(want=resolved, steps=(_step(domain, kept, mine, None),))
    hold = Hold(nic=nic, until_s=want.until_s, reason=want.reason)
    if mine == hold:
        return Planned(want=resolved)
    return Planned(want=resolved, steps=(_step(domain, [*kept, hold], mine, hold),))


def _step(domain: SeenDomain, holds: list[Hold], before: Hold | None, after: Hold | None) -> Step:
    op = set_metadata(domain, with_holds(domain.own_data_xml, holds, domain.stamp_to_write))
    states = frozenset(state for state in State if domain.xml(state) is not None)
    change = Change(
        action=Action.UPDATE,
        object=ObjectKind.DOMAIN,
        domain=domain.name,
        name=domain.name,
        scope=ordered(states),
        fields=(
            FieldChange(
                field="hold",
                before=str(before) if before else None,
                after=str(after) if after else None,
            ),
        ),
    )
    return Step(group=domain.name, changes=(change,), ops=(op,))


def held(domain: SeenDomain, nic: Nic | None, name: str | None, now_s: float) -> Hold | None:
    """The hold that keeps a spec from a nic of a domain, until it runs out."""
    if not domain.holds:
        return None
    names = {name, *((nic.name, str(nic.mac)) if nic is not None else ())}
    for hold in domain.holds:
        if hold.until_s > now_s and (hold.nic is None or hold.nic in names):
            return hold
    return None
