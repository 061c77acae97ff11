"""Pure: where the endpoint listens."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple

from vnetmgr.errors import UsageError

_LOCAL = IPv4Address("127.0.0.1")
_SHOWN = "--listen takes [ADDRESS:]PORT: 9477, 127.0.0.1:9477, [::1]:9477"


class Address(NamedTuple):
    """An address and a port of this machine."""

    ip: IPv4Address | IPv6Address
    port: int

    def __str__(self) -> str:
        return f"[{self.ip}]:{self.port}" if self.ip.version == 6 else f"{self.ip}:{self.port}"


def read_address(text: str, *, public: bool) -> Address:
    """What --listen says. Raises UsageError, also for an address that others reach and nobody said
    --public."""
    host, colon, port = text.rpartition(":")
    if not (port.isascii() and port.isdecimal() and int(port) < 1 << 16):
        raise UsageError(f"--listen {text}: {port or 'nothing'} is no port", _SHOWN)
    address = Address(_ip(host, text) if colon else _LOCAL, int(port))
    if not (public or address.ip.is_loopback):
        raise UsageError(
            f"--listen {text}: whoever reaches {address.ip} could read the names and addresses of "
            "all guests",
            "--public allows that; without an address it is 127.0.0.1 alone",
        )
    return address


def _ip(host: str, text: str) -> IPv4Address | IPv6Address:
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        found = ip_address(bare)
    except ValueError:
        raise UsageError(f"--listen {text}: {host or 'nothing'} is no IP address", _SHOWN) from None
    if (found.version == 6) is not (bare != host) or getattr(found, "scope_id", None):
        raise UsageError(f"--listen {text}: an IPv6 address stands in brackets, alone", _SHOWN)
    return found
