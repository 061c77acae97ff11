"""What libvirtd leaves of a network on this machine when it is killed in the middle of a call.

It forgets the network before it tears it down, and knows it only once all of it is up: then
bridge and dnsmasq stand, and nobody has them.
"""

from __future__ import annotations

import errno
import os
import select
import signal
import socket
import struct
from contextlib import suppress
from fcntl import ioctl
from pathlib import Path
from typing import TYPE_CHECKING

from vnetmgr.errors import VnetError
from vnetmgr.local.links import SYSFS

if TYPE_CHECKING:
    from vnetmgr.model.writes import RemoveBridge

_SIOCGIFFLAGS = 0x8913  # include/uapi/linux/sockios.h
_SIOCSIFFLAGS = 0x8914
_SIOCBRDELBR = 0x89A1
_IFF_UP = 1
_IFREQ = struct.Struct("16sh22x")  # include/uapi/linux/if.h: the name, then ifr_flags

# src/network/bridge_driver.c; the system's daemon alone makes bridges.
_CONFIGURATIONS = Path("/var/lib/libvirt/dnsmasq")
# dnsmasq ends at once.
_PATIENCE_S = 5.0


def remove_bridge(write: RemoveBridge) -> None:
    """End the network's dnsmasq and remove its bridge; raises VnetError where that fails."""
    if not _is_still_there(write):
        return
    try:
        end_dnsmasq(write.network)
        _delete(write.bridge)
    except OSError as error:
        if error.errno in (errno.ENODEV, errno.ENXIO):
            return
        reason = "it takes root or CAP_NET_ADMIN" if error.errno == errno.EPERM else error.strerror
        raise VnetError(
            f"network {write.network}: bridge {write.bridge}, which libvirtd has left, cannot be "
            f"removed: {reason}",
            f"try it by hand: ip link del {write.bridge}",
        ) from error


def _is_still_there(write: RemoveBridge) -> bool:
    link = SYSFS / write.bridge
    if not (link / "bridge").is_dir():
        return False
    with suppress(OSError):
        return write.mac in (None, (link / "address").read_text().strip())
    return False


def _delete(bridge: str) -> None:
    """The kernel removes a bridge that is down, and nothing but a bridge (br_del_bridge)."""
    name = os.fsencode(bridge)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as control:
        answer = ioctl(control, _SIOCGIFFLAGS, _IFREQ.pack(name, 0))
        flags = _IFREQ.unpack(answer)[1]
        ioctl(control, _SIOCSIFFLAGS, _IFREQ.pack(name, flags & ~_IFF_UP))
        ioctl(control, _SIOCBRDELBR, _IFREQ.pack(name, 0))


def end_dnsmasq(network: str) -> None:
    """End the dnsmasq of this machine's that serves a network. libvirt's pid file does not help:
    where the network's name has a quote or such, it writes one name and reads another (9.0)."""
    for pid in [int(each.name) for each in Path("/proc").iterdir() if each.name.isdecimal()]:
        if _serves(pid, network):
            _end(pid, network)


def _end(pid: int, network: str) -> None:
    try:
        process = os.pidfd_open(pid)
    except OSError:
        return
    try:
        if not _serves(pid, network):  # the number is another process's by now
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(process, number)
            if select.select([process], [], [], _PATIENCE_S)[0]:
                return
    finally:
        os.close(process)


def _serves(pid: int, network: str) -> bool:
    return network_served(Path(f"/proc/{pid}")) == network


def network_served(process: Path, *, unless_elsewhere: bool = False) -> str | None:
    """The network whose configuration, as libvirt writes it, a dnsmasq runs on; None for what is
    none, and for a container's. `unless_elsewhere`: also where that cannot be told, since it is
    another user's."""
    try:
        program, *words = (process / "cmdline").read_bytes().split(b"\0")
        if program.rpartition(b"/")[2] != b"dnsmasq":
            return None
        if not _is_here(process, if_unknown=unless_elsewhere):
            return None
    except OSError:
        return None
    start, end = os.fsencode(f"--conf-file={_CONFIGURATIONS}/"), b".conf"
    found = (each for each in words if each.startswith(start) and each.endswith(end))
    return next((os.fsdecode(each[len(start) : -len(end)]) for each in found), None)


def _is_here(process: Path, *, if_unknown: bool) -> bool:
    """Whether a process is in this one's network namespace."""
    try:
        return (process / "ns/net").samefile("/proc/self/ns/net")
    except PermissionError:
        return if_unknown
