"""A spec's nics: those that are there are adopted, those that somebody holds are left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.nic import Mode
from vnetmgr.model.patch import UNSET
from vnetmgr.planner.holds import held
from vnetmgr.planner.nics.spec import candidates_for, find_spec_nic, plan_spec_nic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetmgr.model.desired import NicWant
    from vnetmgr.planner.context import Context
    from vnetmgr.planner.planning import Planning
    from vnetmgr.planner.result import Planned


def plan_unless_held(
    planning: Planning, want: NicWant, context: Context, wants: Sequence[NicWant]
) -> Planned[NicWant] | None:
    """One of a domain's nics, of which `wants` are all; None for one that is held."""
    domain = context.domain
    found = candidates_for(want, domain)
    # Several: nobody knows which, and none is pruned.
    planning.matched.update(map(id, found))
    want = _on_device(planning, want)
    seen = find_spec_nic(domain, want, wants, found)
    planning.matched.add(id(seen))
    nic = seen.any if seen is not None else None
    if planning.conduct.heeds_holds:
        hold = held(domain, nic, want.spec_name, planning.observed.now_s)
        if hold is not None:
            planning.notes.append(f"domain {domain.name}: nic {want.spec_name} is held: {hold}")
            return None
    if planning.spec.other_networks:
        from vnetmgr.planner.elsewhere import refuse_other_network

        refuse_other_network(planning.spec, want)
    return plan_spec_nic(want, context, seen=seen, wants=wants)


def _on_device(planning: Planning, want: NicWant) -> NicWant:
    source = want.patch.source
    if source is UNSET or source.mode is not Mode.HOSTDEV:
        return want
    from vnetmgr.planner.nics.hostdev import settle_hostdev

    return settle_hostdev(want, planning.observed)
