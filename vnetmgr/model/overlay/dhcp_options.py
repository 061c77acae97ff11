"""DHCP options as libvirt's users say them (`option:ntp-server,10.0.0.1`: dnsmasq's words) and as
OVN has them. Pure."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from vnetmgr.model.record import Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Kind(Row):
    """An option."""

    number: int
    ovn: str
    dnsmasq: str | None = None
    """Its name there; None: it has a number alone."""
    quoted: bool = False
    """Whether OVN has it in quotes."""


_KINDS = (
    Kind(1, "netmask", "netmask"),
    Kind(3, "router", "router"),
    Kind(6, "dns_server", "dns-server"),
    Kind(7, "log_server", "log-server"),
    Kind(9, "lpr_server", "lpr-server"),
    Kind(12, "hostname", "hostname", quoted=True),
    Kind(15, "domain_name", "domain-name", quoted=True),
    Kind(16, "swap_server", "swap-server"),
    Kind(19, "ip_forward_enable", "ip-forward-enable"),
    Kind(21, "policy_filter", "policy-filter"),
    Kind(23, "default_ttl", "default-ttl"),
    Kind(26, "mtu", "mtu"),
    Kind(28, "broadcast_address", "broadcast"),
    Kind(31, "router_discovery", "router-discovery"),
    Kind(32, "router_solicitation", "router-solicitation"),
    Kind(35, "arp_cache_timeout", "arp-timeout"),
    Kind(36, "ethernet_encap", "ethernet-encap"),
    Kind(37, "tcp_ttl", "tcp-ttl"),
    Kind(38, "tcp_keepalive_interval", "tcp-keepalive"),
    Kind(41, "nis_server", "nis-server"),
    Kind(42, "ntp_server", "ntp-server"),
    Kind(44, "netbios_name_server", "netbios-ns"),
    Kind(46, "netbios_node_type", "netbios-nodetype"),
    Kind(51, "lease_time", "lease-time"),
    Kind(58, "T1", "T1"),
    Kind(59, "T2", "T2"),
    Kind(66, "tftp_server", "tftp-server", quoted=True),
    Kind(67, "bootfile_name", "bootfile-name", quoted=True),
    Kind(119, "domain_search_list", "domain-search", quoted=True),
    Kind(121, "classless_static_route", "classless-static-route"),
    Kind(150, "tftp_server_address", "tftp-server-address"),
    Kind(210, "path_prefix", None, quoted=True),
    Kind(249, "ms_classless_static_route", None),
    Kind(252, "wpad", None, quoted=True),
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
    the words for it."""
    word, comma, value = text.partition(",")
    kind = _BY_WORD.get(word.strip().removeprefix("option:").strip())
    if kind is None or kind.ovn in OWN:
        raise ValueError(f"OVN's DHCP has no option {word.strip()!r} to be set")
    if not comma or not value.strip():
        raise ValueError(f"option {word.strip()!r} has no value")
    return kind.ovn, _value(kind, value.strip())


def _value(kind: Kind, text: str) -> str:
    """A value in OVN's form. Raises ValueError."""
    if kind.quoted:
        if any(each in '"\\' or not each.isprintable() for each in text):
            raise ValueError(f"{text!r}: OVN takes no quote, backslash or control character there")
        return f'"{text}"'
    parts = [part.strip() for part in text.split(",")]
    if kind.number in (121, 249):
        pairs = [" ".join(parts[index : index + 2]) for index in range(0, len(parts), 2)]
        return f"{{{', '.join(pair.replace(' ', ',') for pair in pairs)}}}"
    if len(parts) > 1:
        for part in parts:
            ip_address(part)
        return f"{{{', '.join(parts)}}}"
    if not all(each.isalnum() or each in ".:-" for each in text):
        raise ValueError(f"{text!r} is no number and no address")
    return text


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
