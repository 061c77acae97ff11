"""What is asked of everybody on a wire, and who answers: DHCP servers, owners of addresses, IPv6
routers."""

from __future__ import annotations

from contextlib import suppress
from ipaddress import IPv4Address
from secrets import randbits
from time import monotonic
from typing import TYPE_CHECKING

from vnetmgr.local.probe.frames.arp import read_asker, read_reply, who_has
from vnetmgr.local.probe.frames.dhcp import discover, read_offer
from vnetmgr.local.probe.frames.ethernet import FrameError
from vnetmgr.local.probe.frames.icmp import read_advertisement, solicit
from vnetmgr.model.path.probe import ArpAnswer
from vnetmgr.model.values import Mac

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vnetmgr.local.probe.frames.ethernet import Frame
    from vnetmgr.local.probe.wire import Wire
    from vnetmgr.model.dhcp import IpAddress
    from vnetmgr.model.path.probe import DhcpOffer, Router6

LISTEN_S = 5.0
"""dnsmasq pings an address for 3 s before it offers it to a MAC that it does not know."""
_AGAIN_S = (0.0, 1.0, 2.5)
_ARP_S = (0.0, 0.2, 0.5)
_ARP_PATIENCE_S = 1.0
_SECOND_OWNER_S = 0.1
_MOST = 64
"""Of each kind of answer: somebody may send them without end."""


class Heard:
    """What has been heard so far, by those who were asked."""

    def __init__(self, mac: bytes, number: int | None, addresses: Iterable[IPv4Address]) -> None:
        self._mac, self._number = mac, number
        self._owners: dict[IPv4Address, dict[Mac, None]] = {each: {} for each in addresses}
        self._offers: dict[tuple[IpAddress, Mac], DhcpOffer] = {}
        self._askers: dict[IPv4Address, None] = {}
        self._routers: dict[tuple[IpAddress, Mac], Router6] = {}

    def hear(self, frame: Frame) -> None:
        """Make of a frame what can be made."""
        hear = (self._hear_owner, self._hear_asker, self._hear_offer, self._hear_router)
        for read in hear:
            with suppress(FrameError):
                read(frame)

    def _hear_owner(self, frame: Frame) -> None:
        reply = read_reply(frame)
        owners = self._owners.get(IPv4Address(reply.address))
        if owners is not None and reply.mac != self._mac and len(owners) < _MOST:
            owners[Mac(reply.mac.hex(":"))] = None

    def _hear_asker(self, frame: Frame) -> None:
        if len(self._askers) < _MOST:
            self._askers[IPv4Address(read_asker(frame).address)] = None

    def _hear_offer(self, frame: Frame) -> None:
        number, offer = read_offer(frame, self._mac)
        if number == self._number and len(self._offers) < _MOST:
            self._offers.setdefault((offer.server, offer.mac), offer)

    def _hear_router(self, frame: Frame) -> None:
        router = read_advertisement(frame)
        if len(self._routers) < _MOST:
            self._routers[router.address, router.mac] = router

    @property
    def is_all(self) -> bool:
        """Whether every owner is known, and nothing else was asked."""
        return self._number is None and all(self._owners.values())

    @property
    def offers(self) -> tuple[DhcpOffer, ...]:
        """The first one of each server, in the order in which they came."""
        return tuple(self._offers.values())

    @property
    def owners(self) -> tuple[ArpAnswer, ...]:
        """Of every address."""
        return tuple(
            ArpAnswer(address=address, macs=tuple(sorted(macs)))
            for address, macs in self._owners.items()
        )

    @property
    def askers(self) -> tuple[IPv4Address, ...]:
        """The addresses of those who asked for others', which may not be theirs alone."""
        return tuple(self._askers)

    @property
    def routers6(self) -> tuple[Router6, ...]:
        """The last that each router has said."""
        return tuple(self._routers.values())


def ask_everybody(wire: Wire, addresses: Sequence[IPv4Address]) -> Heard:
    """All three questions at once."""
    number = randbits(32)
    heard = Heard(wire.mac, number, addresses)
    general = (discover(wire.mac, number), solicit(wire.mac))
    owned = tuple(who_has(each.packed, wire.mac) for each in addresses)
    _listen(wire, heard, (*general, *owned), _AGAIN_S, LISTEN_S)
    return heard


def ask_owners(wire: Wire, addresses: Sequence[IPv4Address]) -> tuple[ArpAnswer, ...]:
    """Who has these addresses: an answer takes a millisecond where there is one, and a second one
    not much more."""
    heard = Heard(wire.mac, None, addresses)
    if heard.is_all:  # nobody is asked for
        return ()
    owned = tuple(who_has(each.packed, wire.mac) for each in addresses)
    _listen(wire, heard, owned, _ARP_S, _ARP_PATIENCE_S)
    return heard.owners


def _listen(
    wire: Wire, heard: Heard, frames: Sequence[Frame], at_s: Sequence[float], end_s: float
) -> None:
    """Say all of it at each of these moments, since anything may be lost, and listen."""
    start = monotonic()
    for until in (*at_s[1:], end_s):
        for frame in frames:
            wire.send(frame)
        for frame in wire.frames(start + until):
            heard.hear(frame)
            if heard.is_all:
                for late in wire.frames(monotonic() + _SECOND_OWNER_S):
                    heard.hear(late)
                return
