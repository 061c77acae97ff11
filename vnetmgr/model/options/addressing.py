"""What can be wrong with a network's addresses, whatever host it is on."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from itertools import combinations
from typing import TYPE_CHECKING

from vnetmgr.model.dhcp import DhcpRange
from vnetmgr.model.network_want import network_problem
from vnetmgr.problem import Worded, behind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vnetmgr.model.dhcp import IpAddress, IpNetwork, Reservation, Route
    from vnetmgr.problem import Problem

# What two ends of a range may differ in; beyond it "range ... is too large (> 65535)", be it as
# short as it may: 10.0.255.250-10.1.0.5 (src/util/virsocketaddr.c, virSocketAddrGetRange).
_RANGE_BITS = 16
_MAPPED = IPv6Network("::ffff:0:0/96")
_THIS_NETWORK = IPv4Network("0.0.0.0/8")


def first_host(subnet: IpNetwork) -> IpAddress:
    """The first address of a subnet that a host can have."""
    single = subnet.prefixlen >= subnet.max_prefixlen - 1
    return subnet.network_address + (0 if single else 1)


def nth_address(subnet: IpNetwork, number: int) -> IpAddress:
    """One address of a subnet, counted from its own; of a smaller one, the last."""
    return subnet.network_address + min(number, subnet.num_addresses - 1)


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
    subnets: Sequence[IpNetwork] | None,
    gateways: Sequence[IpAddress],
    dhcp_ranges: Sequence[DhcpRange],
    reservations: Sequence[Reservation] = (),
    libvirts: bool = True,
) -> list[Problem]:
    """Everything that libvirt or dnsmasq would refuse, or take and get wrong; each is about a
    field, and has the values of it that are in the way.

    Without subnets, it is not known where gateways and ranges belong; None: where reservations
    do, neither. A subnet without a gateway has its first host for one. `libvirts`: whether its
    limits count.
    """
    known, subnets = subnets is not None, subnets or ()
    return [
        *_subnet_problems(subnets),
        *_gateway_problems(subnets, gateways),
        *_range_problems(subnets, gateways, dhcp_ranges, libvirts=libvirts),
        *(_client_problems(reservations) if libvirts else ()),
        *(_serving_problems(subnets, dhcp_ranges, reservations) if libvirts else ()),
        *_reservation_problems(subnets, gateways, reservations, homes_known=known),
    ]


def route_problems(
    subnets: Sequence[IpNetwork] | None,
    gateways: Sequence[IpAddress],
    routes: Sequence[Route],
) -> Iterator[Problem]:
    """Routes that libvirt would refuse, or take and lose: the kernel has one for a subnet and a
    metric (9.0 says nothing of another). None: the subnets are not known."""
    taken: dict[tuple[IpNetwork, int], Route] = {}
    for each in routes:
        home, text = holder(subnets or (), each.via), f"route {each}"
        if subnets is not None and home is None:
            homes = ", ".join(map(str, subnets)) or "it has none"
            text += f": {each.via} is in none of the subnets ({homes})"
            yield network_problem("routes", text, each)
        elif each.via in gateways:
            yield network_problem("routes", f"{text}: {each.via} is the host's own address", each)
        elif home is not None and (edge := edge_of(home, each.via)):
            yield network_problem("routes", f"{text}: {each.via} is {edge} of {home}", each)
        if each.subnet in (subnets or ()):
            yield network_problem("routes", f"{text}: that is one of the network's own", each)
        first = taken.setdefault(each.place, each)
        if first is not each:
            text += f" and {first} are one to the kernel: give them metrics that differ"
            yield network_problem("routes", text, first, each)


def holder(subnets: Sequence[IpNetwork], address: IpAddress) -> IpNetwork | None:
    """The subnet that an address is in."""
    return next((subnet for subnet in subnets if address in subnet), None)


def _subnet_problems(subnets: Sequence[IpNetwork]) -> Iterator[Problem]:
    for subnet in subnets:
        if use := _other_use(subnet):
            text = f"subnet {subnet} is {use}: no guest can have an address there"
            yield network_problem("subnets", text, subnet)
    for one, other in combinations(subnets, 2):
        if one == other:
            yield network_problem("subnets", f"subnet {one} is given twice", other)
        elif one[0] in other or other[0] in one:
            yield network_problem("subnets", f"subnet {other} overlaps {one}", one, other)


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


_A_RANGE = Worded("give it a --dhcp-range", "give it one of dhcp_ranges")


def slaac_notes(subnets: Sequence[IpNetwork], ranges: Sequence[DhcpRange]) -> Iterator[str]:
    """What to know of IPv6 subnets whose guests get no address by themselves (RFC 4862)."""
    for subnet in subnets:
        served = any(each.start in subnet for each in ranges)
        if subnet.version == 6 and subnet.prefixlen != 64 and not served:
            yield behind(
                f"subnet {subnet} is no /64: guests take no address in it by router "
                "advertisements (SLAAC); ",
                _A_RANGE,
            )


def without_dhcp6(
    subnets: Sequence[IpNetwork],
    ranges: Sequence[DhcpRange],
    present: Sequence[Reservation],
    new: Sequence[Reservation],
) -> Iterator[Problem]:
    """IPv6 reservations that would take SLAAC from a whole subnet: with the first one libvirt has
    dnsmasq give out those alone (`static` for `ra-only`), from the network's next start on."""
    if all(each.address.version == 4 for each in new):
        return
    served = {holder(subnets, each.start) for each in ranges}
    served |= {holder(subnets, each.address) for each in present}
    for each in new:
        subnet = holder(subnets, each.address)
        # SLAAC is for a /64 alone (RFC 4862): elsewhere there is nothing to lose.
        if subnet is None or subnet.version == 4 or subnet.prefixlen != 64:
            continue
        if subnet not in served:
            base = subnet.network_address
            some = f"{base + 0x100}-{base + 0x1FF}"
            text = behind(
                f"subnet {subnet} has no DHCPv6, its guests take addresses from router "
                f"advertisements (SLAAC): the reserved address {each.address} ({each.client}) "
                "would take that from all of them at the network's next start; give it a range "
                "first, as by ",
                Worded(f"--dhcp-range {some}", f"dhcp_ranges: [{some}]"),
            )
            yield network_problem("reservations", text, each)


def static_dhcp6_notes(
    subnets: Sequence[IpNetwork], ranges: Sequence[DhcpRange], new: Sequence[Reservation]
) -> Iterator[str]:
    """The same of a network that is made like that, where nobody loses anything."""
    served = {holder(subnets, each.start) for each in ranges}
    homes = dict.fromkeys(holder(subnets, each.address) for each in new)
    for subnet in homes:
        if subnet is not None and subnet.version == 6 and subnet not in served:
            yield behind(
                f"subnet {subnet} has DHCPv6 for what is reserved alone: others get no address in "
                "it, by router advertisements (SLAAC) neither; ",
                _A_RANGE,
            )


def edge_of(subnet: IpNetwork, address: IpAddress) -> str | None:
    """What an address is that no host can have; None for the others."""
    if subnet.version == 6 or subnet.prefixlen > 30:
        return None
    if address == subnet.network_address:
        return "the network address"
    return "the broadcast address" if address == subnet.broadcast_address else None


def _gateway_problems(
    subnets: Sequence[IpNetwork], gateways: Sequence[IpAddress]
) -> Iterator[Problem]:
    seen: dict[IpNetwork, IpAddress] = {}
    for gateway in gateways:
        subnet = holder(subnets, gateway)
        if subnet is None:
            if subnets:
                text = f"gateway {gateway} is in none of the subnets"
                yield network_problem("gateways", text, gateway)
            continue
        if edge := edge_of(subnet, gateway):
            yield network_problem("gateways", f"gateway {gateway} is {edge} of {subnet}", gateway)
        if subnet in seen:
            text = f"gateways {seen[subnet]} and {gateway} are both in {subnet}"
            yield network_problem("gateways", text, seen[subnet], gateway)
        seen[subnet] = gateway


def _range_problems(
    subnets: Sequence[IpNetwork],
    gateways: Sequence[IpAddress],
    ranges: Sequence[DhcpRange],
    *,
    libvirts: bool,
) -> Iterator[Problem]:
    homeless = [each for each in subnets if not any(gateway in each for gateway in gateways)]
    taken = [*gateways, *(first_host(subnet) for subnet in homeless)]
    for each in ranges:
        low, high = _block(int(each.start))
        if libvirts and not low <= int(each.end) <= high:
            width = each.start.max_prefixlen - _RANGE_BITS
            text = f"DHCP range {each}: libvirt takes none that leaves a /{width} (65535 addresses)"
            yield network_problem("dhcp_ranges", text, each)
        for gateway in taken:
            if gateway in each:
                text = f"DHCP range {each} contains the gateway {gateway}"
                yield network_problem("dhcp_ranges", text, each)
        subnet = holder(subnets, each.start)
        if subnet is not None and each.end in subnet:
            yield from _place_problems(each, subnet, libvirts=libvirts)
        elif subnets:
            text = f"DHCP range {each} is not within one of the subnets"
            yield network_problem("dhcp_ranges", text, each)
    for one, other in combinations(ranges, 2):
        if one.start in other or other.start in one:
            yield network_problem(
                "dhcp_ranges", f"DHCP ranges {one} and {other} overlap", one, other
            )


def _place_problems(each: DhcpRange, subnet: IpNetwork, *, libvirts: bool) -> Iterator[Problem]:
    for end in (each.start, each.end):
        if edge := edge_of(subnet, end):
            yield network_problem(
                "dhcp_ranges", f"DHCP range {each}: {end} is {edge} of {subnet}", each
            )
    if subnet.version == 6 and each.start == subnet.network_address:
        text = f"DHCP range {each}: {each.start} is every router's address on {subnet} (anycast)"
        yield network_problem("dhcp_ranges", text, each)
    if libvirts and subnet.version == 6 and subnet.prefixlen < 64:
        text = f"DHCP range {each}: dnsmasq serves IPv6 subnets of /64 or longer, not {subnet}"
        yield network_problem("dhcp_ranges", text, each)


def _client_problems(reservations: Sequence[Reservation]) -> Iterator[Problem]:
    """libvirt takes no MAC for IPv6: "Invalid to specify MAC address"."""
    for each in reservations:
        if each.address.version == 6 and each.mac is not None:
            text = f"{each.mac}: an IPv6 client is known by its DUID or name:NAME"
            yield network_problem("reservations", text, each)


def _serving_problems(
    subnets: Sequence[IpNetwork],
    ranges: Sequence[DhcpRange],
    reservations: Sequence[Reservation],
) -> Iterator[Problem]:
    """A range or a reservation makes a subnet one with DHCP."""
    served: dict[int, IpNetwork] = {}
    items: list[tuple[str, object, str, IpAddress]] = [
        ("dhcp_ranges", each, f"DHCP range {each}", each.start) for each in ranges
    ]
    items += [
        ("reservations", each, f"reserved address {each.address}", each.address)
        for each in reservations
    ]
    for field, value, what, address in items:
        subnet = holder(subnets, address)
        if subnet and served.setdefault(subnet.version, subnet) != subnet:
            text = (
                f"{what}: libvirt has DHCP for one IPv{subnet.version} subnet of a network, and "
                f"that is {served[subnet.version]}"
            )
            yield network_problem(field, text, value)


def _reservation_problems(
    subnets: Sequence[IpNetwork],
    gateways: Sequence[IpAddress],
    reservations: Sequence[Reservation],
    *,
    homes_known: bool,
) -> Iterator[Problem]:
    addresses: dict[IpAddress, Reservation] = {}
    clients: dict[tuple[str, int], Reservation] = {}
    for each in reservations:
        subnet, what = holder(subnets, each.address), f"{each.address} ({each.client})"
        if subnet is None and homes_known:
            text = f"the reserved address {what} is in none of the subnets"
            yield network_problem("reservations", text, each)
        elif subnet is not None and (edge := edge_of(subnet, each.address)):
            yield network_problem(
                "reservations", f"the reserved address {what} is {edge} of {subnet}", each
            )
        if each.address in gateways:
            yield network_problem(
                "reservations", f"the reserved address {what} is the gateway's", each
            )
        first = addresses.setdefault(each.address, each)
        if first is not each:
            text = f"{each.address} is reserved twice: for {first.client} and for {each.client}"
            yield network_problem("reservations", text, first, each)
        other = clients.setdefault((each.client, each.address.version), each)
        if other is not each:
            text = f"{each.client} has two reservations: {other.address} and {each.address}"
            yield network_problem("reservations", text, other, each)
