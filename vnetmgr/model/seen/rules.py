"""This machine's side of port forwards: what its kernel does with a packet to a forwarded port."""

from __future__ import annotations

from ipaddress import ip_network
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from vnetmgr.errors import RefusedError
from vnetmgr.model.forward import Forward, Protocol, forward_name, overlaps
from vnetmgr.model.record import Record, replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from vnetmgr.model.dhcp import IpAddress, IpNetwork


EVERYBODY: Mapping[int, IpNetwork] = {4: ip_network("0.0.0.0/0"), 6: ip_network("::/0")}
"""By IP version."""
LOCALHOST = ip_network("127.0.0.0/8")


def within(network: IpNetwork, others: Iterable[IpNetwork]) -> bool:
    """Whether one of the others has all of a network."""
    return any(
        each.version == network.version and network.subnet_of(each)  # type: ignore[arg-type]
        for each in others
    )


Where: TypeAlias = "tuple[int, Protocol, IpAddress | None, int, int]"
"""IP version, protocol, listening address, first port, how many ports."""


class Rule(Record):
    """What leads to a guest by one IP version: a port, or a range that leads to the same ports."""

    domain: str
    """Its UUID: names change."""
    mac: str
    bridge: str
    """The link that leads to the guest."""
    protocol: Protocol
    listen: IpAddress | None
    """None: every address of the host, of the guest's IP version."""
    host_port: int
    guest_address: IpAddress
    guest_port: int
    allow_from: tuple[IpNetwork, ...] = ()
    loopback: bool = False
    ports: int = 1
    """How many ports; several lead to the same ports of the guest."""

    @property
    def host_ports(self) -> range:
        """The ports of the host."""
        return range(self.host_port, self.host_port + self.ports)

    @property
    def name(self) -> str:
        """What messages call it: `10.0.0.1:8080/tcp`."""
        return forward_name(self.listen, self.host_port, self.ports, self.protocol)

    @property
    def version(self) -> int:
        """The IP version."""
        return self.guest_address.version

    @property
    def where(self) -> Where:
        """What of the host it takes: no two rules have the same."""
        return self.version, self.protocol, self.listen, self.host_port, self.ports

    @property
    def needs_localnet(self) -> bool:
        """Whether the kernel has to send the host's own 127.0.0.0/8 to its bridge."""
        return self.loopback and self.version == 4

    def takes_from(self, other: Rule) -> bool:
        """Whether some packet would have to follow both."""
        return (
            (self.version, self.protocol) == (other.version, other.protocol)
            and self.host_port < other.host_port + other.ports
            and other.host_port < self.host_port + self.ports
            and overlaps(self.listen, other.listen)
        )


class Passage(Record):
    """What a bridge needs so that connections get to its guests, and their answers back."""

    bridge: str
    masquerade: tuple[IpNetwork, ...] = ()
    """From there, connections get the bridge's own address: guests of the same network, whose
    answers would not come by otherwise; everybody, where guests have no default route."""
    accept: tuple[int, ...] = ()
    """The IP versions that libvirt's own rules, or iptables', would not let through by themselves
    and now do."""
    localnet: bool = False
    """Whether the host's own 127.0.0.0/8 can be sent there (route_localnet), and is masqueraded."""


class Obstacle(Record):
    """Somebody's rule or policy that drops what is forwarded; no rule of ours can undo that."""

    place: str
    """`table inet firewall, chain forward`."""
    what: str
    """`its policy is drop`."""

    def __str__(self) -> str:
        return f"{self.place}: {self.what}"


class Listener(Record):
    """A socket of this machine that waits for connections or packets."""

    protocol: Protocol
    address: IpAddress
    port: int
    program: str | None = None

    def __str__(self) -> str:
        where = forward_name(self.address, self.port, 1, self.protocol)
        return f"{self.program or 'some program'} listens on {where}"


class LiveRules(Record):
    """What this machine has of it now."""

    rules: tuple[Rule, ...] = ()
    passages: tuple[Passage, ...] = ()
    whole: bool = True
    """Whether the part of the table that is always the same is there."""
    stray: bool = False
    """Whether something is left behind that no rule needs."""
    others: tuple[str, ...] = ()
    """What is in vnetmgr's table and is somebody else's: it stays."""
    blockers: tuple[str, ...] = ()
    """What of it has the name of something of vnetmgr's, and is something else: nothing can be
    forwarded beside it."""
    connections: Mapping[Where, int] = MappingProxyType({})
    """By a rule's `where`: how many there were."""
    obstacles: tuple[Obstacle, ...] = ()
    listeners: tuple[Listener, ...] = ()
    localnet: frozenset[str] = frozenset()
    """The bridges of libvirt's networks that the kernel sends 127.0.0.0/8 to (route_localnet),
    whoever said so: without the guard their guests get at what listens there."""
    localnet_everywhere: bool = False
    """Whether net.ipv4.conf.all.route_localnet says so for every link, which is not vnetmgr's."""
    hairpin_filtered: tuple[int, ...] = ()
    """The IP versions of which packets between ports of a bridge pass iptables or ip6tables
    (bridge-nf-call-iptables): a guest then does not reach itself by the host's address (measured
    on Linux 6.18)."""
    addresses: frozenset[IpAddress] | None = None
    """What this machine has, as a listening address; None: not looked at."""

    def of(self, domain: str) -> tuple[Rule, ...]:
        """A domain's rules."""
        return tuple(rule for rule in self.rules if rule.domain == domain)

    def passage(self, bridge: str) -> Passage | None:
        """A bridge's passage."""
        return next((each for each in self.passages if each.bridge == bridge), None)

    def with_domain(
        self, domain: str, rules: Iterable[Rule], passages: Iterable[Passage]
    ) -> LiveRules:
        """The same with other rules for one domain; what no rule needs any more is gone. A port
        that another domain has yet is taken from it: it may be about to give it up."""
        new = tuple(rules)
        taken: dict[tuple[int, Protocol], list[Rule]] = {}
        for rule in new:
            taken.setdefault((rule.version, rule.protocol), []).append(rule)
        others = (
            rule
            for rule in self.rules
            if rule.domain != domain
            and not any(
                each.takes_from(rule) for each in taken.get((rule.version, rule.protocol), ())
            )
        )
        every = (*others, *new)
        used = {rule.bridge for rule in every}
        local = {rule.bridge for rule in every if rule.needs_localnet}
        known = {each.bridge: each for each in (*self.passages, *passages)}
        return LiveRules(
            rules=every,
            passages=tuple(
                replace(known[bridge], localnet=bridge in local)
                for bridge in sorted(used & known.keys())
            ),
        )


def forward_of(rule: Rule, forwards: Iterable[Forward]) -> Forward | None:
    """Which of its domain's forwards a rule is about."""
    for each in forwards:
        same = (each.protocol, each.listen_alone) == (rule.protocol, rule.listen)
        if same and rule.host_port in each.host_ports:
            return each
    return None


def foreign_objects(blockers: Sequence[str]) -> RefusedError:
    """Somebody else has what vnetmgr's rules need to be something of its own."""
    return RefusedError(
        f"table inet vnetmgr: {', '.join(blockers)} is somebody else's, and not what port forwards "
        "need there; it is kept",
        f"if nobody needs it: nft delete {blockers[0].replace(' ', ' inet vnetmgr ', 1)}",
    )


_MANY_OTHERS = 8


def others_notes(live: LiveRules) -> Iterator[str]:
    """What to say of things in vnetmgr's table that are somebody else's."""
    found = (*live.blockers, *live.others)
    if found:
        more = f" and {len(found) - _MANY_OTHERS} more" if len(found) > _MANY_OTHERS else ""
        yield (
            f"table inet vnetmgr: not vnetmgr's, and kept: {', '.join(found[:_MANY_OTHERS])}{more}"
        )


def in_the_way(listeners: Iterable[Listener], forward: Forward) -> Iterator[Listener]:
    """For each port of a forward the first listener that it would take the port from."""
    for port in forward.host_ports:
        for each in listeners:
            same = each.protocol is forward.protocol and each.port == port
            if same and _reached(each.address, forward.listen):
                yield each
                break


def _reached(address: IpAddress, listen: IpAddress | None) -> bool:
    """Whether packets to `listen` would reach a socket on `address`; `::` takes IPv4 as well."""
    if address.is_unspecified and address.version == 6:
        return True
    return overlaps(address, listen)
