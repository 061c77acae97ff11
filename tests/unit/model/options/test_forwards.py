"""Text becomes a forward; what cannot be one is refused, all of it at once."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

import pytest

from vnetmgr.errors import UsageError
from vnetmgr.model.forward import Forward, ForwardKey, Protocol
from vnetmgr.model.options.forwards import (
    FORWARD_OPTIONS,
    build_forward,
    forward_of,
    parse_forward_key,
    parse_nic,
    read_option,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

MAC = "52:54:00:00:00:01"
UDP = Protocol.UDP


def web(**fields: object) -> Forward:
    return Forward(host_port=8080, guest_port=80, **fields)  # type: ignore[arg-type]  # as given


@pytest.mark.parametrize(
    ("text", "forward"),
    [
        ("8080:80", web()),
        (" 8080:80 ", web()),
        (":8080:80", None),
        ("8080:80/tcp", web()),
        ("8080:80/UDP", web(protocol=UDP)),
        ("10.0.0.1:8080:80", web(listen=ip_address("10.0.0.1"))),
        ("10.0.0.1:8080:80/udp", web(listen=ip_address("10.0.0.1"), protocol=UDP)),
        ("127.0.0.1:8080:80", web(listen=ip_address("127.0.0.1"))),
        ("0.0.0.0:8080:80", web(listen=ip_address("0.0.0.0"))),
        ("[FD00::1]:8080:80", web(listen=ip_address("fd00::1"))),
        ("[::]:8080:80/tcp", web(listen=ip_address("::"))),
        ("1:65535", Forward(host_port=1, guest_port=65535)),
        ("8000-8010:80-90", Forward(host_port=8000, guest_port=80, ports=11)),
        ("8000-8000:80", Forward(host_port=8000, guest_port=80)),
        (
            "10.0.0.1:8000-8001:80-81/udp",
            Forward(
                host_port=8000,
                guest_port=80,
                ports=2,
                listen=ip_address("10.0.0.1"),
                protocol=UDP,
            ),
        ),
    ],
)
def test_forms(text: str, forward: Forward | None) -> None:
    if forward is None:
        with pytest.raises(UsageError):
            build_forward(text, {})
        return
    assert build_forward(text, {}) == forward
    assert build_forward(forward.text, {}) == forward


@pytest.mark.parametrize(
    ("options", "fields"),
    [
        ({"nic": "lan"}, {"nic": "lan"}),
        ({"nic": MAC.upper()}, {"nic": MAC}),
        ({"loopback": "yes"}, {"loopback": True}),
        ({"loopback": "no"}, {}),
        (
            {"allow_from": ["192.168.1.0/24", "fd00::/64", "192.168.1.0/24"]},
            {"allow_from": (ip_network("192.168.1.0/24"), ip_network("fd00::/64"))},
        ),
        ({"allow_from": "192.168.1.7"}, {"allow_from": (ip_network("192.168.1.7/32"),)}),
        (
            {"allow_from": "127.0.0.1", "loopback": "yes"},
            {"allow_from": (ip_network("127.0.0.1/32"),), "loopback": True},
        ),
        (
            {"guest_address": ["10.0.0.5", "fd00::5"]},
            {"guest_address": (ip_address("10.0.0.5"), ip_address("fd00::5"))},
        ),
        # A command's options win over its text.
        ({"protocol": "udp"}, {"protocol": UDP}),
        ({"listen": "[fd00::1]"}, {"listen": ip_address("fd00::1")}),
    ],
)
def test_options(options: dict[str, str | Sequence[str]], fields: dict[str, object]) -> None:
    assert build_forward("8080:80", options) == web(**fields)


FORM = "is not like 8080:80, 10.0.0.1:8080:80/udp, [fd00::1]:8080:80 or 8000-8010:8000-8010"
RANGE = "is not a whole number from 1 to 65535"


@pytest.mark.parametrize(
    ("text", "options", "problem"),
    [
        ("", {}, f"forward '' {FORM}"),
        ("8080", {}, f"forward '8080' {FORM}"),
        ("8080:80:", {}, FORM),
        ("8080:http", {}, FORM),
        ("fd00::1:8080:80", {}, FORM),
        ("8080:80/tcp/udp", {}, FORM),
        ("8080:80 # x", {}, FORM),
        ("0:80", {}, f"forward '0:80': port '0' {RANGE}"),
        ("8080:65536", {}, f"port '65536' {RANGE}"),
        ("8080:-", {}, f"port '' {RANGE}"),
        ("8080-:80", {}, f"port '' {RANGE}"),
        ("1-2-3:80", {}, f"port '2-3' {RANGE}"),
        ("8010-8000:80", {}, "ports '8010-8000': the last is before the first"),
        ("8000-8010:80", {}, "11 ports of the host cannot lead to 1"),
        ("8000:80-90", {}, "1 ports of the host cannot lead to 11"),
        ("8080:80/sctp", {}, "protocol 'sctp' is not tcp or udp"),
        ("8080:80/", {}, "protocol '' is not tcp or udp"),
        ("10.0.0:8080:80", {}, "'10.0.0' is no IP address"),
        ("nas:8080:80", {}, "'nas' is no IP address"),
        ("[fe80::1%eth0]:8080:80", {}, "no zone"),
        ("224.0.0.1:8080:80", {}, "224.0.0.1 is a multicast address, which is no host's own"),
        ("[::1]:8080:80", {}, "::1 cannot be forwarded by the kernel"),
        (
            "10.0.0.1:8080:80",
            {"loopback": "yes"},
            "loopback goes with every address of the host, not with 10.0.0.1",
        ),
        ("8080:80", {"loopback": "maybe"}, "--loopback: "),
        ("8080:80", {"allow_from": "lan"}, "--allow-from: 'lan' is no network like 192.168.1.0/24"),
        ("8080:80", {"allow_from": "10.0.0.1/24"}, "'10.0.0.1/24' is no network"),
        (
            "8080:80",
            {"allow_from": ["192.0.2.1", "127.0.0.0/8"]},
            "allow_from 127.0.0.0/8 is the host's own, which takes loopback as well",
        ),
        (
            "8080:80",
            {"allow_from": "::1", "loopback": "yes"},
            "--allow-from: what comes from ::1/128 cannot be forwarded by the kernel",
        ),
        ("8080:80", {"guest_address": "127.0.0.1"}, "127.0.0.1 is no address of a guest's nic"),
        ("8080:80", {"guest_address": "0.0.0.0"}, "0.0.0.0 is no address of a guest's nic"),
        ("8080:80", {"guest_address": "ff02::1"}, "ff02::1 is no address of a guest's nic"),
        (
            "8080:80",
            {"guest_address": ["10.0.0.5", "10.0.0.6"]},
            "guest_address: one IPv4 and one IPv6 address at most",
        ),
        (
            "10.0.0.1:8080:80",
            {"guest_address": "fd00::5"},
            "guest_address is IPv6, and 10.0.0.1 is not",
        ),
        (
            "[fd00::1]:8080:80",
            {"allow_from": "10.0.0.0/8"},
            "allow_from and the address are of different IP versions",
        ),
        (
            "8080:80",
            {"guest_address": "10.0.0.5", "allow_from": "fd00::/64"},
            "allow_from and the address are of different IP versions",
        ),
        ("8080:80", {"nic": ["a", "b"]}, "--nic: takes one value, not 2"),
        ("8080:80", {"nic": "a b"}, "--nic: "),
    ],
)
def test_what_cannot_be(text: str, options: dict[str, str | Sequence[str]], problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        build_forward(text, options)
    assert problem in caught.value.message
    assert caught.value.hint


def test_every_problem_is_told() -> None:
    with pytest.raises(UsageError) as caught:
        build_forward("0:80/sctp", {"allow_from": "x", "guest_address": "::1"})
    for each in ("port '0'", "protocol 'sctp'", "--allow-from", "--guest-address"):
        assert each in caught.value.message


def key(host_port: int = 8080, **fields: object) -> ForwardKey:
    return ForwardKey(**{"protocol": None, "listen": None, "host_port": host_port, **fields})  # type: ignore[arg-type]  # as given


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("8080", key()),
        ("8080/udp", key(protocol=UDP)),
        ("8080:80", key(guest_port=80)),
        ("8080:80/tcp", key(guest_port=80, protocol=Protocol.TCP)),
        ("10.0.0.1:8080", key(listen=ip_address("10.0.0.1"))),
        ("10.0.0.1:8080/tcp", key(listen=ip_address("10.0.0.1"), protocol=Protocol.TCP)),
        ("10.0.0.1:8080:80", key(listen=ip_address("10.0.0.1"), guest_port=80)),
        ("[fd00::1]:8080", key(listen=ip_address("fd00::1"))),
        ("[fd00::1]:8080:80/udp", key(listen=ip_address("fd00::1"), guest_port=80, protocol=UDP)),
        ("8000-8010", key(8000, ports=11)),
        ("8000-8010:80-90", key(8000, ports=11, guest_port=80)),
    ],
)
def test_keys(text: str, found: ForwardKey) -> None:
    assert parse_forward_key(text) == found
    assert str(found) == text


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "forward '' is not like 8080, 8080/udp or 10.0.0.1:8080:80"),
        ("http", "is not like 8080"),
        ("8080/tcp/udp", "is not like 8080"),
        ("0", f"forward '0': port '0' {RANGE}"),
        ("8080:0", f"port '0' {RANGE}"),
        ("8080/sctp", "protocol 'sctp' is not tcp or udp"),
        ("10.0.0:8080", "'10.0.0' is no IP address"),
        ("[nas]:8080", "'nas' is no IP address"),
        ("nas:8080:80", "'nas' is no IP address"),
    ],
)
def test_what_names_no_forward(text: str, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_forward_key(text)
    assert problem in caught.value.message


@pytest.mark.parametrize("form", ["8080:80", "10.0.0.1:8080:80/udp", "[fd00::1]:1-2:3-4/tcp"])
def test_a_forward_is_named_by_what_it_is_called(form: str) -> None:
    forward = build_forward(form, {})
    for text in (forward.name, forward.text):
        assert parse_forward_key(text).names(forward)


def test_the_table() -> None:
    assert FORWARD_OPTIONS.keys() | {"ports"} == set(Forward.__annotations__)
    assert all(each.help and each.metavar for each in FORWARD_OPTIONS.values())


def test_both_ports_are_needed() -> None:
    with pytest.raises(ValueError, match="it needs both host_port and guest_port"):
        forward_of({"host_port": read_option("host_port", ["80"])})


def test_nics_are_named_by_name_or_mac() -> None:
    assert (parse_nic("lan"), parse_nic("52-54-00-00-00-01")) == ("lan", MAC)
