"""The elements of a `<network>` in libvirt's order, and dnsmasq's, which have a namespace."""

from __future__ import annotations

from vnetmgr.model.values import DIRECTIONS

DNSMASQ = "http://libvirt.org/schemas/network/dnsmasq/1.0"
OPTIONS = f"{{{DNSMASQ}}}options"
"""The element that hands lines to dnsmasq's configuration."""

NETWORK_ORDER = (
    *("name", "uuid", "title", "description", "metadata", "forward", "bridge", "mtu", "mac"),
    *("domain", "dns", "vlan", "bandwidth", "port", "ip", "route", "virtualport", "portgroup"),
)
"""The order in which libvirt writes a network's children: virNetworkDefFormatBuf."""
IP_ORDER = ("tftp", "dhcp")
DHCP_ORDER = ("range", "host", "bootp")
ORDERS = {
    "network": NETWORK_ORDER,
    "forward": ("driver", "pf", "nat", "interface", "address"),
    "ip": IP_ORDER,
    "dhcp": DHCP_ORDER,
    "portgroup": ("vlan", "virtualport", "bandwidth"),
    "bandwidth": DIRECTIONS,
}
"""The order of an element's children, by its tag."""
