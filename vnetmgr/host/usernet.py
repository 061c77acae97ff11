"""Pure: how QEMU's monitor speaks of port forwards in user mode (net/slirp.c, libslirp's misc.c).

Seen on 7.2; what is told and understood is the same on 10.0.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from vnetmgr.model.forward import Protocol
from vnetmgr.model.host_forward import HostForward

if TYPE_CHECKING:
    from collections.abc import Iterator

# `Hub -1 (hostua-lan):`, and below it `  TCP[HOST_FORWARD]  16  *  8082  10.0.2.15  80  0  0`.
_NIC = re.compile(r"^\S.*\(([^()]+)\):$")
_FORWARD = re.compile(
    r"^\s*(TCP|UDP)\[HOST_FORWARD\]\s+-?\d+\s+(\*|[\d.]+)\s+(\d+)\s+(\*|[\d.]+)\s+(\d+)\s"
)


def read_usernet(text: str) -> Iterator[HostForward]:
    """What `info usernet` says; connections and what else is in there is left out."""
    netdev = ""
    for line in text.splitlines():
        if nic := _NIC.match(line):
            netdev = nic[1]
        elif found := _FORWARD.match(f"{line} "):
            protocol, listen, host_port, guest, guest_port = found.groups()
            yield HostForward(
                netdev=netdev,
                protocol=Protocol(protocol.lower()),
                listen=_address(listen),
                host_port=int(host_port),
                guest_address=_address(guest),
                guest_port=int(guest_port),
            )


def _address(text: str) -> IPv4Address | None:
    return None if text in ("*", "0.0.0.0") else IPv4Address(text)  # noqa: S104


def adding(forward: HostForward) -> str:
    """The command that has QEMU listen."""
    there = f"{forward.guest_address or ''}:{forward.guest_port}"
    return f"hostfwd_add {forward.netdev} {_here(forward)}-{there}"


def removing(forward: HostForward) -> str:
    """The command that has it listen no more."""
    return f"hostfwd_remove {forward.netdev} {_here(forward)}"


def _here(forward: HostForward) -> str:
    return f"{forward.protocol}:{forward.listen or ''}:{forward.host_port}"


def complaint(text: str) -> str | None:
    """What went wrong. The monitor only has words for it: none says that all is well, and of a
    removal that it is done, or that there was nothing to remove."""
    said = " ".join(text.split())
    if not said or re.search(r"^host forwarding rule .* (removed|not found)$", said):
        return None
    return said
