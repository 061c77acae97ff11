"""A network's IP side beyond its subnets: what its DHCP hands out, from ranges to what to boot, the
host's routes to what is behind its guests, and the ranges that its NAT takes."""

from __future__ import annotations

import re
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
)
from typing import TypeAlias

from vnetmgr.model.record import Record
from vnetmgr.model.values import Mac

IpAddress: TypeAlias = IPv4Address | IPv6Address
IpInterface: TypeAlias = IPv4Interface | IPv6Interface
IpNetwork: TypeAlias = IPv4Network | IPv6Network

INFINITE_S = 0
"""A lease time that never ends, as libvirt writes it."""
LIBVIRTS_METRIC = 1
"""Of a route without one (9.0)."""


# RFC 8415, section 11.1: two bytes of type and at most 128 of identifier.
_DUID = r"[0-9a-f]{1,2}(:[0-9a-f]{1,2}){2,129}"


def parse_duid(text: str) -> str:
    """An IPv6 client's DUID with two digits for each byte, as leases show it."""
    low = text.strip().lower()
    if not re.fullmatch(_DUID, low):
        raise ValueError(f"DUID {text!r} is not like 00:03:00:01:52:54:00:12:34:56")
    return ":".join(part.zfill(2) for part in low.split(":"))


class AddressRange(Record):
    """Addresses in a row, both ends included."""

    start: IpAddress
    end: IpAddress

    def __contains__(self, address: IpAddress) -> bool:
        return address.version == self.start.version and (
            int(self.start) <= int(address) <= int(self.end)
        )

    def __str__(self) -> str:
        return f"{self.start}-{self.end}"


class DhcpRange(AddressRange):
    """Addresses that DHCP hands out."""


class PortRange(Record):
    """Ports in a row, both ends included."""

    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"


LIBVIRTS_PORTS = PortRange(first=1024, last=65535)
"""Those of NAT where nobody says otherwise (9.0)."""


class Bootp(Record):
    """What a guest boots that boots from its network."""

    file: str
    server: IpAddress | None = None
    """Who serves it; None: the network itself, from its tftp_root."""

    def __str__(self) -> str:
        return self.file if self.server is None else f"{self.file},server={self.server}"


class Route(Record):
    """A route of the host's to what is behind a guest."""

    subnet: IpNetwork
    via: IpAddress
    """The guest's address."""
    metric: int | None = None
    """None: libvirt's 1."""

    @property
    def place(self) -> tuple[IpNetwork, int]:
        """What the kernel has one route for."""
        return self.subnet, self.metric or LIBVIRTS_METRIC

    def __str__(self) -> str:
        metric = "" if self.metric is None else f",metric={self.metric}"
        return f"{self.subnet},via={self.via}{metric}"


class Reservation(Record):
    """An address that DHCP keeps for one client: `<host>` of a `<dhcp>`.

    IPv4 clients are known by MAC or by name, IPv6 clients by DUID or by name.
    """

    address: IpAddress
    mac: Mac | None = None
    duid: str | None = None
    hostname: str | None = None

    @property
    def client(self) -> str:
        """How the client is known."""
        return str(self.mac or self.duid or self.hostname or "?")

    def __str__(self) -> str:
        name = f" ({self.hostname})" if self.hostname and self.hostname != self.client else ""
        return f"{self.client}{name} -> {self.address}"


def mac_of_duid(duid: str | None) -> Mac | None:
    """The MAC that an IPv6 client's id holds: of the kinds DUID-LLT and DUID-LL, of Ethernet
    (RFC 8415, 11.2 and 11.4). It is that of one of the client's nics, often of the asking one."""
    parts = [] if duid is None else duid.lower().split(":")
    kind, length = parts[:4], len(parts)
    if (kind, length) in ((["00", "01", "00", "01"], 14), (["00", "03", "00", "01"], 10)):
        try:
            return Mac.normalise(":".join(parts[-6:]))
        except ValueError:
            return None
    return None


class Lease(Record):
    """An address that a network's DHCP has handed out."""

    network: str
    address: IpAddress
    prefix: int
    mac: Mac | None
    """None for an IPv6 client of which dnsmasq has only seen the DUID."""
    duid: str | None = None
    """An IPv6 client's id."""
    hostname: str | None = None
    expires_s: int | None = None
    """Seconds since the epoch; None: never."""
