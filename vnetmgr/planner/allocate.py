"""Names and MACs for nics that come without."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32  # hashlib would load OpenSSL: 2.5 ms

from vnetmgr.errors import RefusedError
from vnetmgr.model.values import Mac

if TYPE_CHECKING:
    from collections.abc import Container

# QEMU's and libvirt's prefix for virtual machines.
_PREFIX = "52:54:00"
_ATTEMPTS = 256


def lowest_name(taken: Container[str]) -> str:
    """`nic0`, `nic1`, ...: the lowest that is free."""
    number = 0
    while f"nic{number}" in taken:
        number += 1
    return f"nic{number}"


def derive_mac(uuid: str, name: str, taken: Container[str]) -> Mac:
    """The MAC of a nic that asks for none: always the same for one domain and name.

    A nic that is removed and made again so keeps its DHCP lease. When the address is taken,
    the next one is derived.
    """
    for attempt in range(_ATTEMPTS):
        digest = f"{crc32(f'{uuid}/{name}/{attempt}'.encode()) & 0xFFFFFF:06x}"
        mac = Mac(f"{_PREFIX}:{digest[0:2]}:{digest[2:4]}:{digest[4:6]}")
        if mac not in taken:
            return mac
    raise RefusedError(
        f"no free MAC for nic {name}: {_ATTEMPTS} derived ones are all taken",
        "give one with --mac",
    )
