"""Reading back what was written to OVN alone.

libvirt was told nothing, and is as it was. So where OVN has each port as it was written, planning
again would find nothing to do: it is not looked at 1,000 domains once more for that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.engine.observe import observe
from vnetmgr.model.plan import Result
from vnetmgr.model.seen.observed import Scope
from vnetmgr.model.writes import SetPorts
from vnetmgr.planner.overlays.steps import is_as_written

if TYPE_CHECKING:
    from vnetmgr.host.connect import Host
    from vnetmgr.model.overlay.northbound import PortChange
    from vnetmgr.model.plan import Plan, Report
    from vnetmgr.model.seen.observed import Observed


def as_written(host: Host, plan: Plan, report: Report) -> Observed | None:
    """What OVN has, if that is what a spec's plan has written, and nothing else was done. None: it
    has to be planned again, as something may be left to do. Raises VnetError."""
    done = tuple(each.change for each in report.outcomes if each.result is Result.DONE)
    changes = _of_ports_alone(plan) if done == plan.changes else ()
    if not changes:
        return None
    names = dict.fromkeys(each.after.switch for each in changes if each.after is not None)
    observed = observe(host, Scope(networks=tuple(names), overlays=True, ovn=plan.scope.ovn))
    northbound = observed.northbound
    if northbound is None or not all(is_as_written(each, northbound) for each in changes):
        return None
    return observed


def _of_ports_alone(plan: Plan) -> tuple[PortChange, ...]:
    """The changes of a plan in which ports are made or changed, and all else stays."""
    writes = [op.do for step in plan.steps for op in step.ops]
    ports = [write for write in writes if isinstance(write, SetPorts)]
    changes = tuple(each for write in ports for each in write.changes)
    alone = len(ports) == len(writes) and all(each.after is not None for each in changes)
    return changes if alone else ()
