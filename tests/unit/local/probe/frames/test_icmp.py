"""Pings, and routers that advertise themselves."""

from __future__ import annotations

import struct
from ipaddress import IPv6Address, IPv6Network

import pytest

from vnetmgr.local.probe.frames.ethernet import IPV4, IPV6, Frame, FrameError, checksum
from vnetmgr.local.probe.frames.icmp import is_pong, ping, read_advertisement, solicit
from vnetmgr.model.path.probe import Router6
from vnetmgr.model.values import Mac

MAC, ROUTER = bytes.fromhex("02766e6d6772"), bytes.fromhex("525400000001")
LINK_LOCAL = IPv6Address("fe80::1").packed
PREFIX = struct.pack("!BBBBIII16s", 3, 4, 64, 0xC0, 7200, 3600, 0, IPv6Address("fd00:1::").packed)
MTU = struct.pack("!BBHI", 5, 1, 0, 1480)


def advert(
    *options: bytes, source: bytes = LINK_LOCAL, hops: int = 255, kind: int = 134, cut: int = 0
) -> Frame:
    body = struct.pack("!BBHBBHII", kind, 0, 0, 64, 0x80, 1800, 0, 0) + b"".join(options)
    head = struct.pack("!IHBB16s16s", 6 << 28, len(body), 58, hops, source, LINK_LOCAL)
    return Frame(MAC, ROUTER, IPV6, head + body[: len(body) - cut])


def test_a_ping_and_its_answer() -> None:
    sent = ping(7)
    assert (sent[0], checksum(sent)) == (8, 0)
    header = b"\x46" + b"\0" * 23  # with an option
    assert is_pong(header + b"\0" + sent[1:], 7)
    assert not is_pong(header + b"\0" + sent[1:], 8)
    assert not is_pong(header + sent, 7)
    assert not is_pong(header, 7)


def test_a_solicitation_is_from_nobody_and_its_sum_is_right() -> None:
    frame = solicit(MAC)
    assert frame.target.hex(":") == "33:33:00:00:00:02"
    packet = frame.payload
    pseudo = packet[8:40] + struct.pack("!II", len(packet) - 40, 58)
    assert checksum(pseudo + packet[40:]) == 0


def test_a_router() -> None:
    assert read_advertisement(advert(PREFIX, MTU, PREFIX)) == Router6(
        address=IPv6Address("fe80::1"),
        mac=Mac("52:54:00:00:00:01"),
        lifetime_s=1800,
        prefixes=(IPv6Network("fd00:1::/64"),),
        mtu=1480,
        managed=True,
    )


@pytest.mark.parametrize(
    "frame",
    [
        advert(hops=254),  # it was routed
        advert(source=IPv6Address("2001:db8::1").packed),
        advert(kind=133),
        advert(MTU, cut=1),
        advert(b"\x05\x00" + b"\0" * 6),  # an option of no length: it would never end
        advert(b"\x05\x09" + b"\0" * 6),
        advert(b"\x05"),
        advert()._replace(kind=IPV4),
        advert()._replace(payload=b"\x60" + b"\0" * 30),
    ],
)
def test_what_is_none(frame: Frame) -> None:
    with pytest.raises(FrameError):
        read_advertisement(frame)


def test_a_prefix_that_is_none_is_left_out() -> None:
    long = PREFIX[:2] + b"\xff" + PREFIX[3:]
    assert read_advertisement(advert(long)).prefixes == ()
