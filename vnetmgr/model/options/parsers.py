"""Kinds of option, and parsers, that several tables of options share."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING

from vnetmgr.model.values import parse_integer

if TYPE_CHECKING:
    from vnetmgr.model.dhcp import IpAddress

_LABEL = r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)"


class Kind(StrEnum):
    """How an option is given: on a command line, in `--nic`, and in a spec."""

    VALUE = "value"
    """`--mtu 1500`; `mtu: 1500`."""
    FLAG = "flag"
    """`--user`, which takes nothing; `user: {}`."""
    SWITCH = "switch"
    """`--isolated-port` or `--no-isolated-port`; `isolated_port: no`."""
    LIST = "list"
    """`--vlan 10 --vlan 20`; `vlan: [10, 20]`."""
    PAIRS = "pairs"
    """`--extra K=V --extra L=W`; `extra: {K: V, L: W}`."""

    @property
    def repeatable(self) -> bool:
        """Whether it may be given more than once."""
        return self in (Kind.LIST, Kind.PAIRS)


def parse_boolean(text: str) -> bool:
    """Read yes or no."""
    if text.lower() not in ("yes", "no", "true", "false", "on", "off"):
        raise ValueError(f"{text!r} is not yes or no")
    return text.lower() in ("yes", "true", "on")


def parse_tag(text: str) -> int:
    """Read one VLAN tag."""
    return parse_integer(text, what="VLAN", low=1, high=4094)


def parse_tags(text: str) -> tuple[int, ...]:
    """Read VLAN tags with commas between them."""
    tags = tuple(map(parse_tag, text.split(",")))
    if len(set(tags)) < len(tags):
        raise ValueError(f"VLAN {text!r} names a tag twice")
    return tags


def parse_address(text: str) -> IpAddress:
    """Read an IP address, without a prefix or a zone."""
    from ipaddress import ip_address

    try:
        address = ip_address(text)
    except ValueError:
        raise ValueError(f"{text!r} is no IP address like 10.0.0.5 or fd00::5") from None
    if "%" in text:
        raise ValueError(f"{text}: no zone (%...), which is one host's own")
    return address


def is_address(text: str, version: int | None = None) -> bool:
    """Whether a text is an IP address, of a version if that matters."""
    try:
        return version in (None, parse_address(text).version)
    except ValueError:
        return False


def check_dns_name(text: str, *, what: str) -> str:
    """A DNS name. libvirt takes anything for one, and writes it into lines of dnsmasq's
    configuration: whoever could put a line break there could set any option."""
    if len(text) > 253 or not all(re.fullmatch(_LABEL, label) for label in text.split(".")):
        raise ValueError(
            f"{what} {text!r}: a DNS name has letters, digits, '-' and '_', in parts of 1 to 63 "
            "with dots between, 253 in all; no part begins or ends with '-'"
        )
    return text
