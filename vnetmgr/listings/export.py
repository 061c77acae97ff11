"""Put together what export writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.engine.called import choose_some
from vnetmgr.engine.observe import observe, with_rules
from vnetmgr.model.seen.observed import EVERY, Scope
from vnetmgr.spec.export import export_spec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetmgr.engine.called import Chosen
    from vnetmgr.host.connect import Host
    from vnetmgr.spec.export import Export


def exported(host: Host, domains: Sequence[str], *, networks: bool) -> Export:
    """The nics of the domains named, or of all, and the host's networks, as a spec."""
    asked = choose_some(host, domains)
    observed = observe(host, _scope(asked, networks=networks, far=not host.is_local))
    if any(domain.forwards and not domain.stamped for domain in observed.domains):
        observed = with_rules(host, observed)  # they tell whose they are
    return export_spec(observed, domains=None if asked.everyone else asked.names)


def _scope(asked: Chosen, *, networks: bool, far: bool) -> Scope:
    return Scope(
        domains=asked.named,
        optional_domains=asked.matched,
        all_domains=asked.everyone,
        # Whether a network needs a repair, the guests on it show.
        running_domains=networks,
        networks=(EVERY,) if networks else (),
        ports=networks and far,
        links=True,
        overlays=networks,
    )
