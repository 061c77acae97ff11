"""One look at a host: a call of libvirt's for all domains, one for each network's leases, and what
this machine tells by itself. Documents are read when something about them has changed."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from vnetmgr import __version__
from vnetmgr.engine.observe import observe, with_rules
from vnetmgr.listings.forwards import listing_of
from vnetmgr.local.document_files import domain_stamps, network_stamps
from vnetmgr.local.last_run import read_last_run
from vnetmgr.local.traffic import has_carrier, read_traffic
from vnetmgr.metrics.facts import BridgeNow, DomainNow, Scraped
from vnetmgr.metrics.kept import Kept
from vnetmgr.metrics.nics import guest_traffic, nics_now, pools_now
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import EVERY, Scope
from vnetmgr.planner.forwards.unowned import unowned_rules

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from vnetmgr.host.connect import Host
    from vnetmgr.host.events import Event
    from vnetmgr.metrics.facts import NicNow, PoolNow
    from vnetmgr.model.dhcp import IpAddress
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.network import SeenNetwork
    from vnetmgr.model.rows.forwards import ForwardRow
    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.model.seen.traffic import DomainActivity, Traffic


class Scraper:
    """One connection, and what is known over it."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._domains: Kept[SeenDomain] = Kept(self._read_domains)
        self._unread: frozenset[str] = frozenset()
        self._networks: Kept[tuple[SeenNetwork, ...]] = Kept(self._read_networks)
        # libvirt's files are this machine's only where it is here, and has the system's rights.
        self._has_files = host.writes_system_files

    def heed(self, event: Event) -> None:
        """Something has happened."""
        if event.kind == "domain" and event.name is not None:
            self._domains.drop(event.name)
        elif event.kind == "network":
            self._networks.drop(EVERY)

    def scrape(self) -> Scraped:
        """Everything. Raises VnetError."""
        began = monotonic()
        host = self._host
        activity = host.activity(traffic=not host.is_local)
        observed, found = self._observe(activity, began), Scraped(up=True, version=__version__)
        links = read_traffic() if host.is_local else None
        return replace(
            found,
            host=host.name,
            domains=tuple(map(self._domain, activity)),
            nics=tuple(_nics(observed, activity, links)),
            networks=observed.networks,
            pools=tuple(_pools(observed)),
            bridges=tuple(_bridges(observed, links)) if links is not None else (),
            forwards=self._forwards(observed),
            last_run=read_last_run(host.lock_key),
            duration_s=monotonic() - began,
        )

    def _domain(self, activity: DomainActivity) -> DomainNow:
        name = activity.name
        return DomainNow(name=name, running=activity.run >= 0, readable=name not in self._unread)

    def _observe(self, activity: Sequence[DomainActivity], now_s: float) -> Observed:
        """What list-nics goes by, most of it as it was read before."""
        # Before the documents: what is changed meanwhile is read again next time.
        files = domain_stamps() if self._has_files else {}
        marks = {each.name: (each.uuid, each.run, files.get(each.name)) for each in activity}
        mark = network_stamps() if self._has_files else None
        (networks,) = self._networks.of({EVERY: mark}, now_s)
        self._unread = frozenset()  # they are not kept, and so read again each time
        scope = Scope(leases=(EVERY,), links=self._host.is_local)
        return replace(
            observe(self._host, scope),
            domains=tuple(self._domains.of(marks, now_s)),
            networks=networks,
        )

    def _read_domains(self, names: Sequence[str]) -> Iterator[tuple[str, SeenDomain]]:
        found = self._host.observe(Scope(optional_domains=tuple(names), past_unread=True))
        self._unread = frozenset(each.about.name for each in found.unread if each.about)
        return ((domain.name, domain) for domain in found.domains)

    def _read_networks(self, names: Sequence[str]) -> Iterator[tuple[str, tuple[SeenNetwork, ...]]]:
        found = self._host.observe(Scope(networks=tuple(names), ports=True))
        yield EVERY, found.networks

    def _forwards(self, observed: Observed) -> tuple[ForwardRow, ...]:
        observed = with_rules(self._host, observed)
        live = observed.rules
        # Whose a rule is that is nobody's otherwise, a domain knows that could not be read.
        blind = bool(self._unread)
        unowned = unowned_rules(live, observed.domains) if live is not None and not blind else ()
        chosen = [(domain, each) for domain in observed.domains for each in domain.forwards]
        return listing_of(observed, chosen, unowned).rows if chosen or unowned else ()


def _nics(
    observed: Observed, activity: Sequence[DomainActivity], links: Mapping[str, Traffic] | None
) -> Iterator[NicNow]:
    """`links`: what this machine has counted; None: libvirt has, elsewhere."""
    counted = {each.name: each.traffic for each in activity}
    for domain in observed.domains:
        traffic = counted.get(domain.name, {}) if links is None else _counted(domain, links)
        yield from nics_now(domain, observed, traffic)


def _counted(domain: SeenDomain, links: Mapping[str, Traffic]) -> dict[str, Traffic]:
    lives = (seen.live for seen in domain.nics if seen.live is not None)
    found = ((live.target, guest_traffic(live, links)) for live in lives)
    return {target: traffic for target, traffic in found if target and traffic is not None}


def _pools(observed: Observed) -> Iterator[PoolNow]:
    leased: dict[str, set[IpAddress]] = {}
    for lease in observed.leases:
        leased.setdefault(lease.network, set()).add(lease.address)
    for network in observed.networks:
        yield from pools_now(network, leased)


def _bridges(observed: Observed, links: Mapping[str, Traffic]) -> Iterator[BridgeNow]:
    """Those that running nics or networks are on, and that are there."""
    nics = (seen.live for domain in observed.domains for seen in domain.nics)
    networks = (network.live for network in observed.networks)
    names = {each.bridge for each in (*nics, *networks) if each is not None and each.bridge}
    for name in sorted(names & links.keys()):
        ports = observed.links.ports_of(name) if observed.links is not None else ()
        yield BridgeNow(name=name, carrier=has_carrier(name), ports=len(ports), traffic=links[name])
