"""Events, put together to packets.

Within a bridge a packet keeps its id, and between prerouting and forward the kernel gives a routed
one another: there what the packet is tells, whatever NAT has made of its addresses. Ids come again
soon, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.local.nftrace.table import HOOKS
from vnetmgr.model.path.live import Fate, LiveHop, LivePacket

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vnetmgr.local.nftrace.messages import Event, Headers
    from vnetmgr.model.path.live import Wanted


class _Packet:
    """One that is under way."""

    def __init__(self, headers: Headers) -> None:
        self.first = self.last = headers
        self.came = 0
        self.left: dict[bool, int] = {}
        """The link that it leaves by; True: the bridge's port, which IP's rules do not see."""
        self.hops: list[LiveHop] = []
        self.wanted = False
        """Whether we had it traced, and not somebody else."""
        self.seen: set[str] = set()
        """Our own chains that it came to."""
        self.reached: list[str] = []
        """Those hooks, in order."""
        self.dropped = False

    def goes_on(self, event: Event, headers: Headers, own: str) -> bool:
        """Whether that may be this one, further on: no packet comes to a chain twice."""
        again = event.table == own and f"{event.family} {event.chain}" in self.seen
        last = self.last
        return (
            not (again or self.dropped)
            and (headers.protocol, headers.mark) == (last.protocol, last.mark)
            and (headers.source == last.source or headers.target == last.target)
        )

    def take(self, event: Event, own: str) -> None:
        """It is this one's."""
        self.last = event.headers or self.last
        self.came = self.came or event.iif
        if event.oif:
            self.left[event.family == "bridge"] = event.oif
        if event.table == own:
            self.wanted = self.wanted or event.handle is not None
            self.seen.add(f"{event.family} {event.chain}")
            self.reached.append(f"{event.family} {HOOKS.get(event.chain, event.chain)}")
        elif event.handle is not None or event.kind == "policy":  # else it is a chain's end
            place = (event.family, event.table, event.chain)
            self.hops.append(LiveHop(*place, event.handle, event.verdict))
            self.dropped = self.dropped or event.verdict == "drop"


def join(
    events: Sequence[Event],
    own: str,
    wanted: Wanted,
    link_name: Callable[[int], str | None],
    *,
    begun: int,
) -> tuple[LivePacket, ...]:
    """The packets, in the order of their first events, which are among as many as have `begun`: of
    later ones not all may be there. `own` are the tables that had them traced."""
    packets: list[_Packet] = []
    by_id: dict[int, _Packet] = {}
    by_mark: dict[tuple[str, bytes], list[_Packet]] = {}
    for at, event in enumerate(events):
        packet, headers = by_id.get(event.id), event.headers
        if headers is not None and not (packet and packet.goes_on(event, headers, own)):
            alike = by_mark.setdefault((headers.protocol, headers.mark), [])
            packet = next((each for each in alike[::-1] if each.goes_on(event, headers, own)), None)
            if packet is None:
                packet = _Packet(headers)
                if at < begun:
                    packets.append(packet)
                alike.append(packet)
            by_id[event.id] = packet
        if packet is not None:  # else its beginning was lost
            packet.take(event, own)
    return tuple(_packet(each, wanted, link_name) for each in packets if each.wanted)


def _packet(packet: _Packet, wanted: Wanted, link_name: Callable[[int], str | None]) -> LivePacket:
    first, last = packet.first, packet.last
    changed = (first.source, first.target) != (last.source, last.target)
    return LivePacket(
        reply=wanted.destination in (first.source, last.source),
        source=first.source,
        target=first.target,
        protocol=first.protocol,
        source_port=first.source_port,
        target_port=first.target_port,
        left_as=(last.source, last.target) if changed else None,
        in_link=link_name(packet.came),
        out_link=link_name(packet.left.get(True) or packet.left.get(False) or 0),
        hops=tuple(packet.hops),
        reached=packet.reached[-1] if packet.reached else "nothing",
        fate=_fate(packet),
    )


def _fate(packet: _Packet) -> Fate:
    if packet.dropped:
        return Fate.DROPPED
    last = packet.reached[-1] if packet.reached else ""
    if last in ("inet input", "inet postrouting"):
        return Fate.PASSED
    # IP's rules have their say on a bridged packet, where they have one, after the bridge's.
    waits = "inet forward" in packet.reached and "inet postrouting" not in packet.reached
    return Fate.PASSED if last == "bridge postrouting" and not waits else Fate.LOST
