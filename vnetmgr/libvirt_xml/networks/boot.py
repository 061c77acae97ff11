"""Reads and edits what a network's guests boot from it: `<bootp>` and `<tftp>` of `<ip>` elements.

libvirt takes both of IPv4 alone, and writes `<dhcp>` only while that has a range or a `<host>`.
Element meanings: libvirt's formatnetwork.html, "Addressing".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import VnetError
from vnetmgr.libvirt_xml.edit import child, clearing, remove, set_attribute, write_attributes
from vnetmgr.libvirt_xml.networks.ip import address_of, ip_elements
from vnetmgr.libvirt_xml.networks.order import DHCP_ORDER, IP_ORDER
from vnetmgr.model.dhcp import Bootp

if TYPE_CHECKING:
    from lxml.etree import _Element as Element


def boot_of(root: Element) -> dict[str, object]:
    """The fields of Network that are about booting."""
    return {
        "bootp": next((bootp for _, bootp in reversed(_bootps(root))), None),
        "tftp_root": next((tftp.get("root") or None for tftp in reversed(_tftps(root))), None),
    }


def write_bootp(root: Element, wanted: Bootp | None) -> None:
    """Set what guests boot; raises VnetError where no `<ip>` has DHCP for IPv4."""
    present = _bootps(root)
    if wanted is not None and present:
        _write_bootp(present[-1][0], wanted)
    elif wanted is not None:
        ip = _served(root)
        if ip is None:
            raise VnetError(
                f"DHCP tells guests what to boot ({wanted}), and there is none for IPv4"
            )
        _write_bootp(child(child(ip, "dhcp", IP_ORDER), "bootp", DHCP_ORDER), wanted)
    else:
        for ip in _version_4(root):
            with clearing(ip, "dhcp"):
                for element in ip.findall("dhcp/bootp"):
                    remove(element)


def write_tftp_root(root: Element, wanted: str | None) -> None:
    """Set the directory that is served; raises VnetError where there is no IPv4 subnet."""
    present = _tftps(root)
    if wanted is None:
        for tftp in present:
            remove(tftp)
    elif present:
        set_attribute(present[-1], "root", wanted)
    else:
        ips = _version_4(root)
        ip = _served(root)
        if ip is None and not ips:
            raise VnetError(f"{wanted} cannot be served: the network has no IPv4 subnet")
        set_attribute(child(ips[0] if ip is None else ip, "tftp", IP_ORDER), "root", wanted)


def _write_bootp(element: Element, bootp: Bootp) -> None:
    write_attributes(element, {"file": bootp.file, "server": bootp.server})


def _bootps(root: Element) -> list[tuple[Element, Bootp]]:
    """Those that name a file, each with its element. libvirt goes by an `<ip>`'s last."""
    nodes = (node for ip in _version_4(root) for node in ip.findall("dhcp/bootp"))
    return [
        (node, Bootp(file=file, server=address_of(node.get("server"))))
        for node in nodes
        if (file := node.get("file"))
    ]


def _tftps(root: Element) -> list[Element]:
    """dnsmasq goes by the last."""
    return [node for ip in _version_4(root) if (node := ip.find("tftp")) is not None]


def _version_4(root: Element) -> list[Element]:
    return [ip.element for ip in ip_elements(root) if ip.subnet.version == 4]


def _served(root: Element) -> Element | None:
    """The `<ip>` that libvirt has DHCP for."""
    return next((ip for ip in _version_4(root) if _has_dhcp(ip)), None)


def _has_dhcp(ip: Element) -> bool:
    return ip.find("dhcp/range") is not None or ip.find("dhcp/host") is not None
