"""One snapshot of a host: all that is known of where its guests' packets go.

A field that is None was not looked at; `unseen` says what that would need.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

from vnetmgr.model.path.overlays import OverlayFacts
from vnetmgr.model.path.unseen import ALL_OF
from vnetmgr.model.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from vnetmgr.model.dhcp import IpAddress, Lease
    from vnetmgr.model.path.domains import DomainFacts, NicFacts
    from vnetmgr.model.path.links import FdbEntry, LinkFacts, Neighbour, PortVlan
    from vnetmgr.model.path.networks import DnsmasqFacts, FilterFacts, NetworkFacts
    from vnetmgr.model.path.probe import ProbeFacts
    from vnetmgr.model.path.routes import RouteFacts, RouteRule
    from vnetmgr.model.path.rulesets import Rulesets
    from vnetmgr.model.path.unseen import Unseen
    from vnetmgr.model.seen.rules import Listener
    from vnetmgr.model.values import Mac

TAP_KINDS = frozenset({"tun", "macvtap"})
"""The kinds of link that a program holds the other end of: a guest's."""

T = TypeVar("T")
K = TypeVar("K")


class PathFacts(Record):
    """What was seen, of libvirt and of the host itself."""

    __slots__ = ("_found",)  # beside the fields: no copy, no comparison and no file has it

    uri: str
    host: str
    taken_s: int
    """Seconds since the epoch."""
    domains: tuple[DomainFacts, ...] = ()
    """Those that were asked for, and others as far as they matter to them."""
    asked: tuple[str, ...] = ()
    """The names of those that were asked for."""
    networks: tuple[NetworkFacts, ...] = ()
    filters: tuple[FilterFacts, ...] | None = None
    """libvirt's network filters that the nics name, and those that they include."""
    leases: tuple[Lease, ...] | None = None
    links: tuple[LinkFacts, ...] | None = None
    fdb: tuple[FdbEntry, ...] | None = None
    vlans: tuple[PortVlan, ...] | None = None
    neighbours: tuple[Neighbour, ...] | None = None
    routes: tuple[RouteFacts, ...] | None = None
    route_rules: tuple[RouteRule, ...] | None = None
    sysctls: Mapping[str, int] | None = None
    """By the path below /proc/sys: `net/ipv4/conf/virbr0/rp_filter`. One that the kernel does not
    have (br_netfilter is not loaded) is not among them."""
    rulesets: Rulesets | None = None
    listeners: tuple[Listener, ...] | None = None
    """Who listens on the ports that forwards, DHCP and DNS need."""
    dnsmasqs: tuple[DnsmasqFacts, ...] | None = None
    switches: frozenset[str] | None = None
    """The bridges of Open vSwitch; empty where it does not run."""
    switch_ports: Mapping[str, str] = MappingProxyType({})
    """Port -> the bridge of Open vSwitch that it is on."""
    overlays: OverlayFacts = OverlayFacts()
    """Nothing of it is seen where no network is an overlay."""
    probes: tuple[ProbeFacts, ...] | None = None
    """One for each place on a bridge; None: nobody asked for them."""
    unseen: tuple[Unseen, ...] = ()

    @property
    def unread(self) -> tuple[str, ...]:
        """The domains of which nothing could be read: what no other has, one of these may have."""
        return tuple(each.domain for each in self.unseen if each.part == ALL_OF and each.domain)

    def domain(self, name: str) -> DomainFacts | None:
        """A domain by name."""
        return self._by("domains", ((each.name, each) for each in self.domains)).get(name)

    def network(self, name: str) -> NetworkFacts | None:
        """A network by name."""
        return self._by("networks", ((each.name, each) for each in self.networks)).get(name)

    def link(self, name: str | None) -> LinkFacts | None:
        """A link by name; None also where links were not seen."""
        if name is None:
            return None
        return self._by("links", ((each.name, each) for each in self.links or ())).get(name)

    def ports(self, bridge: str) -> tuple[LinkFacts, ...]:
        """The links that are ports of a Linux bridge."""
        members = ((each.master, each) for each in self.links or () if each.master)
        return self._several("ports", members).get(bridge, ())

    def uplinks(self, bridge: str) -> tuple[LinkFacts, ...]:
        """The ports by which a Linux bridge's frames leave: cards, bonds, VLANs, links to other
        bridges. A container's end of a veth only where there is nothing else."""
        members = (
            ((each.master, each.far_parent), each)
            for each in self.links or ()
            if each.master and each.kind not in TAP_KINDS
        )
        found = self._several("uplinks", members)
        return found.get((bridge, False), ()) or found.get((bridge, True), ())

    def behind(self, bridge: str, mac: Mac) -> tuple[FdbEntry, ...]:
        """Where a bridge has seen a MAC."""
        entries = (((each.bridge, each.mac), each) for each in self.fdb or ())
        return self._several("fdb", entries).get((bridge, mac), ())

    def neighbour(self, address: IpAddress) -> tuple[Neighbour, ...]:
        """The host's entries for an address; one a link."""
        entries = ((each.address, each) for each in self.neighbours or ())
        return self._several("neighbours", entries).get(address, ())

    def neighbours_of(self, mac: Mac) -> tuple[Neighbour, ...]:
        """The host's entries for a MAC."""
        entries = ((each.mac, each) for each in self.neighbours or () if each.mac)
        return self._several("neighbour-macs", entries).get(mac, ())

    def leases_of(self, mac: Mac) -> tuple[Lease, ...]:
        """What DHCP gave to a MAC, in all networks."""
        entries = ((each.mac, each) for each in self.leases or () if each.mac)
        return self._several("leases", entries).get(mac, ())

    def with_mac(self, mac: Mac) -> tuple[tuple[DomainFacts, NicFacts], ...]:
        """The running nics that have a MAC."""
        entries = (
            (nic.live.mac, (domain, nic))
            for domain in self.domains
            for nic in domain.nics
            if nic.live is not None and nic.live.mac is not None
        )
        return self._several("macs", entries).get(mac, ())

    def on_bridge(self, bridge: str) -> tuple[tuple[DomainFacts, NicFacts], ...]:
        """The running nics that should be ports of a bridge."""
        entries = (
            (nic.live.bridge, (domain, nic))
            for domain in self.domains
            for nic in domain.nics
            if nic.live is not None and nic.live.bridge is not None
        )
        return self._several("bridges", entries).get(bridge, ())

    def why_unseen(self, part: str, domain: str | None = None) -> Unseen | None:
        """What looking at a part would need, of a domain or of the host; None: it was seen."""
        entries = (((each.part, each.domain), each) for each in self.unseen)
        found = self._by("unseen", entries)
        return found.get((part, domain)) or found.get((part, None))

    def once(self, what: str, make: Callable[[PathFacts], T]) -> T:
        """What is worked out of them all, when it is first asked for."""
        found = self._lookups()
        if what not in found:
            found[what] = make(self)
        made: T = found[what]
        return made

    def _by(self, what: str, pairs: Iterable[tuple[K, T]]) -> Mapping[K, T]:
        """A lookup, made when it is first asked for, of pairs that are not made until then; of
        several with one key the first counts."""
        found = self._lookups()
        if what not in found:
            found[what] = dict(reversed(tuple(pairs)))
        index: Mapping[K, T] = found[what]
        return index

    def _several(self, what: str, pairs: Iterable[tuple[K, T]]) -> Mapping[K, tuple[T, ...]]:
        found = self._lookups()
        if what not in found:
            grouped: dict[K, list[T]] = {}
            for key, value in pairs:
                grouped.setdefault(key, []).append(value)
            found[what] = {key: tuple(values) for key, values in grouped.items()}
        index: Mapping[K, tuple[T, ...]] = found[what]
        return index

    def _lookups(self) -> dict[str, Any]:
        found: dict[str, Any] | None = getattr(self, "_found", None)
        if found is None:
            found = {}
            object.__setattr__(self, "_found", found)
        return found
