"""Whose a reservation is: the nic or address that a want names, among what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.errors import NotFoundError, RefusedError
from vnetmgr.model.dhcp import Reservation, mac_of_duid
from vnetmgr.model.names import joined
from vnetmgr.model.record import Record
from vnetmgr.model.seen.guests import running_twin
from vnetmgr.model.state import State
from vnetmgr.planner.allocate import another_mac
from vnetmgr.planner.nics.match import describe, find_nic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.dhcp import Lease
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.network_want import AddressWant
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.state import Seen
    from vnetmgr.model.values import Mac
    from vnetmgr.planner.networks.context import NetworkContext


class Client(Record):
    """Whom an address is for: IPv4 clients are known by MAC, IPv6 clients by DUID or name."""

    label: str
    """How messages call it: `web1/lan (52:54:00:...)`."""
    mac: Mac | None = None
    duid: str | None = None
    hostname: str | None = None

    def has(self, reservation: Reservation) -> bool:
        """Whether a reservation is this client's. A name counts where it is all that is known."""
        if reservation.mac is None and reservation.duid is None:
            return self.hostname is not None and reservation.hostname == self.hostname
        return self._is(reservation.mac, reservation.duid)

    def holds(self, lease: Lease) -> bool:
        """Whether a lease is this client's. dnsmasq knows the MACs of IPv6 clients as well."""
        if self.mac is None and self.duid is None:
            names = (self.hostname, lease.hostname)
            return None not in names and len({str(name).lower() for name in names}) == 1
        return self._is(lease.mac, lease.duid)

    @property
    def keys(self) -> tuple[object, ...]:
        """All that may tell what is its."""
        return (self.mac, self.duid, self.hostname)

    def among(self, state: State, context: NetworkContext) -> list[Reservation]:
        """Its reservations in a state of the network."""
        return [each for each in context.draft.known(state).near(*self.keys) if self.has(each)]

    def leases(self, context: NetworkContext) -> list[Lease]:
        """Its leases there."""
        return [each for each in context.draft.leases.near(*self.keys) if self.holds(each)]

    def _is(self, mac: Mac | None, duid: str | None) -> bool:
        same_mac = mac is not None and mac == self.mac
        return same_mac or (duid is not None and duid == self.duid)


def client_of(want: AddressWant, context: NetworkContext) -> Client:
    """The client with all that is known of it: a nic's MAC, the DUID of its IPv6 lease."""
    mac, label = want.mac, str(want.mac or want.duid or want.hostname)
    if want.domain is not None:
        domain = context.observed.domain(want.domain)
        if domain is None:
            raise NotFoundError(f"domain {want.domain} does not exist", "virsh list --all")
        nic = _nic(domain, want, context)
        if (twin := running_twin(domain, nic, context.observed.domains)) is not None:
            raise RefusedError(
                f"nic {domain.name}/{describe(nic)} has the MAC of {twin}, which runs: an address "
                "is kept for both",
                f"give it another: {another_mac(domain, nic, context.observed.domains)}; or name "
                f"the MAC itself: {nic.mac}",
            )
        mac, label = nic.mac, f"{domain.name}/{nic.name or nic.mac}"
        label += f" ({nic.mac})" if nic.name else ""
    duid = want.duid
    if duid is None and mac is not None:
        duid = next(_duids(mac, context), None)
    return Client(label=label, mac=mac, duid=duid, hostname=want.hostname)


def _duids(mac: Mac, context: NetworkContext) -> Iterator[str]:
    """The ids that a nic is known by over IPv6: by its leases, else by what is reserved."""
    leases = context.draft.leases.near(mac)
    yield from (each.duid for each in leases if each.mac == mac and each.duid is not None)
    kept = (each for state in State for each in context.draft.known(state).near(mac))
    every = (*(each.duid for each in leases if each.mac is None), *(each.duid for each in kept))
    yield from (each for each in every if each is not None and mac_of_duid(each) == mac)


def _nic(domain: SeenDomain, want: AddressWant, context: NetworkContext) -> Nic:
    if want.nic is not None:
        seen = find_nic(domain, want.nic)
        on_it = _on(seen, context)
        if on_it is None:
            raise RefusedError(
                f"nic {domain.name}/{describe(seen.any)} is not on network {want.network}",
                f"see where it is: {Command('list-nics', domain.name)}",
            )
        return on_it
    found = [nic for seen in domain.nics if (nic := _on(seen, context)) is not None]
    if len(found) == 1:
        return found[0]
    if not found:
        raise NotFoundError(
            f"domain {domain.name} has no nic on network {want.network}",
            f"see what it has: {Command('list-nics', domain.name)}",
        )
    raise RefusedError(
        f"domain {domain.name} has {len(found)} nics on network {want.network}: "
        + joined([describe(nic) for nic in found]),
        f"name one: {domain.name}/{found[0].name or found[0].mac}",
    )


def _on(seen: Seen[Nic], context: NetworkContext) -> Nic | None:
    """The nic as it is on the network: as it runs, or as it will."""
    both = (seen.live, seen.config)
    return next((nic for nic in both if nic is not None and is_on(nic, context)), None)


def is_on(nic: Nic, context: NetworkContext) -> bool:
    """Whether a nic is on the network, by its name or its bridge."""
    network = context.draft.as_seen()
    return nic.source.is_on((context.name,), () if network is None else network.own_bridges)
