"""Frames and datagrams: what is built can be read, and what others send is read or refused."""

from __future__ import annotations

import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnetmgr.local.probe.frames.arp import read_reply
from vnetmgr.local.probe.frames.dhcp import read_offer
from vnetmgr.local.probe.frames.dns import read_answer
from vnetmgr.local.probe.frames.ethernet import (
    ARP,
    IPV4,
    IPV6,
    Datagram,
    Frame,
    FrameError,
    build_datagram,
    build_frame,
    checksum,
    read_datagram,
    read_frame,
)
from vnetmgr.local.probe.frames.icmp import is_pong, read_advertisement

MAC = bytes.fromhex("02766e6d6772")
macs = st.binary(min_size=6, max_size=6)
addresses = st.binary(min_size=4, max_size=4)
ports = st.integers(0, 0xFFFF)
datagrams = st.builds(Datagram, addresses, ports, addresses, ports, st.binary(max_size=600))

READERS: list[Callable[[bytes], Any]] = [
    read_frame,
    read_datagram,
    lambda data: read_answer(data, 0),
    lambda data: read_answer(b"\0\0\x80\0" + data, 0),
    lambda data: is_pong(data, 0),
    lambda data: read_reply(Frame(MAC, MAC, ARP, data)),
    lambda data: read_offer(Frame(MAC, MAC, IPV4, data), MAC),
    lambda data: read_advertisement(Frame(MAC, MAC, IPV6, data)),
]


@given(st.builds(Frame, macs, macs, st.integers(0x600, 0xFFFF), st.binary(max_size=1500)))
def test_a_frame_is_read_as_it_was_built(frame: Frame) -> None:
    assert read_frame(build_frame(frame)) == frame


@given(datagrams, st.binary(max_size=20))
def test_a_datagram_is_read_as_it_was_built_with_padding_or_without(
    datagram: Datagram, padding: bytes
) -> None:
    packet = build_datagram(datagram)

    assert read_datagram(packet + padding) == datagram
    assert checksum(packet[:20]) == 0


@given(datagrams, st.data())
def test_one_that_is_cut_off_is_refused(datagram: Datagram, data: st.DataObject) -> None:
    packet = build_datagram(datagram)
    with pytest.raises(FrameError):
        read_datagram(packet[: data.draw(st.integers(0, len(packet) - 1))])


@pytest.mark.parametrize(
    ("at", "value"),
    [
        (0, b"\x44"),  # a header of 16 bytes
        (0, b"\x65"),  # IPv6
        (0, b"\x4f"),  # a header longer than the packet
        (2, b"\x00\x05"),  # a packet shorter than its header
        (6, b"\x20\x00"),  # the first fragment of several
        (6, b"\x00\x01"),  # a later one
        (9, b"\x06"),  # TCP
        (24, b"\x00\x07"),  # UDP shorter than its header
        (24, b"\xff\xff"),  # and longer than the packet
    ],
)
def test_lying_lengths_are_refused(at: int, value: bytes) -> None:
    packet = bytearray(build_datagram(Datagram(b"\x0a\0\0\1", 67, b"\xff" * 4, 68, b"")))
    packet[at : at + len(value)] = value
    with pytest.raises(FrameError):
        read_datagram(bytes(packet))


@given(st.sampled_from(READERS), st.binary(max_size=800))
def test_nothing_that_is_sent_breaks_a_reader(reader: Callable[[bytes], Any], data: bytes) -> None:
    with suppress(FrameError):
        reader(data)


@given(st.sampled_from(READERS), st.binary(max_size=500), st.data())
def test_nor_what_looks_right_at_first(
    reader: Callable[[bytes], Any], content: bytes, data: st.DataObject
) -> None:
    """A DHCP reply, a router's advertisement, an ARP reply, with any content and a few bytes
    changed."""
    udp = build_datagram(Datagram(b"\x0a\0\0\1", 67, b"\xff" * 4, 68, dhcp_head() + content))
    icmp = struct.pack("!IHBB", 6 << 28, 16 + len(content), 58, 255)
    icmp += b"\xfe\x80" + b"\0" * 30 + b"\x86" + b"\0" * 15 + content
    arp = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 2) + content
    packet = bytearray(data.draw(st.sampled_from([udp, icmp, arp])))
    for at in data.draw(st.lists(st.integers(0, len(packet) - 1), max_size=3)):
        packet[at] = data.draw(st.integers(0, 255))
    with suppress(FrameError):
        reader(bytes(packet))


def dhcp_head() -> bytes:
    return bytes((2, 1, 6, 0)) + b"\0" * 24 + MAC + b"\0" * 202 + b"\x63\x82\x53\x63"
