"""What a network's DHCP hands out: ranges, reservations, leases."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import TypeAlias

from vnetmgr.model.record import Record
from vnetmgr.model.values import Mac

IpAddress: TypeAlias = IPv4Address | IPv6Address
IpNetwork: TypeAlias = IPv4Network | IPv6Network

INFINITE_S = 0
"""A lease time that never ends, as libvirt writes it."""


# RFC 8415, section 11.1: two bytes of type and at most 128 of identifier.
_DUID = r"[0-9a-f]{1,2}(:[0-9a-f]{1,2}){2,129}"


def parse_duid(text: str) -> str:
    """An IPv6 client's DUID with two digits for each byte, as leases show it."""
    low = text.strip().lower()
    if not re.fullmatch(_DUID, low):
        raise ValueError(f"DUID {text!r} is not like 00:03:00:01:52:54:00:12:34:56")
    return ":".join(part.zfill(2) for part in low.split(":"))


class DhcpRange(Record):
    """Addresses that DHCP hands out, both ends included."""

    start: IpAddress
    end: IpAddress

    def __contains__(self, address: IpAddress) -> bool:
        return address.version == self.start.version and (
            int(self.start) <= int(address) <= int(self.end)
        )

    def __str__(self) -> str:
        return f"{self.start}-{self.end}"


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
