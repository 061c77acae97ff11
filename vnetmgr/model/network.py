"""A libvirt virtual network.

One name per field: here, as option (`--dns-domain`), as spec key (`dns_domain`), in reader and
merger; an option that can be repeated is a plural here (`--subnet`: `subnets`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from vnetmgr.model.record import Record, Row
from vnetmgr.model.state import Seen

if TYPE_CHECKING:
    from vnetmgr.model.dhcp import (
        AddressRange,
        Bootp,
        DhcpRange,
        IpAddress,
        IpInterface,
        IpNetwork,
        PortRange,
        Reservation,
        Route,
    )
    from vnetmgr.model.dns import DnsForwarder, DnsRecord
    from vnetmgr.model.nic import Pairs
    from vnetmgr.model.values import Bandwidth, Mac


class NetworkMode(StrEnum):
    """What a network does with its guests' packets. Anything else libvirt has is OTHER."""

    NAT = "nat"
    ROUTED = "routed"
    OPEN = "open"
    ISOLATED = "isolated"
    BRIDGE = "bridge"
    HOSTDEV = "hostdev"
    MACVTAP = "macvtap"
    OVERLAY = "overlay"
    OTHER = "other"

    @property
    def kind(self) -> ModeKind:
        """What is so of all networks of the mode."""
        return NETWORK_MODES[self]

    @property
    def has_own_bridge(self) -> bool:
        """Whether its bridge comes and goes with the network, and so unplugs its guests' taps."""
        return self.kind.own_bridge


class ModeKind(Row):
    """What is so of all networks of a mode. How a document says the mode stands in
    libvirt_xml/networks/places.py, what a new network starts from in templates/network."""

    own_bridge: bool = False
    """libvirt makes their bridge at the start, and removes it at the stop."""
    routed: bool = False
    """Guests' packets leave by the host's routes: it has to forward them."""
    translated: bool = False
    """With the host's address on their packets."""
    taps: bool = False
    """A nic on one has a tap on the host, on a bridge."""
    hosts_bridge: bool = False
    """On a bridge that the host has: nothing of theirs comes or goes with the network."""
    on_link: bool = False
    """Guests are on links of the host's, one of several: what is elsewhere the only link that
    packets leave by."""
    cards: bool = False
    """A nic on one is a device of the host's, which the network hands out."""
    spans_hosts: bool = False
    """One for all hosts of a fleet: a logical switch of OVN has what libvirt's document has not."""
    virtualports: frozenset[str] = frozenset()
    """The types of virtual port that its nics can have (networkAllocatePort; 9.0)."""
    needs: str | None = None
    """The field that libvirt refuses to be without."""
    lacks: frozenset[str] = frozenset()
    """The fields that libvirt refuses (networkValidate, src/network/bridge_driver.c; 9.0), or that
    OVN has nothing for."""

    @property
    def gets_subnet(self) -> bool:
        """Whether a new one for which nobody says its subnet gets one that is free."""
        return self.own_bridge or self.spans_hosts

    def has(self, field: str) -> bool:
        """Whether such a network can have a field."""
        return field not in self.lacks


_IP_SIDE = frozenset(
    {
        *("subnets", "gateways", "dhcp_ranges", "lease_time", "dhcp_options", "dns_domain"),
        *("mtu", "reservations", "records", "bootp", "tftp_root", "routes", "dns", "dns_options"),
        *("dns_forwarders", "dns_local_only", "dns_forward_plain_names", "register_names"),
    }
)
_BRIDGE_SETUP = frozenset({"zone", "stp", "bridge_delay"})
_SHAPED = frozenset({"inbound", "outbound"})
"""What takes a bridge; a portgroup has them there alone, too."""
_ROUTERS = frozenset({"external", "external_addresses", "external_gateways", "external_hosts"})
OVERLAYS_OWN = _ROUTERS | {"port_security"}  # no other network has one of these
_NOT_NAT = OVERLAYS_OWN | {"pf", "nat_ipv6", "nat_address", "nat_port", "direct_mode"}
_SWITCH_SIDE = frozenset({"vlan", "native_vlan", "virtualport"})
_NOT_ROUTED = _NOT_NAT | {"forward_devs"}
OVERLAY_FIELDS = OVERLAYS_OWN | {
    *("subnets", "gateways", "dhcp_ranges", "lease_time", "dhcp_options", "dns_domain"),
    *("dns_forwarders", "records", "mtu", "isolated_ports", "reservations"),
}
"""What OVN has of an overlay. All else is in libvirt's document, as of other networks."""

NETWORK_MODES: dict[NetworkMode, ModeKind] = {
    NetworkMode.NAT: ModeKind(
        own_bridge=True,
        routed=True,
        translated=True,
        taps=True,
        needs="subnets",
        lacks=_SWITCH_SIDE | OVERLAYS_OWN | {"pf", "direct_mode"},
    ),
    NetworkMode.ROUTED: ModeKind(
        own_bridge=True, routed=True, taps=True, needs="subnets", lacks=_NOT_NAT | _SWITCH_SIDE
    ),
    NetworkMode.OPEN: ModeKind(
        own_bridge=True, routed=True, taps=True, needs="subnets", lacks=_NOT_ROUTED | _SWITCH_SIDE
    ),
    NetworkMode.ISOLATED: ModeKind(own_bridge=True, taps=True, lacks=_NOT_ROUTED | _SWITCH_SIDE),
    NetworkMode.BRIDGE: ModeKind(
        taps=True,
        hosts_bridge=True,
        virtualports=frozenset({"openvswitch", "midonet"}),
        needs="bridge",
        lacks=_IP_SIDE | _NOT_ROUTED | _BRIDGE_SETUP,
    ),
    NetworkMode.HOSTDEV: ModeKind(
        cards=True,
        virtualports=frozenset({"802.1Qbh"}),
        needs="pf",
        lacks=_IP_SIDE
        | _BRIDGE_SETUP
        | _SHAPED
        | (_NOT_ROUTED - {"pf"})
        | {"bridge", "isolated_ports"}
        | {"mac_table_manager"},
    ),
    NetworkMode.MACVTAP: ModeKind(
        on_link=True,
        virtualports=frozenset({"802.1Qbg", "802.1Qbh"}),
        needs="forward_devs",
        lacks=_IP_SIDE
        | _BRIDGE_SETUP
        | _SHAPED
        | (_NOT_NAT - {"direct_mode"})
        | {"bridge", "isolated_ports", "mac_table_manager"},
    ),
    NetworkMode.OVERLAY: ModeKind(
        taps=True,
        hosts_bridge=True,
        spans_hosts=True,
        virtualports=frozenset({"openvswitch"}),
        lacks=((_IP_SIDE | _NOT_ROUTED) - OVERLAY_FIELDS)
        | _BRIDGE_SETUP
        | _SHAPED
        | {"vlan", "native_vlan", "portgroups", "mac_table_manager", "trust_guest_rx_filters"},
    ),
    NetworkMode.OTHER: ModeKind(),
}


HOP = "vnetmgr-hop-"
"""How the names of transient networks begin over which taps get back to a bridge."""
HOP_BRIDGE = "vnetmgr-hop"
"""How the names of their bridges begin; a number follows."""


TAKEN_BRIDGE = "is the name of a link that the host has already"
"""What is wrong with a bridge that a network is to make and that is there."""


def hop_name(network: str) -> str:
    """The transient network over which taps get back to a network's bridge: it says, by its
    name, where nics that are found on it belong."""
    return f"{HOP}{network}"


class Kept(Record):
    """What has to come back to a network that is being restarted, should the run be cut short.
    The hop network carries it: libvirt keeps that one, whoever is killed."""

    ports: tuple[str, ...] = ()
    """Links that belong to no guest of this libvirt, which were ports of its bridge."""
    document: str | None = None
    """Of a transient network, which libvirt forgets when it stops: its live document."""
    bridge: tuple[str, str] | None = None
    """The bridge that goes, and its MAC: the config may name another one already, or none."""


NOTHING_KEPT = Kept()


class Portgroup(Record):
    """What a network gives to the nics that name this group, or to all that name none."""

    name: str
    default: bool = False
    vlan: tuple[int, ...] | None = None
    native_vlan: int | None = None
    """That of the tags whose frames come and go without one."""
    virtualport: str | None = None
    inbound: Bandwidth | None = None
    outbound: Bandwidth | None = None

    def __str__(self) -> str:
        shown = [f"name={self.name}" if "=" in self.name else self.name]
        shown += [f"vlan={tag}" for tag in self.vlan or ()]
        shown += [f"native-vlan={self.native_vlan}"] if self.native_vlan else []
        shown += [f"virtualport={self.virtualport}"] if self.virtualport else []
        shown += [f"inbound={self.inbound}"] if self.inbound else []
        shown += [f"outbound={self.outbound}"] if self.outbound else []
        shown += ["default"] if self.default else []
        return ",".join(shown)


class Network(Record):
    """A network's definition, in config or live. None: the element has no such setting."""

    name: str
    mode: NetworkMode
    uuid: str | None = None
    owned: bool = False
    """Whether vnetmgr made it from a spec, and may take it away again."""
    marked_for: str | None = None
    """The UUID that this was said of; None: by a version that did not say."""
    unfinished: bool = False
    """Whether it is being made: a run that ended in the middle left it like this."""
    fleet: str | None = None
    """Of an overlay: whose it is, as its document's mark says; None: it has none."""
    kept: Kept | None = None
    """Of a hop network: what a restart that is under way has taken off the network."""
    bridge: str | None = None
    mac: Mac | None = None
    """Its own bridge's."""
    vlan: tuple[int, ...] = ()
    """The tags of a nic that has none of its own, nor from its portgroup."""
    native_vlan: int | None = None
    """That of the tags whose frames come and go without one."""
    virtualport: str | None = None
    pf: str | None = None
    """The link whose virtual functions a hostdev network hands out."""
    forward_devs: tuple[str, ...] = ()
    """The only link of the host that guests' packets leave by; of a macvtap network the links
    that guests are on, each on one of them."""
    direct_mode: str | None = None
    """How the macvtaps on a link get on with one another and with the switch behind it."""
    subnets: tuple[IpNetwork, ...] = ()
    """One for each `<ip>`, in its order: network-update counts them."""
    gateways: tuple[IpAddress, ...] = ()
    """The host's own address on each subnet, in the order of `subnets`."""
    dhcp_ranges: tuple[DhcpRange, ...] = ()
    lease_time: int | None = None
    """Seconds, of every range; INFINITE_S for ever; None: dnsmasq's hour."""
    dhcp_options: tuple[str, ...] = ()
    """As dnsmasq's dhcp-option takes them: `option:ntp-server,10.0.0.1`."""
    bootp: Bootp | None = None
    tftp_root: str | None = None
    """The directory that its TFTP server serves, on the host."""
    routes: tuple[Route, ...] = ()
    """The host's, to what is behind guests."""
    dns_domain: str | None = None
    dns: bool | None = None
    """Whether it answers DNS; None: yes."""
    dns_forwarders: tuple[DnsForwarder, ...] = ()
    """Whom its DNS asks in turn, in this order; without any the host's own servers."""
    dns_local_only: bool | None = None
    """Whether names of its domain are never asked for elsewhere."""
    dns_forward_plain_names: bool | None = None
    """Whether names without a dot are; None: yes."""
    dns_options: tuple[str, ...] = ()
    """Lines of dnsmasq's configuration that no other field says."""
    register_names: bool | None = None
    """Whether libvirt tells the host's systemd-resolved to ask here for names of its domain."""
    mtu: int | None = None
    """Bytes."""
    inbound: Bandwidth | None = None
    """What its guests may have in all."""
    outbound: Bandwidth | None = None
    portgroups: tuple[Portgroup, ...] = ()
    isolated_ports: bool | None = None
    nat_ipv6: bool | None = None
    nat_address: AddressRange | None = None
    """What guests' packets leave with; None: the address of the link that they leave by."""
    nat_port: PortRange | None = None
    """None: libvirt's 1024-65535."""
    zone: str | None = None
    """firewalld's zone of its bridge."""
    stp: bool | None = None
    """Whether its bridge speaks the spanning tree protocol; None: as libvirt has it, on."""
    bridge_delay: int | None = None
    """Seconds until a port of its bridge forwards; None: 0, of which STP makes 2."""
    mac_table_manager: str | None = None
    """Who keeps the bridge's table of MACs: kernel (None as well) or libvirt."""
    trust_guest_rx_filters: bool | None = None
    """Whether its guests' nics may change MAC and multicast filters of their link on the host."""
    external: str | None = None
    """The physical network that an overlay's router is on, as the hosts' ovn-bridge-mappings name
    it; None: there is no way out of it."""
    external_addresses: tuple[IpInterface, ...] = ()
    """The router's there, one of an IP version: what guests' packets leave with."""
    external_gateways: tuple[IpAddress, ...] = ()
    """The next router there."""
    external_hosts: tuple[str, ...] = ()
    """Where that router may be, by the names that the hosts have in OVN, the first choice first."""
    port_security: bool | None = None
    """Whether guests send with the addresses alone that their nics have; None: yes."""
    reservations: tuple[Reservation, ...] = ()
    records: tuple[DnsRecord, ...] = ()
    extra: Pairs = ()
    """What no other field says, by its path (options/network_extra.py)."""

    @property
    def is_overlay(self) -> bool:
        """Whether it is one for all hosts of a fleet, and half of it is OVN's."""
        return self.mode.kind.spans_hosts

    @property
    def has_own_bridge(self) -> bool:
        """Whether libvirt makes its bridge at the start and removes it at the stop."""
        return self.mode.has_own_bridge

    @property
    def has_server(self) -> bool:
        """Whether libvirt runs a dnsmasq for it: DNS, DHCP and router advertisements."""
        asked = self.dns is not False or self.dhcp_ranges or self.reservations or self.tftp_root
        return self.has_own_bridge and bool(self.subnets) and bool(asked)

    @property
    def is_a_bridge_of_the_host(self) -> bool:
        """Whether its nics are on a bridge that is there without it."""
        return self.mode.kind.hosts_bridge

    @property
    def hands_out_cards(self) -> bool:
        """Whether its nics are functions of a card."""
        return self.mode.kind.cards

    @property
    def has_taps(self) -> bool:
        """Whether a nic on it has a tap on the host, on a bridge."""
        return self.mode.kind.taps

    def portgroup(self, name: str | None) -> Portgroup | None:
        """A portgroup by name; the default one for a nic that names none."""
        if name is None:
            return next((group for group in self.portgroups if group.default), None)
        return next((group for group in self.portgroups if group.name == name), None)

    def subnet_index(self, address: IpAddress) -> int | None:
        """Which of the subnets (and `<ip>` elements) an address is in."""
        for index, subnet in enumerate(self.subnets):
            if address.version == subnet.version and address in subnet:
                return index
        return None


class SeenNetwork(Seen[Network]):
    """A network as observed; `live` is None while it is off, `config` when it is transient."""

    autostart: bool
    ports: frozenset[str] | None = None
    """The ids of its ports, as libvirt has them; None where it is off or was not asked."""

    @property
    def name(self) -> str:
        """Its name, the same in both states."""
        return self.key

    @property
    def is_overlay(self) -> bool:
        """Whether it is one for all hosts of a fleet."""
        return self.any.is_overlay

    @property
    def own_bridges(self) -> frozenset[str]:
        """The bridges that come and go with it, in either state: who names one is on it."""
        states = [found for found in (self.config, self.live) if found is not None]
        return frozenset(each.bridge for each in states if each.has_own_bridge and each.bridge)

    @property
    def active(self) -> bool:
        """Whether it runs."""
        return self.live is not None

    @property
    def persistent(self) -> bool:
        """Whether libvirt keeps a definition of it."""
        return self.config is not None
