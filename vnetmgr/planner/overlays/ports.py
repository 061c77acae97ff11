"""The logical ports of nics: what they have to be, and what is done about those that are not so."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from vnetmgr.errors import RefusedError, VnetError
from vnetmgr.model.overlay.northbound import LogicalPort, Owner, PortChange
from vnetmgr.model.overlay.port_id import overlay_port_id
from vnetmgr.model.record import replace
from vnetmgr.planner.overlays.addresses import SwitchAddresses
from vnetmgr.planner.overlays.ids import whose
from vnetmgr.planner.overlays.placing import dns_name, place_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from vnetmgr.model.dhcp import IpAddress
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.network import Network
    from vnetmgr.model.overlay.migration import Migration
    from vnetmgr.model.overlay.northbound import Northbound
    from vnetmgr.model.values import Mac
    from vnetmgr.planner.overlays.context import Becoming, Overlays
    from vnetmgr.planner.overlays.placing import Place


class Ports:
    """The ports of a database while they are planned, for the nics of one host."""

    def __init__(
        self,
        overlays: Overlays,
        northbound: Northbound,
        host: str,
        promised: Mapping[str, Iterable[IpAddress]],
    ) -> None:
        """`promised`: by network, the addresses that nics are to have which may be elsewhere."""
        self._overlays, self._northbound, self._host = overlays, northbound, host
        self._promised = promised
        self._addresses: dict[str, SwitchAddresses] = {}
        self._of_domain: dict[str, list[LogicalPort]] = {}
        self.needed: set[str] = set()
        """The names of ports that nics have, or are to have."""
        for port in northbound.ports:
            if port.owner is not None and port.owner.domain is not None:
                self._of_domain.setdefault(port.owner.domain, []).append(port)

    def change(self, becoming: Becoming) -> PortChange | None:
        """What has to be done to a nic's port; None: nothing. Raises VnetError where it cannot be,
        or where it is somebody else's."""
        place = place_of(becoming, self._overlays)
        if place is None:
            return None
        self.needed.add(place.port_id)
        present = self._northbound.port(place.port_id)
        if present is None and becoming.domain.managed_save and not place.runs:
            former = self._former(becoming.domain, place)
            if former is not None:  # the save will be restored with that id
                self.needed.add(former.name)
                return None
        if present is None and becoming.domain.paused and self._comes(becoming.domain, place):
            return None
        if present is not None and self._is_left_alone(present, place, becoming.domain):
            return None
        if present is None:  # what a copy lacks first is a MAC; its addresses follow from that
            self._overlays.refuse_twin(becoming.domain, becoming.seen, place.nic)
            self._overlays.macs.claim(place.network.name, place.nic, becoming.domain)
        wanted = self._wanted(place, becoming.domain, present)
        if wanted == present:
            return None
        self._overlays.writable(place.network)
        if present is not None:
            self._overlays.macs.claim(wanted.switch, place.nic, becoming.domain)
        self._addresses[place.network.name].take(wanted)
        return PortChange(before=present, after=wanted)

    def following(self, network: Network, mac: Mac | None = None) -> Iterator[PortChange]:
        """This host's ports on an overlay, or those with a MAC, as the overlay has them by now,
        where their nics were not looked at. Raises VnetError."""
        for port in self._northbound.ports_of(network.name):
            if port.name in self.needed or mac not in (None, port.mac) or not self.is_ours(port):
                continue
            after = self._as_on(network, port)
            if after != port:
                self._overlays.writable(network)
                self._on(network).take(after)
                yield PortChange(before=port, after=after)

    def lagging(self, network: Network) -> frozenset[str]:
        """The other hosts that have ports on an overlay which are not as it has them by now."""
        return frozenset(
            port.owner.host
            for port in self._northbound.ports_of(network.name)
            if port.owner is not None
            and port.owner.fleet == self._overlays.fleet_of(network.name)
            and port.owner.host not in (None, self._host)
            and self._lags(network, port)
        )

    def _lags(self, network: Network, port: LogicalPort) -> bool:
        try:
            return self._as_on(network, port) != port
        except VnetError:  # there is no address for it: its own host says so
            return True

    def _as_on(self, network: Network, port: LogicalPort) -> LogicalPort:
        owner, found = port.owner, self._on(network)
        if owner is None:
            return port
        return replace(
            port,
            addresses=found.of(port.name, owner.domain or port.name, port.mac, (port,)),
            own_choice=found.own_choice,
            port_security=network.port_security is not False,
            dns_name=dns_name(owner.domain_name or "", network),
        )

    def _on(self, network: Network) -> SwitchAddresses:
        """The addresses on a switch, as planned by now."""
        known = self._addresses.get(network.name)
        if known is None:
            ports = self._northbound.ports_of(network.name)
            promised = self._promised.get(network.name, ())
            known = self._addresses[network.name] = SwitchAddresses(network, ports, promised)
        return known

    def has_more(self, domain: SeenDomain) -> bool:
        """Whether there are ports of a domain that none of the nics has which were asked about."""
        return any(port.name not in self.needed for port in self._of_domain.get(domain.uuid, ()))

    def keep(self, becoming: Becoming) -> None:
        """Note what a nic is known by, whether there is something to do for it or not."""
        place = None
        with suppress(VnetError):
            place = place_of(becoming, self._overlays)
        self.needed.update(becoming.ids if place is None else (place.port_id,))

    def stale(self, domain: SeenDomain, unplugged: Iterable[str]) -> Iterator[PortChange]:
        """The ports that this host has made for a domain which is here, and that none of its nics
        has any more. `unplugged`: those whose nics go with this plan; else one that some host has
        is in use."""
        going = frozenset(unplugged)
        for port in self._of_domain.get(domain.uuid, ()):
            used = port.up is True and port.name not in going
            ours = self.is_ours(port) and not used
            if port.name not in self.needed and (ours or self._is_left_behind(domain, port)):
                yield PortChange(before=port, after=None)

    def _is_left_behind(self, domain: SeenDomain, port: LogicalPort) -> bool:
        """Whether another host has made a port for a nic of a guest that has come here since, by
        another id: so it is where libvirt makes one up at each start."""
        owner = port.owner
        return (
            owner is not None
            and owner.fleet == self._overlays.fleet_of(port.switch)
            and domain.active
            and not domain.paused
            and any(seen.live is not None and seen.live.mac == port.mac for seen in domain.nics)
        )

    def abandoned(self, uuids: frozenset[str], names: frozenset[str]) -> Iterator[PortChange]:
        """The ports that this host has made for domains that it does not have any more, and that
        no host has. `uuids`: those that are here, or known to be elsewhere, as those of `names`.
        Where a host has no name of its own, nobody knows which ports are its."""
        if self._host.partition(".")[0] == "localhost":
            return
        for uuid, ports in sorted(self._of_domain.items()):
            for port in ports if uuid not in uuids else ():
                owner = port.owner
                here = owner is not None and owner.host == self._host
                named = owner is not None and owner.domain_name in names
                if here and self.is_ours(port) and not (port.up or named):
                    yield PortChange(before=port, after=None)

    def is_ours(self, port: LogicalPort) -> bool:
        """Whether this host has made a port."""
        owner = port.owner
        return (
            owner is not None
            and owner.fleet == self._overlays.fleet_of(port.switch)
            and owner.host in (self._host, None)
        )

    def _wanted(self, place: Place, domain: SeenDomain, present: LogicalPort | None) -> LogicalPort:
        network, mac = place.network, place.nic.mac
        known = self._on(network)
        own = [each for each in (present or self._former(domain, place),) if each is not None]
        return LogicalPort(
            name=place.port_id,
            switch=network.name,
            mac=mac,
            addresses=known.of(place.port_id, domain.uuid, mac, own),
            own_choice=known.own_choice,
            port_security=network.port_security is not False,
            dns_name=dns_name(domain.name, network),
            requested_chassis=() if present is None else present.requested_chassis,
            migration=None if present is None else self._migration(domain, present),
            owner=self._owner(place, domain, present),
            up=None if present is None else present.up,
        )

    def _migration(self, domain: SeenDomain, present: LogicalPort) -> Migration | None:
        """The migration that a port knows of, until it is over."""
        migration = present.migration
        over = self._overlays.is_over(migration) and _is_here(domain, present)
        return None if over else migration

    def _comes(self, domain: SeenDomain, place: Place) -> bool:
        """Whether a guest may be just arriving by another id: its port is the other host's yet."""
        owners = (port.owner for port in self._by_other_ids(domain, place))
        return any(owner and owner.host not in (None, self._host) for owner in owners)

    def _by_other_ids(self, domain: SeenDomain, place: Place) -> list[LogicalPort]:
        found = self._of_domain.get(domain.uuid, ())
        return [p for p in found if (p.mac, p.switch) == (place.nic.mac, place.network.name)]

    def _former(self, domain: SeenDomain, place: Place) -> LogicalPort | None:
        """The port that the nic had by another id, as between its starts."""
        mine = self._by_other_ids(domain, place)
        known = (p for p in mine if self.is_ours(p) or self._is_left_behind(domain, p))
        return next(known, None)

    def _owner(self, place: Place, domain: SeenDomain, present: LogicalPort | None) -> Owner:
        owner = None if present is None else present.owner
        host = self._host
        if owner is not None and owner.host is not None and not _is_here(domain, present):
            host = owner.host
        return Owner(
            fleet=self._overlays.fleet_of(place.network.name) or self._northbound.fleet,
            revision=None if owner is None else owner.revision,
            domain=domain.uuid,
            domain_name=domain.name,
            nic=place.nic.key,
            host=host,
        )

    def _is_left_alone(self, port: LogicalPort, place: Place, domain: SeenDomain) -> bool:
        """Whether a port of a nic's id stays as it is: another host has the domain running.
        Raises RefusedError for one that is somebody else's."""
        owner, label = port.owner, f"domain {domain.name}: nic {place.nic.key}"
        if owner is None:
            if port.switch == place.network.name:
                return True  # somebody has made it by hand, and it does
            raise RefusedError(
                f"{label} is on network {place.network.name}, and its port {port.name} on logical "
                f"switch {port.switch}; that port is not vnetmgr's, and is left alone",
                f"take it away: ovn-nbctl lsp-del {port.name}",
            )
        fleet = self._overlays.fleet_of(place.network.name)
        if owner.fleet != fleet:
            raise RefusedError(
                f"{label}: its port {port.name} is of fleet {owner.fleet}, and vnetmgr writes for "
                f"fleet {fleet} here",
                "say whose it is: ovn: {fleet: ...} in the spec",
            )
        if owner.domain not in (None, domain.uuid) and not self._may_take(port, place, domain):
            raise RefusedError(
                f"{label} and {whose(port)} have one interfaceid, {port.name}, as a copied domain "
                "has, and that one is in use",
                "stop that one, or give this nic another MAC",
            )
        elsewhere = owner.host not in (None, self._host) and owner.domain == domain.uuid
        return elsewhere and port.up is True and not _is_here(domain, port)

    def _may_take(self, port: LogicalPort, place: Place, domain: SeenDomain) -> bool:
        """Whether a port that another domain has is this one's, for which its name is derived."""
        derived = overlay_port_id(domain.uuid, place.nic.mac) == port.name
        return derived and (place.runs or not port.up)


def _is_here(domain: SeenDomain, port: LogicalPort | None) -> bool:
    """Whether a domain runs here for sure: one that is paused may be just arriving, or leaving."""
    up = port is not None and port.up is True
    return domain.active and not (domain.paused and up)


def stamped(change: PortChange, revision: int | None) -> PortChange:
    """A change with the revision of the spec that asks for it."""
    after = change.after
    if after is None or after.owner is None or revision is None:
        return change
    return replace(change, after=replace(after, owner=replace(after.owner, revision=revision)))
