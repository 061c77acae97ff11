"""Put together what list-nics shows, from libvirt and from this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.desired import Scope
from vnetmgr.model.listing import NicListing, NicRow
from vnetmgr.model.nic import pending_fields
from vnetmgr.observe import observe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetmgr.host.connect import Host
    from vnetmgr.model.address import AddressBook
    from vnetmgr.model.desired import Links
    from vnetmgr.model.domain import Seen, SeenDomain
    from vnetmgr.model.nic import Nic

_AGENT_TIMEOUT_S = 3.0


def list_nics(host: Host, domains: Sequence[str]) -> NicListing:
    """Every nic of the domains named, or of all; what guests cannot tell is left empty."""
    scope = Scope(domains=tuple(domains), all_domains=not domains, links=True)
    observed = observe(host, scope)
    book = host.addresses(observed.domains, agent=True, timeout_s=_AGENT_TIMEOUT_S)
    rows = [
        _row(domain, seen, book, observed.links)
        for domain in sorted(observed.domains, key=lambda domain: domain.name)
        for seen in domain.nics
    ]
    notes = []
    if book.not_asked:
        notes.append(f"agent addresses not checked: {book.not_asked}")
    if book.silent:
        notes.append(f"agents that did not answer: {', '.join(book.silent)}")
    return NicListing(uri=host.uri, rows=tuple(rows), notes=tuple(notes))


def _row(domain: SeenDomain, seen: Seen[Nic], book: AddressBook, links: Links | None) -> NicRow:
    nic, live = seen.any, seen.live
    pending: tuple[str, ...] = ()
    if seen.config is not None and live is not None:
        pending = pending_fields(config=seen.config, live=live)
    return NicRow(
        domain=domain.name,
        nic=nic,
        target=live.target if live else None,
        link=(live or nic).link or "up",
        addresses=book.of(live) if live else (),
        in_config=seen.config is not None,
        in_live=live is not None,
        running=domain.active,
        pending=pending,
        orphan=_orphan(live, links),
    )


def _orphan(live: Nic | None, links: Links | None) -> bool | None:
    """Whether the tap has left its bridge. A nic without tap or bridge has nothing to lose."""
    if live is None or live.target is None or live.bridge is None:
        return False
    if links is None or links.ports is None or live.virtualport == "openvswitch":
        return None
    return links.ports.get(live.target) != live.bridge
