"""What can be wrong with a network's addresses, whatever host it is on."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from itertools import combinations
from typing import TYPE_CHECKING

from vnetmgr.model.dhcp import DhcpRange

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vnetmgr.model.dhcp import IpAddress, IpNetwork, Reservation

# What two ends of a range may differ in; beyond it "range ... is too large (> 65535)", be it as
# short as it may: 10.0.255.250-10.1.0.5 (src/util/virsocketaddr.c, virSocketAddrGetRange).
_RANGE_BITS = 16
_MAPPED = IPv6Network("::ffff:0:0/96")
_THIS_NETWORK = IPv4Network("0.0.0.0/8")


def first_host(subnet: IpNetwork) -> IpAddress:
    """The first address of a subnet that a host can have."""
    single = subnet.prefixlen >= subnet.max_prefixlen - 1
    return subnet.network_address + (0 if single else 1)


def default_ranges(
    subnets: Sequence[IpNetwork], gateways: Sequence[IpAddress]
) -> tuple[DhcpRange, ...]:
    """What DHCP gives out if nobody says otherwise: the first IPv4 subnet but the gateway, as
    much of it as libvirt takes in one range.

    IPv6 guests choose their own addresses by the router's advertisements.
    """
    subnet = next((each for each in subnets if each.version == 4), None)
    if subnet is None or subnet.num_addresses < 4:
        return ()
    first, last = int(subnet.network_address) + 1, int(subnet.broadcast_address) - 1
    taken = next((int(gateway) for gateway in gateways if gateway in subnet), first)
    sides = ((first, taken - 1), (taken + 1, last))
    fitting = [(low, min(high, _block(low)[1])) for low, high in sides]
    low, high = max(fitting, key=lambda side: side[1] - side[0])
    base = subnet.network_address
    return (DhcpRange(start=base + (low - int(base)), end=base + (high - int(base))),)


def _block(address: int) -> tuple[int, int]:
    """The ends of the longest range that libvirt takes around an address."""
    low = address >> _RANGE_BITS << _RANGE_BITS
    return low, low + 2**_RANGE_BITS - 1


def addressing_problems(
    *,
    subnets: Sequence[IpNetwork],
    gateways: Sequence[IpAddress],
    dhcp_ranges: Sequence[DhcpRange],
    reservations: Sequence[Reservation] = (),
) -> list[str]:
    """Everything that libvirt or dnsmasq would refuse, or take and get wrong; one line each.

    Without subnets, it is not known where gateways and ranges belong. A subnet without a gateway
    has its first host for one.
    """
    return [
        *_subnet_problems(subnets),
        *_gateway_problems(subnets, gateways),
        *_range_problems(subnets, gateways, dhcp_ranges),
        *_serving_problems(subnets, dhcp_ranges, reservations),
        *_reservation_problems(subnets, gateways, reservations),
    ]


def holder(subnets: Sequence[IpNetwork], address: IpAddress) -> IpNetwork | None:
    """The subnet that an address is in."""
    return next((subnet for subnet in subnets if address in subnet), None)


def _subnet_problems(subnets: Sequence[IpNetwork]) -> Iterator[str]:
    for subnet in subnets:
        if use := _other_use(subnet):
            yield f"subnet {subnet} is {use}: no guest can have an address there"
    for one, other in combinations(subnets, 2):
        if one == other:
            yield f"subnet {one} is given twice"
        elif one[0] in other or other[0] in one:
            yield f"subnet {other} overlaps {one}"


def _other_use(subnet: IpNetwork) -> str | None:
    """What a subnet is for, where that is no network of hosts; None for the others."""
    if isinstance(subnet, IPv6Network) and subnet.subnet_of(_MAPPED):
        return "IPv4 written as IPv6 (IPv4-mapped)"
    if isinstance(subnet, IPv6Network) and subnet.is_link_local:
        return "the link-local prefix, which every link has by itself"
    if subnet.is_multicast:
        return "multicast"
    if subnet.is_loopback:
        return "the loopback's"
    if isinstance(subnet, IPv4Network) and subnet.subnet_of(_THIS_NETWORK):
        return "this host's own (0.0.0.0/8)"
    return None


def slaac_notes(subnets: Sequence[IpNetwork], ranges: Sequence[DhcpRange]) -> Iterator[str]:
    """What to know of IPv6 subnets whose guests get no address by themselves (RFC 4862)."""
    for subnet in subnets:
        served = any(each.start in subnet for each in ranges)
        if subnet.version == 6 and subnet.prefixlen != 64 and not served:
            yield (
                f"subnet {subnet} is no /64: guests take no address in it by router "
                "advertisements (SLAAC); give it a --dhcp-range"
            )


def without_dhcp6(
    subnets: Sequence[IpNetwork],
    ranges: Sequence[DhcpRange],
    present: Sequence[Reservation],
    new: Sequence[Reservation],
) -> Iterator[str]:
    """IPv6 reservations that would take SLAAC from a whole subnet: with the first one libvirt has
    dnsmasq give out those alone (`static` for `ra-only`), from the network's next start on."""
    served = {holder(subnets, each.start) for each in ranges}
    served |= {holder(subnets, each.address) for each in present}
    for each in new:
        subnet = holder(subnets, each.address)
        # SLAAC is for a /64 alone (RFC 4862): elsewhere there is nothing to lose.
        if subnet is None or subnet.version == 4 or subnet.prefixlen != 64:
            continue
        if subnet not in served:
            base = subnet.network_address
            yield (
                f"subnet {subnet} has no DHCPv6, its guests take addresses from router "
                f"advertisements (SLAAC): the reserved address {each.address} ({each.client}) "
                "would take that from all of them at the network's next start; give it a range "
                f"first, as by --dhcp-range {base + 0x100}-{base + 0x1FF}"
            )


def _edge(subnet: IpNetwork, address: IpAddress) -> str | None:
    """What an address is that no host can have; None for the others."""
    if subnet.version == 6 or subnet.prefixlen > 30:
        return None
    if address == subnet.network_address:
        return "the network address"
    return "the broadcast address" if address == subnet.broadcast_address else None


def _gateway_problems(subnets: Sequence[IpNetwork], gateways: Sequence[IpAddress]) -> Iterator[str]:
    seen: dict[IpNetwork, IpAddress] = {}
    for gateway in gateways:
        subnet = holder(subnets, gateway)
        if subnet is None:
            if subnets:
                yield f"gateway {gateway} is in none of the subnets"
            continue
        if edge := _edge(subnet, gateway):
            yield f"gateway {gateway} is {edge} of {subnet}"
        if subnet in seen:
            yield f"gateways {seen[subnet]} and {gateway} are both in {subnet}"
        seen[subnet] = gateway


def _range_problems(
    subnets: Sequence[IpNetwork], gateways: Sequence[IpAddress], ranges: Sequence[DhcpRange]
) -> Iterator[str]:
    homeless = [each for each in subnets if not any(gateway in each for gateway in gateways)]
    taken = [*gateways, *(first_host(subnet) for subnet in homeless)]
    for each in ranges:
        low, high = _block(int(each.start))
        if not low <= int(each.end) <= high:
            width = each.start.max_prefixlen - _RANGE_BITS
            yield f"DHCP range {each}: libvirt takes none that leaves a /{width} (65535 addresses)"
        for gateway in taken:
            if gateway in each:
                yield f"DHCP range {each} contains the gateway {gateway}"
        subnet = holder(subnets, each.start)
        if subnet is not None and each.end in subnet:
            yield from _place_problems(each, subnet)
        elif subnets:
            yield f"DHCP range {each} is not within one of the subnets"
    for one, other in combinations(ranges, 2):
        if one.start in other or other.start in one:
            yield f"DHCP ranges {one} and {other} overlap"


def _place_problems(each: DhcpRange, subnet: IpNetwork) -> Iterator[str]:
    for end in (each.start, each.end):
        if edge := _edge(subnet, end):
            yield f"DHCP range {each}: {end} is {edge} of {subnet}"
    if subnet.version == 6 and each.start == subnet.network_address:
        yield f"DHCP range {each}: {each.start} is every router's address on {subnet} (anycast)"
    if subnet.version == 6 and subnet.prefixlen < 64:
        yield f"DHCP range {each}: dnsmasq serves IPv6 subnets of /64 or longer, not {subnet}"


def _serving_problems(
    subnets: Sequence[IpNetwork],
    ranges: Sequence[DhcpRange],
    reservations: Sequence[Reservation],
) -> Iterator[str]:
    """A range or a reservation makes a subnet one with DHCP."""
    served: dict[int, IpNetwork] = {}
    items = [(f"DHCP range {each}", each.start) for each in ranges]
    items += [(f"reserved address {each.address}", each.address) for each in reservations]
    for what, address in items:
        subnet = holder(subnets, address)
        if subnet and served.setdefault(subnet.version, subnet) != subnet:
            yield (
                f"{what}: libvirt has DHCP for one IPv{subnet.version} subnet of a network, and "
                f"that is {served[subnet.version]}"
            )


def _reservation_problems(
    subnets: Sequence[IpNetwork],
    gateways: Sequence[IpAddress],
    reservations: Sequence[Reservation],
) -> Iterator[str]:
    addresses: dict[IpAddress, str] = {}
    clients: dict[tuple[str, int], IpAddress] = {}
    for each in reservations:
        subnet = holder(subnets, each.address)
        if subnet is None:
            yield f"the reserved address {each.address} ({each.client}) is in none of the subnets"
        elif edge := _edge(subnet, each.address):
            yield f"the reserved address {each.address} ({each.client}) is {edge} of {subnet}"
        if each.address in gateways:
            yield f"the reserved address {each.address} ({each.client}) is the gateway's"
        if each.address in addresses:
            yield (
                f"{each.address} is reserved twice: for {addresses[each.address]} and for "
                f"{each.client}"
            )
        addresses.setdefault(each.address, each.client)
        key = (each.client, each.address.version)
        if key in clients:
            yield f"{each.client} has two reservations: {clients[key]} and {each.address}"
        clients.setdefault(key, each.address)
