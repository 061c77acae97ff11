"""The fields of a network that are one attribute in libvirt's document: a row for each.

The reader, the writer, what tells the rest of a document, and the keys of extra go by these rows.
Source: libvirt's formatnetwork.html.
"""

from __future__ import annotations

from vnetmgr.model.record import Row


class Attribute(Row):
    """One attribute."""

    said: str
    """Where it is in a `<network>`, as a key of extra would be: `bridge.stp`."""
    type: type[str] | type[int] | type[bool] = str
    """What its text means: a text, a number, or yes and no."""
    default: object = None
    """What libvirt means where it is absent: to ask for that is to ask for nothing."""
    words: tuple[str, str] = ("yes", "no")
    """Of a switch: on and off."""
    written: bool = False
    """Whether libvirt writes the default by itself, so that it says nothing where it stands."""

    @property
    def path(self) -> str:
        """Of its element, below `<network>`; empty: it is the root's."""
        return self.said.rpartition(".")[0].replace(".", "/")

    @property
    def name(self) -> str:
        """The attribute's name."""
        return self.said.rpartition(".")[2]

    def text(self, value: object) -> str | None:
        """How a document says a value; None: it does not."""
        if isinstance(value, bool):
            return self.words[0] if value else self.words[1]
        return None if value is None else str(value)


NETWORK_ATTRIBUTES: dict[str, Attribute] = {
    "bridge": Attribute("bridge.name"),
    "mtu": Attribute("mtu.size", int),
    "dns_domain": Attribute("domain.name"),
    "dns": Attribute("dns.enable", bool, default=True),
    "dns_local_only": Attribute("domain.localOnly", bool, default=False),
    "dns_forward_plain_names": Attribute("dns.forwardPlainNames", bool, default=True),
    "register_names": Attribute("domain.register", bool, default=False),
    "isolated_ports": Attribute("port.isolated", bool, default=False),
    "virtualport": Attribute("virtualport.type"),
    "pf": Attribute("forward.pf.dev"),
    "nat_ipv6": Attribute("forward.nat.ipv6", bool, default=False),
    "zone": Attribute("bridge.zone"),
    "stp": Attribute("bridge.stp", bool, default=True, words=("on", "off"), written=True),
    "bridge_delay": Attribute("bridge.delay", int, default=0, written=True),
    "mac_table_manager": Attribute("bridge.macTableManager", default="kernel"),
    "trust_guest_rx_filters": Attribute("trustGuestRxFilters", bool, default=False),
}
"""By the field's name."""


def _rates(place: str) -> tuple[str, ...]:
    return tuple(f"{place}.{each}" for each in ("average", "peak", "burst"))


NETWORK_ELEMENTS: dict[str, tuple[str, ...]] = {
    "mode": ("forward.mode",),
    "direct_mode": ("forward.mode",),
    "forward_devs": ("forward.dev", "forward.interface.dev"),
    "subnets": ("ip.prefix", "ip.netmask", "ip.family"),
    "gateways": ("ip.address",),
    "dhcp_ranges": ("ip.dhcp.range.start", "ip.dhcp.range.end"),
    "lease_time": ("ip.dhcp.range.lease",),
    "bootp": ("ip.dhcp.bootp",),
    "tftp_root": ("ip.tftp",),
    "routes": ("route",),
    "nat_address": ("forward.nat.address",),
    "nat_port": ("forward.nat.port",),
    "dns_forwarders": ("dns.forwarder",),
    "dns_options": ("dnsmasq:options",),
    "inbound": _rates("bandwidth.inbound"),
    "outbound": _rates("bandwidth.outbound"),
    "vlan": ("vlan.tag.id", "vlan.trunk"),
    "native_vlan": ("vlan.tag.nativeMode",),
    "portgroups": (
        *("portgroup.name", "portgroup.default", "portgroup.vlan", "portgroup.virtualport.type"),
        *(*_rates("portgroup.bandwidth.inbound"), *_rates("portgroup.bandwidth.outbound")),
    ),
}
"""The fields that are more than one attribute, or not always one, and what they say: each path with
all that is below it."""


def field_at(path: str) -> str | None:
    """The field that says what is at a path; None: none does."""
    attributes = ((field, (each.said,)) for field, each in NETWORK_ATTRIBUTES.items())
    for field, places in (*attributes, *NETWORK_ELEMENTS.items()):
        if any(f"{path}.".startswith(f"{place}.") for place in places):
            return field
    return None


def default_of(field: str) -> object:
    """What libvirt means where it says nothing of a field; None: nothing."""
    return NETWORK_ATTRIBUTES[field].default if field in NETWORK_ATTRIBUTES else None
