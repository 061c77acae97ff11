"""What commands and specs want, and what was seen of libvirt and this machine."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from vnetmgr.model.nic import OPENVSWITCH
from vnetmgr.model.record import Record, replace

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from vnetmgr.errors import VnetError
    from vnetmgr.model.dhcp import IpNetwork, Lease
    from vnetmgr.model.domain import SeenDomain, State
    from vnetmgr.model.forward import ForwardsWant, ForwardWant, UnownedWant
    from vnetmgr.model.hostdev import HostDevices
    from vnetmgr.model.link_setup import LinkSetup
    from vnetmgr.model.network import SeenNetwork
    from vnetmgr.model.network_want import AddressWant, NetworkWant, RecordWant
    from vnetmgr.model.nic import Nic, NicPatch
    from vnetmgr.model.rules import LiveRules
    from vnetmgr.model.spec import Problem
    from vnetmgr.model.unlisted import Unlisted


class Intent(StrEnum):
    """How a want is meant. The first three are commands, and complain about what they find;
    the last two are states, and do not."""

    CREATE = "create"
    """Make it; what is there already must be as asked."""
    UPDATE = "update"
    """Change it; it must be there."""
    REMOVE = "remove"
    """Take it away; it must be there."""
    PRESENT = "present"
    ABSENT = "absent"


class NicWant(Record):
    """What is wanted of one nic of one domain.

    `nic` addresses an existing one by name, MAC, target or PCI address.
    """

    domain: str
    intent: Intent
    patch: NicPatch
    nic: str | None = None
    template: str | None = None
    """The document of templates/nic that a new nic starts from."""
    edited_template: str | None = None
    """Where that document comes from, if it is not vnetmgr's own: then it is validated."""
    states: frozenset[State] = frozenset()
    """Where it was asked for by name (--config, --live); empty: config, and live if it runs."""
    spec_name: str | None = None
    """The name that a spec gives it: it is found by MAC, then by owned alias, then by plain alias.
    One that is found is adopted, and never renamed; a new one is owned."""
    by_source: bool = False
    """Whether a spec's nic that neither leads to is the one on its source that no other means."""
    origin: str = ""


class SlotsWant(Record):
    """`count` spare hot-plug slots, for nics of `model`, in a domain's config."""

    domain: str
    count: int
    model: str
    ports_before: int | None = None
    """Set once planned: how many there were, so that planning again adds no more."""


class HoldWant(Record):
    """That specs leave a domain, or one of its nics, alone for a while."""

    domain: str
    intent: Intent
    nic: str | None = None
    """Its name, MAC, target or PCI address; None: all of the domain."""
    until_s: int = 0
    """Seconds since the epoch."""
    reason: str = ""


class DomainFields(Record):
    """What a new domain has of its own; None keeps what the template says."""

    name: str
    uuid: str | None = None
    memory_bytes: int | None = None
    vcpus: int | None = None
    machine: str | None = None
    disk: str | None = None
    """An image, or a block device under /dev: in the first disk, else in a new virtio one."""
    disk_format: str | None = None
    """None: the template's, raw where it has none."""
    kernel: str | None = None
    initrd: str | None = None
    cmdline: str | None = None
    virt_type: str | None = None
    """kvm, qemu or test; None: what the host does best."""


class DomainWant(Record):
    """A new domain, made from a template, with its nics; and whether it has to run."""

    fields: DomainFields
    template: str
    edited_template: str | None = None
    """Where the template comes from, if it is not vnetmgr's own: then it is validated."""
    nics: tuple[NicWant, ...] = ()
    start: bool = False
    intent: Intent = Intent.CREATE


class Desired(Record):
    """Everything that is wanted, in the order in which it has to be made."""

    networks: tuple[NetworkWant, ...] = ()
    addresses: tuple[AddressWant, ...] = ()
    records: tuple[RecordWant, ...] = ()
    domains: tuple[DomainWant, ...] = ()
    slots: tuple[SlotsWant, ...] = ()
    nics: tuple[NicWant, ...] = ()
    holds: tuple[HoldWant, ...] = ()
    forwards: tuple[ForwardWant | ForwardsWant, ...] = ()
    unowned: tuple[UnownedWant, ...] = ()
    spec: SpecScope | None = None
    """None: what a command wants, where the first problem ends it."""


class SpecScope(Record):
    """How a spec is meant besides its wants: each stands for itself, and what cannot be done is
    told of that one alone."""

    domains: tuple[tuple[str, str], ...] = ()
    """(name, origin) of every domain that it names; one that the host does not have is skipped."""
    strict: bool = False
    """Such a domain is an error."""
    prune_domains: frozenset[str] = frozenset()
    """Domains whose owned nics have to be in the spec, or go."""
    prune_all: bool = False
    """Whether this holds for every domain of the host, and for owned networks."""
    forwards: bool = True
    """Whether port forwards are looked after: those of domains that it does not name, too."""
    forwards_if_any: bool = False
    """Only where a domain that is looked at has some: then all, since they share the host's ports.
    So it is in a part of a spec, where nothing may be read of each domain of the host."""
    incomplete: bool = False
    """Whether parts of it had to be left out: then nothing goes, since what is missing may stand in
    one of them."""
    problems: tuple[Problem, ...] = ()
    """What is wrong with those."""
    partial: bool = False
    """A part of a spec, for which not all of the host's domains are looked at."""
    nothing_asked: bool = False
    """There is no spec: what a killed libvirtd has left of networks is told as well."""
    others: tuple[str, ...] = ()
    """In such a part: domains that the spec does not name, of which forwards alone matter."""


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
    other_ports: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    """Remote: bridge -> its ports that are no guest's, which is all that can be seen of them."""

    def without(self, links: Collection[str | None]) -> Links:
        """The same, when these links are gone from their bridges."""
        if self.ports is None:
            return self
        ports = {link: bridge for link, bridge in self.ports.items() if link not in links}
        return replace(self, ports=ports)

    def has_lost(self, nic: Nic) -> bool:
        """Whether a live nic's tap is known to be no port of its bridge."""
        if nic.source.mode not in ("network", "bridge") or not (nic.target and nic.bridge):
            return False
        return self.is_port(nic.target, nic.bridge, virtualport=nic.virtualport) is False

    def is_port(self, tap: str, bridge: str, *, virtualport: str | None) -> bool | None:
        """Whether a tap is a port of a bridge; None where that cannot be seen from here."""
        if self.ports is None or (virtualport == OPENVSWITCH and self.switches is None):
            return None
        port_of = self.ports.get(tap)
        # A "fake bridge" of Open vSwitch is a VLAN of another, and itself a port there.
        fake = bridge in (self.switches or ()) and port_of == self.ports.get(bridge)
        return port_of == bridge or (fake and port_of is not None)

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

    uri: str
    host: str
    features: Features = Features()
    domains: tuple[SeenDomain, ...] = ()
    networks: tuple[SeenNetwork, ...] = ()
    now_s: float = 0.0
    """Seconds since the epoch, for holds that run out."""
    virt_type: str | None = None
    """kvm where the host can, else qemu; only looked up for new domains."""
    links: Links | None = None
    """None: the host's links cannot be seen from here."""
    routes: HostRoutes | None = None
    """None: not asked for, or they cannot be seen from here."""
    leases: tuple[Lease, ...] = ()
    filters: frozenset[str] | None = None
    """libvirt's network filters. None: not asked for, or it has none to ask."""
    host_devices: HostDevices | None = None
    """None: not asked for, or they cannot be seen from here."""
    templates: Mapping[str, str] = MappingProxyType({})
    """`nic/bridge.xml` -> document."""
    rules: LiveRules | None = None
    """This machine's side of port forwards; None: not asked for, or it cannot be seen from here."""
    rules_unseen: VnetError | None = None
    """Why they cannot be seen."""
    rules_elsewhere: bool = False
    """Whether that is since they are another machine's, where they are looked after."""
    unlisted: frozenset[Unlisted] = frozenset()
    """Only an attempt to plug something in tells."""

    def domain(self, name: str) -> SeenDomain | None:
        """A domain by name."""
        return next((domain for domain in self.domains if domain.name == name), None)

    def network(self, name: str) -> SeenNetwork | None:
        """A network by name."""
        return next((network for network in self.networks if network.name == name), None)


EVERY = "*"
"""In a scope's networks: all of them."""


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
    routes: bool = False
    filters: bool = False
    host_devices: bool = False
    bridges: tuple[str, ...] = ()
    """The bridges that wants name. On a remote host each link costs a call, so that only these
    are looked at while they exist; none: every link."""
    templates: tuple[str, ...] = ()
    forwards: bool = False
    """Also the domains that have port forwards, and this machine's rules for them."""
    forwards_if_any: bool = False
    """The same, where a domain that is looked at anyway has some."""
    taint: bool = False
    """Whether QEMU may be asked what it forwards, which marks a domain as tainted."""
    forward_ports: tuple[int, ...] = ()
    """The host's ports of which it matters who listens there."""


class Policy(Record):
    """How far a plan may go."""

    allow: frozenset[str] = frozenset()
    """replug, restart, taint, force-model."""


ALLOWANCES = ("replug", "restart", "taint", "force-model")
