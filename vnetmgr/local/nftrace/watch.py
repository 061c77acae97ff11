"""Watch packets for some seconds. Raises VnetError where the kernel does not let this process."""

from __future__ import annotations

import errno
import os
import socket
from contextlib import suppress
from secrets import token_hex
from time import monotonic
from typing import TYPE_CHECKING

from vnetmgr.errors import VnetError
from vnetmgr.local.nftrace.held import held
from vnetmgr.local.nftrace.join import join
from vnetmgr.local.nftrace.messages import read_events
from vnetmgr.local.nftrace.table import build_tables
from vnetmgr.model.path.live import LiveTrace

if TYPE_CHECKING:
    from typing import Any

    from vnetmgr.local.nftrace.messages import Event
    from vnetmgr.model.path.live import Wanted

# include/uapi/linux/netlink.h and netfilter/nfnetlink.h
_NETLINK_NETFILTER = 12
_NFNLGRP_NFTRACE = 9
_SOL_NETLINK, _ADD_MEMBERSHIP = 270, 1
_SO_RCVBUFFORCE = 33
_BUFFER = 8 << 20
_LARGEST = 1 << 16
_UNDER_WAY_S = 0.2
"""What a packet that has come in time may take to get through."""
_MOST_EVENTS = 100_000
"""Of other tables' traces, too: somebody else may trace all that he has."""


def watch(wanted: Wanted, seconds: float) -> LiveTrace:
    """The packets that come by in that time. Nothing of it is left, whenever this ends."""
    if os.geteuid():
        raise VnetError("the kernel traces packets for root alone", "run as root")
    name = f"vntrace_{os.getpid()}_{token_hex(4)}"
    with _listener() as channel, held(build_tables(name, wanted)) as tables:
        events, overrun = _events(channel, monotonic() + seconds)
        matched, traced = _counts(tables.list_tables(name))
        late, overrun_late = _events(channel, monotonic() + _UNDER_WAY_S)
    packets = join([*events, *late], name, wanted, _link_name, begun=len(events))
    return LiveTrace(
        seconds=seconds,
        packets=packets,
        matched=matched,
        traced=traced,
        overrun=overrun or overrun_late,
    )


def _listener() -> socket.socket:
    try:
        kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC
        channel = socket.socket(socket.AF_NETLINK, kind, _NETLINK_NETFILTER)
        channel.bind((0, 0))
        with suppress(OSError):  # else it is as large as it is
            channel.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _BUFFER)
        channel.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, _NFNLGRP_NFTRACE)
    except OSError as error:
        raise VnetError(f"the kernel's traces cannot be read: {error.strerror}") from None
    return channel


def _events(channel: socket.socket, until: float) -> tuple[list[Event], bool]:
    found: list[Event] = []
    overrun = False
    while (left := until - monotonic()) > 0 and len(found) < _MOST_EVENTS:
        channel.settimeout(left)
        try:
            found.extend(read_events(channel.recv(_LARGEST)))
        except TimeoutError:
            break
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                raise VnetError(f"the kernel's traces end: {error.strerror}") from None
            overrun = True
    return found, overrun or len(found) >= _MOST_EVENTS


def _counts(objects: list[dict[str, Any]]) -> tuple[int, int]:
    """How often a packet matched, and was traced: each rule counts before its limit, and after."""
    matched = traced = 0
    for rule in (each["rule"] for each in objects if "rule" in each):
        before, after = (each["counter"]["packets"] for each in rule["expr"] if "counter" in each)
        matched += before
        traced += after
    return matched, traced


def _link_name(index: int) -> str | None:
    try:
        return socket.if_indextoname(index)
    except OSError:
        return None
