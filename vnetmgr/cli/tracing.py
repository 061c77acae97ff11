"""From the words of `trace` to where the packet gets to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.doctor.observe import observe_paths
from vnetmgr.doctor.targets import nics_of, parse_targets
from vnetmgr.errors import NotFoundError, RefusedError
from vnetmgr.model.record import replace
from vnetmgr.render.progress import progress
from vnetmgr.trace.choose import choose, traced
from vnetmgr.trace.destination import parse_destination

if TYPE_CHECKING:
    from vnetmgr.cli.options import How
    from vnetmgr.doctor.targets import Target
    from vnetmgr.host.connect import Host
    from vnetmgr.model.path.facts import PathFacts
    from vnetmgr.model.path.trace import Trace
    from vnetmgr.trace.destination import Destination


def trace_now(how: How, nic: str, destination: str, live_s: float | None = None) -> Trace:
    """By what is there now; with `live_s`, by what the kernel says for so long."""
    (asked,), to = parse_targets([nic]), parse_destination(destination)
    with how.host(readonly=True) as host:
        if live_s is not None and not host.is_local:
            raise RefusedError(
                f"--live asks the kernel of this machine, and the guest is on {host.name}",
                f"run it on {host.name}, or leave --live out",
            )
        asked, to = _by_name(host, asked, to)
        facts = _look(host, asked, to)
        found = traced(facts, asked, to)
        return found if live_s is None else _watch(facts, asked, to, found, live_s)


def _by_name(host: Host, asked: Target, to: Destination) -> tuple[Target, Destination]:
    """The domains of both by their names."""
    domain, sent_to = host.domain_called(asked.domain), host.domain_called(to.text)
    return replace(asked, domain=domain), to._replace(text=sent_to)


def _watch(facts: PathFacts, asked: Target, to: Destination, static: Trace, live_s: float) -> Trace:
    from vnetmgr.local.nftrace.watch import watch
    from vnetmgr.trace.live import told, wanted_of

    wanted = wanted_of(choose(facts, asked, to), static)
    with progress() as on_progress:
        on_progress(f"watching for {live_s:g} s: it is the guest that has to send")
        return told(facts, static, watch(wanted, live_s))


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
