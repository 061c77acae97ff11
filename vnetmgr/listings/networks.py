"""Put together what list-networks, show-network and list-leases show."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from vnetmgr.engine.elsewhere import told_of_other_hosts
from vnetmgr.engine.observe import observe, with_rules
from vnetmgr.listings.elsewhere import with_guests_elsewhere
from vnetmgr.listings.ports import overlay_notes
from vnetmgr.listings.unread import without_unread
from vnetmgr.model.dhcp import mac_of_duid
from vnetmgr.model.rows.forwards import ForwardListing
from vnetmgr.model.rows.networks import (
    LeaseListing,
    LeaseRow,
    NetworkListing,
    NetworkNicRow,
    NetworkRow,
    ShownNetwork,
)
from vnetmgr.model.seen.guests import foreign_ports, guests_of, is_orphan
from vnetmgr.model.seen.observed import EVERY, Scope
from vnetmgr.planner.networks.context import missing_network

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from vnetmgr.host.connect import Host
    from vnetmgr.model.dhcp import IpAddress, Lease, Reservation
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.forward import Forward
    from vnetmgr.model.network import Network, SeenNetwork
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.overlay.southbound import Southbound
    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.model.state import Seen
    from vnetmgr.model.values import Mac


def list_networks(host: Host, names: Sequence[str]) -> NetworkListing:
    """The networks named, or all, each with the nics that are on it.

    Raises NotFoundError for one that is not there.
    """
    observed = _observe(host, names, past_unread=True)
    with told_of_other_hosts(host):
        rows = network_rows(observed, names)
    notes = tuple(_blind_spots(rows, observed))
    return without_unread(NetworkListing(uri=host.uri, rows=rows, notes=notes), observed)


def show_network(host: Host, name: str) -> ShownNetwork:
    """One network, with its leases and reservations, and the port forwards to guests on it.

    Raises NotFoundError if it is not there.
    """
    observed = _observe(host, (name,))
    with told_of_other_hosts(host):
        rows = network_rows(observed, (name,))
    notes = tuple(_blind_spots(rows, observed))
    found, unseen = _wherever(host, lease_rows(observed, (name,)), observed)
    leases = LeaseListing(uri=host.uri, rows=found, notes=(*notes, *unseen))
    return ShownNetwork(rows[0], leases, _forwards_into(host, rows[0], observed))


def _forwards_into(host: Host, row: NetworkRow, observed: Observed) -> ForwardListing:
    """The forwards to a network's nics, and what else this machine's rules lead there."""
    chosen = forwards_to(row, observed)
    observed = with_rules(host, observed)
    live = observed.rules
    if not chosen and (live is None or not live.rules):
        return ForwardListing(uri=host.uri, rows=())
    from vnetmgr.listings.forwards import listing_of
    from vnetmgr.planner.forwards.unowned import unowned_rules

    unowned = unowned_rules(live, observed.domains) if live is not None else ()
    bridges = {each.bridge for each in (row.seen.config, row.seen.live) if each is not None}
    unowned = tuple(rule for rule in unowned if rule.bridge in bridges)
    if not chosen and not unowned:
        return ForwardListing(uri=host.uri, rows=())
    return listing_of(observed, chosen, unowned)


def forwards_to(row: NetworkRow, observed: Observed) -> list[tuple[SeenDomain, Forward]]:
    """The wanted forwards to the nics on a network, with their domains."""
    keys = {(nic.domain, key) for nic in row.nics for key in (nic.name, nic.mac) if key is not None}
    return [
        (domain, forward)
        for domain in observed.domains
        for forward in domain.forwards
        if (domain.name, forward.nic) in keys
    ]


def list_leases(host: Host, networks: Sequence[str]) -> LeaseListing:
    """The leases and reservations of the networks named, or of all.

    Raises NotFoundError for a network that is not there.
    """
    named = tuple(networks) or (EVERY,)
    scope = Scope(
        all_domains=True,
        past_unread=True,
        networks=(EVERY,),
        leases=named,
        overlays=True,
        briefly=True,
        of_overlays=named,
    )
    observed = observe(host, scope)
    with told_of_other_hosts(host):
        rows = lease_rows(observed, networks)
    rows, unseen = _wherever(host, rows, observed)
    notes = (*overlay_notes(_chosen(observed, networks), observed), *unseen)
    return without_unread(LeaseListing(uri=host.uri, rows=rows, notes=notes), observed)


def _wherever(
    host: Host, rows: tuple[LeaseRow, ...], observed: Observed
) -> tuple[tuple[LeaseRow, ...], tuple[str, ...]]:
    def ask() -> Southbound:
        from vnetmgr.engine.northbound import southbound_of

        return southbound_of(host, observed.chassis)

    return with_guests_elsewhere(rows, observed, ask)


def _observe(host: Host, names: Sequence[str], *, past_unread: bool = False) -> Observed:
    # Every network, since a name that is not there may be near another.
    leases = tuple(names) or (EVERY,)
    return observe(
        host,
        Scope(
            all_domains=True,
            past_unread=past_unread,
            networks=(EVERY,),
            leases=leases,
            links=True,
            ports=True,
            overlays=True,
            briefly=True,
            of_overlays=leases,
        ),
    )


def _chosen(observed: Observed, names: Sequence[str]) -> list[SeenNetwork]:
    """The networks named, or all, by name."""
    known = {seen.name: seen for seen in observed.networks}
    for name in names:
        if name not in known:
            raise missing_network(name, observed)
    return [known[name] for name in sorted(set(names) or known)]


def _blind_spots(rows: Iterable[NetworkRow], observed: Observed) -> Iterator[str]:
    links = observed.links
    unseen = sum(nic.orphan is None for row in rows for nic in row.nics)
    if unseen and (links is None or links.ports is None):
        yield (
            f"orphans cannot be told over {observed.uri}, for nics: {unseen}; "
            f"run vnetmgr on {observed.host} itself"
        )
    yield from overlay_notes((row.seen for row in rows), observed)


def network_rows(observed: Observed, names: Sequence[str] = ()) -> tuple[NetworkRow, ...]:
    """The networks named, or all, each with the nics that are on it.

    Raises NotFoundError for one that is not there.
    """
    addresses = _addresses(observed)
    return tuple(
        NetworkRow(
            seen=network,
            nics=tuple(
                _nic_row(nic, network, observed, addresses) for nic in _nics_on(network, observed)
            ),
            foreign_ports=foreign_ports(network, observed),
        )
        for network in _chosen(observed, names)
    )


_Addresses: TypeAlias = "dict[tuple[str, Mac], list[str]]"


def _addresses(observed: Observed) -> _Addresses:
    """(network, MAC) -> what is leased to it there, in the order of the numbers."""
    found: _Addresses = {}
    for lease in sorted(observed.leases, key=lambda lease: _numeric(lease.address)):
        if lease.mac is not None:
            found.setdefault((lease.network, lease.mac), []).append(str(lease.address))
    return found


class _Member(NamedTuple):
    """A nic on a network; `live` is None where only its config is."""

    domain: SeenDomain
    nic: Nic
    live: Nic | None


def _nics_on(network: SeenNetwork, observed: Observed) -> list[_Member]:
    """The nics on a network: as they run, and those whose config alone names it."""
    running = {id(guest.nic): guest.live for guest in guests_of(network, observed)}
    return [
        _Member(domain, running.get(id(seen), seen.any), running.get(id(seen)))
        for domain in sorted(observed.domains, key=lambda domain: domain.name)
        for seen in domain.nics
        if id(seen) in running or _names(seen, network)
    ]


def _names(seen: Seen[Nic], network: SeenNetwork) -> bool:
    """Whether a nic's config puts it on the network, be it by naming the network's own bridge."""
    config = seen.config
    return config is not None and config.source.is_on((network.name,), network.own_bridges)


def _nic_row(
    member: _Member, network: SeenNetwork, observed: Observed, addresses: _Addresses
) -> NetworkNicRow:
    domain, nic, live = member
    mac = nic.mac if live is not None else None  # who is off may still have a lease, and no use
    return NetworkNicRow(
        domain=domain.name,
        name=nic.name,
        mac=nic.mac,
        target=live.target if live is not None else None,
        in_live=live is not None,
        running=domain.active,
        orphan=False if live is None else is_orphan(live, observed, network),
        addresses=tuple(addresses.get((network.name, mac), ())) if mac is not None else (),
    )


def _numeric(address: IpAddress) -> tuple[int, int]:
    return address.version, int(address)


def lease_rows(observed: Observed, names: Sequence[str] = ()) -> tuple[LeaseRow, ...]:
    """The leases and reservations of the networks named, or of all, each address once for each
    client that has it or is to have it.

    Raises NotFoundError for a network that is not there.
    """
    rows = [row for network in _chosen(observed, names) for row in _rows_of(network, observed)]
    return tuple(
        sorted(rows, key=lambda row: (row.network, *_numeric(row.address), not row.leased))
    )


_Owners: TypeAlias = "Mapping[Mac | None, tuple[str, str | None]]"


def _rows_of(network: SeenNetwork, observed: Observed) -> Iterator[LeaseRow]:
    definition = network.live or network.any
    owners = _owners(network, observed)
    kept: dict[IpAddress, list[Reservation]] = {}
    for reservation in definition.reservations:
        kept.setdefault(reservation.address, []).append(reservation)
    for lease in observed.leases:
        if lease.network != network.name:
            continue
        same = kept.get(lease.address, [])
        mine = next((each for each in same if _is_for(each, lease)), None)
        if mine is not None:
            same.remove(mine)
        yield _leased(lease, mine, owners)
    for left in kept.values():
        for reservation in left:
            yield _only_reserved(network.name, reservation, definition, owners)


def _is_for(reservation: Reservation, lease: Lease) -> bool:
    """Whether the lease's client is the one that its address is reserved for. dnsmasq goes by
    the name only where it knows nothing better of the client."""
    if reservation.mac is not None:
        return reservation.mac == lease.mac
    if reservation.duid is not None:
        return lease.duid is not None and reservation.duid == lease.duid.lower()
    return reservation.hostname is not None and _host(reservation.hostname) == _host(lease.hostname)


def _host(name: str | None) -> str:
    """A host's own name: leases have it without the domain."""
    return (name or "").partition(".")[0].lower()


def _owners(network: SeenNetwork, observed: Observed) -> _Owners:
    """MAC -> (domain, nic) of the nics on a network. A running nic goes before those that only
    a config has; of two that are alike in that, neither is named."""
    by_mac: dict[Mac | None, list[_Member]] = {}
    for member in _nics_on(network, observed):
        by_mac.setdefault(member.nic.mac, []).append(member)
    by_mac.pop(None, None)
    owners: dict[Mac | None, tuple[str, str | None]] = {}
    for mac, members in by_mac.items():
        best = [member for member in members if member.live is not None] or members
        if len(best) == 1:
            owners[mac] = best[0].domain.name, best[0].nic.name
    return owners


def _leased(lease: Lease, reservation: Reservation | None, owners: _Owners) -> LeaseRow:
    domain, nic = owners.get(lease.mac or mac_of_duid(lease.duid), (None, None))
    return LeaseRow(
        network=lease.network,
        address=lease.address,
        prefix=lease.prefix,
        mac=lease.mac,
        duid=lease.duid,
        domain=domain,
        nic=nic,
        hostname=lease.hostname or (reservation.hostname if reservation else None),
        expires_s=lease.expires_s,
        leased=True,
        reserved=reservation is not None,
    )


def _only_reserved(
    name: str, reservation: Reservation, definition: Network, owners: _Owners
) -> LeaseRow:
    mac = reservation.mac or mac_of_duid(reservation.duid)
    domain, nic = owners.get(mac, (None, None))
    index = definition.subnet_index(reservation.address)
    return LeaseRow(
        network=name,
        address=reservation.address,
        prefix=None if index is None else definition.subnets[index].prefixlen,
        mac=reservation.mac,
        duid=reservation.duid,
        domain=domain,
        nic=nic,
        hostname=reservation.hostname,
        expires_s=None,
        leased=False,
        reserved=True,
    )
