"""What is there, of libvirt and of this machine, and what to look at for it."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from vnetmgr.model.nic import OPENVSWITCH
from vnetmgr.model.record import Record, Row, replace

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from vnetmgr.errors import VnetError
    from vnetmgr.model.dhcp import IpNetwork, Lease
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.network import SeenNetwork
    from vnetmgr.model.overlay.host import Chassis
    from vnetmgr.model.overlay.joining import ChassisWant, Joining
    from vnetmgr.model.overlay.northbound import Northbound
    from vnetmgr.model.overlay.settings import OvnSettings
    from vnetmgr.model.overlay.southbound import SeenChassis
    from vnetmgr.model.seen.hostdev import HostDevices
    from vnetmgr.model.seen.link_setup import LinkSetup
    from vnetmgr.model.seen.rules import LiveRules
    from vnetmgr.model.seen.served import ServedFolder
    from vnetmgr.model.seen.unlisted import Unlisted


class Features(Record):
    """What this libvirt can do: the smaller of client and daemon, and its driver."""

    device_calls: bool = True
    """attach, update and detach of devices; the test driver has none that take a config."""
    vlan_on_linux_bridge: bool = False
    """Since 11.0, with a kernel that filters VLANs on bridges, as far as that can be seen."""
    host_links: bool = True
    """Whether sources name links of a real host; the test driver has none."""
    network_config: bool = True
    """Whether the config of a running network can be read; the test driver only has one state."""
    monitor: bool = True
    """Whether QEMU's monitor can be spoken to through libvirt: the QEMU driver."""
    session: bool = False
    """Whether this libvirt has a user's own rights: qemu:///session."""
    overrides: bool = True
    """`<qemu:override>`: the QEMU driver, since 8.2."""
    bridges_filter_vlans: bool = True
    """Whether the kernel has CONFIG_BRIDGE_VLAN_FILTERING, as far as that can be seen."""
    zone_of_open_networks: bool = False
    """Whether an open network's bridge is put into its zone: 9.0 does not, 11.3 does."""
    network_titles: bool = False
    """`<title>` and `<description>` of a network: since 9.7."""
    hostdev_driver_models: bool = False
    """The attribute `model` of a hostdev network's `<driver>`: since 10.0."""
    register_names: bool = False
    """`<domain register='yes'>` of a network, since 10.1; an older one drops it unseen."""


class BridgeVlans(Record):
    """What a Linux bridge of this machine does with VLANs."""

    filters: bool
    uplinks: Mapping[str, tuple[tuple[int, int], ...]] | None = None
    """Its ports that are no guest's, each with the VLANs that it carries, from and to; None: that
    was not told."""


class Links(Record):
    """The host's links, from sysfs (local) or libvirt's interface API (remote)."""

    bridges: frozenset[str]
    """Linux bridges."""
    switches: frozenset[str] | None = None
    """Bridges of Open vSwitch; None where they cannot be seen."""
    names: frozenset[str] | None = None
    """Every link; None where only bridges can be seen."""
    ports: Mapping[str, str] | None = None
    """link -> the bridge that it is a port of; None when remote."""
    macs: Mapping[str, str] = MappingProxyType({})
    """MAC -> link."""
    bridge_macs: Mapping[str, str] = MappingProxyType({})
    """Bridge -> its MAC."""
    macs_twice: frozenset[str] = frozenset()
    """The MACs that two links have, without bridges."""
    session_bridges: frozenset[str] | None = None
    """The bridges that a session's guests may use; None: that is not known, or no session."""
    setup: LinkSetup | None = None
    """Who manages them; only looked up where one that is wanted is missing, None when remote."""
    bridge_vlans: Mapping[str, BridgeVlans] = MappingProxyType({})
    """By the bridge; only looked at where wants have VLANs and libvirt tags on Linux bridges."""
    down: frozenset[str] = frozenset()
    """Those that are switched off, of the links that wants put guests on."""
    other_ports: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    """Remote: bridge -> its ports that are no guest's, which is all that can be seen of them."""

    def without(self, links: Collection[str | None]) -> Links:
        """The same, when these links are gone from their bridges."""
        if self.ports is None:
            return self
        ports = {link: bridge for link, bridge in self.ports.items() if link not in links}
        return replace(self, ports=ports)

    def is_port(self, tap: str, bridge: str, *, virtualport: str | None) -> bool | None:
        """Whether a tap is a port of a bridge; None where that cannot be seen from here."""
        if self.ports is None or (virtualport == OPENVSWITCH and self.switches is None):
            return None
        port_of = self.ports.get(tap)
        if port_of == bridge:
            return True
        # A "fake bridge" of Open vSwitch is a VLAN of another, and itself a port there.
        fake = bridge in (self.switches or ()) and port_of == self.ports.get(bridge)
        return fake and port_of is not None

    def ports_of(self, bridge: str) -> tuple[str, ...]:
        """The ports of a bridge; over a remote connection, those that are no guest's."""
        if self.ports is None:
            return self.other_ports.get(bridge, ())
        return tuple(sorted(port for port, its in self.ports.items() if its == bridge))


class HostRoute(Record):
    """Addresses that this machine reaches, or has: what a new subnet must not overlap."""

    network: IpNetwork
    link: str | None
    is_address: bool = False
    """Whether it is an address of the machine itself."""


class HostRoutes(Record):
    """This machine's IP side."""

    routes: tuple[HostRoute, ...] = ()
    """Without default routes."""
    default_links: tuple[str, ...] = ()
    """The links that carry a default route."""
    ra_links: tuple[str, ...] = ()
    """Links with routes learnt from router advertisements that the kernel would flush when IPv6
    forwarding goes on: accept_ra is not 2. libvirt then refuses to start a network that forwards
    IPv6."""


class Observed(Record):
    """What is there, within a scope."""

    # Beside the fields: no copy and no comparison has them.
    __slots__ = ("_domains_by_name", "_networks_by_name")

    uri: str
    host: str
    features: Features = Features()
    domains: tuple[SeenDomain, ...] = ()
    unread: tuple[VnetError, ...] = ()
    """Why there is nothing of some domains, each about one: their documents are none."""
    networks: tuple[SeenNetwork, ...] = ()
    now_s: float = 0.0
    """Seconds since the epoch, for holds that run out."""
    virt_type: str | None = None
    """kvm where the host can, else qemu; only looked up for new domains."""
    links: Links | None = None
    """None: the host's links cannot be seen from here."""
    routes: HostRoutes | None = None
    """None: not asked for, or they cannot be seen from here."""
    served: Mapping[str, ServedFolder] | None = None
    """By its path, each directory that a network serves by TFTP, or is to; None: not asked for, or
    they cannot be seen from here."""
    leases: tuple[Lease, ...] = ()
    filters: frozenset[str] | None = None
    """libvirt's network filters. None: not asked for, or it has none to ask."""
    host_devices: HostDevices | None = None
    """None: not asked for, or they cannot be seen from here."""
    zones: frozenset[str] | None = None
    """firewalld's; empty: it does not run. None: not asked for, or it cannot be asked from here."""
    templates: Mapping[str, str] = MappingProxyType({})
    """`nic/bridge.xml` -> document."""
    rules: LiveRules | None = None
    """This machine's side of port forwards; None: not asked for, or it cannot be seen from here."""
    rules_unseen: VnetError | None = None
    """Why they cannot be seen."""
    rules_elsewhere: bool = False
    """Whether that is since they are another machine's, where they are looked after."""
    northbound: Northbound | None = None
    """What OVN has of overlays; None: not asked for, or it cannot be asked."""
    northbound_unseen: VnetError | None = None
    """Why it cannot be asked."""
    chassis: Chassis | None = None
    """What this machine is to OVN; None: not asked for, or it cannot be seen from here."""
    ovn_hosts: tuple[SeenChassis, ...] | None = None
    """The hosts that OVN has; None: it did not matter, or they cannot be seen from here."""
    joining: Joining | None = None
    """What making it a chassis depends on; None: not asked for, or it cannot be seen from here."""
    joining_unseen: VnetError | None = None
    """Why that cannot be seen."""
    unlisted: frozenset[Unlisted] = frozenset()
    """Only an attempt to plug something in tells."""

    @property
    def chassis_name(self) -> str | None:
        """What OVN calls this machine; None: it is no chassis, or that cannot be seen."""
        return None if self.chassis is None else self.chassis.system_id

    @property
    def overlays(self) -> tuple[SeenNetwork, ...]:
        """The networks that are one for all hosts of a fleet."""
        return tuple(network for network in self.networks if network.is_overlay)

    def domain(self, name: str) -> SeenDomain | None:
        """A domain by name."""
        found: dict[str, SeenDomain] | None = getattr(self, "_domains_by_name", None)
        if found is None:
            found = {domain.name: domain for domain in self.domains}
            object.__setattr__(self, "_domains_by_name", found)
        return found.get(name)

    def network(self, name: str) -> SeenNetwork | None:
        """A network by name."""
        found: dict[str, SeenNetwork] | None = getattr(self, "_networks_by_name", None)
        if found is None:
            found = {network.name: network for network in self.networks}
            object.__setattr__(self, "_networks_by_name", found)
        return found.get(name)


EVERY = "*"
"""In a scope's networks: all of them."""


class WayOut(Row):
    """What is asked of an overlay's way out."""

    network: str
    external: str | None = None
    hosts: tuple[str, ...] = ()


class Scope(Record):
    """What to observe: only what a change needs. Reading one nic reads one domain."""

    domains: tuple[str, ...] = ()
    """Domains that must exist; NotFoundError names those that do not."""
    new_domains: tuple[str, ...] = ()
    """Domains that may exist."""
    optional_domains: tuple[str, ...] = ()
    """The same, of which nothing else has to be known."""
    all_domains: bool = False
    saved_nics: bool = False
    """Also what managed saves have: a guest that is restored needs its networks."""
    running_domains: bool = False
    """All that run, beside those that are named."""
    past_unread: bool = False
    """Whether who asks goes on past one that cannot be read, and says so: it only shows what is
    there, and is about none that is named. Else that is an error."""
    networks: tuple[str, ...] = ()
    ports: bool = False
    """Also the networks' ports, as libvirt has them."""
    leases: tuple[str, ...] = ()
    """The networks whose leases are looked up; `EVERY`: all of them."""
    links: bool = False
    taps: bool = False
    """Also the links, where libvirt is local: they tell whether taps are on their bridges."""
    vlans: bool = False
    """Whether the kernel can tag VLANs on a Linux bridge."""
    tags: bool = False
    """Whether wants have VLANs: what bridges do with them matters then."""
    routes: bool = False
    routes_of_these: bool = False
    """The same, where a nic that is looked at anyway is on a link of the host's."""
    tftp_roots: tuple[str, ...] = ()
    """The directories that are to be served; with them, or with `boot_files`, those of the networks
    as well."""
    boot_files: tuple[str, ...] = ()
    """What guests are to be told to boot."""
    filters: bool = False
    host_devices: bool = False
    zones: bool = False
    """firewalld's zones: its program takes 0.4 s."""
    resolver: bool = False
    """Whether the host's resolver is one that libvirt tells of networks."""
    bridges: tuple[str, ...] = ()
    """The bridges that wants name. On a remote host each link costs a call, so that only these
    are looked at while they exist; none: every link."""
    under_guests: tuple[str, ...] = ()
    """The links that wants put guests on: whether they are up is looked at."""
    templates: tuple[str, ...] = ()
    forwards: bool = False
    """Also the domains that have port forwards, and this machine's rules for them."""
    forwards_of_these: bool = False
    """The same, where a domain that is looked at anyway has some."""
    taint: bool = False
    """Whether QEMU may be asked what it forwards, which marks a domain as tainted."""
    forward_ports: tuple[int, ...] = ()
    """The host's ports of which it matters who listens there."""
    overlays: bool = False
    """Also what this machine is to OVN, and what that has of overlays, where a network that is
    looked at is one."""
    of_overlays: tuple[str, ...] = (EVERY,)
    """Only where it is one of these, or one that a nic of the domains named is on."""
    lost_overlays: tuple[str, ...] = ()
    """The same, also of those that are no network here."""
    new_overlays: bool = False
    """The same, also where there is none yet."""
    briefly: bool = False
    """Whether who asks can do without it: then a database that does not answer costs seconds."""
    ways_out: tuple[WayOut, ...] = ()
    """Those of overlays that are asked for: which hosts OVN has matters then."""
    ovn: OvnSettings | None = None
    """Where that is; None: nothing is said of it but by the connection or the environment."""
    joins: ChassisWant | None = None
    """What this machine is to be to OVN: what stands in the way is looked at."""
