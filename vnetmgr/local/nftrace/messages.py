"""Trace events, as the kernel sends them over netlink (include/uapi/linux/netfilter/nf_tables.h).

Pure functions of bytes. A message that is cut off, or of a kind that is not known, is no event.
"""

from __future__ import annotations

import struct
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.dhcp import IpAddress

_HEADER = struct.Struct("=IHHII")  # nlmsghdr
_ATTRIBUTE = struct.Struct("=HH")  # nlattr
_FAMILY_SIZE = 4  # nfgenmsg
_TRACE = 10 << 8 | 17  # NFNL_SUBSYS_NFTABLES, NFT_MSG_TRACE
_FAMILIES = {1: "inet", 2: "ip", 3: "arp", 5: "netdev", 7: "bridge", 10: "ip6"}
_TYPES = {1: "policy", 2: "return", 3: "rule"}
_VERDICTS = {
    0: "drop",
    1: "accept",
    2: "stolen",
    3: "queue",
    -1: "continue",
    -2: "break",
    -3: "jump",
    -4: "goto",
    -5: "return",
}
_TABLE, _CHAIN, _HANDLE, _TYPE, _VERDICT, _ID = range(1, 7)
_NETWORK, _TRANSPORT, _IIF, _OIF, _NFPROTO, _POLICY = 8, 9, 10, 12, 15, 16
_CODE, _TO = 1, 2
_PLAIN = 0x3FFF
_TCP, _UDP, _ICMP, _ICMPV6 = 6, 17, 1, 58
_NAMES = {_TCP: "tcp", _UDP: "udp", _ICMP: "icmp", _ICMPV6: "icmpv6"}


class Headers(NamedTuple):
    """What a packet is, at one place of its way."""

    source: IpAddress
    target: IpAddress
    protocol: str
    source_port: int | None
    target_port: int | None
    mark: bytes
    """What stays the same on all of its way, NAT and routes included, and differs from that of
    the next packet, mostly: IP's number, TCP's sequence."""


class Event(NamedTuple):
    """One thing that happened to a packet."""

    id: int
    family: str
    table: str
    chain: str
    kind: str
    """rule, return, policy."""
    handle: int | None
    """None: the policy, or the end of a chain."""
    verdict: str
    iif: int
    oif: int
    headers: Headers | None
    """With the first event in each base chain."""


def read_events(data: bytes) -> Iterator[Event]:
    """The trace events in what one read from the socket has given."""
    at = 0
    while at + _HEADER.size <= len(data):
        length, kind, _, _, _ = _HEADER.unpack_from(data, at)
        if length < _HEADER.size + _FAMILY_SIZE or at + length > len(data):
            return
        if kind == _TRACE:
            content = data[at + _HEADER.size : at + length]
            event = _event(content[0], dict(_attributes(content[_FAMILY_SIZE:])))
            if event is not None:
                yield event
        at += (length + 3) & ~3


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, at)
        if length < _ATTRIBUTE.size or at + length > len(data):
            return
        yield kind & _PLAIN, data[at + _ATTRIBUTE.size : at + length]
        at += (length + 3) & ~3


def _event(family: int, found: dict[int, bytes]) -> Event | None:
    kind = _TYPES.get(_number(found.get(_TYPE)))
    if kind is None or _TABLE not in found or _CHAIN not in found:
        return None
    handle = found.get(_HANDLE)
    return Event(
        id=_number(found.get(_ID)),
        family=_FAMILIES.get(family, str(family)),
        table=_text(found[_TABLE]),
        chain=_text(found[_CHAIN]),
        kind=kind,
        handle=None if handle is None else int.from_bytes(handle, "big"),
        verdict=_verdict(kind, found),
        iif=_number(found.get(_IIF)),
        oif=_number(found.get(_OIF)),
        headers=read_headers(found.get(_NETWORK, b""), found.get(_TRANSPORT, b"")),
    )


def _verdict(kind: str, found: dict[int, bytes]) -> str:
    if kind == "policy":
        return _VERDICTS.get(_number(found.get(_POLICY)), "unknown")
    parts = dict(_attributes(found.get(_VERDICT, b"")))
    code = parts.get(_CODE, b"")
    if len(code) != 4:
        return "unknown"
    # A drop or a queue has a number in its upper half, but for the negative ones.
    number = int.from_bytes(code, "big", signed=True)
    name = _VERDICTS.get(number if number < 0 else number & 0xFF, "unknown")
    return f"{name} {_text(parts[_TO])}" if _TO in parts else name


def read_headers(network: bytes, transport: bytes) -> Headers | None:
    """None: they are cut off, or of no IP packet."""
    version = network[0] >> 4 if network else 0
    source: IpAddress
    target: IpAddress
    if version == 4 and len(network) >= 20:
        source, target = IPv4Address(network[12:16]), IPv4Address(network[16:20])
        protocol, mark = network[9], network[2:6]
    elif version == 6 and len(network) >= 40:
        source, target = IPv6Address(network[8:24]), IPv6Address(network[24:40])
        protocol, mark = network[6], network[1:6]
    else:
        return None
    ports: tuple[int | None, int | None] = (None, None)
    if protocol in (_TCP, _UDP) and len(transport) >= 4:
        ports = struct.unpack_from("!HH", transport)
    own = {_TCP: transport[4:14], _ICMP: transport[:2] + transport[6:8]}
    own[_ICMPV6] = own[_ICMP]
    name = _NAMES.get(protocol, str(protocol))
    return Headers(source, target, name, *ports, mark + own.get(protocol, b""))


def _number(value: bytes | None) -> int:
    return int.from_bytes(value or b"", "big")


def _text(value: bytes) -> str:
    return value.rstrip(b"\0").decode("utf-8", "replace")
