"""A nic's port forwards go along with it: behind the nics' steps, for commands and specs alike.

What plugs a nic in has to bring those of its forwards that live in the device, and what plugs it in
again when a step is undone as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.libvirt_xml.nics.read import read_nic
from vnetmgr.model.state import State
from vnetmgr.model.writes import AttachDevice, DetachDevice, UpdateDevice

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vnetmgr.model.plan import Step
    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.planner.forwards.way import DomainForwards, Written
    from vnetmgr.planner.forwards.ways import Ways


def forwards_along(
    steps: Iterable[Step], ways: Ways, observed: Observed, plans: Sequence[DomainForwards]
) -> tuple[list[Step], Written]:
    """The steps of nics, with their forwards; and which nics they write, plug in or take out.
    `plans` are the forwards as they will be; other domains' stay as they are."""
    planned = {plan.domain.name: plan for plan in plans}
    found: list[Step] = []
    written: set[tuple[str, str, State]] = set()
    for step in steps:
        devices = list(_devices(step))
        domain = observed.domain(devices[0].domain) if devices else None
        plan = planned.get(domain.name) if domain is not None else None
        if domain is None or (plan is None and not domain.forwards):
            found.append(step)
            continue
        written |= {(each.domain, str(read_nic(each.xml).mac), each.state) for each in devices}
        for way in ways:
            step = way.along(step, domain, plan)
        found.append(step)
    return found, frozenset(written)


def _devices(step: Step) -> Iterator[AttachDevice | DetachDevice | UpdateDevice]:
    """The writes of nics, but for updates of running ones: those do not touch what passt or QEMU
    forward."""
    for op in step.ops:
        write = op.do
        if isinstance(write, AttachDevice | DetachDevice) or (
            isinstance(write, UpdateDevice) and write.state is State.CONFIG
        ):
            yield write
