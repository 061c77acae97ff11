"""The addresses that the guest has of its networks' DHCP: that the other host's gives it the same.

Where the host's own network is not there yet, its addresses are free.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.migration.checks.overlays import is_the_same
from vnetmgr.migration.item import Thing
from vnetmgr.model.dhcp import mac_of_duid
from vnetmgr.model.nic import Mode
from vnetmgr.model.record import Record
from vnetmgr.model.rows.migration import Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.migration.facts import Carried
    from vnetmgr.model.dhcp import IpAddress, Lease, Reservation
    from vnetmgr.model.network import Network, SeenNetwork
    from vnetmgr.model.rows.migration import MigrationItem


class _Wanted(Record):
    """An address of the guest's, and the network there that is to keep it."""

    of: Carried
    network: str
    address: IpAddress
    duid: str | None = None
    hostname: str | None = None
    there: Network | None

    @property
    def making(self) -> str:
        """The command that keeps it there."""
        words = [self.network]
        words += [] if self.duid is not None else [str(self.of.nic.mac)]
        words.append(str(self.address))
        words += [] if self.duid is None else ["--duid", self.duid]
        words += [] if self.hostname is None else ["--hostname", self.hostname]
        return self.of.facts.destination.called.command("reserve-address", *words)

    def is_client(self, each: Reservation | Lease) -> bool:
        """Whether that is the guest's as well."""
        if self.duid is not None:
            return each.duid == self.duid
        return each.mac is not None and each.mac == self.of.nic.mac


def address_items(of: Carried) -> Iterator[MigrationItem]:
    """Of one nic: what is reserved for it, and what it has leased beside."""
    name = of.nic.source.name or ""
    here = of.facts.source.observed.network(name)
    if of.nic.source.mode is not Mode.NETWORK or here is None or of.nic.mac is None:
        return
    there = _state(of.facts.destination.observed.network(name))
    kept: set[IpAddress] = set()
    for each in (here.live or here.any).reservations:
        if of.nic.mac in (each.mac, mac_of_duid(each.duid)):
            kept.add(each.address)
            if there is not None and is_the_same(here.live or here.any, there):
                thing = Thing(Part.RESERVATION, each.address, of)
                yield thing.is_ok("kept for it on every host")
                continue
            yield _reservation(_wanted(of, name, each, there))
    for lease in of.facts.source.observed.leases:
        mine = of.nic.mac in (lease.mac, mac_of_duid(lease.duid))
        if lease.network == name and mine and lease.address not in kept:
            yield _lease(_wanted(of, name, lease, there))


def _state(network: SeenNetwork | None) -> Network | None:
    return None if network is None else network.live or network.any


def _wanted(of: Carried, network: str, each: Reservation | Lease, there: Network | None) -> _Wanted:
    duid = each.duid if each.mac is None else None
    return _Wanted(
        of=of,
        network=network,
        address=each.address,
        duid=duid,
        hostname=each.hostname,
        there=there,
    )


def _reservation(wanted: _Wanted) -> MigrationItem:
    thing = Thing(Part.RESERVATION, wanted.address, wanted.of)
    taken = _taken(wanted)
    if taken is not None:
        return thing.differs(taken)
    network = wanted.there
    if network is None:
        return thing.is_missing("its network is not there", wanted.making, blocking=False)
    mine = [each for each in network.reservations if wanted.is_client(each)]
    if wanted.address in [each.address for each in mine]:
        return thing.is_ok("kept for it there, too")
    for each in mine:
        if each.address.version == wanted.address.version:
            return thing.differs(f"{each.address} is kept for it there", wanted.making)
    return thing.is_missing("not kept for it there yet, and free", wanted.making, blocking=False)


def _lease(wanted: _Wanted) -> MigrationItem:
    thing = Thing(Part.LEASE, wanted.address, wanted.of)
    taken = _taken(wanted)
    if taken is not None:
        return thing.differs(taken)
    if wanted.there is not None and any(
        wanted.is_client(each) and each.address == wanted.address
        for each in wanted.there.reservations
    ):
        return thing.is_ok("kept for it there")
    return thing.warns(
        "free there; until the guest renews its lease, DHCP there does not know of it and may give "
        "it to another",
        wanted.making,
    )


def _taken(wanted: _Wanted) -> str | None:
    """Why the guest cannot have an address there, be it kept for it or not."""
    network, address = wanted.there, wanted.address
    if network is None:
        return None
    if network.subnets and network.subnet_index(address) is None:
        return f"no subnet of network {wanted.network} has it there"
    for kept in network.reservations:
        if kept.address == address and not wanted.is_client(kept):
            return f"kept for {kept.client} there"
    for lease in wanted.of.facts.destination.observed.leases:
        if lease.network == wanted.network and lease.address == address:
            if wanted.is_client(lease):
                return None
            return f"{lease.mac or lease.duid} has it there"
    return None
