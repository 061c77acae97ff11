"""DHCP: a DISCOVER as servers want it, offers as they send them, and as nobody should."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vnetmgr.local.probe.frames.dhcp import DhcpReply, discover, read_offer
from vnetmgr.local.probe.frames.ethernet import (
    IPV4,
    Datagram,
    Frame,
    FrameError,
    build_datagram,
    read_datagram,
)
from vnetmgr.model.path.probe import DhcpOffer
from vnetmgr.model.values import Mac

MAC, SERVER = bytes.fromhex("02766e6d6772"), bytes.fromhex("525400000001")
COOKIE = b"\x63\x82\x53\x63"
OFFER, SERVER_ID = bytes((53, 1, 2)), bytes((54, 4, 10, 0, 0, 1))


def message(
    options: bytes,
    *,
    operation: int = 2,
    yours: bytes = bytes((10, 0, 0, 50)),
    to: bytes = MAC,
    name: bytes = b"",
    file: bytes = b"",
    cookie: bytes = COOKIE,
) -> bytes:
    head = bytes((operation, 1, 6, 0)) + (77).to_bytes(4, "big") + b"\0" * 8 + yours + b"\0" * 8
    return (
        head
        + to.ljust(16, b"\0")
        + name.ljust(64, b"\0")
        + file.ljust(128, b"\0")
        + cookie
        + (options)
    )


def sent(content: bytes, ports: tuple[int, int] = (67, 68)) -> Frame:
    datagram = Datagram(bytes((10, 0, 0, 2)), ports[0], b"\xff" * 4, ports[1], content)
    return Frame(b"\xff" * 6, SERVER, IPV4, build_datagram(datagram))


def read(content: bytes) -> DhcpReply:
    return read_offer(sent(content), MAC)


def test_a_discover_asks_for_nothing_but_what_is_offered() -> None:
    frame = discover(MAC, 0x01020304)
    datagram = read_datagram(frame.payload)

    assert (datagram.source, datagram.source_port) == (b"\0" * 4, 68)
    assert (datagram.target, datagram.target_port) == (b"\xff" * 4, 67)
    assert len(datagram.payload) == 300
    assert datagram.payload[:12].hex(" ") == "01 01 06 00 01 02 03 04 00 00 80 00"
    assert datagram.payload[28:34] == MAC
    # A kind, a list of what it wants to know, the end: no name, no class, no address.
    assert datagram.payload[236:].rstrip(b"\0").hex(" ") == (
        "63 82 53 63 35 01 01 37 04 01 03 06 1a ff"
    )


def test_an_offer_with_all_that_counts() -> None:
    options = (
        OFFER
        + SERVER_ID
        + bytes.fromhex(
            "01 04 ff ff ff 00  03 04 0a 00 00 fe  06 08 0a 00 00 01 01 01 01 01"
            "1a 02 05 a2  33 04 00 00 0e 10  0c 05 1b 5b 32 4a 41  ff 00 00"
        )
    )
    assert read(message(options)) == DhcpReply(
        77,
        DhcpOffer(
            server=IPv4Address("10.0.0.1"),
            mac=Mac("52:54:00:00:00:01"),
            address=IPv4Address("10.0.0.50"),
            prefix=24,
            routers=(IPv4Address("10.0.0.254"),),
            dns=(IPv4Address("10.0.0.1"), IPv4Address("1.1.1.1")),
            mtu=1442,
            lease_s=3600,
        ),
    )


def test_a_server_without_a_name_is_the_one_who_sent_it() -> None:
    assert read(message(OFFER)).offer.server == IPv4Address("10.0.0.2")


def test_options_in_parts_and_in_the_fields_for_names() -> None:
    """RFC 3396, and an offer of a server that has a lot to say."""
    parts = OFFER + bytes((6, 2, 10, 0, 6, 2, 0, 9))
    assert read(message(parts)).offer.dns == (IPv4Address("10.0.0.9"),)
    moved = message(
        bytes((52, 1, 3)), file=OFFER + bytes((255,)), name=bytes((3, 4, 10, 0, 0, 7, 255))
    )
    assert read(moved).offer.routers == (IPv4Address("10.0.0.7"),)


@pytest.mark.parametrize(
    ("option", "field", "value"),
    [
        ("01 04 ff 00 ff 00", "prefix", None),  # a mask with holes
        ("01 03 ff ff ff", "prefix", None),
        ("01 04 00 00 00 00", "prefix", 0),
        ("01 04 ff ff ff ff", "prefix", 32),
        ("03 03 0a 00 00", "routers", ()),
        ("03 08 00 00 00 00 ff ff ff ff", "routers", ()),
        ("06 08 7f 00 00 35 e0 00 00 fb", "dns", ()),  # of the host itself, and of a group
        ("06 00", "dns", ()),
        ("06 40" + "0a 00 00 01" * 16, "dns", (IPv4Address("10.0.0.1"),)),
        ("1a 04 00 00 05 dc", "mtu", None),
    ],
)
def test_values_that_are_none(option: str, field: str, value: object) -> None:
    assert getattr(read(message(OFFER + bytes.fromhex(option))).offer, field) == value


def test_a_list_without_end_is_cut() -> None:
    many = b"".join(bytes((10, 0, 1, number)) for number in range(1, 61))
    assert len(read(message(OFFER + bytes((6, len(many))) + many)).offer.dns) == 8


@pytest.mark.parametrize(
    "frame",
    [
        sent(message(OFFER), ports=(68, 67)),
        sent(message(OFFER), ports=(67, 67)),
        sent(message(OFFER, operation=1)),
        sent(message(OFFER, to=SERVER)),
        sent(message(OFFER, yours=b"\0" * 4)),
        sent(message(OFFER, yours=b"\xff" * 4)),
        sent(message(OFFER, yours=bytes((127, 0, 0, 1)))),
        sent(message(OFFER, cookie=b"\0" * 4)),
        sent(message(b"")),
        sent(message(bytes((53, 1, 5)))),  # an acknowledgement
        sent(message(bytes((53, 2, 2, 2)))),
        sent(message(OFFER + bytes((6,)))),
        sent(message(OFFER + bytes((6, 200, 1)))),
        sent(message(OFFER)[:200]),
        sent(message(OFFER))._replace(kind=0x0806),
    ],
)
def test_what_is_no_offer_for_the_probe(frame: Frame) -> None:
    with pytest.raises(FrameError):
        read_offer(frame, MAC)


@given(st.binary(max_size=400))
def test_whatever_the_options_are(options: bytes) -> None:
    """Every address that comes out can be one of a host."""
    try:
        offer = read(message(OFFER + options)).offer
    except FrameError:
        return
    for address in (offer.server, *offer.routers, *offer.dns):
        assert not any((address.is_multicast, address.is_unspecified, address.is_loopback))
