"""Put together what export writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.engine.observe import observe, with_rules
from vnetmgr.model.seen.observed import EVERY, Scope
from vnetmgr.spec.export import export_spec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetmgr.host.connect import Host
    from vnetmgr.spec.export import Export


def exported(host: Host, domains: Sequence[str], *, networks: bool) -> Export:
    """The nics of the domains named, or of all, and the host's networks, as a spec."""
    observed = observe(host, _scope(domains, networks=networks, far=not host.is_local))
    if any(domain.forwards and not domain.stamped for domain in observed.domains):
        observed = with_rules(host, observed)  # they tell whose they are
    return export_spec(observed, domains=domains or None)


def _scope(domains: Sequence[str], *, networks: bool, far: bool) -> Scope:
    return Scope(
        domains=tuple(domains),
        all_domains=not domains,
        # Whether a network needs a repair, the guests on it show.
        running_domains=networks,
        networks=(EVERY,) if networks else (),
        ports=networks and far,
        links=True,
    )
