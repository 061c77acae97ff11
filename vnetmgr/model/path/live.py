"""What the kernel said of packets while somebody watched: `trace --live`."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from vnetmgr.model.record import Record, Row

if TYPE_CHECKING:
    from vnetmgr.model.dhcp import IpAddress
    from vnetmgr.model.values import Mac


class Wanted(Record):
    """Which packets: those of a guest to a destination, and the answers."""

    destination: IpAddress
    source: IpAddress | None = None
    """The guest's address; None: it is not known, and its MAC tells."""
    mac: Mac | None = None
    protocol: str | None = None
    """tcp, udp or icmp; None: any."""
    port: int | None = None


class LiveHop(Row):
    """A rule that matched, or a base chain's policy."""

    family: str
    table: str
    chain: str
    handle: int | None
    """Of the rule; None: the policy."""
    verdict: str
    """accept, drop, continue, jump NAME, goto NAME, return, queue, stolen."""


class Fate(StrEnum):
    """What became of a packet, as far as the kernel's rules have a say."""

    PASSED = "passed"
    DROPPED = "dropped"
    LOST = "lost"
    """It was not seen any more after its last hop: rules of iptables-legacy cannot be traced, and
    no route or neighbour leaves no trace either."""


class LivePacket(Record):
    """One packet, all the way through the kernel."""

    reply: bool
    """Whether it is an answer."""
    source: IpAddress
    target: IpAddress
    protocol: str
    source_port: int | None = None
    target_port: int | None = None
    left_as: tuple[IpAddress, IpAddress] | None = None
    """Source and target in the end, where NAT has changed one."""
    in_link: str | None = None
    out_link: str | None = None
    hops: tuple[LiveHop, ...] = ()
    reached: str
    """The last hook in which it was seen: `bridge prerouting`."""
    fate: Fate


class LiveTrace(Record):
    """What was seen in some seconds."""

    seconds: float
    packets: tuple[LivePacket, ...] = ()
    matched: int = 0
    """How many times a packet was one of those wanted."""
    traced: int = 0
    """How many of these times it was traced: only so many a second are."""
    overrun: bool = False
    """Whether the kernel said more than could be read: packets may be missing, or their hops."""
