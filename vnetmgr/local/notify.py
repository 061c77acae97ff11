"""What systemd wants to hear of a service (sd_notify(3)); nothing where nobody listens."""

from __future__ import annotations

import os
import socket
from contextlib import suppress


def notify(state: str) -> None:
    """Tell the service manager: READY=1, STOPPING=1, WATCHDOG=1, ..."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    name = f"\0{address[1:]}" if address.startswith("@") else address  # an abstract socket
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.settimeout(1.0)  # a manager that does not listen holds nobody up
        channel.sendto(state.encode(), name)


def watchdog_interval_s() -> float | None:
    """How often it wants to hear WATCHDOG=1, half of what it allows; None: never."""
    allowed = os.environ.get("WATCHDOG_USEC", "")
    for_us = os.environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    return int(allowed) / 2e6 if for_us and allowed.isdecimal() and int(allowed) else None
