"""DHCP options as libvirt's users say them (`option:ntp-server,10.0.0.1`: dnsmasq's words) and as
OVN has them. Pure."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING

from vnetmgr.model.record import Row
from vnetmgr.printable import brief

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


class Form(Row):
    """How OVN has a kind of value."""

    what: str
    write: Callable[[str], str]
    """From dnsmasq's words. Raises ValueError."""


# A value's length is one byte of the answer, for which OVN takes the last eight bits of it (23.03,
# lib/actions.c): of a text of 300 bytes guests get 44.
_LONGEST = 255
MOST_ADDRESSES = _LONGEST // 4
_SHOWN = 60
_LABEL = r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)"
_DNS_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*")


def _addresses(text: str, most: int = MOST_ADDRESSES) -> str:
    parts = _parts(text)
    if len(parts) > most:
        raise ValueError
    return address_list(map(IPv4Address, parts))


def _address(text: str) -> str:
    return _addresses(text, most=1)


def _pairs(text: str) -> str:
    if len(_parts(text)) % 2:
        raise ValueError
    return _addresses(text)


def _routes(text: str) -> str:
    parts = _parts(text)
    if len(parts) % 2:
        raise ValueError
    written, length = [], 0
    for subnet, gateway in zip(map(IPv4Network, parts[::2]), parts[1::2], strict=True):
        written += [str(subnet), str(IPv4Address(gateway))]
        length += 5 + (subnet.prefixlen + 7) // 8  # RFC 3442: of a subnet what its prefix has
    if length > _LONGEST:
        raise ValueError
    return f"{{{', '.join(written)}}}"


def _text(text: str) -> str:
    # It stands in quotes in a rule of OVN's, which has no other way to write these.
    if not text.isprintable() or any(each in '"\\' for each in text):
        raise ValueError
    if not 1 <= len(text.encode()) <= _LONGEST:
        raise ValueError
    return f'"{text}"'


def _domains(text: str) -> str:
    parts = _parts(text)
    # Each label has its length before it, and each name an empty one at its end (RFC 3397).
    if not all(map(_DNS_NAME.fullmatch, parts)) or sum(len(part) + 2 for part in parts) > _LONGEST:
        raise ValueError
    return f'"{",".join(parts)}"'


def _number(most: int) -> Callable[[str], str]:
    def write(text: str) -> str:
        if not re.fullmatch(r"[0-9]{1,10}", text) or int(text) > most:
            raise ValueError
        return str(int(text))

    return write


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")]


_ADDRESS = Form("one IPv4 address", _address)
_ADDRESSES = Form(f"one or several IPv4 addresses, {MOST_ADDRESSES} at most", _addresses)
_PAIRS = Form("pairs of IPv4 addresses, an address and a mask each", _pairs)
_ROUTES = Form(
    f"subnets, each with its gateway, in {_LONGEST} bytes: 10.9.0.0/16,10.66.0.3", _routes
)
_TEXT = Form(f"printable text of 1 to {_LONGEST} bytes, without quotes and backslashes", _text)
_DOMAINS = Form(f"one or several domains, in {_LONGEST} bytes: a.example,b.example", _domains)
_TRUTH = Form("0 or 1", _number(1))
_BYTE, _SHORT, _LONG = (
    Form(f"a number up to {most}", _number(most)) for most in (255, 65535, 4294967295)
)


class Kind(Row):
    """An option."""

    number: int
    ovn: str
    dnsmasq: str | None
    """Its name there; None: it has a number alone."""
    form: Form


_KINDS = (
    Kind(1, "netmask", "netmask", _ADDRESSES),
    Kind(3, "router", "router", _ADDRESSES),
    Kind(6, "dns_server", "dns-server", _ADDRESSES),
    Kind(7, "log_server", "log-server", _ADDRESSES),
    Kind(9, "lpr_server", "lpr-server", _ADDRESSES),
    Kind(12, "hostname", "hostname", _TEXT),
    Kind(15, "domain_name", "domain-name", _TEXT),
    Kind(16, "swap_server", "swap-server", _ADDRESSES),
    Kind(19, "ip_forward_enable", "ip-forward-enable", _TRUTH),
    Kind(21, "policy_filter", "policy-filter", _PAIRS),
    Kind(23, "default_ttl", "default-ttl", _BYTE),
    Kind(26, "mtu", "mtu", _SHORT),
    Kind(28, "broadcast_address", "broadcast", _ADDRESS),
    Kind(31, "router_discovery", "router-discovery", _TRUTH),
    Kind(32, "router_solicitation", "router-solicitation", _ADDRESS),
    Kind(35, "arp_cache_timeout", "arp-timeout", _LONG),
    Kind(36, "ethernet_encap", "ethernet-encap", _TRUTH),
    Kind(37, "tcp_ttl", "tcp-ttl", _BYTE),
    Kind(38, "tcp_keepalive_interval", "tcp-keepalive", _LONG),
    Kind(41, "nis_server", "nis-server", _ADDRESSES),
    Kind(42, "ntp_server", "ntp-server", _ADDRESSES),
    Kind(44, "netbios_name_server", "netbios-ns", _ADDRESSES),
    Kind(46, "netbios_node_type", "netbios-nodetype", _BYTE),
    Kind(51, "lease_time", "lease-time", _LONG),
    Kind(58, "T1", "T1", _LONG),
    Kind(59, "T2", "T2", _LONG),
    Kind(66, "tftp_server", "tftp-server", _TEXT),
    Kind(67, "bootfile_name", "bootfile-name", _TEXT),
    Kind(119, "domain_search_list", "domain-search", _DOMAINS),
    Kind(121, "classless_static_route", "classless-static-route", _ROUTES),
    Kind(150, "tftp_server_address", "tftp-server-address", _ADDRESSES),
    Kind(210, "path_prefix", None, _TEXT),
    Kind(249, "ms_classless_static_route", None, _ROUTES),
    Kind(252, "wpad", None, _TEXT),
)
_BY_OVN = {kind.ovn: kind for kind in _KINDS}
_BY_WORD = {
    **{str(kind.number): kind for kind in _KINDS},
    **{kind.dnsmasq: kind for kind in _KINDS if kind.dnsmasq},
}
OWN = frozenset(
    {
        *("server_id", "server_mac", "lease_time", "router", "dns_server", "mtu", "domain_name"),
        *("domain_search", "netmask"),
    }
)
"""What fields of their own say, or OVN needs: no option says them."""


def parse_dhcp_option(text: str) -> tuple[str, str]:
    """An option as OVN has it: its name and value. Raises ValueError for what OVN has not, with
    the words for it: one that it cannot read leaves all guests of the network without DHCP."""
    kind = _kind_of(text)
    word, _, value = text.partition(",")
    if kind is None or kind.ovn in OWN:
        raise ValueError(f"OVN's DHCP has no option {word.strip()!r} to be set")
    try:
        return kind.ovn, kind.form.write(value.strip())
    except ValueError:
        what = f"{word.strip()!r} is {kind.form.what}, and not {brief(value.strip(), _SHOWN)!r}"
        raise ValueError(f"OVN's DHCP option {what}") from None


def name_of(text: str) -> str | None:
    """OVN's name of an option that is said, whatever its value; None: it has none."""
    kind = _kind_of(text)
    return None if kind is None else kind.ovn


def _kind_of(text: str) -> Kind | None:
    return _BY_WORD.get(text.partition(",")[0].strip().removeprefix("option:").strip())


def as_said(name: str, value: str) -> str | None:
    """An option of OVN's in dnsmasq's words; None: it is none that can be said so."""
    kind = _BY_OVN.get(name)
    if kind is None or name in OWN:
        return None
    bare = value.strip()
    if bare.startswith("{") and bare.endswith("}"):
        bare = ",".join(part.strip() for part in bare[1:-1].split(","))
    elif len(bare) > 1 and bare.startswith('"') and bare.endswith('"'):
        bare = bare[1:-1]
    return f"option:{kind.dnsmasq},{bare}" if kind.dnsmasq else f"{kind.number},{bare}"


def known_options() -> list[str]:
    """Those that can be set, as they are said."""
    return [
        f"option:{kind.dnsmasq}" if kind.dnsmasq else str(kind.number)
        for kind in _KINDS
        if kind.ovn not in OWN
    ]


def options_of(texts: Iterable[str]) -> Mapping[str, str]:
    """Several as OVN has them. Raises ValueError."""
    return dict(map(parse_dhcp_option, texts))


def address_list(addresses: Iterable[object]) -> str:
    """Addresses as OVN has them in one option."""
    texts = [str(address) for address in addresses]
    return texts[0] if len(texts) == 1 else f"{{{', '.join(texts)}}}"


def parse_address_list(text: str) -> tuple[str, ...]:
    """The other way round."""
    return tuple(part.strip() for part in text.strip().strip("{}").split(",") if part.strip())
