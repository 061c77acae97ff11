"""The host's links, and what its bridges know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.record import Record

if TYPE_CHECKING:
    from vnetmgr.model.dhcp import IpAddress
    from vnetmgr.model.values import Mac


class LinkAddress(Record):
    """An IP address of a link."""

    address: IpAddress
    prefix: int
    scope: str = "global"
    dynamic: bool = False
    """Whether DHCP or a router gave it."""
    duplicate: bool = False
    """Whether IPv6's detection has found somebody else with it."""


class BridgeFacts(Record):
    """What a Linux bridge has of its own."""

    stp: bool = False
    vlan_filtering: bool = False
    default_pvid: int = 1
    forward_delay_s: float = 15.0
    nf_call_iptables: bool = False
    nf_call_ip6tables: bool = False
    nf_call_arptables: bool = False
    """The bridge's own switches: bridged packets pass iptables where this one or the sysctl
    net/bridge/bridge-nf-call-iptables is on."""


class PortFacts(Record):
    """What a link has as a port of a Linux bridge."""

    bridge: str
    state: str
    """forwarding, learning, listening, blocking, disabled."""
    isolated: bool = False
    hairpin: bool = False
    learning: bool = True
    flood: bool = True


class LinkFacts(Record):
    """A link of the host's network namespace."""

    name: str
    kind: str | None = None
    """bridge, bond, vlan, tun, veth, macvtap, wireguard, ...; None: a card, or unknown."""
    mac: Mac | None = None
    up: bool = False
    """Whether somebody has switched it on."""
    carrier: bool = False
    """Whether there is a cable, or the like."""
    mtu: int = 1500
    master: str | None = None
    """The bridge, bond, VRF or switch that it belongs to."""
    parent: str | None = None
    """The link below a VLAN or macvtap; the other end of a veth."""
    far_parent: bool = False
    """Whether that is in another network namespace."""
    vlan: int | None = None
    """A VLAN link's tag."""
    direct_mode: str | None = None
    """A macvtap's: bridge, vepa, private, passthru."""
    wireless: bool = False
    driver: str | None = None
    """A card's: `virtio_net` says that this host is itself a guest. None: no card, or unknown."""
    bridge: BridgeFacts | None = None
    port: PortFacts | None = None
    bond_mode: str | None = None
    addresses: tuple[LinkAddress, ...] = ()
    qdisc: str | None = None
    alternative_names: tuple[str, ...] = ()


class FdbEntry(Record):
    """A MAC in a bridge's table."""

    mac: Mac
    link: str
    """The port that it is behind."""
    bridge: str | None
    vlan: int | None = None
    own: bool = False
    """Whether it is the port's own MAC, not one that was learnt."""


class PortVlan(Record):
    """VLANs of a port of a bridge that filters VLANs, from `first` to `last`."""

    link: str
    first: int
    last: int
    pvid: bool = False
    """Whether frames without a tag become that one's."""
    untagged: bool = False
    """Whether its frames leave without the tag."""


class Neighbour(Record):
    """An entry of the host's neighbour table."""

    address: IpAddress
    link: str
    mac: Mac | None = None
    state: str = "none"
    """reachable, stale, delay, probe, failed, incomplete, permanent, noarp, none."""
