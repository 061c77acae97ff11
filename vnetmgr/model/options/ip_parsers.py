"""Parsers of what a network's IP side has besides addresses: what guests boot, the host's routes,
the ranges of NAT. Judged strictly: libvirt takes a file or a directory unseen, and writes it into
lines of dnsmasq's configuration.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, ip_network
from typing import TYPE_CHECKING

from vnetmgr.model.dhcp import AddressRange, Bootp, PortRange, Route
from vnetmgr.model.options.compound import Compound, Part
from vnetmgr.model.options.network_parsers import UNFIT, parse_gateway
from vnetmgr.model.values import parse_integer

if TYPE_CHECKING:
    from vnetmgr.model.dhcp import IpAddress, IpNetwork

# dnsmasq splits at commas, drops blanks, takes what follows ' #' for a comment and '"' for a quote.
_BOOT_TEXT = re.compile(r"""[!$-+\--~]+""")
# The field of a BOOTP message (RFC 951), with the NUL behind; what asks for a URL takes an option,
# whose length is a byte.
_LONGEST_FILE, _LONGEST_URL = 127, 255
# dnsmasq reads lines of 1024 bytes.
_LONGEST_ROOT = 1000
# virSocketAddrGetRange: "too large (> 65535)" where more than the last two bytes differ.
_RANGE_BITS = 16


def _check_boot_text(text: str, what: str) -> None:
    if not _BOOT_TEXT.fullmatch(text):
        raise ValueError(
            f"{what} {text!r}: dnsmasq's configuration takes ASCII without blanks, commas, '\"' "
            "and '#' there"
        )


def parse_boot_file(text: str) -> str:
    """What a guest is told to boot: a file's name, or a URL. Raises ValueError."""
    _check_boot_text(text, "boot file")
    if text.startswith(("tag:", "net:")):
        raise ValueError(f"boot file {text!r}: dnsmasq takes what begins with {text[:4]} for a tag")
    longest = _LONGEST_URL if is_url(text) else _LONGEST_FILE
    if len(text) > longest:
        raise ValueError(f"a boot file's name of more than {longest} bytes fits no DHCP message")
    return text


def is_url(file: str) -> bool:
    """Whether a boot file is fetched from where its name says, as iPXE does."""
    return "://" in file


def parse_boot_server(text: str) -> IpAddress:
    """The server that a boot file is on. Raises ValueError."""
    address = parse_gateway(text)
    if address.version == 6:
        raise ValueError(f"{text}: libvirt boots guests over IPv4 alone")
    return address


def _bootp(file: str, server: IpAddress | None = None) -> Bootp:
    if server is None and ".." in file.split("/") and not is_url(file):
        raise ValueError(f"boot file {file!r}: dnsmasq serves nothing that '..' leads to")
    return Bootp(file=file, server=server)


def parse_tftp_root(text: str) -> str:
    """The directory that a network serves by TFTP. Raises ValueError."""
    _check_boot_text(text, "directory")
    if not text.startswith("/"):
        raise ValueError(f"directory {text!r} does not begin with '/'")
    if len(text) > _LONGEST_ROOT:
        raise ValueError(
            f"a directory of more than {_LONGEST_ROOT} bytes fits no line of dnsmasq's"
        )
    return text


def parse_destination(text: str) -> IpNetwork:
    """Where a route leads: `10.9.0.0/16`. Raises ValueError."""
    if "/" not in text:
        raise ValueError(f"{text!r} has no prefix length, like 10.9.0.0/16")
    try:
        subnet = ip_network(text)
    except ValueError:
        try:
            network = ip_network(text, strict=False)
        except ValueError:
            raise ValueError(f"{text!r} is no network like 10.9.0.0/16 or fd09::/48") from None
        raise ValueError(
            f"{text} is an address in {network}, not a network; did you mean {network}?"
        ) from None
    if "%" in text:
        raise ValueError(f"{text}: no zone (%...), which is one host's own")
    for unfit, what in UNFIT:
        if subnet.version == unfit.version and subnet.subnet_of(unfit):  # type: ignore[arg-type]
            raise ValueError(f"{text}: addresses in {unfit} are {what}")
    return subnet


def _route(subnet: IpNetwork, via: IpAddress, metric: int | None = None) -> Route:
    if subnet.version != via.version:
        raise ValueError(f"{subnet} is IPv{subnet.version}, and via {via} IPv{via.version}")
    return Route(subnet=subnet, via=via, metric=metric)


def parse_nat_address(text: str) -> AddressRange:
    """`FIRST-LAST`, or one address. Raises ValueError."""
    if "/" in text:
        raise ValueError(f"{text} is a subnet, and this takes FIRST-LAST")
    first, dash, last = text.partition("-")
    start = parse_gateway(first.strip())
    end = parse_gateway(last.strip()) if dash else start
    if not (isinstance(start, IPv4Address) and isinstance(end, IPv4Address)):
        raise ValueError(f"{text}: libvirt takes IPv4 addresses alone for this")
    if end < start:
        raise ValueError(f"{text} runs backwards")
    if int(start) >> _RANGE_BITS != int(end) >> _RANGE_BITS:
        raise ValueError(f"{text}: libvirt takes no range that leaves a /{_RANGE_BITS}")
    return AddressRange(start=start, end=end)


def parse_nat_port(text: str) -> PortRange:
    """`FIRST-LAST`. Raises ValueError."""
    first, dash, last = text.partition("-")
    if not dash:
        raise ValueError(f"{text!r} is not like 20000-29999")
    low, high = (
        parse_integer(each.strip(), what="port", low=1, high=65535) for each in (first, last)
    )
    if high < low:
        raise ValueError(f"{text} runs backwards")
    if high == low:
        # "Invalid port range", at the network's start (9.0 and 11.3)
        raise ValueError(f"{text}: libvirt takes two ports or more")
    return PortRange(first=low, last=high)


BOOTP = Compound(
    what="a boot file",
    make=_bootp,
    first="file",
    parts={
        "file": Part(parse_boot_file, "FILE"),
        "server": Part(parse_boot_server, "ADDRESS"),
    },
    needs=("file",),
)
ROUTE = Compound(
    what="a route",
    make=_route,
    first="subnet",
    parts={
        "subnet": Part(parse_destination, "SUBNET"),
        "via": Part(parse_gateway, "ADDRESS"),
        "metric": Part(
            lambda text: parse_integer(text, what="metric", low=1, high=999_999_999), "N"
        ),
    },
    needs=("subnet", "via"),
)
