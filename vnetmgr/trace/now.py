"""Where a packet gets to by what is there now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.doctor.observe import observe_paths
from vnetmgr.doctor.targets import nics_of
from vnetmgr.errors import NotFoundError, RefusedError
from vnetmgr.model.record import replace
from vnetmgr.trace.choose import choose, traced

if TYPE_CHECKING:
    from collections.abc import Callable

    from vnetmgr.doctor.targets import Target
    from vnetmgr.host.connect import Host
    from vnetmgr.model.path.facts import PathFacts
    from vnetmgr.model.path.trace import Trace
    from vnetmgr.trace.destination import Destination


def trace_now(
    host: Host,
    asked: Target,
    to: Destination,
    *,
    live_s: float | None = None,
    on_progress: Callable[[str], None] = lambda _: None,
) -> Trace:
    """By what is loaded; with `live_s`, by what the kernel says for so long."""
    if live_s is not None and not host.is_local:
        raise RefusedError(
            f"--live asks the kernel of this machine, and the guest is on {host.name}",
            f"run it on {host.name}, or leave --live out",
        )
    asked, to = _by_name(host, asked, to)
    facts = _look(host, asked, to)
    if any(each.network.is_overlay for each in facts.networks):
        from vnetmgr.trace.asking import with_flows

        facts = with_flows(host, facts, asked, to)
    found = traced(facts, asked, to)
    if live_s is None:
        return found
    from vnetmgr.local.nftrace.watch import watch
    from vnetmgr.trace.live import told, wanted_of

    wanted = wanted_of(choose(facts, asked, to), found)
    on_progress(f"watching for {live_s:g} s: it is the guest that has to send")
    return told(facts, found, watch(wanted, live_s))


def _by_name(host: Host, asked: Target, to: Destination) -> tuple[Target, Destination]:
    """The domains of both by their names."""
    domain, sent_to = host.domain_called(asked.domain), host.domain_called(to.text)
    return replace(asked, domain=domain), to._replace(text=sent_to)


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
