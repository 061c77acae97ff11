"""What commands and specs want of networks, their reservations and their DNS records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.intent import Intent
from vnetmgr.model.network import NetworkMode
from vnetmgr.model.network_attributes import NETWORK_ATTRIBUTES
from vnetmgr.model.patch import UNSET, Differences, Patch, Setting, Unset, compare
from vnetmgr.model.record import Record, replace
from vnetmgr.problem import About, Problem

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
    from vnetmgr.model.names import HostRef
    from vnetmgr.model.network import Network, Portgroup
    from vnetmgr.model.nic import Pairs, SomePairs
    from vnetmgr.model.state import State
    from vnetmgr.model.values import Bandwidth, Mac
    from vnetmgr.problem import Place


class NetworkPatch(Patch):
    """What somebody wants of a network: the settable fields of Network, each a Setting.

    A list that is set is complete, unless the want says that it only adds.
    """

    mode: NetworkMode | Unset = UNSET
    bridge: Setting[str] = UNSET
    pf: Setting[str] = UNSET
    forward_devs: Setting[tuple[str, ...]] = UNSET
    direct_mode: Setting[str] = UNSET
    subnets: Setting[tuple[IpNetwork, ...]] = UNSET
    gateways: Setting[tuple[IpAddress, ...]] = UNSET
    dhcp_ranges: Setting[tuple[DhcpRange, ...]] = UNSET
    """None: no DHCP (--no-dhcp). Unset in something new: all of the subnet but the gateway."""
    lease_time: Setting[int] = UNSET
    dhcp_options: Setting[tuple[str, ...]] = UNSET
    bootp: Setting[Bootp] = UNSET
    tftp_root: Setting[str] = UNSET
    routes: Setting[tuple[Route, ...]] = UNSET
    dns_domain: Setting[str] = UNSET
    dns: Setting[bool] = UNSET
    dns_forwarders: Setting[tuple[DnsForwarder, ...]] = UNSET
    dns_local_only: Setting[bool] = UNSET
    dns_forward_plain_names: Setting[bool] = UNSET
    dns_options: Setting[tuple[str, ...]] = UNSET
    register_names: Setting[bool] = UNSET
    mtu: Setting[int] = UNSET
    inbound: Setting[Bandwidth] = UNSET
    outbound: Setting[Bandwidth] = UNSET
    vlan: Setting[tuple[int, ...]] = UNSET
    native_vlan: Setting[int] = UNSET
    virtualport: Setting[str] = UNSET
    portgroups: Setting[tuple[Portgroup, ...]] = UNSET
    isolated_ports: Setting[bool] = UNSET
    nat_ipv6: Setting[bool] = UNSET
    nat_address: Setting[AddressRange] = UNSET
    nat_port: Setting[PortRange] = UNSET
    zone: Setting[str] = UNSET
    stp: Setting[bool] = UNSET
    bridge_delay: Setting[int] = UNSET
    mac_table_manager: Setting[str] = UNSET
    trust_guest_rx_filters: Setting[bool] = UNSET
    external: Setting[str] = UNSET
    external_addresses: Setting[tuple[IpInterface, ...]] = UNSET
    external_gateways: Setting[tuple[IpAddress, ...]] = UNSET
    external_hosts: Setting[tuple[str, ...]] = UNSET
    port_security: Setting[bool] = UNSET
    reservations: Setting[tuple[Reservation, ...]] = UNSET
    records: Setting[tuple[DnsRecord, ...]] = UNSET
    extra: Setting[Pairs | SomePairs] = UNSET

    @property
    def mode_if_new(self) -> NetworkMode:
        """The mode of a network that is made of it."""
        return NetworkMode.NAT if isinstance(self.mode, Unset) else self.mode

    @property
    def is_on_hosts_bridge(self) -> bool:
        """Whether it is asked onto a bridge that the host has."""
        return not isinstance(self.mode, Unset) and self.mode.kind.hosts_bridge

    @property
    def is_overlay(self) -> bool:
        """Whether it is asked to be an overlay: nothing is one that nobody calls so."""
        return self.mode_if_new.kind.spans_hosts


FIELD_OF = {"addresses": "reservations"}
"""A network's key in specs -> the field of its patch, where they differ."""
_KEY_OF = {field: key for key, field in FIELD_OF.items()}


def network_problem(field: str, text: str, *values: object) -> Problem:
    """Something wrong with a field of a network that only the caller knows, by the field's key."""
    return Problem(About("network", field=_KEY_OF.get(field, field)), text, values=values)


def patch_of(network: Network) -> NetworkPatch:
    """A network as somebody who wants all of it."""
    return NetworkPatch(**{field: getattr(network, field) for field in NetworkPatch.FIELDS})


def network_differences(network: Network, patch: NetworkPatch) -> Differences:
    """(field, present, wanted) for each managed field in which the network differs."""
    return compare(_with_mac(network, patch), patch, _normal)


BRIDGES_MAC = "mac.address"
"""The path of what a bridge has anyway: nobody's setting where nobody asks for it."""


def _with_mac(network: Network, patch: NetworkPatch) -> Network:
    """The network with its bridge's MAC among its settings, where that is asked for."""
    asked = isinstance(patch.extra, tuple) and BRIDGES_MAC in dict(patch.extra)
    if not asked or network.mac is None:
        return network
    return replace(network, extra=(*network.extra, (BRIDGES_MAC, str(network.mac))))


_DEFAULTS: dict[str, object] = {
    **{field: each.default for field, each in NETWORK_ATTRIBUTES.items()},
    "port_security": True,
}


def is_set(field: str, value: object) -> bool:
    """Whether a value says anything; a switch that is off by default does not by being off."""
    if isinstance(value, Unset):
        return False
    return value not in (None, ()) and not (value is False and not _DEFAULTS.get(field))


# network-update counts `<ip>` elements: their order is their address. A network's DNS asks one
# forwarder after the other.
_ORDERED = frozenset({"subnets", "gateways", "dns_forwarders", "external_hosts"})


def _normal(field: str, value: object) -> object:
    """A form that compares: an absent element is its default, an empty list is none."""
    if field == "nat_port":
        from vnetmgr.model.dhcp import LIBVIRTS_PORTS

        return None if value == LIBVIRTS_PORTS else value
    if isinstance(value, tuple):
        return (value if field in _ORDERED else tuple(sorted(value, key=str))) or None
    return None if field in _DEFAULTS and value == _DEFAULTS[field] else value


class NetworkWant(Record):
    """What is wanted of one network."""

    among = "networks"
    name: str
    intent: Intent
    patch: NetworkPatch = NetworkPatch()
    running: bool | None = True
    """Whether it has to run, with every guest's tap plugged in; None: as it is."""
    autostart: bool | None = None
    """Whether it starts with the host; None: as it is (something new does)."""
    restart: bool = False
    """Stop and start it though nothing of it changes."""
    force: bool = False
    """Stop it though running guests use it."""
    renew: bool = False
    """Flap the guests' links after a restart, so that they ask for addresses again."""
    owned: bool = False
    """Whether a new one is marked as made from a spec."""
    guests: bool = False
    """Whether running guests are looked at, and their taps plugged in again. Reading them costs
    a command that only needs the network more than all the rest."""
    adds: bool = False
    """Lists of the patch only name what changes: portgroups by name, subnets, gateways and
    ranges by IP version; the others are complete."""
    removed_portgroups: tuple[str, ...] = ()
    states: frozenset[State] = frozenset()
    """Where it was asked for by name (--config, --live); empty: config, and live if it runs."""
    template: str | None = None
    """The document that a new network starts from; None: the mode's template."""
    edited_template: str | None = None
    """Where that document comes from, if it is not vnetmgr's own: then it is validated."""
    hosts: tuple[HostRef, ...] | None = None
    """The hosts that a spec has it on; None: every host that the spec is for."""
    origin: Place | None = None

    @property
    def is_forced_removal(self) -> bool:
        """Whether it is to go whoever uses it, as far as anything is left of it."""
        return self.force and self.intent is Intent.REMOVE

    def is_on(self, host: str) -> bool:
        """Whether a spec has it on that host."""
        return self.hosts is None or any(each.name == host for each in self.hosts)

    def meets(self, other: NetworkWant) -> bool:
        """Whether there may be a host that a spec has both on."""
        if self.hosts is None or other.hosts is None:
            return True
        return any(other.is_on(each.name) for each in self.hosts)

    @property
    def about(self) -> About:
        """The network."""
        return About("network", self.name)


class AddressWant(Record):
    """A DHCP reservation that has to be there, or (intent remove or absent) has not.

    The client is a MAC, a nic of a domain, a DUID or a name.
    """

    among = "addresses"
    network: str
    intent: Intent
    mac: Mac | None = None
    domain: str | None = None
    nic: str | None = None
    """With `domain`: its name, MAC, target or PCI address; None: its only one on the network."""
    duid: str | None = None
    hostname: str | None = None
    address: IpAddress | None = None
    """None: the client's present lease; for a removal: whatever is reserved."""
    states: frozenset[State] = frozenset()
    origin: Place | None = None

    @property
    def about(self) -> About:
        """The nic that it is for, where a domain's is meant; else the network that lists it."""
        if self.domain is not None:
            return About("nic", self.nic or "", self.domain, "address")
        return About("network", self.network, field="addresses")


class RecordWant(Record):
    """A DNS record that has to be there, or (intent remove or absent) has not."""

    among = "records"
    network: str
    intent: Intent
    record: DnsRecord
    states: frozenset[State] = frozenset()
    origin: Place | None = None

    @property
    def about(self) -> About:
        """The records of a network."""
        return About("network", self.network, field="records")
