"""The addresses of guests that rules lead to, while they are planned."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.errors import RefusedError
from vnetmgr.model.intent import Intent
from vnetmgr.model.names import joined
from vnetmgr.model.network_want import AddressWant
from vnetmgr.model.record import Record
from vnetmgr.problem import Worded

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from vnetmgr.model.dhcp import IpAddress, Lease
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.forward import Forward
    from vnetmgr.model.network import Network
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.seen.rules import LiveRules
    from vnetmgr.planner.forwards.targets import Target
    from vnetmgr.planner.forwards.way import Resolved, Setting


class GuestAddresses:
    """Finds one address after the other, none twice."""

    def __init__(self, setting: Setting, later: list[str]) -> None:
        """`later`: gets what to say of guests that have another address than is reserved."""
        self._setting, self._later = setting, later
        self._taken: set[IpAddress] = set()
        self._pinned: dict[tuple[str, str | None, int], IpAddress] = {}

    def of(
        self, domain: SeenDomain, forward: Forward, target: Target, network: Network
    ) -> Iterator[IpAddress]:
        """The guest's address of each IP version that the forward is about."""
        found = 0
        for version in forward.versions:
            address = self._address(domain, forward, target, network, version)
            if address is None:
                continue
            if network.subnet_index(address) is None:
                raise RefusedError(
                    f"guest address {address} is in no subnet of network {network.name}",
                    f"{Command('show-network', network.name)} shows them",
                )
            self._taken.add(address)
            self._pinned[network.name, target.nic.mac, version] = address
            found += 1
            yield address
        if not found:
            which = " or ".join(f"IPv{version}" for version in forward.versions)
            raise RefusedError(
                f"domain {domain.name}: the {which} address of nic {target.key} on network "
                f"{network.name} is not known, and its DHCP cannot keep one",
                Worded(
                    "say which the guest has: --guest-address", "say which it has: guest_address"
                ),
            )

    def _address(
        self,
        domain: SeenDomain,
        forward: Forward,
        target: Target,
        network: Network,
        version: int,
    ) -> IpAddress | None:
        if given := forward.given_address(version):
            if version == 4 and forward not in domain.forwards:
                self._refuse_second(domain, forward, target, network)
            return given
        if pinned := self._pinned.get((network.name, target.nic.mac, version)):
            return pinned
        leases = tuple(
            each for each in self._setting.observed.leases if each.network == network.name
        )
        if version == 6:
            return ipv6_lease(target.nic, leases) or own_ipv6_address(target.nic, network)
        known = Addressing(
            network=network,
            leases=leases,
            live=self._setting.observed.rules,
            taken=frozenset(self._taken),
        )
        reserved = reserved_address(target.nic, known)
        if reserved is None:
            return choose_address(target.nic, known)
        has = held_address(domain, target.nic, known) or reserved
        if has != reserved:
            self._later.append(
                f"forward {domain.name}/{forward.name} leads to {has} until the guest has "
                f"{reserved}; then {Command('reconcile')}, or watch, has it follow"
            )
        return has

    def _refuse_second(
        self, domain: SeenDomain, forward: Forward, target: Target, network: Network
    ) -> None:
        """Refuse a second address for a nic that others of its forwards lead to: DHCP gives one."""
        given, nic = forward.given_address(4), target.nic
        if given is not None and network.subnet_index(given) is None:
            return  # which is told of it instead
        others = [
            each.name
            for each, _ in self._setting.wanted[domain.name]
            if each.name != forward.name and each.nic in (nic.name, nic.mac)
        ]
        kept = [
            each.address
            for each in network.reservations
            if each.mac == nic.mac and each.address.version == 4
        ]
        pinned = self._pinned.get((network.name, nic.mac, 4))
        other = next((each for each in (*kept, pinned) if each not in (None, given)), None)
        served = any(each.start.version == 4 for each in network.dhcp_ranges)
        if others and served and other is not None:
            raise RefusedError(
                f"domain {domain.name}: {other} is kept for nic {target.key}, where forward "
                f"{joined(others)} leads, and DHCP gives a nic one address, not {given} as well",
                _one_address(network.name, f"{domain.name}/{target.key}", str(given)),
            )


def _one_address(*words: str) -> str:
    moving = f"or move the nic, and its forwards with it: {Command('reserve-address', *words)}"
    return Worded(f"leave --guest-address out; {moving}", f"leave guest_address out; {moving}")


def pins_of(resolved: Resolved) -> Iterator[AddressWant]:
    """The reservations that keep a guest's addresses: where DHCP gives them at all. An IPv6 address
    that was given by hand is the guest's own; libvirt could not reserve it by MAC either."""
    network, nic = resolved.target.network, resolved.target.nic
    if network is None:
        return
    kept = next(
        (
            each.address
            for each in network.reservations
            if each.mac == nic.mac and each.address.version == 4
        ),
        None,
    )
    for has in resolved.addresses:
        # What is reserved stays so, also while the guest has another.
        moves = has.version == 4 and kept is not None and has not in resolved.forward.guest_address
        address = kept if moves and kept is not None else has
        given = address.version == 6 and address in resolved.forward.guest_address
        if not given and any(each.start.version == address.version for each in network.dhcp_ranges):
            yield AddressWant(
                network=network.name,
                intent=Intent.PRESENT,
                mac=nic.mac,
                address=address,
                origin=resolved.origin,
            )


class Addressing(Record):
    """What tells a guest's address on a network."""

    network: Network
    leases: tuple[Lease, ...]
    live: LiveRules | None
    taken: frozenset[IpAddress]
    """The addresses that other forwards of this plan lead to."""


def reserved_address(nic: Nic, given: Addressing) -> IpAddress | None:
    """The IPv4 address that DHCP keeps for a nic."""
    for each in given.network.reservations:
        if each.mac == nic.mac and each.address.version == 4:
            return each.address
    return None


def held_address(domain: SeenDomain, nic: Nic, given: Addressing) -> IpAddress | None:
    """The IPv4 address that a running guest has by its lease: it takes what was reserved since
    when it asks the next time, and not before. None where nothing tells."""
    if not domain.active:
        return None
    held = [
        lease.address
        for lease in given.leases
        if lease.mac == nic.mac
        and lease.address.version == 4
        and given.network.subnet_index(lease.address) is not None
    ]
    kept = reserved_address(nic, given)
    return kept if kept in held else next(iter(sorted(held, key=int)), None)


def choose_address(nic: Nic, given: Addressing) -> IpAddress | None:
    """The IPv4 address to reserve for a nic: what it was forwarded to, its lease, else the first
    that is free; None where the network's DHCP has none."""
    network = given.network
    used = {*given.taken, *network.gateways, *(each.address for each in network.reservations)}
    used |= {lease.address for lease in given.leases if lease.mac != nic.mac}
    forwarded = (
        (each.guest_address for each in given.live.rules if each.mac == str(nic.mac))
        if (given.live is not None)
        else ()
    )
    leased = (lease.address for lease in given.leases if lease.mac == nic.mac)
    known: tuple[IpAddress, ...] = (*forwarded, *leased)
    for address in known:
        if address.version == 4 and address not in used and _is_served(address, network):
            return address
    return next(_free(network, used), None)


def _is_served(address: IpAddress, network: Network) -> bool:
    return any(address in each for each in network.dhcp_ranges)


def _free(network: Network, used: Collection[IpAddress]) -> Iterator[IpAddress]:
    """The free addresses of the IPv4 ranges, from the lowest."""
    for each in network.dhcp_ranges:
        if each.start.version == 4:
            for offset in range(int(each.end) - int(each.start) + 1):
                address = IPv4Address(int(each.start) + offset)
                if address not in used:
                    yield address


def own_ipv6_address(nic: Nic, network: Network) -> IpAddress | None:
    """The address that a guest gives itself by router advertisements: prefix and MAC (RFC 4291,
    appendix A), where the network's DHCP gives it none. A guest may choose another (RFC 7217)."""
    if nic.mac is None or any(each.start.version == 6 for each in network.dhcp_ranges):
        return None
    for subnet in network.subnets:
        if subnet.version == 6 and subnet.prefixlen == 64:
            first, *rest = bytes.fromhex(nic.mac.replace(":", ""))
            halves = bytes([first ^ 2, *rest[:2], 0xFF, 0xFE, *rest[2:]])
            return IPv6Address(int(subnet.network_address) | int.from_bytes(halves))
    return None


def ipv6_lease(nic: Nic, leases: Sequence[Lease]) -> IpAddress | None:
    """The address of a nic's newest IPv6 lease that can be reserved: libvirt does so by DUID, and
    dnsmasq tells the MACs of those."""
    found: list[Lease] = [
        lease
        for lease in leases
        if lease.mac == nic.mac and lease.address.version == 6 and lease.duid is not None
    ]
    newest = max(found, key=lambda lease: lease.expires_s or 2**62, default=None)
    return newest.address if newest is not None else None
