"""From what is wanted and what is there to a plan. Pure: no I/O, no clock, no randomness."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.planner.conduct import conduct_of
from vnetmgr.planner.kinds.domains import absent_domains, domains, holds, migrations, slots
from vnetmgr.planner.kinds.forwards import (
    forwarded_addresses,
    forwards,
    outdated_metadata,
    unowned,
)
from vnetmgr.planner.kinds.networks import (
    addresses,
    chassis,
    left_in_pieces,
    networks,
    records,
    unwanted_networks,
)
from vnetmgr.planner.kinds.nics import host_devices, nics, on_overlays, ports, unwanted_nics
from vnetmgr.planner.planning import Planning
from vnetmgr.planner.scope import scope_of

if TYPE_CHECKING:
    from vnetmgr.model.desired import Desired, Policy
    from vnetmgr.model.plan import Plan
    from vnetmgr.model.seen.observed import Observed

__all__ = ["conduct_of", "make_plan", "scope_of"]

_KINDS = (
    absent_domains,
    host_devices,
    chassis,
    networks,
    domains,
    slots,
    holds,
    migrations,
    nics,
    unwanted_nics,
    on_overlays,
    forwarded_addresses,
    addresses,
    records,
    ports,
    forwards,
    unowned,
    unwanted_networks,
    left_in_pieces,
    outdated_metadata,
)
"""Everything that a plan can be about, each on top of what those before it have planned."""


def make_plan(desired: Desired, observed: Observed, policy: Policy) -> Plan:
    """The ordered steps from observed to desired, for a command as for a spec.

    Raises UsageError, NotFoundError or RefusedError for a command, before anything is touched; a
    spec's problems are in the plan.
    """
    planning = Planning(desired, observed, policy)
    for plan in _KINDS:
        plan(planning)
    return planning.plan()
