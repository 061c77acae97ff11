"""DNS (RFC 1035): a question for a name's IPv4 addresses, one for what a server knows by itself,
and the answer."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address
from typing import NamedTuple

from vnetmgr.local.probe.frames.ethernet import FrameError

_HEADER = struct.Struct("!HHHHHH")
_QUESTION = struct.Struct("!HH")
_RECORD = struct.Struct("!HHIH")
_RECURSE, _IS_ANSWER, _CODE = 0x0100, 0x8000, 0x000F
_A, _PTR, _INTERNET = 1, 12, 1
_LOOPBACK = "1.0.0.127.in-addr.arpa"
_POINTER = 0xC0
_LONGEST_LABEL = 63
_MOST_RECORDS = 64


class DnsAnswer(NamedTuple):
    """What a server says."""

    code: int
    """0: there is such a name."""
    addresses: tuple[IPv4Address, ...]


def ask(name: str, number: int) -> bytes:
    """The question for a name's addresses."""
    return _question(name, _A, number)


def ask_itself(number: int) -> bytes:
    """What 127.0.0.1 is called: servers ask nobody else that (RFC 6303)."""
    return _question(_LOOPBACK, _PTR, number)


def _question(name: str, kind: int, number: int) -> bytes:
    """The names are vnetmgr's own: plain labels."""
    labels = b"".join(bytes((len(part),)) + part.encode("ascii") for part in name.split("."))
    head = _HEADER.pack(number, _RECURSE, 1, 0, 0, 0)
    return head + labels + b"\0" + _QUESTION.pack(kind, _INTERNET)


def read_answer(message: bytes, number: int) -> DnsAnswer:
    """The answer to the question of that number. Raises FrameError.

    Names are passed over, not followed: a pointer ends one, so none can lead in circles.
    """
    if len(message) < _HEADER.size:
        raise FrameError("a DNS message that is cut off")
    replied, flags, questions, answers, _, _ = _HEADER.unpack_from(message)
    if replied != number or not flags & _IS_ANSWER or questions > 1:
        raise FrameError("no answer to this question")
    at = _HEADER.size
    if questions:
        at = _skip_name(message, at) + _QUESTION.size
    addresses: dict[IPv4Address, None] = {}
    for _ in range(min(answers, _MOST_RECORDS)):
        at, address = _read_record(message, at)
        if address is not None:
            addresses[address] = None
    return DnsAnswer(flags & _CODE, tuple(addresses))


def _read_record(message: bytes, at: int) -> tuple[int, IPv4Address | None]:
    """Where the next one begins, and this one's address."""
    at = _skip_name(message, at)
    if at + _RECORD.size > len(message):
        raise FrameError("a DNS record that is cut off")
    kind, family, _, length = _RECORD.unpack_from(message, at)
    at += _RECORD.size
    value = message[at : at + length]
    if len(value) != length:
        raise FrameError("a DNS record whose length lies")
    is_address = (kind, family, length) == (_A, _INTERNET, 4)
    return at + length, IPv4Address(value) if is_address else None


def _skip_name(message: bytes, at: int) -> int:
    while at < len(message):
        length = message[at]
        if length & _POINTER == _POINTER:
            return at + 2
        if length > _LONGEST_LABEL:
            raise FrameError("a DNS name with a label of no known kind")
        at += 1 + length
        if not length:
            return at
    raise FrameError("a DNS name that does not end")
