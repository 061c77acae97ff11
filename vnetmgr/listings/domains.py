"""Put together what list-domains shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.engine.called import choose
from vnetmgr.engine.observe import observe
from vnetmgr.listings.unread import without_unread
from vnetmgr.model.rows.domains import DomainListing, DomainNic, DomainRow
from vnetmgr.model.seen.observed import Scope

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetmgr.host.connect import Host
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.rows.domains import DomainState


def list_domains(host: Host, words: Sequence[str]) -> DomainListing:
    """The domains named, or all."""
    asked = choose(host, words)
    observed = observe(
        host,
        Scope(
            domains=asked.named,
            optional_domains=asked.matched,
            all_domains=asked.everyone,
            past_unread=True,
        ),
    )
    states = host.domain_states()
    # One that has gone between the two, as by a migration, is not there.
    there = (domain for domain in observed.domains if domain.uuid in states)
    rows = (_row(each, states[each.uuid]) for each in sorted(there, key=lambda each: each.name))
    listing = DomainListing(uri=host.uri, rows=tuple(rows), notes=asked.notes)
    return without_unread(listing, observed)


def _row(domain: SeenDomain, run: DomainState) -> DomainRow:
    nics = (DomainNic(seen.any.name, seen.any.mac) for seen in domain.nics)
    return DomainRow(name=domain.name, uuid=domain.uuid, run=run, nics=tuple(nics))
