"""Whether the hosts have followed what a run has written to OVN: until then it counts for them only
in the database."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.engine.northbound import settings_for, written
from vnetmgr.errors import VnetError
from vnetmgr.local.chassis.southbound import find_southbound
from vnetmgr.model.names import joined
from vnetmgr.model.record import replace
from vnetmgr.model.writes import SetOverlay, SetPorts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.host.connect import Host
    from vnetmgr.model.overlay.northbound import Northbound
    from vnetmgr.model.overlay.southbound import SeenChassis, Southbound, Written
    from vnetmgr.model.plan import Plan, Report
    from vnetmgr.model.seen.observed import Observed

_THERE = Command("doctor", there=True)
_WITHIN_S = 3.0
"""They do within 0.1 s."""


def with_followers(host: Host, plan: Plan, report: Report, observed: Observed) -> Report:
    """The report, which names the hosts that have an overlay of this run and have not followed what
    was written of it. Where nobody can tell that, nothing is said, but to --verbose."""
    done = written(host)
    if done is None or observed.northbound is None:
        return report
    hosts = _concerned(plan, observed.northbound)
    if not hosts:
        return report
    settings = settings_for(host, plan.scope.ovn)
    at = find_southbound(observed.chassis, settings.northbound)
    if at is None:
        host.note(
            "OVN: whether the hosts have followed is not checked: where its southbound "
            "database is, nobody says"
        )
        return report
    wait = _Wait(done, hosts, time.time())
    try:
        from vnetmgr.ovn.southbound import wait_for_hosts

        found = wait_for_hosts(at, settings, wait.is_over, _WITHIN_S)
    except VnetError as error:
        host.note(f"OVN: whether the hosts have followed is not checked: {error.message}")
        return report
    return replace(report, notes=(*report.notes, *wait.notes(found)))


def _concerned(plan: Plan, northbound: Northbound) -> frozenset[str]:
    """The hosts that have, or route, what was written to."""
    names = set(_written_to(plan))
    found: set[str] = set()
    for overlay in northbound.overlays:
        if overlay.fleet == northbound.fleet and overlay.network.name in names:
            found |= overlay.hosts
            found.update(overlay.network.external_hosts)
    return frozenset(found)


def _written_to(plan: Plan) -> Iterator[str]:
    for step in plan.steps:
        for op in step.ops:
            if isinstance(op.do, SetOverlay):
                yield op.do.name
            elif isinstance(op.do, SetPorts):
                for each in op.do.changes:
                    yield from (port.switch for port in each.states)


class _Wait:
    """What is waited for, and what came of it."""

    def __init__(self, done: Written, hosts: frozenset[str], now_s: float) -> None:
        self._done, self._hosts = done, hosts
        came_ms = done.before_ms
        self._was_settled = came_ms is not None and now_s - came_ms / 1000 > _WITHIN_S
        """Whether who has not followed what was before had more than this time for it."""

    def is_over(self, south: Southbound) -> bool:
        """Whether there is nothing more to wait for: a host that is down for long holds up none."""
        late = self._late(south)
        return self._has_come(south) and all(map(self._is_down, late))

    def notes(self, south: Southbound) -> Iterator[str]:
        """What has not followed."""
        if not self._has_come(south):
            yield (
                "OVN: what was written has not come through to the hosts within "
                f"{_WITHIN_S:.0f} seconds: is ovn-northd at work? `{Command('doctor')}` looks"
            )
            return
        late = self._late(south)
        down = [each.label for each in late if self._is_down(each)]
        slow = [each.label for each in late if not self._is_down(each)]
        if slow:
            yield (
                f"OVN: {joined(slow)} {_have(slow)} not followed within {_WITHIN_S:.0f} seconds: "
                f"what was written does not count there yet; `{_THERE}` there looks"
            )
        if down:
            yield (
                f"OVN: {joined(down)} {_have(down)} followed neither this nor what was written "
                f"before: is ovn-controller at work there? `{_THERE}` there looks"
            )

    def _has_come(self, south: Southbound) -> bool:
        return south.asked >= self._done.number

    def _late(self, south: Southbound) -> list[SeenChassis]:
        return [
            each
            for each in south.chassis
            if each.followed < self._done.number
            and not self._hosts.isdisjoint((each.hostname, each.name))
        ]

    def _is_down(self, chassis: SeenChassis) -> bool:
        return self._was_settled and chassis.followed < self._done.before


def _have(names: list[str]) -> str:
    return "has" if len(names) == 1 else "have"
