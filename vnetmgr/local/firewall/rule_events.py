"""Hears of changes to this kernel's nftables rules that have to do with vnetmgr's, whoever makes
them: `nft flush ruleset` above all, which says nothing to libvirt."""

from __future__ import annotations

import errno
import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# include/uapi/linux/netlink.h and netfilter/nfnetlink.h
_NETLINK_NETFILTER = 12
_NFNLGRP_NFTABLES = 7
_SOL_NETLINK = 270
_ADD_MEMBERSHIP = 1
# The table's name, iptables' chain, the comment of the accepts in libvirt's table: what says
# which rules a message is about has one of these in it.
_OURS = (b"vnetmgr", b"VNETMGR")


def hear_rules(on_change: Callable[[], None]) -> bool:
    """Call back, in a thread of its own, after each change; False where the kernel does not let
    this process listen. For as long as the process lives."""
    family = getattr(socket, "AF_NETLINK", None)
    if family is None:
        return False
    with suppress(OSError):
        channel = socket.socket(family, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETLINK_NETFILTER)
        channel.bind((0, 0))
        channel.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, _NFNLGRP_NFTABLES)
        listen = threading.Thread(
            target=_listen, args=(channel, on_change), daemon=True, name="nft-events"
        )
        listen.start()
        return True
    return False


def _listen(channel: socket.socket, on_change: Callable[[], None]) -> None:
    while True:
        try:
            message = channel.recv(1 << 20)
        except OSError as error:
            if error.errno != errno.ENOBUFS:
                time.sleep(1.0)
                continue
            message = _OURS[0]  # some were lost: nobody knows which
        if any(name in message for name in _OURS):
            on_change()
