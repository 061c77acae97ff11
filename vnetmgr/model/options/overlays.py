"""Parsers of what only an overlay has: its way out, and what OVN's DHCP can say."""

from __future__ import annotations

from ipaddress import ip_interface
from typing import TYPE_CHECKING

from vnetmgr.model.options.network_parsers import UNFIT
from vnetmgr.model.overlay.options import is_word

if TYPE_CHECKING:
    from vnetmgr.model.dhcp import IpInterface


def parse_external(text: str) -> str:
    """The physical network behind an overlay's router. Raises ValueError."""
    # ovn-bridge-mappings has NAME:BRIDGE,NAME:BRIDGE.
    return _check_word(text, "external network", ":,")


def parse_external_host(text: str) -> str:
    """A host by its name in OVN. Raises ValueError."""
    return _check_word(text, "host", ",")


def _check_word(text: str, what: str, separators: str) -> str:
    if not is_word(text, separators):
        unfit = " and ".join(f"'{each}'" for each in separators)
        raise ValueError(f"{what} {text!r}: a name is printable text without blanks and {unfit}")
    return text


def parse_external_address(text: str) -> IpInterface:
    """The router's own address there, with the length of its subnet's prefix. ValueError."""
    if "/" not in text:
        raise ValueError(f"{text!r} has no prefix length, like 192.0.2.10/24")
    try:
        given = ip_interface(text)
    except ValueError:
        raise ValueError(f"{text!r} is no address like 192.0.2.10/24 or 2001:db8::10/64") from None
    if "%" in text:
        raise ValueError(f"{text}: no zone (%...), which is one host's own")
    for unfit, what in UNFIT:
        if given.ip in unfit:
            raise ValueError(f"{text}: addresses in {unfit} are {what}")
    network = given.network
    single = network.prefixlen >= network.max_prefixlen - 1
    if not single and given.ip in (network[0], *([network[-1]] if given.version == 4 else [])):
        raise ValueError(f"{text} is no host's: the first or the last address of {network}")
    return given
