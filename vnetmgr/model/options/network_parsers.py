"""Parsers of the network's options: text from a command line or a file, judged strictly.

libvirt takes much of this unseen, and writes it into lines of dnsmasq's configuration.
"""

from __future__ import annotations

import re
from ipaddress import ip_interface, ip_network
from typing import TYPE_CHECKING, Any

from vnetmgr.model.dhcp import INFINITE_S, DhcpRange
from vnetmgr.model.names import check_link_name, check_object_name, did_you_mean
from vnetmgr.model.network import NetworkMode, Portgroup
from vnetmgr.model.options.bandwidths import BANDWIDTH
from vnetmgr.model.options.compound import Compound, Part
from vnetmgr.model.options.parsers import parse_address, parse_boolean, parse_tag, parse_tags
from vnetmgr.model.values import parse_duration
from vnetmgr.problem import NamesOptionsError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vnetmgr.model.dhcp import IpAddress, IpNetwork

MODES = tuple(mode for mode in NetworkMode if mode is not NetworkMode.OTHER)


def parse_mode(text: str) -> NetworkMode:
    """A mode that vnetmgr makes. Raises ValueError."""
    if text not in MODES:
        raise ValueError(
            f"mode {text!r} is not one of {', '.join(MODES)}.{did_you_mean(text, MODES)}"
        )
    return NetworkMode(text)


def link_parser(what: str) -> Callable[[str], str]:
    """A parser of the names of host links."""
    return lambda text: check_link_name(text, what=what)


def parse_bridge(text: str) -> str:
    """A bridge's name. Raises ValueError."""
    if "%" in text:  # libvirt takes virbr%d for the next free one, and stores that
        raise ValueError(f"bridge {text!r}: no '%' in a name; leave it out for the next free virbr")
    return check_link_name(text, what="bridge")


# What no guest can have an address of, and what it is.
UNFIT = tuple(
    (ip_network(text), what)
    for text, what in (
        ("0.0.0.0/8", "no host's"),
        ("127.0.0.0/8", "loopback"),
        ("224.0.0.0/4", "multicast"),
        ("255.255.255.255/32", "everybody's"),
        ("::/127", "no host's, or loopback"),
        ("fe80::/10", "link-local"),
        ("ff00::/8", "multicast"),
    )
)


def parse_subnet(text: str) -> IpNetwork:
    """A subnet, strictly: `192.168.150.0/24`. Raises ValueError."""
    if "/" not in text:
        raise ValueError(f"{text!r} has no prefix length, like 192.168.150.0/24")
    try:
        given = ip_interface(text)
    except ValueError:
        raise ValueError(f"{text!r} is no subnet like 192.168.150.0/24 or fd00:1::/64") from None
    subnet = given.network
    for unfit, what in UNFIT:
        if subnet[0] in unfit or unfit[0] in subnet:
            raise ValueError(f"{text}: addresses in {unfit} are {what}")
    longest = subnet.max_prefixlen - 2
    if not 1 <= subnet.prefixlen <= longest:
        raise ValueError(f"{text}: an IPv{subnet.version} prefix length is 1 to {longest}")
    if given.ip != subnet.network_address:
        raise NamesOptionsError(
            lambda say: (
                f"{text} is an address in {subnet}, not a network; did you mean "
                f"{say('subnet')} {subnet}"
                + ("" if given.ip == subnet[-1] else f" {say('gateway')} {given.ip}")
                + "?"
            )
        )
    return subnet


def parse_gateway(text: str) -> IpAddress:
    """The host's address on a subnet. Raises ValueError."""
    address = parse_address(text)
    for unfit, what in UNFIT:
        if address in unfit:
            raise ValueError(f"{text}: addresses in {unfit} are {what}")
    return address


def parse_range(text: str) -> DhcpRange:
    """`START-END`, both ends included. Raises ValueError."""
    first, dash, last = text.partition("-")
    if not dash:
        raise ValueError(f"{text!r} is not like 192.168.150.100-192.168.150.199")
    start, end = parse_address(first.strip()), parse_address(last.strip())
    if start.version != end.version:
        raise ValueError(f"{text}: from IPv{start.version} to IPv{end.version}")
    if int(end) < int(start):
        raise ValueError(f"{text} runs backwards")
    return DhcpRange(start=start, end=end)


# "The minimum lease time should be greater than 2 minutes", which it takes itself (9.0).
_SHORTEST_LEASE = 120


def parse_lease_time(text: str) -> int:
    """Seconds, of `30m`, `1h30m`, `1w`, `infinite`. Raises ValueError."""
    if text.strip().lower() in ("infinite", "infinity"):  # dnsmasq's word, and systemd's
        return INFINITE_S
    seconds = parse_duration(text)
    if seconds < _SHORTEST_LEASE:
        raise ValueError(f"{text}: libvirt takes 2 minutes (120s) or more, or infinite")
    if seconds >= 2**31:  # dnsmasq's int
        raise ValueError(f"{text}: give infinite for more than 68 years")
    return seconds


_DHCP_OPTION = re.compile(
    r"[0-9]{1,3}(,.*)?|option6?:[^,]+(,.*)?|(tag|encap|vi-encap|vendor):[^,]+,.+"
)
# dnsmasq reads lines of 1024 bytes; what is beyond is a line of its own (seen on 2.89).
_LONGEST_OPTION = 1000


def parse_dhcp_option(text: str) -> str:
    """An option as dnsmasq's dhcp-option takes it. Raises ValueError."""
    text = text.strip(" ")
    if not text.isprintable() or not text.isascii():
        raise ValueError(f"{text!r} has a character that dnsmasq's configuration cannot hold")
    if not _DHCP_OPTION.fullmatch(text):
        raise ValueError(
            f"{text!r} is not like option:ntp-server,10.0.0.1 or 42,10.0.0.1: it begins with a "
            "number, option:, option6:, tag:, encap:, vi-encap: or vendor:"
        )
    if text.count('"') % 2 or " #" in text:
        raise ValueError(f"{text!r}: dnsmasq takes a lone '\"' for a mistake, ' #' for a comment")
    if len(text) > _LONGEST_OPTION:
        raise ValueError(
            f"an option of more than {_LONGEST_OPTION} bytes fits no line of dnsmasq's"
        )
    return text


def parse_zone(text: str) -> str:
    """Read the name of a zone of firewalld's, in the characters of libvirt's schema."""
    if not re.fullmatch(r"[A-Za-z0-9_-]+", text):
        raise ValueError(f"zone {text!r}: a name of a zone has letters, digits, '-' and '_'")
    return text


MAC_TABLE_MANAGERS = ("kernel", "libvirt")


def parse_mac_table_manager(text: str) -> str:
    """Read who fills a bridge's table of MACs."""
    if text not in MAC_TABLE_MANAGERS:
        raise ValueError(f"{text!r} is not one of {', '.join(MAC_TABLE_MANAGERS)}")
    return text


# What libvirt's schema has (networkcommon.rng).
VIRTUALPORTS = ("openvswitch", "802.1Qbg", "802.1Qbh", "midonet")


def parse_virtualport(text: str) -> str:
    """A type of virtual port. Raises ValueError."""
    if text not in VIRTUALPORTS:
        guess = did_you_mean(text, VIRTUALPORTS)
        raise ValueError(f"{text!r} is not one of {', '.join(VIRTUALPORTS)}.{guess}")
    return text


def _portgroup_name(text: str) -> str:
    # libvirt writes it into its document as it stands (9.0), and cannot read that.
    if any(character in text for character in "'&<"):
        raise ValueError(f"portgroup {text!r}: libvirt keeps no name with ', & or <")
    return check_object_name(text, what="portgroup")


def _portgroup(**parts: Any) -> Portgroup:
    group = Portgroup(**parts)
    if group.native_vlan is not None and group.native_vlan not in (group.vlan or ()):
        raise ValueError(f"portgroup {group.name}: {native_problem(group.native_vlan, group.vlan)}")
    return group


def native_problem(native: int, tags: Sequence[int] | None) -> str:
    """What is wrong with a native VLAN that is none of the tags."""
    return f"native VLAN {native} is none of the VLANs ({', '.join(map(str, tags or ())) or '-'})"


PORTGROUP = Compound(
    what="a portgroup",
    make=_portgroup,
    first="name",
    plain_first=True,
    parts={
        "name": Part(_portgroup_name, "NAME"),
        "vlan": Part(parse_tags, "TAG", several=True),
        "native_vlan": Part(parse_tag, "TAG"),
        "virtualport": Part(parse_virtualport, "TYPE"),
        "inbound": Part(BANDWIDTH.parse, "RATE", inner=BANDWIDTH),
        "outbound": Part(BANDWIDTH.parse, "RATE", inner=BANDWIDTH),
        "default": Part(parse_boolean, "BOOL", flag=True),
    },
    needs=("name",),
)
