"""What this machine's kernel knows of its IPv4 neighbours: who answered last, and who did not."""

from __future__ import annotations

import socket
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ARP = Path("/proc/net/arp")
_COMPLETE = 0x2  # ATF_COM, include/uapi/linux/if_arp.h
_PATIENCE_S, _STEP_S = 1.2, 0.02  # the kernel asks once a second
_DISCARD = 9


def read_neighbours(path: Path = ARP) -> dict[tuple[str, str], str | None]:
    """(link, address) -> the MAC that answered last, None where nothing did. What the kernel has
    not asked for lately is not in it."""
    try:
        lines = path.read_text("utf-8", "surrogateescape").splitlines()[1:]
    except OSError:
        return {}
    found: dict[tuple[str, str], str | None] = {}
    for line in lines:
        fields = line.split()
        if len(fields) == 6:
            address, _, flags, mac, _, link = fields
            found[link, address] = mac.lower() if int(flags, 16) & _COMPLETE else None
    return found


def who_answers(expected: Iterable[tuple[str, str]]) -> dict[tuple[str, str], str | None]:
    """The same, where those expected that have not answered are asked once more: dnsmasq pings an
    address before it offers it, and leaves behind that nothing answered."""
    wanted, found = set(expected), read_neighbours()
    silent = {key for key in wanted if key in found and found[key] is None}
    if not silent:
        return found
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        for _, address in silent:
            try:
                asking.sendto(b"", (address, _DISCARD))  # the kernel asks who has it
            except OSError:
                continue
        end = monotonic() + _PATIENCE_S
        while any(found.get(key, "") is None for key in silent) and monotonic() < end:
            sleep(_STEP_S)
            found = read_neighbours()
    return found
