"""The packets that a guest's network consists of, each taken through the host's loaded rules."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, NamedTuple

from vnetmgr.doctor.routes import leaves_by, routers_on
from vnetmgr.doctor.segment import addresses, own_network, pvid
from vnetmgr.model.options.addressing import nth_address
from vnetmgr.model.record import replace
from vnetmgr.packets import Packet, rules_of, usual
from vnetmgr.packets.packet import IPV6

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.doctor.check import Subject
    from vnetmgr.model.dhcp import IpAddress
    from vnetmgr.model.network import Network
    from vnetmgr.model.path.links import LinkFacts
    from vnetmgr.packets import Outcome, Rules

# Somewhere in the Internet; one of documentation's own addresses would meet rules against those.
ABROAD: dict[int, IpAddress] = {4: IPv4Address("1.1.1.1"), 6: IPv6Address("2606:4700:4700::1111")}
_ROUTER_SOLICITATION, _ROUTER_ADVERTISEMENT, _NEIGHBOUR_SOLICITATION = 133, 134, 135
_SOURCE_PORT = 50000
"""Of a client's: rules that name a service's port are not about its answers."""
_ALL_NODES, _ALL_ROUTERS = IPv6Address("ff02::1"), IPv6Address("ff02::2")


class Crossing(NamedTuple):
    """One packet's way through the rules."""

    what: str
    """What it is, in a sentence: `the guest's DHCP request`."""
    packet: Packet
    outcome: Outcome


class BridgeHop(NamedTuple):
    """A bridge on the way to the LAN, from port to port."""

    bridge: str
    near: str
    far: str
    vlan: int | None = None
    """The tag that frames have at the far port. By default br_netfilter hands none to IP's rules
    that has one on either side (net/bridge/br_netfilter_hooks.c)."""


def rules_at(subject: Subject) -> Rules | None:
    """The host's rules; None where they were not seen."""
    return subject.facts.once("rules", rules_of)


def bridge_hops(subject: Subject) -> list[BridgeHop]:
    """The bridges between the tap and the card that the nic's frames leave by."""
    tap, facts = subject.tap, subject.facts
    found: list[BridgeHop] = []
    near, bridge = (tap.name if tap is not None else ""), subject.bridge
    while bridge is not None and near and not any(bridge.name == hop.bridge for hop in found):
        far = _way_out(facts.uplinks(bridge.name), near)
        if far is None:
            break
        vlan = _tag_at(subject, far.name) if not found else None
        found.append(BridgeHop(bridge.name, near, far.name, vlan))
        beyond = None if far.far_parent or far.kind != "veth" else facts.link(far.parent)
        near, bridge = ("", None) if beyond is None else (beyond.name, facts.link(beyond.master))
    return found


def _way_out(ways: tuple[LinkFacts, ...], near: str) -> LinkFacts | None:
    """One that works, where there is one."""
    others = [each for each in ways if each.name != near]
    return min(others, key=lambda each: not (each.up and each.carrier), default=None)


def _tag_at(subject: Subject, link: str) -> int | None:
    """The tag with which the guest's frames leave a bridge that filters VLANs."""
    tag = pvid(subject)
    bare = any(
        each.untagged and tag is not None and each.first <= tag <= each.last
        for each in subject.facts.vlans or ()
        if each.link == link
    )
    return None if bare else tag


def sample_address(subject: Subject, version: int) -> IpAddress | None:
    """The guest's address of an IP version; where it is not known, one that it may get."""
    known = [each for each in addresses(subject) if each.version == version]
    network = own_network(subject)
    if known or network is None:
        return known[0] if known else None
    ranges = [each.start for each in network.dhcp_ranges if each.start.version == version]
    nets = [each for each in network.subnets if each.version == version]
    if ranges:
        return ranges[0]
    return nth_address(nets[0], 2) if nets else None


def gateway(subject: Subject, version: int) -> IpAddress | None:
    """The guest's gateway: the host itself on a network of libvirt's; on the LAN the host's own
    one, where it goes by the same bridge."""
    network = own_network(subject)
    if network is not None:
        return next((each for each in network.gateways if each.version == version), None)
    routers = routers_on(subject.facts, subject.bridge_name, version)
    return next(routers, None)


class Way:
    """How a nic's packets meet the host's rules: to and from the host itself on a network of
    libvirt's, or past it from port to port."""

    def __init__(self, subject: Subject, rules: Rules) -> None:
        self._subject, self._rules = subject, rules
        self._tap = subject.tap.name if subject.tap is not None else ""
        self._bridge = subject.bridge_name or ""
        self.network: Network | None = own_network(subject)

    def out(self, what: str, packet: Packet) -> Iterator[Crossing]:
        """From the guest to whom it meets first."""
        if self.network is not None:
            sent = replace(packet, in_link=self._bridge, in_port=self._tap)
            yield Crossing(what, sent, self._rules.received(sent))
            return
        for hop in bridge_hops(self._subject):
            sent = _at(packet, hop.bridge, hop.near, hop.far, hop.vlan)
            yield Crossing(what, sent, self._rules.bridged(sent))

    def back(self, what: str, packet: Packet) -> Iterator[Crossing]:
        """From there to the guest."""
        if self.network is not None:
            sent = replace(packet, out_link=self._bridge, out_port=self._tap)
            yield Crossing(what, sent, self._rules.sent(sent))
            return
        for hop in reversed(bridge_hops(self._subject)):
            sent = _at(packet, hop.bridge, hop.far, hop.near, hop.vlan)
            yield Crossing(what, sent, self._rules.bridged(sent))

    def there_and_back(self, what: str, packet: Packet, answer: str) -> Iterator[Crossing]:
        """A question, and the answer to it."""
        yield from self.out(what, packet)
        yield from self.back(answer, _without_place(usual.answer(packet)))

    def abroad(self, what: str, packet: Packet, leaves: str) -> Iterator[Crossing]:
        """From the guest through the host, by the link that its route says, and the answer."""
        sent = replace(
            packet,
            in_link=self._bridge,
            in_port=self._tap,
            out_link=leaves,
            out_port=self._port_of(leaves),
        )
        outcome = self._rules.forwarded(sent)
        yield Crossing(what, sent, outcome)
        # Connection tracking has undone NAT before the chains that decide see the answer.
        back = replace(usual.answer(sent), snat=outcome.packet.snat)
        yield Crossing(f"the answer to {what}", back, self._rules.passing(back))

    def from_abroad(self, what: str, packet: Packet, enters: str) -> Iterator[Crossing]:
        """From outside to the host, which may lead it on to the guest."""
        packet = replace(packet, source_port=_SOURCE_PORT)
        arriving = replace(packet, in_link=enters, in_port=self._port_of(enters))
        outcome = self._rules.arriving(arriving)
        yield Crossing(what, arriving, outcome)
        if outcome.passes and outcome.packet.dnat:
            led = replace(outcome.packet, out_link=self._bridge, out_port=self._tap)
            yield Crossing(what, led, self._rules.passing(led))
            back = usual.answer(led)
            yield Crossing(f"the answer to {what}", back, self._rules.passing(back))

    def _port_of(self, link: str) -> str:
        """The port by which packets leave a bridge, and enter it."""
        far = _way_out(self._subject.facts.uplinks(link), "")
        return "" if far is None else far.name


def way_of(subject: Subject) -> Way | None:
    """None: the rules were not seen."""
    rules = rules_at(subject)
    return None if rules is None else Way(subject, rules)


def dhcp(subject: Subject, way: Way) -> Iterator[Crossing]:
    """A guest asks for an IPv4 address, and is offered one."""
    mac = subject.any.mac
    yield from way.out("the guest's DHCP request", usual.dhcp(mac))
    offered = sample_address(subject, 4) if way.network is not None else None
    offer = usual.dhcp_answer(mac, gateway(subject, 4), offered)
    yield from way.back("the DHCP server's answer", offer)


def arp(subject: Subject, way: Way) -> Iterator[Crossing]:
    """A guest asks for its gateway's MAC."""
    mac, mine, gate = subject.any.mac, sample_address(subject, 4), gateway(subject, 4)
    yield from way.out("the guest's ARP request", usual.arp(mac, mine, gate))
    yield from way.back("the ARP answer", usual.arp_answer(None, mac, gate, mine))


def ping(subject: Subject, way: Way) -> Iterator[Crossing]:
    """A guest pings its gateway."""
    mac = subject.any.mac
    packet = Packet(
        mac_from=mac,
        source=sample_address(subject, 4),
        target=gateway(subject, 4),
        protocol="icmp",
        icmp_type=8,
    )
    yield from way.there_and_back("the guest's ping of its gateway", packet, "the gateway's answer")


def dns(subject: Subject, way: Way) -> Iterator[Crossing]:
    """A guest asks its DNS server: the host, on a network of libvirt's."""
    server = gateway(subject, 4) if way.network is not None else None
    packet = Packet(
        mac_from=subject.any.mac,
        source=sample_address(subject, 4),
        target=server,
        protocol="udp",
        source_port=_SOURCE_PORT,
        target_port=53,
    )
    yield from way.there_and_back("the guest's DNS question", packet, "the DNS answer")


def https(subject: Subject, way: Way, version: int) -> Iterator[Crossing]:
    """A guest connects to port 443 of somebody in the Internet. Nothing where the host has no
    route there, or it cannot be told which."""
    target = ABROAD[version]
    packet = usual.tcp(sample_address(subject, version), target, 443)
    packet = replace(packet, mac_from=subject.any.mac, source_port=_SOURCE_PORT)
    what = "the guest's connection to port 443 " + ("over IPv6" if version == 6 else "abroad")
    if way.network is None:
        yield from way.there_and_back(what, packet, f"the answer to {what}")
        return
    leaves = leaves_by(subject.facts, target)
    if leaves:
        yield from way.abroad(what, packet, leaves)


def somewhere_else(subject: Subject) -> tuple[IpAddress, str] | None:
    """An address that the guest reaches through the host, and the link to it: in the Internet, else
    in another network that the host is on."""
    facts = subject.facts
    leaves = leaves_by(facts, ABROAD[4])
    if leaves != "":
        return None if leaves is None else (ABROAD[4], leaves)
    own = {each.live.bridge for each in facts.networks if each.live and each.live.has_own_bridge}
    near = (
        (route.destination[1], hop.link)
        for route in facts.routes or ()
        for hop in route.hops
        if hop.link
        and hop.link not in own
        and route.table == "main"
        and not hop.dead
        and route.destination.version == 4
        and route.destination.num_addresses > 2
    )
    return min(near, key=str, default=None)


def to_somewhere_else(subject: Subject, way: Way, target: IpAddress, leaves: str) -> Crossing:
    """The guest's first packet there."""
    packet = usual.tcp(sample_address(subject, 4), target, 443)
    packet = replace(packet, mac_from=subject.any.mac, source_port=_SOURCE_PORT)
    return next(way.abroad(f"the guest's connection to {target}", packet, leaves))


def ipv6(subject: Subject, way: Way) -> Iterator[Crossing]:
    """A guest looks for a router and for its MAC, and is told of one."""
    mac, gate = subject.any.mac, gateway(subject, 6)
    link_local = IPv6Address("fe80::1")
    asks = Packet(ethertype=IPV6, mac_from=mac, source=link_local, protocol="icmpv6")
    found = replace(asks, target=_ALL_ROUTERS, icmp_type=_ROUTER_SOLICITATION)
    yield from way.out("the guest's IPv6 router solicitation", found)
    near = replace(asks, target=gate, icmp_type=_NEIGHBOUR_SOLICITATION)
    yield from way.out("the guest's IPv6 neighbour solicitation", near)
    told = replace(asks, mac_from=None, target=_ALL_NODES, icmp_type=_ROUTER_ADVERTISEMENT)
    yield from way.back("the IPv6 router's advertisement", told)


def _at(packet: Packet, bridge: str, near: str, far: str, vlan: int | None) -> Packet:
    return replace(packet, in_link=bridge, out_link=bridge, in_port=near, out_port=far, vlan=vlan)


def _without_place(packet: Packet) -> Packet:
    return replace(packet, in_link="", in_port="", out_link="", out_port="", vlan=None)
