"""Running nics on the overlays that have them: a nic's logical port decides that, whatever the live
document still says. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.nic import Mode, Source
from vnetmgr.model.record import replace

if TYPE_CHECKING:
    from collections.abc import Collection

    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.overlay.northbound import Northbound
    from vnetmgr.model.seen.observed import Observed


def with_sources(observed: Observed, northbound: Northbound) -> Observed:
    """With each running nic on the overlay whose switch has its port."""
    overlays = {seen.name for seen in observed.overlays}
    domains = tuple(_placed(domain, overlays, northbound) for domain in observed.domains)
    same = all(new is old for new, old in zip(domains, observed.domains, strict=True))
    return observed if same else replace(observed, domains=domains)


def _placed(domain: SeenDomain, overlays: Collection[str], northbound: Northbound) -> SeenDomain:
    moved = {
        id(seen): replace(seen, live=replace(seen.live, source=source))
        for seen in domain.nics
        if seen.live is not None
        and (source := _source(seen.live, overlays, northbound)) is not None
    }
    if not moved:
        return domain
    return replace(domain, nics=tuple(moved.get(id(seen), seen) for seen in domain.nics))


def _source(nic: Nic, overlays: Collection[str], northbound: Northbound) -> Source | None:
    """Where it is, if that is elsewhere than it says."""
    if nic.source.mode is not Mode.NETWORK or nic.source.name not in overlays:
        return None
    port = northbound.port(nic.interface_id)
    if port is None or port.switch == nic.source.name:
        return None
    known = northbound.overlay(port.switch, northbound.fleet)
    return None if known is None else Source(Mode.NETWORK, port.switch)
