"""Port forwards: a port of the host that leads to a port of a guest.

What is wanted lies in the domain's metadata (that is its config); what works is a rule of this
machine, or of the guest's user-mode network (that is its live side).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Generic, TypeVar

from vnetmgr.model.intent import Intent
from vnetmgr.model.record import Record
from vnetmgr.problem import About

if TYPE_CHECKING:
    from vnetmgr.model.dhcp import IpAddress, IpNetwork
    from vnetmgr.problem import Place

T = TypeVar("T")


class Protocol(StrEnum):
    """What can be forwarded by port."""

    TCP = "tcp"
    UDP = "udp"


class Forward(Record):
    """What is wanted of one forward. A range of ports leads to one as long, port by port."""

    nic: str | None = None
    """The nic's name, or its MAC where it has none; None while a command leaves it open."""
    protocol: Protocol = Protocol.TCP
    listen: IpAddress | None = None
    """The host's address that it answers on; 0.0.0.0: all of IPv4; None: every one."""
    host_port: int
    guest_port: int
    ports: int = 1
    """How many ports, from these two on."""
    allow_from: tuple[IpNetwork, ...] = ()
    """Who may use it; none named: everybody. 127.0.0.0/8 is among them by `loopback` alone."""
    loopback: bool = False
    """Whether it also answers on the host's 127.0.0.1."""
    guest_address: tuple[IpAddress, ...] = ()
    """The guest's addresses, where DHCP does not give them; none: what is reserved for the nic."""

    def about(self, domain: str) -> About:
        """A domain's forward, as problems name it."""
        return About("forward", self.name, domain)

    @property
    def name(self) -> str:
        """What tells it from the host's other forwards: `10.0.0.1:8080/tcp`."""
        return forward_name(self.listen, self.host_port, self.ports, self.protocol)

    @property
    def text(self) -> str:
        """As users write it: `10.0.0.1:8080:80/tcp`."""
        where = listen_text(self.listen)
        there = port_text(self.guest_port, self.ports)
        return f"{where}{port_text(self.host_port, self.ports)}:{there}/{self.protocol}"

    @property
    def host_ports(self) -> range:
        """The ports of the host."""
        return range(self.host_port, self.host_port + self.ports)

    @property
    def listen_alone(self) -> IpAddress | None:
        """The one address that it answers on, as rules have it; None: all of an IP version."""
        return None if self.listen is None or self.listen.is_unspecified else self.listen

    def given_address(self, version: int) -> IpAddress | None:
        """The guest's address of an IP version, where it was given by hand."""
        return next((each for each in self.guest_address if each.version == version), None)

    @property
    def versions(self) -> tuple[int, ...]:
        """The IP versions that it is about: those of what it listens on, and of who may use it: of
        another version, that is nobody but the host's own 127.0.0.1."""
        listening = (4, 6) if self.listen is None else (self.listen.version,)
        allowed = {each.version for each in self.allow_from}
        if allowed and self.loopback:
            allowed.add(4)
        return tuple(each for each in listening if not allowed or each in allowed)

    def clashes(self, other: Forward) -> bool:
        """Whether some port of the host would have to lead to both."""
        return (
            self.protocol is other.protocol
            and self.host_port < other.host_port + other.ports
            and other.host_port < self.host_port + self.ports
            and overlaps(self.listen, other.listen)
        )


class ForwardKey(Record):
    """What names a forward that is to be taken away; None: whichever it is."""

    protocol: Protocol | None
    listen: IpAddress | None
    host_port: int
    guest_port: int | None = None
    ports: int = 1

    def names(self, forward: Forward) -> bool:
        """Whether it means that forward."""
        return (
            self.protocol in (None, forward.protocol)
            and (self.listen is None or self.listen == forward.listen)
            and (self.host_port, self.ports) == (forward.host_port, forward.ports)
            and self.guest_port in (None, forward.guest_port)
        )

    def __str__(self) -> str:
        there = "" if self.guest_port is None else ":" + port_text(self.guest_port, self.ports)
        protocol = f"/{self.protocol}" if self.protocol else ""
        return f"{listen_text(self.listen)}{port_text(self.host_port, self.ports)}{there}{protocol}"


class ForwardWant(Record):
    """A forward that has to be there, or has not."""

    among = "forwards"
    domain: str
    intent: Intent
    forward: Forward | None = None
    """None: `key` says which one."""
    key: ForwardKey | None = None
    nic: int | None = None
    """Which of the command's nics it comes with, where the forward does not name it; None: the
    only one."""
    origin: Place | None = None

    @property
    def about(self) -> About:
        """The forward, where it is known whole; else whose it is."""
        if self.forward is None:
            return About("domain", self.domain, field="forwards")
        return self.forward.about(self.domain)

    @property
    def is_new(self) -> bool:
        """Whether the forward is there when it is carried out, and not yet."""
        return self.intent is Intent.CREATE

    @property
    def whole(self) -> tuple[Forward, ...]:
        """The forwards that it knows whole."""
        return () if self.forward is None else (self.forward,)


class ForwardsWant(Record):
    """All the forwards that a spec gives a domain: it has no others."""

    domain: str
    forwards: tuple[tuple[Forward, Place | None], ...]
    """Each with its origin."""
    origin: Place | None = None

    @property
    def about(self) -> About:
        """The domain's list."""
        return About("domain", self.domain, field="forwards")

    @property
    def is_new(self) -> bool:
        """What is there already is among them, mostly."""
        return False

    @property
    def whole(self) -> tuple[Forward, ...]:
        """All of them."""
        return tuple(forward for forward, _ in self.forwards)


class UnownedWant(Record):
    """That a rule goes which no domain's metadata has."""

    among = "unowned"
    key: ForwardKey
    intent: Intent


class HostPorts(Generic[T]):
    """Who has which port of the host, while forwards are looked through."""

    def __init__(self) -> None:
        self._ports: dict[tuple[Protocol, int], list[tuple[T, Forward]]] = {}

    def take(self, owner: T, forward: Forward) -> tuple[T, Forward] | None:
        """Enter a forward; the one that has a port of it already, with its owner."""
        found: tuple[T, Forward] | None = None
        for port in forward.host_ports:
            there = self._ports.setdefault((forward.protocol, port), [])
            found = found or next((each for each in there if each[1].clashes(forward)), None)
            there.append((owner, forward))
        return found


def overlaps(one: IpAddress | None, other: IpAddress | None) -> bool:
    """Whether two listening addresses have one in common; None listens on every one."""
    if one is None or other is None:
        return True
    return one.version == other.version and (
        one == other or one.is_unspecified or other.is_unspecified
    )


def forward_name(listen: IpAddress | None, port: int, ports: int, protocol: Protocol) -> str:
    """What messages call a forward."""
    return f"{listen_text(listen)}{port_text(port, ports)}/{protocol}"


def listen_text(listen: IpAddress | None) -> str:
    """An address before a port, with its colon; nothing for every address."""
    if listen is None:
        return ""
    return f"[{listen}]:" if listen.version == 6 else f"{listen}:"


def port_text(first: int, ports: int) -> str:
    """`8080`, or `8000-8010`."""
    return str(first) if ports == 1 else f"{first}-{first + ports - 1}"
