"""Whether OVN has bound the ports of nics that were plugged in: until then they reach nobody."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.engine.northbound import northbound_of, settings_for
from vnetmgr.errors import VnetError
from vnetmgr.model.plan import ObjectKind, Result
from vnetmgr.model.record import replace
from vnetmgr.model.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.host.connect import Host
    from vnetmgr.model.overlay.northbound import Northbound
    from vnetmgr.model.plan import Plan, Report
    from vnetmgr.model.seen.observed import Observed

_POLL_S = 0.02
_WITHIN_S = 3.0
"""A host binds a port some 30 ms after its nic is there."""


def with_bound_ports(host: Host, plan: Plan, report: Report, observed: Observed) -> Report:
    """The report, which says whose ports no host has bound though their nics run."""
    if observed.northbound is None:
        return report
    ports = dict(_ports(report, observed))
    left = _unbound(ports, observed.northbound)
    deadline = time.monotonic() + _WITHIN_S
    while left and time.monotonic() < deadline:
        time.sleep(_POLL_S)
        try:
            left = _unbound(left, northbound_of(host, settings_for(host, plan.scope.ovn)))
        except VnetError:
            return report  # what was done is done, and it was read back before
    notes = tuple(
        f"{label}: OVN has not bound its port within {_WITHIN_S:.0f} seconds: is this host's "
        f"ovn-controller at work? `{Command('doctor')}` looks"
        for label in left.values()
    )
    return replace(report, notes=(*report.notes, *notes))


def _ports(report: Report, observed: Observed) -> Iterator[tuple[str, str]]:
    """(port, nic) of the nics that were plugged in, or moved, and run."""
    changed = {
        (outcome.change.domain, outcome.change.name)
        for outcome in report.outcomes
        if outcome.result is Result.DONE
        and outcome.change.object in (ObjectKind.NIC, ObjectKind.PORT)
        and State.LIVE in outcome.change.scope
    }
    for domain in observed.domains if changed else ():
        for seen in domain.nics:
            live = seen.live
            if live is not None and live.interface_id and (domain.name, live.key) in changed:
                yield live.interface_id, f"{domain.name}/{live.key}"


def _unbound(ports: dict[str, str], northbound: Northbound) -> dict[str, str]:
    found = {name: northbound.port(name) for name in ports}
    return {name: ports[name] for name, port in found.items() if port is not None and not port.up}
