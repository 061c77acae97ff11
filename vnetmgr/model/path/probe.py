"""What a probe saw that stood for a moment where a guest stands: on its bridge, in its VLAN.

Numbers and addresses alone: no text that somebody sent over the network is kept.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from vnetmgr.model.record import Record
from vnetmgr.model.values import Mac

if TYPE_CHECKING:
    from vnetmgr.model.dhcp import IpAddress, IpNetwork

PROBE_MAC = Mac("02:76:6e:6d:67:72")
"""The one MAC that every probe has: locally administered, and "vnmgr" in ASCII. One MAC, so that a
DHCP server that remembers whom it has offered something remembers one."""


class ProbePlace(Record):
    """Where a guest's port stands. Two ports in the same place see the same."""

    bridge: str
    vlan: int | None = None
    """What the port's untagged frames belong to; None: the bridge filters no VLANs."""
    isolated: bool = False
    mtu: int = 1500


class DhcpOffer(Record):
    """What a DHCP server offered."""

    server: IpAddress
    """The server's identifier, by its own account."""
    mac: Mac
    """Who sent the frame: two servers that call themselves alike differ in it."""
    address: IpAddress
    prefix: int | None = None
    routers: tuple[IpAddress, ...] = ()
    dns: tuple[IpAddress, ...] = ()
    mtu: int | None = None
    lease_s: int | None = None


class ArpAnswer(Record):
    """Who says that an address is his; several are in each other's way."""

    address: IpAddress
    macs: tuple[Mac, ...] = ()


class Router6(Record):
    """An IPv6 router that has advertised itself."""

    address: IpAddress
    mac: Mac
    lifetime_s: int
    """0: it is no default router."""
    prefixes: tuple[IpNetwork, ...] = ()
    mtu: int | None = None
    managed: bool = False
    """Whether addresses are to be had by DHCPv6."""


class Step(StrEnum):
    """What is tried with an address."""

    PING = "ping"
    DNS = "dns"
    TCP = "tcp"


class Outcome(StrEnum):
    """What came of it."""

    ANSWERED = "answered"
    REFUSED = "refused"
    """There was an answer, and it is no: the path is there."""
    PARTLY = "partly"
    """A DNS server answers for itself, and has no answer from those whom it asks in turn."""
    SILENT = "silent"
    UNREACHABLE = "unreachable"
    """Somebody on the way says that it leads nowhere."""


class Attempt(Record):
    """One thing that was tried."""

    step: Step
    target: IpAddress
    outcome: Outcome
    port: int | None = None


class ProbeFacts(Record):
    """What one probe saw."""

    place: ProbePlace
    problem: str | None = None
    """Why there was no probe there; all else is empty then."""
    offers: tuple[DhcpOffer, ...] = ()
    """In the order in which they came."""
    arp: tuple[ArpAnswer, ...] = ()
    """Of every address that was asked for, also where nobody answered."""
    routers6: tuple[Router6, ...] = ()
    sender: IpAddress | None = None
    """The address that the attempts were made from: one that was offered, that nobody has and
    that was not asked for."""
    no_sender: str | None = None
    """Why there was none, and so no attempt."""
    attempts: tuple[Attempt, ...] = ()

    def macs_of(self, address: IpAddress) -> tuple[Mac, ...] | None:
        """Who has an address; None: that was not asked."""
        return next((each.macs for each in self.arp if each.address == address), None)
