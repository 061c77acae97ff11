"""The packets that everybody needs, as a guest sends or is sent them.

Where they are (`in_port`, `out_link`, ...) is added with `model.record.replace`.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

from vnetmgr.model.record import replace
from vnetmgr.packets.packet import ARP, IPV4, IPV6, Packet

if TYPE_CHECKING:
    from vnetmgr.model.dhcp import IpAddress

_BROADCAST = "ff:ff:ff:ff:ff:ff"
_NOWHERE, _EVERYWHERE = IPv4Address(0), IPv4Address("255.255.255.255")
_ALL_DHCPV6 = IPv6Address("ff02::1:2")
_ECHO = {4: ("icmp", 8, 0), 6: ("icmpv6", 128, 129)}


def dhcp(mac: str | None) -> Packet:
    """A guest asks for an address."""
    return Packet(
        mac_from=mac,
        mac_to=_BROADCAST,
        source=_NOWHERE,
        target=_EVERYWHERE,
        protocol="udp",
        source_port=68,
        target_port=67,
    )


def dhcp_answer(mac: str | None, server: IpAddress | None, address: IpAddress | None) -> Packet:
    """A server offers one; without an address, to everybody. It sends to the guest's MAC from a
    socket of its own: to the rules it is a connection of its own."""
    return Packet(
        mac_to=mac if address else _BROADCAST,
        source=server,
        target=address or _EVERYWHERE,
        protocol="udp",
        source_port=67,
        target_port=68,
    )


def dhcp6(mac: str | None, source: IPv6Address | None = None) -> Packet:
    """A guest asks for an IPv6 address, from its link-local one."""
    return Packet(
        ethertype=IPV6,
        mac_from=mac,
        mac_to="33:33:00:01:00:02",
        source=source,
        target=_ALL_DHCPV6,
        protocol="udp",
        source_port=546,
        target_port=547,
    )


def arp(mac: str | None, source: IpAddress | None, target: IpAddress | None) -> Packet:
    """Somebody asks who has an address."""
    return Packet(
        ethertype=ARP,
        mac_from=mac,
        mac_to=_BROADCAST,
        source=source,
        target=target,
        arp_operation=1,
    )


def arp_answer(
    mac_from: str | None, mac_to: str | None, source: IpAddress | None, target: IpAddress | None
) -> Packet:
    """Who has it answers."""
    return Packet(
        ethertype=ARP,
        mac_from=mac_from,
        mac_to=mac_to,
        source=source,
        target=target,
        arp_operation=2,
    )


def ping(source: IpAddress | None, target: IpAddress) -> Packet:
    """An echo request."""
    protocol, request, _ = _ECHO[target.version]
    return replace(_to(source, target), protocol=protocol, icmp_type=request)


def dns(source: IpAddress | None, server: IpAddress) -> Packet:
    """A question to a name server, by UDP."""
    return replace(_to(source, server), protocol="udp", target_port=53)


def tcp(source: IpAddress | None, target: IpAddress, port: int) -> Packet:
    """The first packet of a connection."""
    return replace(_to(source, target), protocol="tcp", target_port=port)


def udp(source: IpAddress | None, target: IpAddress, port: int) -> Packet:
    """A datagram, the first to that port."""
    return replace(_to(source, target), protocol="udp", target_port=port)


def answer(packet: Packet) -> Packet:
    """What comes back for a packet as it has got there. Where the kernel was told not to track it,
    it knows of no connection: a datagram begins one, any other answer is invalid."""
    icmp = {request: reply for _, request, reply in _ECHO.values()}
    tracked = packet.state != "untracked"
    return replace(
        packet,
        mac_from=packet.mac_to,
        mac_to=packet.mac_from,
        source=packet.target,
        target=packet.source,
        source_port=packet.target_port,
        target_port=packet.source_port,
        icmp_type=icmp.get(packet.icmp_type) if packet.icmp_type is not None else None,
        tcp_flags=0x12 if packet.protocol == "tcp" else None,  # SYN, ACK
        state="established" if tracked else "new" if packet.protocol == "udp" else "invalid",
        reply=tracked,
        mark=0,
        ct_mark=packet.ct_mark if tracked else 0,
        original=(packet.original or (packet.source, packet.target)) if tracked else None,
        in_link=packet.out_link,
        in_port=packet.out_port,
        out_link=packet.in_link,
        out_port=packet.in_port,
        out_mac_from=None,
        out_mac_to=None,
    )


def _to(source: IpAddress | None, target: IpAddress) -> Packet:
    return Packet(ethertype=IPV6 if target.version == 6 else IPV4, source=source, target=target)
