"""What doctor says of one step of a nic's path."""

from __future__ import annotations

from enum import StrEnum

from vnetmgr.model.record import Record


class Status(StrEnum):
    """How a step of the path is, from good to bad; what was not looked at is no `ok`."""

    OK = "ok"
    NOT_CHECKED = "not-checked"
    INFO = "info"
    """As it is meant, and people stumble over it."""
    WARNING = "warning"
    BROKEN = "broken"


class Layer(StrEnum):
    """Where on the path a step is, from the guest outwards."""

    DOMAIN = "domain"
    DEVICE = "device"
    """The nic in config and live: what the guest was given."""
    GUEST = "guest"
    """The guest's own link, driver and addresses."""
    LINK = "link"
    TAP = "tap"
    FILTER = "filter"
    """libvirt's network filters."""
    BRIDGE = "bridge"
    VLAN = "vlan"
    NETWORK = "network"
    UPLINK = "uplink"
    FIREWALL = "firewall"
    """nftables and iptables, of every family."""
    DHCP = "dhcp"
    ADDRESS = "address"
    """The host's neighbour table, duplicate addresses."""
    ROUTE = "route"
    NAT = "nat"
    IPV6 = "ipv6"
    DNS = "dns"
    MTU = "mtu"
    FORWARD = "forward"


LAYERS: tuple[Layer, ...] = tuple(Layer)
"""In the order in which packets of a guest come by."""


class Finding(Record):
    """One check of one nic (or of all of a domain) and its outcome."""

    domain: str
    nic: str | None
    """Its name or MAC; None: the domain itself."""
    check: str
    """The check's stable id: `tap-not-on-bridge`."""
    layer: Layer
    status: Status
    cause: str
    """One sentence: what is so, or what it would need to look."""
    owner: str | None = None
    """Whose it is: `Docker: table ip filter, chain FORWARD`."""
    remedy: str | None = None
    """The command that mends it, as a shell takes it."""
    fixable: bool = False
    """Whether `doctor --fix` does that."""
