"""From the words of `trace` to where the packet gets to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.doctor.observe import observe_paths
from vnetmgr.doctor.targets import nics_of, parse_targets
from vnetmgr.errors import NotFoundError
from vnetmgr.trace.choose import traced
from vnetmgr.trace.destination import parse_destination

if TYPE_CHECKING:
    from vnetmgr.cli.options import How
    from vnetmgr.doctor.targets import Target
    from vnetmgr.host.connect import Host
    from vnetmgr.model.path.facts import PathFacts
    from vnetmgr.model.path.trace import Trace
    from vnetmgr.trace.destination import Destination


def trace_now(how: How, nic: str, destination: str) -> Trace:
    """By what is there now."""
    (asked,), to = parse_targets([nic]), parse_destination(destination)
    with how.host(readonly=True) as host:
        return traced(_look(host, asked, to), asked, to)


def trace_saved(path: str, nic: str, destination: str) -> Trace:
    """By what was saved."""
    from vnetmgr.cli.diagnosis import read_facts

    (asked,), to = parse_targets([nic]), parse_destination(destination)
    return traced(read_facts(path), asked, to)


def _look(host: Host, asked: Target, to: Destination) -> PathFacts:
    """The domain that sends, and the one that is sent to, where the name is a domain's."""
    facts = observe_paths(host, [asked.domain])
    nics_of(facts, [asked])
    if to.address is not None or to.text == asked.domain:
        return facts
    try:
        return observe_paths(host, [asked.domain, to.text])
    except NotFoundError:
        return facts
