"""ICMP (RFC 792): a ping. ICMPv6 (RFC 4861): is there a router, and which."""

from __future__ import annotations

import struct
from ipaddress import IPv6Address, IPv6Network
from typing import TYPE_CHECKING

from vnetmgr.local.probe.frames.ethernet import IPV6, Frame, FrameError, checksum
from vnetmgr.model.path.probe import Router6
from vnetmgr.model.values import Mac

if TYPE_CHECKING:
    from collections.abc import Iterator

_ECHO = struct.Struct("!BBHHH")
_ECHO_REQUEST, _ECHO_REPLY = 8, 0
_IPV6 = struct.Struct("!IHBB16s16s")
_ICMPV6, _HOPS = 58, 255
_SOLICITATION, _ADVERTISEMENT = 133, 134
_ROUTERS = IPv6Address("ff02::2").packed
_ROUTERS_MAC = bytes.fromhex("333300000002")
_NOBODY = b"\0" * 16
_ADVERT = struct.Struct("!BBHBBHII")
_MANAGED = 0x80
_PREFIX, _MTU = 3, 5
_MOST_PREFIXES = 16


def ping(number: int) -> bytes:
    """An echo request, as a raw ICMP socket sends it."""
    body = _ECHO.pack(_ECHO_REQUEST, 0, 0, number, 1)
    return _ECHO.pack(_ECHO_REQUEST, 0, checksum(body), number, 1)


def is_pong(packet: bytes, number: int) -> bool:
    """Whether an IPv4 packet, as a raw ICMP socket gets it, answers that ping."""
    start = (packet[0] & 0xF) * 4 if packet else 0
    content = packet[start : start + _ECHO.size]
    if len(content) < _ECHO.size:
        return False
    kind, code, _, replied, _ = _ECHO.unpack(content)
    return bool((kind, code, replied) == (_ECHO_REPLY, 0, number))


def solicit(mac: bytes) -> Frame:
    """The question for routers, from no address."""
    empty = struct.pack("!BBHI", _SOLICITATION, 0, 0, 0)
    # The pseudo header of RFC 8200, 8.1.
    pseudo = _NOBODY + _ROUTERS + struct.pack("!II", len(empty), _ICMPV6)
    body = struct.pack("!BBHI", _SOLICITATION, 0, checksum(pseudo + empty), 0)
    head = _IPV6.pack(6 << 28, len(body), _ICMPV6, _HOPS, _NOBODY, _ROUTERS)
    return Frame(_ROUTERS_MAC, mac, IPV6, head + body)


def read_advertisement(frame: Frame) -> Router6:
    """Raises FrameError for what is no router's advertisement."""
    if frame.kind != IPV6 or len(frame.payload) < _IPV6.size:
        raise FrameError("no IPv6, or a packet that is cut off")
    first, length, following, hops, source, _ = _IPV6.unpack_from(frame.payload)
    body = frame.payload[_IPV6.size : _IPV6.size + length]
    # One that was routed here has fewer hops left, and is somebody's trick.
    if first >> 28 != 6 or following != _ICMPV6 or hops != _HOPS or len(body) != length:
        raise FrameError("no ICMPv6 of a neighbour")
    address = IPv6Address(source)
    if length < _ADVERT.size or body[:2] != bytes((_ADVERTISEMENT, 0)) or not address.is_link_local:
        raise FrameError("no router's advertisement")
    _, _, _, _, flags, lifetime, _, _ = _ADVERT.unpack_from(body)
    options = list(_options(body[_ADVERT.size :]))
    found = (_prefix(value) for kind, value in options if kind == _PREFIX)
    prefixes = tuple(dict.fromkeys(each for each in found if each is not None))[:_MOST_PREFIXES]
    mtus = (int.from_bytes(value[4:8], "big") for kind, value in options if kind == _MTU)
    return Router6(
        address=address,
        mac=Mac(frame.source.hex(":")),
        lifetime_s=lifetime,
        prefixes=prefixes,
        mtu=next(mtus, None),
        managed=bool(flags & _MANAGED),
    )


def _options(area: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(area):
        size = area[at + 1] * 8 if at + 1 < len(area) else 0
        if not size or at + size > len(area):
            raise FrameError("an option of a router's whose length lies")
        yield area[at], area[at : at + size]
        at += size


def _prefix(option: bytes) -> IPv6Network | None:
    if len(option) != 32 or option[2] > 128:
        return None
    return IPv6Network((option[16:32], option[2]), strict=False)
