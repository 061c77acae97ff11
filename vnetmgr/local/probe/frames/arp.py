"""ARP (RFC 826): who has an address."""

from __future__ import annotations

import struct
from typing import NamedTuple

from vnetmgr.local.probe.frames.ethernet import ARP, BROADCAST, Frame, FrameError

_ARP = struct.Struct("!HHBBH6s4s6s4s")
_ETHERNET, _IPV4 = 1, 0x0800
_REQUEST, _REPLY = 1, 2
_NOBODY, _ANY = b"\0" * 6, b"\0" * 4


class Owner(NamedTuple):
    """Somebody says that he has an address."""

    mac: bytes
    address: bytes


def who_has(address: bytes, mac: bytes) -> Frame:
    """The question. Its sender is 0.0.0.0 (RFC 5227): it enters no neighbour's table, whoever has
    the address answers, and takes it for no conflict."""
    asked = _ARP.pack(_ETHERNET, _IPV4, 6, 4, _REQUEST, mac, _ANY, _NOBODY, address)
    return Frame(BROADCAST, mac, ARP, asked)


def read_reply(frame: Frame) -> Owner:
    """Raises FrameError for what is no answer."""
    return _read(frame, _REPLY)


def read_asker(frame: Frame) -> Owner:
    """Who asks for somebody else's address names his own. Raises FrameError."""
    owner = _read(frame, _REQUEST)
    if owner.address == _ANY:
        raise FrameError("an ARP request from no address")
    return owner


def _read(frame: Frame, operation: int) -> Owner:
    if frame.kind != ARP or len(frame.payload) < _ARP.size:
        raise FrameError("no ARP, or one that is cut off")
    *kinds, mac, address, _, _ = _ARP.unpack_from(frame.payload)
    if kinds != [_ETHERNET, _IPV4, 6, 4, operation]:
        raise FrameError("no such ARP of an IPv4 address on Ethernet")
    if mac[0] & 1 or mac == _NOBODY:
        raise FrameError("ARP with a MAC that nobody can have")
    return Owner(mac, address)
