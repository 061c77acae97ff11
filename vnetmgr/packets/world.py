"""A packet under way: what rules compare and change, as numbers. Each branch has its own copy."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from vnetmgr.model.record import replace
from vnetmgr.packets.constants import (
    PROTOCOLS,
    STATES,
    number_of,
)
from vnetmgr.packets.packet import IPV6, Hop, Packet

if TYPE_CHECKING:
    from vnetmgr.model.dhcp import IpAddress

DNAT, SNAT = 0x20 | 0x100, 0x10 | 0x80
"""ct status, with the bits that say that it is done."""


class Place(NamedTuple):
    """The base chain at work, for what depends on it."""

    family: str
    """The hook's: bridge, ip, ip6, netdev; inet is one of those two."""
    hook: str
    iif: str
    oif: str
    bridge_in: str = ""
    """The bridge that the port belongs to, where the rules see the port."""
    bridge_out: str = ""
    port_in: str = ""
    """The port, where the rules see the bridge and br_netfilter lets them know."""
    port_out: str = ""
    bridged: bool = False
    before_conntrack: bool = False


NOWHERE = Place("", "", "", "")


class World:
    """Attributes that are None are not known."""

    FIELDS = (
        *("ethertype", "vlan", "mac_from", "mac_to", "source", "target", "protocol"),
        *("sport", "dport", "icmp_type", "arp_operation", "tcp_flags", "mark", "ct_mark"),
        *("state", "reply", "status", "tracked", "original", "dst_done", "src_done"),
        *("to_source", "to_target"),
    )
    __slots__ = (*FIELDS, "place", "trail", "doubts")

    def __init__(self, packet: Packet) -> None:
        self.ethertype, self.vlan = packet.ethertype, packet.vlan
        self.mac_from, self.mac_to = mac(packet.mac_from), mac(packet.mac_to)
        self.source, self.target = _address(packet.source), _address(packet.target)
        self.protocol = number_of(PROTOCOLS, packet.protocol)
        self.sport, self.dport = packet.source_port, packet.target_port
        self.icmp_type, self.arp_operation = packet.icmp_type, packet.arp_operation
        self.tcp_flags = packet.tcp_flags
        if self.tcp_flags is None and self.protocol == PROTOCOLS["tcp"] and packet.state == "new":
            self.tcp_flags = 0x02  # SYN
        self.mark, self.ct_mark = packet.mark, packet.ct_mark
        self.state: int = STATES[packet.state]
        self.reply = packet.reply
        self.status = (DNAT if packet.dnat else 0) | (SNAT if packet.snat else 0)
        self.tracked = packet.state not in ("untracked", "invalid")
        first = packet.original or (packet.source, packet.target)
        self.original = tuple(map(_address, first))
        self.dst_done = self.src_done = packet.state != "new"
        self.to_source, self.to_target = _end(packet.becomes_source), _end(packet.becomes_target)
        self.place = NOWHERE
        self.trail: tuple[Hop, ...] = ()
        self.doubts: tuple[str, ...] = ()

    def copy(self) -> World:
        """The same packet, to go another way."""
        other = object.__new__(World)
        for name in self.__slots__:
            setattr(other, name, getattr(self, name))
        return other

    @property
    def has_connection(self) -> bool:
        """Whether connection tracking has seen it, and may be asked for it."""
        return self.tracked and not self.place.before_conntrack

    def doubt(self, name: str) -> None:
        """Something that cannot be evaluated has decided which way this is."""
        if name not in self.doubts:
            self.doubts = (*self.doubts, name)

    def packet(self, before: Packet) -> Packet:
        """What has become of the packet that went in."""
        return replace(
            before,
            source=readable(self.source, self.ethertype),
            target=readable(self.target, self.ethertype),
            source_port=self.sport,
            target_port=self.dport,
            mark=self.mark,
            ct_mark=self.ct_mark,
            state=before.state if self.state == STATES[before.state] else "untracked",
            dnat=bool(self.status & 0x20),
            snat=bool(self.status & 0x10),
            original=before.original or (before.source, before.target),
        )


key_of = attrgetter(*World.FIELDS)
"""What two worlds have to have in common to go on as one."""


def _address(address: IpAddress | None) -> int | None:
    return None if address is None else int(address)


def _end(found: tuple[IpAddress, int | None] | None) -> tuple[int, int | None] | None:
    return None if found is None else (int(found[0]), found[1])


def readable(number: Any, ethertype: int) -> IpAddress | None:
    """As an address."""
    if number is None:
        return None
    return IPv6Address(number) if ethertype == IPV6 else IPv4Address(number)


def mac(text: str | None) -> int | None:
    """As a number."""
    return None if text is None else int(text.replace(":", ""), 16)
