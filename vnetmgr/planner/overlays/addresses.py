"""Which addresses a nic has on an overlay: those that are reserved for its MAC; else one in each
subnet that is derived from its domain and MAC, or the next that is free. It keeps what it has."""

from __future__ import annotations

from hashlib import sha1
from ipaddress import IPv6Network
from typing import TYPE_CHECKING, Any

from vnetmgr.command import Command
from vnetmgr.errors import RefusedError
from vnetmgr.model.dhcp import AddressRange, mac_of_duid
from vnetmgr.planner.overlays.ids import whose
from vnetmgr.problem import Worded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vnetmgr.model.dhcp import IpAddress, IpNetwork
    from vnetmgr.model.network import Network
    from vnetmgr.model.overlay.northbound import LogicalPort

_LINK_LOCAL = IPv6Network("fe80::/64")


class SwitchAddresses:
    """The addresses of one logical switch while ports are planned on it."""

    def __init__(
        self, network: Network, ports: Iterable[LogicalPort], promised: Iterable[IpAddress] = ()
    ) -> None:
        """`promised`: addresses that somebody else's nic is to have, and has not yet."""
        self._network = network
        self._promised = frozenset(promised)
        self._taken: dict[IpAddress, LogicalPort] = {}
        self._by_port: dict[str, tuple[IpAddress, ...]] = {}
        for port in ports:
            self._by_port[port.name] = port.addresses
            for address in port.addresses:
                rival = self._taken.get(address)
                # Of two with one address it is always the same one that keeps it.
                if rival is None or port.name < rival.name:
                    self._taken[address] = port
        self._reserved: dict[object, list[IpAddress]] = {}
        self._kept: dict[IpAddress, object] = {}
        for each in network.reservations:
            mac = each.mac or mac_of_duid(each.duid)
            self._reserved.setdefault(mac, []).append(each.address)
            self._kept[each.address] = mac
        self._pools = [_pool(network, subnet) for subnet in network.subnets]

    def of(
        self, port_id: str, uuid: str, mac: object, own: Sequence[LogicalPort]
    ) -> tuple[IpAddress, ...]:
        """The addresses of a nic; `own`: the port that it has, be it by another id. Raises
        RefusedError where one is reserved for it that another has, or where none is free."""
        names = frozenset((port_id, *(port.name for port in own)))
        had = [address for port in own for address in port.addresses]
        found = []
        for subnet, pool in zip(self._network.subnets, self._pools, strict=True):
            kept = [each for each in self._reserved.get(mac, ()) if each in subnet]
            for address in kept:
                self._check(address, names)
            if not kept:
                kept = [each for each in had if each in subnet and self._fits(each, pool, names)]
            if not kept and pool:
                kept = [self._choose(pool, f"{uuid}/{mac}".lower(), names, subnet)]
            found += kept[:1]
        return tuple(found)

    @property
    def own_choice(self) -> tuple[IpNetwork, ...]:
        """The subnets in which guests choose addresses by themselves."""
        subnets = self._network.subnets
        own = [net for net, pool in zip(subnets, self._pools, strict=True) if not pool]
        return (*own, _LINK_LOCAL) if own else ()

    def take(self, port: LogicalPort) -> None:
        """Note that a port has its addresses from now on, and no others."""
        for address in self._by_port.get(port.name, ()):
            if (holder := self._taken.get(address)) is not None and holder.name == port.name:
                del self._taken[address]
        self._by_port[port.name] = port.addresses
        self._taken |= dict.fromkeys(port.addresses, port)

    def _check(self, address: IpAddress, names: frozenset[str]) -> None:
        port = self._taken.get(address)
        if port is not None and port.name not in names:
            raise RefusedError(
                f"network {self._network.name}: {address} is reserved for it, and "
                f"{whose(port)} has that",
                "that one takes another when vnetmgr next looks at it, on its own host; or reserve "
                "another address",
            )

    def _fits(self, address: IpAddress, pool: list[AddressRange], names: frozenset[str]) -> bool:
        return any(address in each for each in pool) and self._is_free(address, names)

    def _is_free(self, address: IpAddress, names: frozenset[str]) -> bool:
        port = self._taken.get(address)
        if any(address in each for each in (self._network.gateways, self._kept, self._promised)):
            return False
        return port is None or port.name in names

    def _choose(
        self, pool: list[AddressRange], key: str, names: frozenset[str], subnet: IpNetwork
    ) -> IpAddress:
        sizes = [int(each.end) - int(each.start) + 1 for each in pool]
        first = int.from_bytes(sha1(key.encode(), usedforsecurity=False).digest())
        # No more than these are in the way.
        tries = len(self._taken) + len(self._kept) + len(self._promised)
        tries += len(self._network.gateways) + 1
        for step in range(min(sum(sizes), tries)):
            address = _at(pool, sizes, (first + step) % sum(sizes))
            if self._is_free(address, names):
                return address
        name = self._network.name
        raise RefusedError(
            f"network {name}: no address of {subnet} is free for another nic",
            Worded(
                "give it a wider one: "
                f"{Command('update-network', name, '--dhcp-range', 'START-END')}",
                "give it a wider one: dhcp_range",
            ),
        )


def _pool(network: Network, subnet: IpNetwork) -> list[AddressRange]:
    """Where addresses of a subnet are chosen: its DHCP ranges, else all of it; none for an IPv6
    subnet without DHCP, where guests choose."""
    ranges: list[AddressRange] = [each for each in network.dhcp_ranges if each.start in subnet]
    if ranges:
        return sorted(ranges, key=lambda each: int(each.start))
    return list(_whole(subnet))


def _whole(subnet: IpNetwork) -> Iterator[AddressRange]:
    if subnet.version == 4:
        inner = 1 if subnet.num_addresses > 2 else 0  # without its own and the broadcast address
        yield AddressRange(start=subnet[inner], end=subnet[-1 - inner])


def _at(pool: list[AddressRange], sizes: list[int], number: int) -> IpAddress:
    for each, size in zip(pool, sizes, strict=True):
        if number < size:
            start: Any = each.start
            found: IpAddress = start + number
            return found
        number -= size
    raise IndexError(number)
