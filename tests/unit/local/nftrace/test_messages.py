"""Trace events as the kernel sends them, and whatever else may come over a socket."""

from __future__ import annotations

import struct
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnetmgr.local.nftrace.messages import Event, Headers, read_events, read_headers

# Recorded on Linux 6.18: a SYN, at the rule that has it traced.
RECORDED = bytes.fromhex(
    "c0000000110a000000000000000000000700000008000f0000000007080004000000000308000600f31ec27c"
    "0f000200707265726f7574696e67000018000100766e74726163655f33355f6239303065633633000c000300"
    "00000000000000060c00050008000100ffffffff08000a000000000306000b00000100001800080045000"
    "03ca97e400040067d210a09000a0a0900011800090091a20050b1ab0f5100000000a002faf0144b0000120007"
    "001645c44054ba4aca5bedcdac08000000"
)
EVENT = Event(
    id=0xF31EC27C,
    family="bridge",
    table="vntrace_35_b900ec63",
    chain="prerouting",
    kind="rule",
    handle=6,
    verdict="continue",
    iif=3,
    oif=0,
    headers=Headers(
        source=IPv4Address("10.9.0.10"),
        target=IPv4Address("10.9.0.1"),
        protocol="tcp",
        source_port=37282,
        target_port=80,
        mark=bytes.fromhex("003ca97eb1ab0f5100000000a002"),
    ),
)


def attribute(kind: int, value: bytes) -> bytes:
    length = 4 + len(value)
    return struct.pack("=HH", length, kind) + value + b"\0" * (-length % 4)


def message(*attributes: bytes, family: int = 1, kind: int = 10 << 8 | 17) -> bytes:
    content = bytes((family, 0, 0, 0)) + b"".join(attributes)
    return struct.pack("=IHHII", 16 + len(content), kind, 0, 0, 0) + content


def of(*more: bytes, kind: int = 3) -> bytes:
    names = (attribute(1, b"fw\0"), attribute(2, b"flt\0"), attribute(4, kind.to_bytes(4, "big")))
    return message(*names, *more)


def verdict(code: int, chain: bytes = b"") -> bytes:
    inner = attribute(1, code.to_bytes(4, "big", signed=True))
    return attribute(0x8005, inner + (attribute(2, chain) if chain else b""))


def test_a_recorded_event() -> None:
    assert list(read_events(RECORDED)) == [EVENT]
    assert list(read_events(RECORDED * 2)) == [EVENT, EVENT]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (of(verdict(0)), "drop"),
        (of(verdict(1)), "accept"),
        (of(verdict(0x50000)), "drop"),  # with an error number for who has sent it
        (of(verdict(3 | 7 << 16)), "queue"),
        (of(verdict(-3, b"DOCKER\0")), "jump DOCKER"),
        (of(verdict(-4, b"x\xff\0")), "goto x\ufffd"),
        (of(verdict(-5)), "return"),
        (of(verdict(-77)), "unknown"),
        (of(), "unknown"),
        (of(attribute(16, bytes(4)), kind=1), "drop"),
        (of(attribute(16, b"\0\0\0\1"), kind=1), "accept"),
    ],
)
def test_verdicts(data: bytes, said: str) -> None:
    (event,) = read_events(data)
    assert event.verdict == said


@pytest.mark.parametrize(
    "data",
    [
        b"",
        RECORDED[:-1],
        message(kind=3),
        message(),
        of(kind=9),
        struct.pack("=IHHII", 4, 10 << 8 | 17, 0, 0, 0) + b"\0" * 40,
        struct.pack("=IHHII", 1 << 31, 10 << 8 | 17, 0, 0, 0) + b"\0" * 40,
    ],
)
def test_what_is_no_event(data: bytes) -> None:
    assert list(read_events(data)) == []


@given(st.binary(max_size=300))
def test_nothing_breaks_the_reader(data: bytes) -> None:
    list(read_events(data))
    list(read_events(message(data)))
    list(read_events(of(data)))


@given(st.binary(max_size=60), st.binary(max_size=24))
def test_nor_its_reading_of_packets(network: bytes, transport: bytes) -> None:
    read_headers(network, transport)
    read_headers(b"\x45" + network, transport)
    read_headers(b"\x60" + network, transport)


def test_ipv6_and_pings() -> None:
    head = bytes.fromhex("60012345 0040 3a 40")
    ends = IPv6Address("fd00::1").packed + IPv6Address("fd00::2").packed
    found = read_headers(head + ends, bytes.fromhex("8000 ffff 0007 0001"))
    assert found == Headers(
        source=IPv6Address("fd00::1"),
        target=IPv6Address("fd00::2"),
        protocol="icmpv6",
        source_port=None,
        target_port=None,
        mark=bytes.fromhex("01234500 40 8000 0001"),
    )
