"""Ethernet, IPv4 and UDP: what a probe's questions are wrapped in, and its answers unwrapped from.

Pure functions of bytes. What others send may be anything: each reader raises FrameError for what
it cannot make sense of, and nothing else.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

ARP, IPV4, IPV6 = 0x0806, 0x0800, 0x86DD
BROADCAST = b"\xff" * 6
_ETHERNET = struct.Struct("!6s6sH")
_IPV4 = struct.Struct("!BBHHHBBH4s4s")
_UDP = struct.Struct("!HHHH")
_UDP_PROTOCOL = 17
_TTL = 64
_FRAGMENT = 0x3FFF  # more fragments, or an offset


class FrameError(ValueError):
    """What somebody sent is not what it claims to be."""


class Frame(NamedTuple):
    """An Ethernet frame."""

    target: bytes
    source: bytes
    kind: int
    payload: bytes


class Datagram(NamedTuple):
    """A UDP datagram over IPv4."""

    source: bytes
    source_port: int
    target: bytes
    target_port: int
    payload: bytes


def build_frame(frame: Frame) -> bytes:
    """As it goes over the wire; the kernel pads it."""
    return _ETHERNET.pack(frame.target, frame.source, frame.kind) + frame.payload


def read_frame(data: bytes) -> Frame:
    """One that came without a VLAN tag: the kernel takes tags off. Raises FrameError."""
    if len(data) < _ETHERNET.size:
        raise FrameError("an Ethernet frame that is cut off")
    target, source, kind = _ETHERNET.unpack_from(data)
    return Frame(target, source, kind, data[_ETHERNET.size :])


def build_datagram(datagram: Datagram) -> bytes:
    """An IPv4 packet. UDP may go without a checksum (RFC 768)."""
    length = _UDP.size + len(datagram.payload)
    udp = _UDP.pack(datagram.source_port, datagram.target_port, length, 0) + datagram.payload
    total = _IPV4.size + length
    ends = (datagram.source, datagram.target)
    header = _IPV4.pack(0x45, 0, total, 0, 0, _TTL, _UDP_PROTOCOL, 0, *ends)
    sum_ = checksum(header)
    return _IPV4.pack(0x45, 0, total, 0, 0, _TTL, _UDP_PROTOCOL, sum_, *ends) + udp


def read_datagram(packet: bytes) -> Datagram:
    """Raises FrameError. Checksums are the kernel's and the card's matter: between ports of one
    host they are not even filled in."""
    if len(packet) < _IPV4.size:
        raise FrameError("an IPv4 packet that is cut off")
    first, _, total, _, fragment, _, protocol, _, source, target = _IPV4.unpack_from(packet)
    start = (first & 0xF) * 4
    if first >> 4 != 4 or start < _IPV4.size or not start <= total <= len(packet):
        raise FrameError("an IPv4 packet whose lengths lie")
    if protocol != _UDP_PROTOCOL or fragment & _FRAGMENT:
        raise FrameError("no whole UDP datagram")
    content = packet[start:total]  # a short frame is padded
    if len(content) < _UDP.size:
        raise FrameError("a UDP datagram that is cut off")
    source_port, target_port, length, _ = _UDP.unpack_from(content)
    if not _UDP.size <= length <= len(content):
        raise FrameError("a UDP datagram whose length lies")
    return Datagram(source, source_port, target, target_port, content[_UDP.size : length])


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    padded = data + b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
