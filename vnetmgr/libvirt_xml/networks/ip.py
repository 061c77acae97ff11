"""Reads a network's `<ip>` elements: subnets, the host's addresses, what DHCP gives out.

Lenient, as `read`, which imports this only for networks that have such elements.
Element meanings: libvirt's formatnetwork.html, "Addressing".
"""

from __future__ import annotations

from ipaddress import IPv4Address, ip_network
from typing import TYPE_CHECKING

from vnetmgr.libvirt_xml.documents import parse_as
from vnetmgr.libvirt_xml.values import mac_of, number
from vnetmgr.model.dhcp import DhcpRange, Reservation
from vnetmgr.model.options.parsers import parse_address
from vnetmgr.model.record import Row

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

    from vnetmgr.model.dhcp import IpAddress, IpNetwork

_UNITS = {"seconds": 1, "minutes": 60, "hours": 3600}
# Below which first byte an IPv4 address has which prefix, where a document gives none.
_CLASSES = ((128, 8), (192, 16), (224, 24))


class IpElement(Row):
    """An `<ip>` that can be read."""

    element: Element
    subnet: IpNetwork
    gateway: IpAddress

    def holds(self, address: IpAddress) -> bool:
        """Whether an address is in its subnet."""
        return address.version == self.subnet.version and address in self.subnet


def addressing_of(root: Element) -> dict[str, object]:
    """The fields of Network that are read from `<ip>` elements."""
    found = ip_elements(root)
    ranges = [pair for ip in root.findall("ip") for pair in ranges_of(ip)]
    leases = (lease_of(element) for element, _ in ranges)
    return {
        "subnets": tuple(ip.subnet for ip in found),
        "gateways": tuple(ip.gateway for ip in found),
        "dhcp_ranges": tuple(value for _, value in ranges),
        "lease_time": next((seconds for seconds in leases if seconds is not None), None),
        "reservations": tuple(
            value for ip in root.findall("ip") for _, value in reservations_of(ip)
        ),
    }


def ip_elements(root: Element) -> list[IpElement]:
    """A network's `<ip>` elements, but for those without a readable address."""
    found = []
    for element in root.findall("ip"):
        address = address_of(element.get("address"))
        if address is not None:
            found.append(IpElement(element, subnet_of(element, address), address))
    return found


def ranges_of(ip: Element) -> list[tuple[Element, DhcpRange]]:
    """The readable ranges of an `<ip>`, each with its element."""
    found = []
    for element in ip.findall("dhcp/range"):
        start, end = address_of(element.get("start")), address_of(element.get("end"))
        if start is not None and end is not None and start.version == end.version:
            found.append((element, DhcpRange(start=start, end=end)))
    return found


def reservations_of(ip: Element) -> list[tuple[Element, Reservation]]:
    """The readable reservations of an `<ip>`, each with its element."""
    found = []
    for element in ip.findall("dhcp/host"):
        address = address_of(element.get("ip"))
        if address is not None:
            reservation = Reservation(
                address=address,
                mac=mac_of(element.get("mac")),
                duid=_duid(element.get("id")),
                hostname=element.get("name") or None,
            )
            found.append((element, reservation))
    return found


def stranded(xml: str) -> list[str]:
    """What a network's `<dhcp>` has besides ranges and reservations, where it has none of them:
    libvirt drops that without a word."""
    found = []
    for dhcp in parse_as("network", xml).iterfind("ip/dhcp"):
        tags = [str(node.tag) for node in dhcp if isinstance(node.tag, str)]
        if not {"range", "host"} & set(tags):
            found += tags
    return found


def lease_of(element: Element) -> int | None:
    """The lease time of a `<range>` in seconds, INFINITE_S for ever; None without one."""
    lease = element.find("lease")
    if lease is None:
        return None
    expiry, unit = number(lease.get("expiry")), _UNITS.get(lease.get("unit", "minutes"))
    return None if expiry is None or expiry < 0 or unit is None else expiry * unit


def address_of(text: str | None) -> IpAddress | None:
    """An IP address; None for what is none, or is one of a certain link (`fe80::1%eth0`)."""
    try:
        return parse_address(text) if text else None
    except ValueError:
        return None


def subnet_of(element: Element, address: IpAddress) -> IpNetwork:
    """The subnet of an `<ip>`; the address alone where the mask is none: libvirt starts no such."""
    mask: str | int | None = element.get("netmask") or element.get("prefix")
    if mask in (None, "0"):
        mask = _class_prefix(address) if isinstance(address, IPv4Address) else 64
    try:
        return ip_network(f"{address}/{mask}", strict=False)
    except ValueError:
        return ip_network(address)


def _class_prefix(address: IPv4Address) -> int:
    """As virSocketAddrGetIPPrefix (src/util/virsocketaddr.c)."""
    first = int(address) >> 24
    return next((prefix for limit, prefix in _CLASSES if first < limit), 32)


def _duid(text: str | None) -> str | None:
    """With two digits for each byte, as leases show it; libvirt takes and keeps one, too."""
    return None if not text else ":".join(part.zfill(2) for part in text.lower().split(":"))
