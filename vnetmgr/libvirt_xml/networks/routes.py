"""Reads and edits a network's `<route>` elements: the host's routes to what is behind guests.

Element meanings: libvirt's formatnetwork.html, "Static Routes"; virNetDevIPRouteCreate
(src/conf/networkcommon_conf.c).
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING

from vnetmgr.libvirt_xml.edit import add_all, edit_all, set_attribute, write_attributes
from vnetmgr.libvirt_xml.networks.ip import address_of
from vnetmgr.libvirt_xml.networks.order import NETWORK_ORDER
from vnetmgr.libvirt_xml.values import number
from vnetmgr.model.dhcp import Route

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lxml.etree import _Element as Element


def routes_of(root: Element) -> list[tuple[Element, Route]]:
    """The routes that can be read, each with its element."""
    found = ((element, _route(element)) for element in root.findall("route"))
    return [(element, route) for element, route in found if route is not None]


def write_routes(root: Element, wanted: Sequence[Route]) -> None:
    """Make these the network's routes."""
    left = edit_all(routes_of(root), wanted, _write, lambda route: route.place)
    add_all(root, "route", left, _write, NETWORK_ORDER)


def _route(element: Element) -> Route | None:
    address, via = address_of(element.get("address")), address_of(element.get("gateway"))
    # Without either, libvirt takes the default route alone.
    mask = element.get("netmask") or element.get("prefix") or "0"
    try:
        subnet = ip_network(f"{address}/{mask}")
    except ValueError:
        return None
    if via is None or via.version != subnet.version:
        return None
    return Route(subnet=subnet, via=via, metric=number(element.get("metric")))


def _write(element: Element, route: Route) -> None:
    if route.subnet.version == 6:
        set_attribute(element, "family", "ipv6")  # libvirt takes it for IPv4 without
    set_attribute(element, "address", str(route.subnet.network_address))
    if "netmask" in element.attrib:
        set_attribute(element, "netmask", str(route.subnet.netmask))
    else:
        set_attribute(element, "prefix", str(route.subnet.prefixlen))
    write_attributes(element, {"gateway": route.via, "metric": route.metric})
