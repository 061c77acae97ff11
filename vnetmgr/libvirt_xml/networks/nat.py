"""Reads and edits what a network's NAT gives packets in place of a guest's address and port:
`<address>` and `<port>` of `<nat>`. `read` imports this only for networks that say more than
libvirt itself does.

Element meanings: libvirt's formatnetwork.html, "Connectivity".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import VnetError
from vnetmgr.libvirt_xml.edit import child, remove, remove_if_empty, write_attributes
from vnetmgr.libvirt_xml.networks.ip import address_of
from vnetmgr.libvirt_xml.values import number
from vnetmgr.model.dhcp import LIBVIRTS_PORTS, AddressRange, PortRange
from vnetmgr.model.network import NetworkMode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lxml.etree import _Element as Element

_NAT_ORDER = ("address", "port")


def nat_of(root: Element) -> dict[str, object]:
    """The fields of Network that are ranges of NAT."""
    return {"nat_address": _addresses(root), "nat_port": _ports(root)}


def write_nat_address(root: Element, wanted: AddressRange | None) -> None:
    """Set the addresses that packets leave with; raises VnetError without NAT."""
    values = None if wanted is None else {"start": wanted.start, "end": wanted.end}
    _write(root, "address", values)


def write_nat_port(root: Element, wanted: PortRange | None) -> None:
    """Set the ports that packets leave with; raises VnetError without NAT."""
    values = None if wanted is None else {"start": wanted.first, "end": wanted.last}
    _write(root, "port", values)


def _write(root: Element, tag: str, values: Mapping[str, object] | None) -> None:
    forward = root.find("forward")
    if values is None:
        for element in root.findall(f"forward/nat/{tag}"):
            nat = element.getparent()
            remove(element)
            if nat is not None:
                remove_if_empty(nat)
    elif forward is None or forward.get("mode", NetworkMode.NAT) != NetworkMode.NAT:
        raise VnetError(f"a network without NAT has no <{tag}> of one")
    else:
        write_attributes(child(child(forward, "nat"), tag, _NAT_ORDER), values)


def _addresses(root: Element) -> AddressRange | None:
    element = root.find("forward/nat/address")
    if element is None:
        return None
    start, end = address_of(element.get("start")), address_of(element.get("end"))
    if start is None or end is None:
        return None
    return AddressRange(start=start, end=end)


def _ports(root: Element) -> PortRange | None:
    """None for those that libvirt takes where nothing is said: it writes them into what runs."""
    element = root.find("forward/nat/port")
    if element is None:
        return None
    first, last = number(element.get("start")), number(element.get("end"))
    if first is None or last is None:
        return None
    ports = PortRange(first=first, last=last)
    return None if ports == LIBVIRTS_PORTS else ports
