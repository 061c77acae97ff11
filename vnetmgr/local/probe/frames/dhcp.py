"""DHCP (RFC 2131, 2132): the DISCOVER that a probe sends, and the offers that come.

A DISCOVER binds nothing: a server keeps what it has offered for a moment, for the same MAC.
"""

from __future__ import annotations

import struct
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, NamedTuple

from vnetmgr.local.probe.frames.ethernet import (
    BROADCAST,
    IPV4,
    Datagram,
    Frame,
    FrameError,
    build_datagram,
    read_datagram,
)
from vnetmgr.model.path.probe import DhcpOffer
from vnetmgr.model.values import Mac

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVER_PORT, CLIENT_PORT = 67, 68
_BOOTP = struct.Struct("!BBBBIHH4s4s4s4s16s64s128s4s")
_REQUEST, _REPLY = 1, 2
_ANSWER_ALL = 0x8000  # the broadcast flag: the probe has no address to be answered at
_COOKIE = b"\x63\x82\x53\x63"
_ANY = b"\0" * 4
_DISCOVER, _OFFER = 1, 2
_PAD, _END, _OVERLOAD = 0, 255, 52
_MASK, _ROUTER, _DNS, _MTU, _LEASE, _KIND, _SERVER, _WANTED = 1, 3, 6, 26, 51, 53, 54, 55
_SMALLEST = 300  # BOOTP's: some relays drop what is shorter
_MOST_ADDRESSES = 8
_OF_FILE, _OF_NAME = 1, 2


class DhcpReply(NamedTuple):
    """An offer, and the number that the question had."""

    number: int
    offer: DhcpOffer


def discover(mac: bytes, number: int) -> Frame:
    """The question, without a name, a class or an address that it would like."""
    options = bytes((_KIND, 1, _DISCOVER, _WANTED, 4, _MASK, _ROUTER, _DNS, _MTU, _END))
    head = _BOOTP.pack(
        *(_REQUEST, 1, 6, 0, number, 0, _ANSWER_ALL, _ANY, _ANY, _ANY, _ANY, mac, b"", b""),
        _COOKIE,
    )
    message = (head + options).ljust(_SMALLEST, b"\0")
    datagram = Datagram(_ANY, CLIENT_PORT, b"\xff" * 4, SERVER_PORT, message)
    return Frame(BROADCAST, mac, IPV4, build_datagram(datagram))


def read_offer(frame: Frame, mac: bytes) -> DhcpReply:
    """An offer for this MAC. Raises FrameError for all else."""
    if frame.kind != IPV4:
        raise FrameError("no IPv4")
    datagram = read_datagram(frame.payload)
    message = datagram.payload
    if (datagram.source_port, datagram.target_port) != (SERVER_PORT, CLIENT_PORT):
        raise FrameError("no DHCP for a client")
    if len(message) < _BOOTP.size:
        raise FrameError("a DHCP message that is cut off")
    fields = _BOOTP.unpack_from(message)
    operation, number, address, name, file = (fields[at] for at in (0, 4, 8, 12, 13))
    if operation != _REPLY or fields[11][:6] != mac or fields[14] != _COOKIE:
        raise FrameError("no DHCP reply to this client")
    options = _options(message[_BOOTP.size :], file, name)
    if options.get(_KIND) != bytes((_OFFER,)):
        raise FrameError("no offer")
    if not _is_usable(IPv4Address(address)):
        raise FrameError("an offer of no address")
    return DhcpReply(number, _offer(frame, datagram, address, options))


def _offer(
    frame: Frame, datagram: Datagram, address: bytes, options: dict[int, bytes]
) -> DhcpOffer:
    named = _addresses(options.get(_SERVER, b""))
    return DhcpOffer(
        server=(*named, IPv4Address(datagram.source))[0],
        mac=Mac(frame.source.hex(":")),
        address=IPv4Address(address),
        prefix=_prefix(options.get(_MASK, b"")),
        routers=_addresses(options.get(_ROUTER, b"")),
        dns=_addresses(options.get(_DNS, b"")),
        mtu=_number(options.get(_MTU, b""), 2),
        lease_s=_number(options.get(_LEASE, b""), 4),
    )


def _options(area: bytes, file: bytes, name: bytes) -> dict[int, bytes]:
    """Code -> value; what is in parts is put together (RFC 3396). Raises FrameError."""
    found: dict[int, bytes] = {}
    _collect(area, found)
    overload = _number(found.get(_OVERLOAD, b""), 1) or 0
    if overload & _OF_FILE:
        _collect(file, found)
    if overload & _OF_NAME:
        _collect(name, found)
    return found


def _collect(area: bytes, found: dict[int, bytes]) -> None:
    for code, value in _walk(area):
        found[code] = found.get(code, b"") + value


def _walk(area: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(area) and area[at] != _END:
        if area[at] == _PAD:
            at += 1
            continue
        if at + 1 >= len(area) or at + 2 + area[at + 1] > len(area):
            raise FrameError("a DHCP option that is cut off")
        length = area[at + 1]
        yield area[at], area[at + 2 : at + 2 + length]
        at += 2 + length


def _addresses(value: bytes) -> tuple[IPv4Address, ...]:
    """Those that a host can have; a value that is no list of addresses has none."""
    if len(value) % 4:
        return ()
    found = (IPv4Address(value[at : at + 4]) for at in range(0, len(value), 4))
    return tuple(dict.fromkeys(each for each in found if _is_usable(each)))[:_MOST_ADDRESSES]


def _is_usable(address: IPv4Address) -> bool:
    return not (
        address.is_unspecified
        or address.is_multicast
        or address.is_loopback
        or address.is_reserved  # with 255.255.255.255
    )


def _prefix(value: bytes) -> int | None:
    """The length of a mask, where it is one."""
    mask = _number(value, 4)
    if mask is None:
        return None
    length = mask.bit_count()
    return length if mask == 0xFFFFFFFF << (32 - length) & 0xFFFFFFFF else None


def _number(value: bytes, size: int) -> int | None:
    return int.from_bytes(value, "big") if len(value) == size else None
