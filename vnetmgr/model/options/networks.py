"""The network's options: a row for each, with all that is to know of it but where it is in XML.

Options and spec keys are read through this table (network_patch.py, spec/networks.py), as nics' are
through theirs. An option that can be repeated is a plural in the patch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.network_attributes import field_at
from vnetmgr.model.options.bandwidths import BANDWIDTH
from vnetmgr.model.options.dnsmasq import check_line
from vnetmgr.model.options.ip_parsers import (
    BOOTP,
    ROUTE,
    parse_nat_address,
    parse_nat_port,
    parse_tftp_root,
)
from vnetmgr.model.options.network_dns import DNS_FORWARDER
from vnetmgr.model.options.network_extra import parse_pair
from vnetmgr.model.options.network_parsers import (
    MAC_TABLE_MANAGERS,
    MODES,
    PORTGROUP,
    VIRTUALPORTS,
    link_parser,
    parse_bridge,
    parse_dhcp_option,
    parse_gateway,
    parse_lease_time,
    parse_mac_table_manager,
    parse_mode,
    parse_range,
    parse_subnet,
    parse_virtualport,
    parse_zone,
)
from vnetmgr.model.options.nics import DIRECT_MODES, NIC_OPTIONS
from vnetmgr.model.options.overlays import (
    parse_external,
    parse_external_address,
    parse_external_host,
)
from vnetmgr.model.options.parsers import Kind, check_dns_name, parse_boolean, parse_tag
from vnetmgr.model.record import Row
from vnetmgr.model.values import parse_integer

if TYPE_CHECKING:
    from collections.abc import Callable

    from vnetmgr.model.options.compound import Compound


class NetworkOption(Row):
    """One option: its parser, its field, its help, and how it is shown."""

    parse: Callable[[str], object]
    field: str
    help: str
    metavar: str = ""
    kind: Kind = Kind.VALUE
    clearable: bool = False
    """Whether `none` takes the setting away."""
    live: bool = False
    """Whether libvirt's network-update has a section for it, or it is OVN's alone; else a change is
    in effect with the next start of the network ("can't update 'bridge' section")."""
    choices: tuple[str, ...] = ()
    """The words that it takes; empty: it takes more than words."""
    compound: Compound | None = None
    """The parts that its value has, where it has several: `parse` is its."""


NETWORK_OPTIONS: dict[str, NetworkOption] = {
    "mode": NetworkOption(
        parse_mode, "mode", f"{', '.join(MODES)}.", "MODE", choices=tuple(map(str, MODES))
    ),
    "bridge": NetworkOption(
        parse_bridge,
        "bridge",
        "Its bridge: a name for its own, or the host's.",
        "BRIDGE",
    ),
    "subnet": NetworkOption(
        parse_subnet,
        "subnets",
        "IPv4 or IPv6 subnet; repeatable. none: the host has no address there (isolated).",
        "NETWORK/LEN",
        Kind.LIST,
        clearable=True,
    ),
    "gateway": NetworkOption(
        parse_gateway,
        "gateways",
        "The host's address on a subnet; its first by default.",
        "ADDRESS",
        Kind.LIST,
    ),
    "dhcp_range": NetworkOption(
        parse_range,
        "dhcp_ranges",
        "What DHCP gives out; repeatable.",
        "START-END",
        Kind.LIST,
        clearable=True,
        live=True,
    ),
    "no_dhcp": NetworkOption(parse_boolean, "dhcp_ranges", "No DHCP.", kind=Kind.FLAG),
    "lease_time": NetworkOption(
        parse_lease_time,
        "lease_time",
        "Of DHCP: 30m, 1h30m, 1w, infinite.",
        "TIME",
        clearable=True,
        live=True,
    ),
    "dhcp_option": NetworkOption(
        parse_dhcp_option,
        "dhcp_options",
        "As dnsmasq takes it: option:ntp-server,10.0.0.1; repeatable.",
        "OPTION",
        Kind.LIST,
        clearable=True,
    ),
    "bootp": NetworkOption(
        BOOTP.parse,
        "bootp",
        f"What guests boot from the network: {BOOTP.notation}; a name in its tftp-root, or a URL.",
        "FILE",
        clearable=True,
        compound=BOOTP,
    ),
    "tftp_root": NetworkOption(
        parse_tftp_root,
        "tftp_root",
        "The host's directory that guests boot from (TFTP).",
        "DIR",
        clearable=True,
    ),
    "route": NetworkOption(
        ROUTE.parse,
        "routes",
        f"The host's route to what is behind a guest: {ROUTE.notation}; repeatable.",
        "ROUTE",
        Kind.LIST,
        clearable=True,
        compound=ROUTE,
    ),
    "dns_domain": NetworkOption(
        lambda text: check_dns_name(text, what="domain"),
        "dns_domain",
        "DNS domain of the guests.",
        "DOMAIN",
        clearable=True,
    ),
    "dns": NetworkOption(
        parse_boolean, "dns", "off: the network answers no DNS.", "on/off", clearable=True
    ),
    "dns_forwarder": NetworkOption(
        DNS_FORWARDER.parse,
        "dns_forwarders",
        f"Whom its DNS asks in turn: {DNS_FORWARDER.notation}, or domain=DOMAIN for the host's own "
        "servers; repeatable, in order.",
        "FORWARDER",
        Kind.LIST,
        clearable=True,
        compound=DNS_FORWARDER,
    ),
    "dns_local_only": NetworkOption(
        parse_boolean,
        "dns_local_only",
        "Ask nobody else for names of its domain.",
        kind=Kind.SWITCH,
    ),
    "dns_forward_plain_names": NetworkOption(
        parse_boolean,
        "dns_forward_plain_names",
        "Ask others for names without a dot, too (so by default).",
        kind=Kind.SWITCH,
    ),
    "dns_option": NetworkOption(
        check_line,
        "dns_options",
        "One option of dnsmasq's: cache-size=1000, no-resolv; repeatable.",
        "OPTION",
        Kind.LIST,
        clearable=True,
    ),
    "register_names": NetworkOption(
        parse_boolean,
        "register_names",
        "Let the host resolve names of its domain, by systemd-resolved (libvirt 10.1); with "
        "--dns-local-only.",
        kind=Kind.SWITCH,
    ),
    "mtu": NetworkOption(
        lambda text: parse_integer(text, what="MTU", low=68, high=65535),
        "mtu",
        "MTU of its bridge and taps in bytes; guests hear of it by DHCP and router advertisements.",
        "BYTES",
        clearable=True,
    ),
    "inbound": NetworkOption(
        BANDWIDTH.parse,
        "inbound",
        "Rate to all its guests: 100mbit, or with peak and burst: 100mbit,peak=200mbit,burst=1MB.",
        "RATE",
        clearable=True,
        compound=BANDWIDTH,
    ),
    "outbound": NetworkOption(
        BANDWIDTH.parse,
        "outbound",
        "Rate from all its guests.",
        "RATE",
        clearable=True,
        compound=BANDWIDTH,
    ),
    "vlan": NetworkOption(
        parse_tag,
        "vlan",
        "VLAN tag of its guests (Open vSwitch, hostdev); repeat for a trunk.",
        "TAG",
        Kind.LIST,
        clearable=True,
    ),
    "native_vlan": NetworkOption(
        parse_tag,
        "native_vlan",
        "That of a trunk's tags whose frames the guest sends and gets untagged.",
        "TAG",
        clearable=True,
    ),
    "virtualport": NetworkOption(
        parse_virtualport,
        "virtualport",
        f"Kind of its virtual ports: {', '.join(VIRTUALPORTS)}.",
        "TYPE",
        clearable=True,
        choices=VIRTUALPORTS,
    ),
    "portgroup": NetworkOption(
        PORTGROUP.parse,
        "portgroups",
        f"{PORTGROUP.notation}; repeatable.",
        "PORTGROUP",
        Kind.LIST,
        clearable=True,
        live=True,
        compound=PORTGROUP,
    ),
    "forward_dev": NetworkOption(
        link_parser("link"),
        "forward_devs",
        "The only link that packets leave by; repeatable (macvtap): those that guests are on.",
        "LINK",
        Kind.LIST,
        clearable=True,
        live=True,
    ),
    "direct_mode": NetworkOption(
        NIC_OPTIONS["direct_mode"].parse,
        "direct_mode",
        f"Of a macvtap network: {', '.join(DIRECT_MODES)}.",
        "MODE",
        choices=DIRECT_MODES,
    ),
    "isolated_ports": NetworkOption(
        parse_boolean,
        "isolated_ports",
        "Guests do not reach each other.",
        kind=Kind.SWITCH,
    ),
    "nat_ipv6": NetworkOption(
        parse_boolean,
        "nat_ipv6",
        "Translate IPv6, too.",
        kind=Kind.SWITCH,
    ),
    "nat_address": NetworkOption(
        parse_nat_address,
        "nat_address",
        "The host's IPv4 addresses that packets leave with, FIRST-LAST; by default the link's.",
        "ADDRESSES",
        clearable=True,
    ),
    "nat_port": NetworkOption(
        parse_nat_port,
        "nat_port",
        "The ports that packets leave with, FIRST-LAST; 1024-65535 by default.",
        "PORTS",
        clearable=True,
    ),
    "zone": NetworkOption(
        parse_zone, "zone", "firewalld's zone of its bridge.", "ZONE", clearable=True
    ),
    "stp": NetworkOption(
        parse_boolean,
        "stp",
        "Whether its bridge speaks the spanning tree protocol; it does by default.",
        kind=Kind.SWITCH,
    ),
    "bridge_delay": NetworkOption(
        lambda text: parse_integer(text, what="delay", low=0, high=30),
        "bridge_delay",
        "How long a new port of its bridge waits, in seconds: 0 to 30, from 2 on with STP.",
        "N",
        clearable=True,
    ),
    "mac_table_manager": NetworkOption(
        parse_mac_table_manager,
        "mac_table_manager",
        "Who fills the bridge's table of MACs: kernel or libvirt.",
        "WHO",
        clearable=True,
        choices=MAC_TABLE_MANAGERS,
    ),
    "trust_guest_rx_filters": NetworkOption(
        parse_boolean,
        "trust_guest_rx_filters",
        "Let guests change the MAC and the multicast filters of their links on the host.",
        kind=Kind.SWITCH,
    ),
    "pf": NetworkOption(
        link_parser("link"),
        "pf",
        "The card whose virtual functions it hands out (hostdev).",
        "LINK",
    ),
    "external": NetworkOption(
        parse_external,
        "external",
        "An overlay's way out, by a router with NAT: a physical network by its name in OVN, as "
        "join-overlay --bridge-mapping gives it, or a network or bridge of Open vSwitch.",
        "NETWORK|BRIDGE",
        clearable=True,
        live=True,
    ),
    "external_address": NetworkOption(
        parse_external_address,
        "external_addresses",
        "That router's address there; one of an IP version.",
        "ADDRESS/LEN",
        Kind.LIST,
        clearable=True,
        live=True,
    ),
    "external_gateway": NetworkOption(
        parse_gateway,
        "external_gateways",
        "The next router there; one of an IP version.",
        "ADDRESS",
        Kind.LIST,
        clearable=True,
        live=True,
    ),
    "external_host": NetworkOption(
        parse_external_host,
        "external_hosts",
        "A host that the router may be on, by its name in OVN; repeatable, the first choice first.",
        "HOST",
        Kind.LIST,
        clearable=True,
        live=True,
    ),
    "port_security": NetworkOption(
        parse_boolean,
        "port_security",
        "Drop what an overlay's guests send with addresses of others (so by default).",
        kind=Kind.SWITCH,
        live=True,
    ),
    "extra": NetworkOption(
        lambda text: parse_pair(text, said_by),
        "extra",
        "libvirt attribute: ip[10.0.0.0/24].localPtr=yes; repeatable, others stay. PATH=none takes "
        "it away.",
        "PATH=VALUE",
        Kind.PAIRS,
        clearable=True,
    ),
}


def _by_field() -> dict[str, str]:
    found: dict[str, str] = {}
    for key, option in NETWORK_OPTIONS.items():
        found.setdefault(option.field, key)
    return found


OPTION_OF = _by_field()
"""Field -> its option: `subnet` of `subnets`."""


def said_by(path: str) -> str | None:
    """The option that says what is at a path of libvirt's document, without brackets; None: none
    does."""
    return OPTION_OF.get(field_at(path) or "")
