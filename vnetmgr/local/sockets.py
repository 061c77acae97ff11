"""Who listens on this machine: /proc/net, and whose sockets those are."""

from __future__ import annotations

import sys
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from vnetmgr.model.forward import Protocol
from vnetmgr.model.record import replace
from vnetmgr.model.seen.rules import Listener

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from vnetmgr.model.dhcp import IpAddress

PROC = Path("/proc")

# include/net/tcp_states.h; a UDP socket that nobody is connected to is shown as closed.
_LISTEN, _CLOSE = "0A", "07"
_FILES = (
    ("tcp", Protocol.TCP, _LISTEN),
    ("tcp6", Protocol.TCP, _LISTEN),
    ("udp", Protocol.UDP, _CLOSE),
    ("udp6", Protocol.UDP, _CLOSE),
)


def read_listeners(ports: Collection[int], proc: Path = PROC) -> tuple[Listener, ...]:
    """The sockets that wait on some ports, with their programs as far as these can be seen."""
    found = list(_sockets(ports, proc)) if ports else []
    programs = _programs({inode for _, inode in found}, proc) if found else {}
    return tuple(replace(each, program=programs.get(inode)) for each, inode in found)


def _sockets(ports: Collection[int], proc: Path) -> Iterator[tuple[Listener, str]]:
    for name, protocol, state in _FILES:
        for line in _lines(proc / "net" / name):
            fields = line.split()
            if len(fields) < 10 or fields[3] != state:
                continue
            address, _, port = fields[1].partition(":")
            if int(port, 16) in ports:
                listener = Listener(
                    protocol=protocol, address=_address(address), port=int(port, 16)
                )
                yield listener, fields[9]


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="ascii", errors="replace").splitlines()[1:]
    except OSError:
        return []


def _address(text: str) -> IpAddress:
    """An address as /proc has it: words of 32 bits in this machine's byte order."""
    words = [int(text[at : at + 8], 16) for at in range(0, len(text), 8)]
    packed = b"".join(word.to_bytes(4, sys.byteorder) for word in words)
    found = ip_address(packed)
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return IPv4Address(found.ipv4_mapped)
    return found


def _programs(inodes: set[str], proc: Path) -> dict[str, str]:
    """Socket's inode -> the program that has it open."""
    wanted = {f"socket:[{inode}]": inode for inode in inodes}
    found: dict[str, str] = {}
    for process in proc.glob("[0-9]*"):
        if len(found) == len(wanted):
            break  # a host has thousands of processes
        with suppress(OSError):  # it has ended, or is another user's
            for descriptor in (process / "fd").iterdir():
                with suppress(OSError):
                    inode = wanted.get(str(descriptor.readlink()))
                    if inode is not None:
                        found[inode] = (process / "comm").read_text("utf-8", "replace").strip()
    return found
