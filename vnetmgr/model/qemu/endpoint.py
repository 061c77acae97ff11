"""Addresses of QEMU's socket back ends: where a server, client, mcast or udp nic's packets go.

A Source's name holds them as text: `10.0.0.1:5555`, `:5555` for a server on every address, and
for udp the far end first, then the near one: `10.0.0.2:5556 10.0.0.1:5555`.
"""

from __future__ import annotations

import re
from typing import Self

from vnetmgr.model.record import Row

# libvirt's schema takes no host names, and no IPv6 addresses (domaincommon.rng, ipv4Addr).
_IPV4 = r"(?a)(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)"
_PORT = r"[0-9]{1,5}"


class Endpoint(Row):
    """An IPv4 address, empty for every address of the host, and a port."""

    address: str
    port: int

    @classmethod
    def parse(cls, text: str, *, address_needed: bool = True) -> Self:
        """Read `10.0.0.1:5555`; raises ValueError for anything that libvirt would not take."""
        address, colon, port = text.rpartition(":")
        if not colon or not re.fullmatch(_PORT, port) or not 0 < int(port) < 2**16:
            raise ValueError(f"{text!r} is not an address and a port, like 10.0.0.1:5555")
        if address and not re.fullmatch(_IPV4, address):
            raise ValueError(f"{text!r}: libvirt takes IPv4 addresses here, and no names")
        if address_needed and not address:
            raise ValueError(f"{text!r} has no address in front of its port")
        return cls(address, int(port))

    def __str__(self) -> str:
        return f"{self.address}:{self.port}"


def parse_udp(text: str) -> tuple[Endpoint, Endpoint]:
    """The far and the near end of a udp nic."""
    ends = text.split(" ")
    if len(ends) != 2:
        raise ValueError(f"{text!r} is not REMOTE:PORT LOCAL:PORT")
    return Endpoint.parse(ends[0]), Endpoint.parse(ends[1])
