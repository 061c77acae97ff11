"""An overlay and ports that tests change."""

from __future__ import annotations

from ipaddress import ip_address, ip_interface, ip_network
from typing import Any

from vnetmgr.model.dhcp import DhcpRange, Reservation
from vnetmgr.model.dns import DnsForwarder, DnsRecord, RecordKind
from vnetmgr.model.network import Network, NetworkMode
from vnetmgr.model.overlay.northbound import LogicalPort, Overlay, Owner
from vnetmgr.model.values import Mac

FULL: dict[str, Any] = {
    "subnets": (ip_network("10.66.0.0/24"), ip_network("fd00:66::/64")),
    "gateways": (ip_address("10.66.0.1"), ip_address("fd00:66::1")),
    "dhcp_ranges": (DhcpRange(start=ip_address("10.66.0.100"), end=ip_address("10.66.0.199")),),
    "lease_time": 600,
    "dhcp_options": ("option:ntp-server,10.0.0.1", "66,tftp.lab.internal"),
    "dns_domain": "lab.internal",
    "dns_forwarders": (DnsForwarder(address=ip_address("192.0.2.53")),),
    "records": (
        DnsRecord(kind=RecordKind.HOST, name="nas", address=ip_address("10.66.0.5")),
        DnsRecord(kind=RecordKind.HOST, name="nas", address=ip_address("fd00:66::5")),
    ),
    "mtu": 1400,
    "isolated_ports": True,
    "external": "physnet",
    "external_addresses": (ip_interface("192.0.2.10/24"),),
    "external_gateways": (ip_address("192.0.2.1"),),
    "external_hosts": ("hosta", "hostb"),
    "port_security": False,
    "reservations": (
        Reservation(
            address=ip_address("10.66.0.50"),
            mac=Mac.parse("52:54:00:00:00:50"),
            hostname="printer",
        ),
    ),
}
"""Every field of an overlay."""


def network(name: str = "blue", **fields: Any) -> Network:
    """A network of the mode overlay."""
    return Network(name=name, mode=NetworkMode.OVERLAY, **fields)


def overlay(name: str = "blue", fleet: str = "default", **fields: Any) -> Overlay:
    """An overlay with every field, or with those that are given."""
    return Overlay(network=network(name, **(fields or FULL)), fleet=fleet, revision=7)


def port(number: int = 1, **fields: Any) -> LogicalPort:
    """The port of one of web1's, web2's, ... nics."""
    owner = Owner(
        fleet="default",
        domain=f"bbbbbbbb-0000-4000-8000-{number:012}",
        domain_name=f"web{number}",
        nic="lan",
        host="hosta",
        revision=7,
    )
    given: dict[str, Any] = {
        "name": f"aaaaaaaa-0000-4000-8000-{number:012}",
        "switch": "blue",
        "mac": Mac(f"52:54:00:00:{number >> 8:02x}:{number & 255:02x}"),
        "addresses": (ip_address(f"10.66.{number >> 8}.{number & 255}"),),
        "dns_name": f"web{number}.lab.internal",
        "owner": owner,
    }
    return LogicalPort(**(given | fields))
