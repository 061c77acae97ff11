"""What guests boot, the host's routes, and the ranges of NAT, as options and as maps of a spec."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

import pytest

from vnetmgr.errors import UsageError
from vnetmgr.model.dhcp import AddressRange, Bootp, PortRange, Route
from vnetmgr.model.options.ip_parsers import (
    BOOTP,
    ROUTE,
    parse_nat_address,
    parse_nat_port,
    parse_tftp_root,
)
from vnetmgr.model.options.network_patch import build_network_patch

if TYPE_CHECKING:
    from collections.abc import Callable


def route(subnet: str, via: str, metric: int | None = None) -> Route:
    return Route(subnet=ip_network(subnet), via=ip_address(via), metric=metric)


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (BOOTP.parse, "pxelinux.0", Bootp(file="pxelinux.0")),
        (BOOTP.parse, "/efi/grub.efi", Bootp(file="/efi/grub.efi")),
        (BOOTP.parse, "a..b/c", Bootp(file="a..b/c")),
        (BOOTP.parse, "f" * 127, Bootp(file="f" * 127)),
        (BOOTP.parse, "http://10.0.0.9/" + "f" * 239, Bootp(file="http://10.0.0.9/" + "f" * 239)),
        (
            BOOTP.parse,
            "../f,server=10.0.0.9",
            Bootp(file="../f", server=ip_address("10.0.0.9")),
        ),
        (parse_tftp_root, "/srv/tftp", "/srv/tftp"),
        (parse_tftp_root, "/", "/"),
        (ROUTE.parse, "10.9.0.0/16,via=10.0.0.2", route("10.9.0.0/16", "10.0.0.2")),
        (ROUTE.parse, "fd09::/48,via=fd00::2,metric=7", route("fd09::/48", "fd00::2", 7)),
        (ROUTE.parse, "10.9.0.5/32,via=10.0.0.2", route("10.9.0.5/32", "10.0.0.2")),
        (ROUTE.parse, "0.0.0.0/0,via=10.0.0.2", route("0.0.0.0/0", "10.0.0.2")),
        (ROUTE.parse, "128.0.0.0/1,via=10.0.0.2", route("128.0.0.0/1", "10.0.0.2")),
        (
            parse_nat_address,
            "192.0.2.5-192.0.3.9",
            AddressRange(start=ip_address("192.0.2.5"), end=ip_address("192.0.3.9")),
        ),
        (
            parse_nat_address,
            "192.0.2.5",
            AddressRange(start=ip_address("192.0.2.5"), end=ip_address("192.0.2.5")),
        ),
        (parse_nat_port, "20000-29999", PortRange(first=20000, last=29999)),
        (parse_nat_port, "1 - 65535", PortRange(first=1, last=65535)),
    ],
)
def test_what_is_read(parse: Callable[[str], object], text: str, value: object) -> None:
    assert parse(text) == value


_UNSAFE = ["a b", "a\nlog-queries", "a\tb", 'a"b', "a#b", "é", "\x7f"]


@pytest.mark.parametrize(
    ("parse", "text", "problem"),
    [
        *((BOOTP.parse, text, "dnsmasq's configuration takes ASCII") for text in _UNSAFE),
        *((parse_tftp_root, f"/{text}", "dnsmasq's configuration") for text in (*_UNSAFE, "a,b")),
        (BOOTP.parse, "a,b", "'b' of 'a,b' is none of file=, server="),
        (BOOTP.parse, "", "is none of"),
        (BOOTP.parse, "tag:a", "for a tag"),
        (BOOTP.parse, "net:a", "for a tag"),
        (BOOTP.parse, "f" * 128, "more than 127 bytes"),
        (BOOTP.parse, "http://10.0.0.9/" + "f" * 240, "more than 255 bytes"),
        (BOOTP.parse, "a/../b", "'..'"),
        (BOOTP.parse, "f,server=nas", "'nas' is no IP address"),
        (BOOTP.parse, "f,server=fd00::9", "over IPv4 alone"),
        (BOOTP.parse, "f,server=0.0.0.0", "are no host's"),
        (BOOTP.parse, "f,server=10.0.0.9,server=10.0.0.8", "names server twice"),
        (parse_tftp_root, "srv", "does not begin with '/'"),
        (parse_tftp_root, "/" + "f" * 1000, "more than 1000 bytes"),
        (ROUTE.parse, "10.9.0.0/16", "has no via: it is SUBNET,via=ADDRESS"),
        (parse_nat_address, "10.0.0.0/30", "is a subnet, and this takes FIRST-LAST"),
        (ROUTE.parse, "10.9.0.0,via=10.0.0.2", "no prefix length"),
        (ROUTE.parse, "10.9.0.1/16,via=10.0.0.2", "not a network; did you mean 10.9.0.0/16?"),
        (ROUTE.parse, "x/16,via=10.0.0.2", "no network like"),
        (ROUTE.parse, "10.9.0.0/33,via=10.0.0.2", "no network like"),
        (ROUTE.parse, "10.9.0.0/16,via=x,metric=x", "via: 'x' is no IP address"),
        (ROUTE.parse, "10.9.0.0/16,via=x,metric=x", "metric: metric 'x'"),
        (ROUTE.parse, "10.9.0.0/16,via=10.0.0.2,metric=0", "from 1 to"),
        (ROUTE.parse, "10.9.0.0/16,via=fd00::2", "is IPv4, and via fd00::2 IPv6"),
        (ROUTE.parse, "10.9.0.0/16,via=fe80::2", "are link-local"),
        (ROUTE.parse, "fe80::/64,via=fd00::2", "are link-local"),
        (ROUTE.parse, "fd09::%eth0/64,via=fd00::2", "no zone"),
        (ROUTE.parse, "224.1.0.0/16,via=10.0.0.2", "are multicast"),
        (ROUTE.parse, "127.0.0.0/8,via=10.0.0.2", "are loopback"),
        (parse_nat_address, "192.0.2.9-192.0.2.5", "runs backwards"),
        (parse_nat_address, "192.0.2.9-", "no IP address"),
        (parse_nat_address, "192.0.255.9-192.1.0.5", "leaves a /16"),
        (parse_nat_address, "fd00::1-fd00::9", "IPv4 addresses alone"),
        (parse_nat_address, "192.0.2.1-fd00::9", "IPv4 addresses alone"),
        (parse_nat_address, "127.0.0.1", "are loopback"),
        (parse_nat_port, "5", "is not like"),
        (parse_nat_port, "5-5", "two ports or more"),
        (parse_nat_port, "0-5", "from 1 to 65535"),
        (parse_nat_port, "6-5", "runs backwards"),
        (parse_nat_port, "1-65536", "from 1 to 65535"),
    ],
)
def test_what_is_refused(parse: Callable[[str], object], text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=re.escape(problem)):
        parse(text)


@pytest.mark.parametrize(
    ("values", "problems"),
    [
        (
            {
                "subnet": "10.0.0.0/24",
                "route": [
                    "10.0.0.0/24,via=10.0.0.2",
                    "10.1.0.0/16,via=10.0.0.1",
                    "10.2.0.0/16,via=10.0.0.255",
                    "10.3.0.0/16,via=10.1.0.2",
                    "10.4.0.0/16,via=10.0.0.2",
                    "10.4.0.0/16,via=10.0.0.3,metric=1",
                    "10.4.0.0/16,via=10.0.0.3,metric=2",
                ],
            },
            [
                "route 10.0.0.0/24,via=10.0.0.2: that is one of the network's own",
                "route 10.1.0.0/16,via=10.0.0.1: 10.0.0.1 is the host's own address",
                "route 10.2.0.0/16,via=10.0.0.255: 10.0.0.255 is the broadcast address of",
                "10.1.0.2 is in none of the subnets (10.0.0.0/24)",
                "10.4.0.0/16,via=10.0.0.2 are one to the kernel: give them metrics that differ",
            ],
        ),
        (
            {
                "subnet": "none",
                "mode": "isolated",
                "bootp": "f",
                "tftp_root": "/srv",
                "route": "10.9.0.0/16,via=10.0.0.2",
            },
            ["does not go with --subnet none"] * 3,
        ),
        (
            {"mode": "routed", "nat_port": "5-9", "nat_address": "192.0.2.5"},
            ["a routed network has none"] * 2,
        ),
        (
            {
                "mode": "bridge",
                "bootp": "f",
                "tftp_root": "/a",
                "route": "10.9.0.0/16,via=10.0.0.2",
            },
            ["a bridge network has none"] * 3,
        ),
    ],
)
def test_all_that_does_not_go_together_is_told(
    values: dict[str, str | list[str]], problems: list[str]
) -> None:
    with pytest.raises(UsageError) as caught:
        build_network_patch(values)
    found = [each.text for each in caught.value.problems]
    assert len(found) == len(problems)
    for problem in problems:
        assert any(problem in text for text in found), problem
