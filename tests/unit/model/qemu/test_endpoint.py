"""Addresses of socket back ends."""

from __future__ import annotations

import pytest

from vnetmgr.model.qemu.endpoint import Endpoint, parse_udp


@pytest.mark.parametrize("text", ["10.0.0.1:5555", "255.255.255.255:1", "0.0.0.0:65535"])
def test_written_as_read(text: str) -> None:
    assert str(Endpoint.parse(text)) == text


def test_a_server_may_listen_everywhere() -> None:
    assert Endpoint.parse(":5555", address_needed=False) == Endpoint("", 5555)
    with pytest.raises(ValueError, match="no address"):
        Endpoint.parse(":5555")


@pytest.mark.parametrize(
    "text",
    [
        *("", "5555", "10.0.0.1", "10.0.0.1:", "10.0.0.1:0", "10.0.0.1:65536", "10.0.0.1:x"),
        *("host:1", "256.0.0.1:1", "1.2.3:4", "[::1]:5", "::1:5", "10.0.0.1:5 ", "1.2.3.4.5:6"),
    ],
)
def test_what_libvirt_would_not_take(text: str) -> None:
    with pytest.raises(ValueError, match=r"address|IPv4"):
        Endpoint.parse(text, address_needed=False)


def test_udp_has_two_ends() -> None:
    assert parse_udp("10.0.0.2:6 10.0.0.1:5") == (
        Endpoint("10.0.0.2", 6),
        Endpoint("10.0.0.1", 5),
    )
    for text in ("10.0.0.2:6", "10.0.0.2:6  10.0.0.1:5", "10.0.0.2:6 :5", "a b c"):
        with pytest.raises(ValueError, match=r"REMOTE|address"):
            parse_udp(text)
