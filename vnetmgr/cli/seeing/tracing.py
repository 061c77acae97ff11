"""From the words of `trace` to where the packet gets to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.doctor.targets import parse_targets, saved_name
from vnetmgr.model.record import replace
from vnetmgr.render.progress import begun_late, progress
from vnetmgr.trace import now
from vnetmgr.trace.choose import traced
from vnetmgr.trace.destination import parse_destination

if TYPE_CHECKING:
    from vnetmgr.cli.options import How
    from vnetmgr.model.path.trace import Trace


def trace_now(how: How, nic: str, destination: str, live_s: float | None = None) -> Trace:
    """By what is there now; with `live_s`, by what the kernel says for so long."""
    (asked,), to = parse_targets([nic]), parse_destination(destination)
    with how.host(readonly=True) as host, begun_late(progress) as on_progress:
        return now.trace_now(host, asked, to, live_s=live_s, on_progress=on_progress)


def trace_saved(path: str, nic: str, destination: str) -> Trace:
    """By what was saved."""
    from vnetmgr.cli.seeing.diagnosis import read_facts

    (asked,), to = parse_targets([nic]), parse_destination(destination)
    facts = read_facts(path)
    return traced(facts, replace(asked, domain=saved_name(facts, asked.domain)), to)
