"""Edits a network's `<ip>` elements: subnets, the host's addresses, what DHCP gives out; and what
goes by them (boot, routes)."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from lxml import etree

from vnetmgr.errors import VnetError
from vnetmgr.libvirt_xml.edit import (
    add_all,
    child,
    clearing,
    edit_all,
    remove,
    set_attribute,
    write_attributes,
)
from vnetmgr.libvirt_xml.networks.boot import write_bootp, write_tftp_root
from vnetmgr.libvirt_xml.networks.ip import ip_elements, lease_of, ranges_of, reservations_of
from vnetmgr.libvirt_xml.networks.order import DHCP_ORDER, IP_ORDER, NETWORK_ORDER
from vnetmgr.libvirt_xml.networks.routes import write_routes
from vnetmgr.model.options.addressing import first_host
from vnetmgr.model.patch import Unset

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from lxml.etree import _Element as Element

    from vnetmgr.libvirt_xml.networks.ip import IpElement
    from vnetmgr.model.dhcp import DhcpRange, IpAddress, IpNetwork, Reservation
    from vnetmgr.model.network_want import NetworkPatch

T = TypeVar("T", bound="Hashable")


def write_addressing(root: Element, patch: NetworkPatch, lease_time: int | None) -> None:
    """Write the fields of `<ip>` elements and `<route>` that a patch manages; new ranges get the
    lease time of the others, unless it manages that.

    A range whose subnet goes stays, unless the patch manages ranges: libvirt refuses it. Raises
    VnetError for gateways, ranges and reservations that are in none of the subnets, and for
    boot settings without DHCP or IPv4.
    """
    if not isinstance(patch.subnets, Unset):
        _write_subnets(root, patch.subnets or ())
    if not isinstance(patch.gateways, Unset):
        _write_gateways(root, patch.gateways or ())
    if not isinstance(patch.lease_time, Unset):
        lease_time = patch.lease_time
        for ip in root.findall("ip"):
            for element, _ in ranges_of(ip):
                write_lease(element, lease_time)
    if not isinstance(patch.dhcp_ranges, Unset):
        _write_ranges(root, patch.dhcp_ranges or (), lease_time)
    if not isinstance(patch.reservations, Unset):
        _write_reservations(root, patch.reservations or ())
    _write_besides(root, patch)


def _write_besides(root: Element, patch: NetworkPatch) -> None:
    """What goes by the addresses that are there by now."""
    if not isinstance(patch.bootp, Unset):
        write_bootp(root, patch.bootp)
    if not isinstance(patch.tftp_root, Unset):
        write_tftp_root(root, patch.tftp_root)
    if not isinstance(patch.routes, Unset):
        write_routes(root, patch.routes or ())


def write_range(element: Element, wanted: DhcpRange) -> None:
    """Write a range into its `<range>`."""
    write_attributes(element, {"start": wanted.start, "end": wanted.end})


def write_lease(element: Element, seconds: int | None) -> None:
    """Write the lease time of a `<range>`, or take it out; one in other units is kept."""
    if lease_of(element) == seconds:
        return
    if seconds is None:
        for lease in element.findall("lease"):
            remove(lease)
    else:
        write_attributes(child(element, "lease"), {"expiry": seconds, "unit": "seconds"})


def write_reservation(element: Element, wanted: Reservation) -> None:
    """Write a reservation into its `<host>`."""
    client = {"mac": wanted.mac, "id": wanted.duid, "name": wanted.hostname}
    write_attributes(element, {**client, "ip": wanted.address})


def _write_subnets(root: Element, wanted: Sequence[IpNetwork]) -> None:
    """An `<ip>` stays with its subnet; one whose subnet goes is given another of its version."""
    free = ip_elements(root)
    chosen: dict[int, Element] = {}
    # Those that overlap first: ranges and reservations may still fit.
    fits: tuple[Callable[[IpNetwork, IpNetwork], bool], ...] = (
        lambda old, new: old == new,
        lambda old, new: old.version == new.version and _overlap(old, new),
        lambda old, new: old.version == new.version,
    )
    for fit in fits:
        for index, subnet in enumerate(wanted):
            heir = next((ip for ip in free if index not in chosen and fit(ip.subnet, subnet)), None)
            if heir is not None:
                free.remove(heir)
                chosen[index] = heir.element
                if heir.subnet != subnet:
                    gateway = heir.gateway if heir.gateway in subnet else first_host(subnet)
                    _write_ip(heir.element, subnet, gateway)
    for ip in free:
        remove(ip.element)
    missing = [index for index in range(len(wanted)) if index not in chosen]

    def make(element: Element, index: int) -> None:
        chosen[index] = element
        _write_ip(element, wanted[index], first_host(wanted[index]))

    add_all(root, "ip", missing, make, NETWORK_ORDER)
    _reorder([chosen[index] for index in range(len(wanted))])


def _overlap(old: IpNetwork, new: IpNetwork) -> bool:
    return old[0] in new or new[0] in old


def _write_ip(element: Element, subnet: IpNetwork, gateway: IpAddress) -> None:
    if subnet.version == 6:
        set_attribute(element, "family", "ipv6")  # libvirt takes it for IPv4 without
    set_attribute(element, "address", str(gateway))
    if "netmask" in element.attrib:
        set_attribute(element, "netmask", str(subnet.netmask))
    else:
        set_attribute(element, "prefix", str(subnet.prefixlen))


def _reorder(elements: Sequence[Element]) -> None:
    """Put siblings into this order, each where one of them is now; what is between them stays."""
    parent = elements[0].getparent() if elements else None
    if parent is None:
        return
    present = [parent.index(element) for element in elements]
    places = sorted(present)
    if present == places:
        return
    tails = [parent[place].tail for place in places]
    for place in places:
        parent[place] = etree.Comment("")  # keeps the place
    for place, element, tail in zip(places, elements, tails, strict=True):
        element.tail = None
        parent[place] = element
        element.tail = tail


def _write_gateways(root: Element, wanted: Sequence[IpAddress]) -> None:
    """Each subnet's is the one in its place, or else one that fits, or the first host."""
    left = list(wanted)
    for index, ip in enumerate(ip_elements(root)):
        candidates = (*wanted[index : index + 1], *left)
        gateway = next((address for address in candidates if ip.holds(address)), None)
        if gateway in left:
            left.remove(gateway)
        if gateway is None:
            gateway = ip.gateway if wanted else first_host(ip.subnet)
        if gateway != ip.gateway:
            set_attribute(ip.element, "address", str(gateway))
    if left:
        raise VnetError(f"the gateway {left[0]} is in none of the network's subnets")


def _write_ranges(root: Element, wanted: Sequence[DhcpRange], lease_time: int | None) -> None:
    def write(element: Element, value: DhcpRange) -> None:
        write_range(element, value)
        write_lease(element, lease_time)

    _write_items(
        root,
        "range",
        [(value, value.start) for value in wanted],
        read=ranges_of,
        write=write,
        identity=lambda value: value,
    )


def _write_reservations(root: Element, wanted: Sequence[Reservation]) -> None:
    _write_items(
        root,
        "host",
        [(value, value.address) for value in wanted],
        read=reservations_of,
        write=write_reservation,
        identity=lambda value: (value.client, value.address.version),
    )


def _write_items(
    root: Element,
    tag: str,
    wanted: Sequence[tuple[T, IpAddress]],
    *,
    read: Callable[[Element], list[tuple[Element, T]]],
    write: Callable[[Element, T], None],
    identity: Callable[[T], object],
) -> None:
    """Make these, each with an address of its, the items of that tag in all the `<dhcp>`."""
    ips = ip_elements(root)
    present = {
        identity(value): index for index, ip in enumerate(ips) for _, value in read(ip.element)
    }
    here: list[list[T]] = [[] for _ in ips]
    for value, address in wanted:
        here[_place(ips, address, present.get(identity(value)), f"{value}")].append(value)
    for ip, values in zip(ips, here, strict=True):
        with clearing(ip.element, "dhcp"):
            left = edit_all(read(ip.element), values, write, identity)
            if left:
                dhcp = child(ip.element, "dhcp", IP_ORDER)
                add_all(dhcp, tag, left, write, DHCP_ORDER)


def _place(ips: Sequence[IpElement], address: IpAddress, present: int | None, what: str) -> int:
    """Which `<ip>` an item belongs to: it stays where it is, unless its subnet is another's.

    libvirt takes reservations outside of the subnet, so there are some.
    """
    holders = [index for index, ip in enumerate(ips) if ip.holds(address)]
    if present is not None and (present in holders or not holders):
        return present
    if not holders:
        raise VnetError(f"DHCP cannot give {what}: it is in none of the network's subnets")
    # libvirt has DHCP for one IPv4 and one IPv6 subnet of a network.
    served = (index for index in holders if ips[index].element.find("dhcp") is not None)
    return next(served, holders[0])
