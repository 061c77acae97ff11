"""Ports of this machine's Linux bridges."""

from __future__ import annotations

import errno
import os
import socket
import struct
from fcntl import ioctl
from pathlib import Path

from vnetmgr.errors import VnetError
from vnetmgr.local.links import SYSFS

_SIOCBRADDIF = 0x89A2  # include/uapi/linux/sockios.h
_SIOCBRDELIF = 0x89A3
_IFREQ = struct.Struct("16si20x")  # include/uapi/linux/if.h: the name, then ifr_ifindex
_NAME_MAX = 15

_REASONS = {
    errno.EPERM: "not permitted: it takes root or CAP_NET_ADMIN",
    errno.ELOOP: "a bridge cannot be a port of a bridge",
    errno.EOPNOTSUPP: "its driver does not let it be bridged",
    errno.EINVAL: "the kernel bridges Ethernet links alone, and no loopback",
}
"""What net/bridge/br_if.c, br_add_if, means by them."""
_IN_USE = "it is in use already, as by a bond, a VRF, Open vSwitch or a macvtap"


def plug_port(bridge: str, port: str) -> None:
    """Make a link a port of a Linux bridge; nothing to do where it is one of this bridge's.

    Raises VnetError, also where another bridge, a bond or a macvtap has the link.
    """
    try:
        _ask(_SIOCBRADDIF, bridge, port)
    except OSError as error:
        if error.errno == errno.EBUSY and _bridge_of(port) == bridge:
            return
        raise VnetError(
            f"port {port}: cannot be plugged into bridge {bridge}: {_reason(error, bridge, port)}",
            f"try it by hand: ip link set {port} master {bridge}",
        ) from error


def unplug_port(bridge: str, port: str) -> None:
    """Let a link no longer be a port of a Linux bridge; nothing to do where it is none of this
    bridge's, or either is gone. Raises VnetError."""
    try:
        _ask(_SIOCBRDELIF, bridge, port)
    except OSError as error:
        if error.errno in (errno.ENXIO, errno.ENODEV) or _bridge_of(port) != bridge:
            return
        raise VnetError(
            f"port {port}: cannot be taken from bridge {bridge}: {_reason(error, bridge, port)}",
            f"try it by hand: ip link set {port} nomaster",
        ) from error


def _ask(what: int, bridge: str, port: str) -> None:
    request = _IFREQ.pack(_name(bridge), _index(port))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as control:
        ioctl(control, what, request)


def _name(link: str) -> bytes:
    """A longer name would be cut, and so be another link's."""
    encoded = os.fsencode(link)
    if not 0 < len(encoded) <= _NAME_MAX:
        raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
    return encoded


def _index(link: str) -> int:
    try:
        _name(link)
        return socket.if_nametoindex(link)
    except OSError as error:  # Python's own, without a number in some versions
        raise OSError(errno.ENXIO, os.strerror(errno.ENXIO)) from error


def _reason(error: OSError, bridge: str, port: str) -> str:
    match error.errno:
        case errno.ENXIO:
            return f"there is no link {port}"
        case errno.ENODEV:
            return f"there is no link {bridge}"
        case errno.EOPNOTSUPP if not Path(f"{SYSFS}/{bridge}/bridge").is_dir():
            return f"{bridge} is not a Linux bridge"
        case errno.EBUSY:
            other = _bridge_of(port)
            return f"it is a port of bridge {other}" if other else _IN_USE
        case number:
            return _REASONS.get(number or 0, error.strerror or str(error))


def _bridge_of(port: str) -> str | None:
    """The Linux bridge that a link is a port of."""
    try:
        return os.readlink(f"{SYSFS}/{port}/brport/bridge").rpartition("/")[2]  # noqa: PTH115
    except OSError:
        return None
