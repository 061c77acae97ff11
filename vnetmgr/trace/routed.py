"""Up to the host: to its own programs, or through it by a route; and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.path.trace import HopKind, Way
from vnetmgr.model.record import replace
from vnetmgr.packets import usual
from vnetmgr.trace.guests import mac_of, port_of
from vnetmgr.trace.routing import decide

if TYPE_CHECKING:
    from vnetmgr.model.dhcp import IpAddress
    from vnetmgr.packets import Packet
    from vnetmgr.trace.routing import Decision
    from vnetmgr.trace.walk import Walk

_CONNECTION = "the connection"
_FORWARDING = {4: "net/ipv4/ip_forward", 6: "net/ipv6/conf/all/forwarding"}


def through_host(walk: Walk, tap: str, bridge: str, mac: str | None) -> str:
    """From a tap, by the bridge that the host stands on. Where it gets to, in words."""
    sent = replace(walk.packet(in_link=bridge, in_port=tap), mac_to=mac)
    arrived = walk.trail.through(walk.rules.arriving(sent))
    route = route_of(walk, arrived, bridge)
    if route.kind == "local":
        return _to_host(walk, sent, arrived)
    _may_pass(walk, arrived, bridge)
    onto = onto_link(walk, arrived, route)
    _not_bridged(walk, sent, onto)
    gone = walk.trail.through(walk.rules.passing(onto))
    reached = walk.leaves(onto.out_port or route.link)
    walk.trail.way = Way.BACK
    answer = answer_to(sent, gone)
    back = walk.trail.through(walk.rules.arriving(answer))
    if back.target != answer.target:
        walk.trail.passes(HopKind.NAT, _CONNECTION, f"to {back.target} again")
    answer_route = route_of(walk, back, route.link)
    if answer_route.kind == "local":
        walk.trail.loses(HopKind.ROUTE, bridge, "the answer ends at the host: NAT is not undone")
    home = onto_link(walk, back, answer_route)
    came = walk.trail.through(walk.rules.passing(home))
    if came.source != home.source:
        walk.trail.passes(HopKind.NAT, _CONNECTION, f"from {came.source} again")
    _is_home(walk, home, tap, bridge)
    return reached


def _to_host(walk: Walk, sent: Packet, arrived: Packet) -> str:
    taken = walk.trail.through(walk.rules.delivered(arrived))
    walk.trail.passes(HopKind.HOST, str(taken.target), _program(walk, taken))
    walk.trail.way = Way.BACK
    answer = answer_to(sent, taken)
    framed = replace(answer, out_mac_from=sent.mac_to, out_mac_to=sent.mac_from)
    walk.trail.through(walk.rules.sent(framed))
    walk.trail.passes(HopKind.TAP, answer.out_port or answer.out_link, "to the guest")
    return "to the host"


def _program(walk: Walk, packet: Packet) -> str:
    return f"the host's own {walk.protocol}" + (
        "" if packet.target_port is None else f" port {packet.target_port}"
    )


def answer_to(sent: Packet, gone: Packet) -> Packet:
    """What comes back for what went out, with NAT to be undone on its way."""
    answer = usual.answer(gone)
    if (gone.source, gone.source_port) != (sent.source, sent.source_port) and sent.source:
        answer = replace(answer, becomes_target=(sent.source, sent.source_port))
    if (gone.target, gone.target_port) != (sent.target, sent.target_port) and sent.target:
        answer = replace(answer, becomes_source=(sent.target, sent.target_port))
    return answer


def route_of(walk: Walk, packet: Packet, incoming: str | None) -> Decision:
    """The kernel's decision. Ends the walk where that refuses, or is not known."""
    for part in ("routes", "route_rules"):
        walk.trail.needs(part, HopKind.ROUTE, str(packet.target))
    if packet.target is None:
        walk.trail.loses(HopKind.ROUTE, "?", "the address that NAT makes of it is not known")
    found = decide(walk.facts, packet.target, packet.source, incoming)
    if found.kind == "refused":
        walk.trail.drops(HopKind.ROUTE, str(packet.target), found.text)
    if found.kind == "unknown":
        walk.trail.loses(HopKind.ROUTE, str(packet.target), found.text)
    walk.trail.passes(HopKind.ROUTE, str(packet.target), found.text)
    return found


def _may_pass(walk: Walk, packet: Packet, incoming: str) -> None:
    """Whether the host forwards at all, and takes packets from such a source by that link."""
    version = 6 if packet.target and packet.target.version == 6 else 4
    sysctls = walk.facts.sysctls
    walk.trail.needs("sysctls", HopKind.ROUTE, _FORWARDING[version])
    if sysctls is None:
        return
    names = [_FORWARDING[version]]
    if version == 4 and f"net/ipv4/conf/{incoming}/forwarding" in sysctls:
        names.append(f"net/ipv4/conf/{incoming}/forwarding")
    off = next((name for name in names if sysctls.get(name, 0) == 0), None)
    if off is not None:
        walk.trail.drops(HopKind.ROUTE, str(packet.target), f"{off.replace('/', '.')} is 0")
    source = packet.source
    if version == 4 and source is not None:
        _reverse_path(walk, source, incoming)


def _reverse_path(walk: Walk, source: IpAddress, incoming: str) -> None:
    sysctls = walk.facts.sysctls or {}
    names = (f"net/ipv4/conf/{each}/rp_filter" for each in ("all", incoming))
    mode = max(sysctls.get(name, 0) for name in names)
    if not mode:
        return
    back = decide(walk.facts, source, None, None)
    if back.kind == "refused" or (mode == 1 and back.kind == "via" and back.link != incoming):
        walk.trail.drops(
            HopKind.ROUTE, incoming, f"rp_filter: the route to {source} is {back.text}"
        )


def out_port(walk: Walk, packet: Packet, route: Decision) -> str:
    """The port by which it leaves, where its link is a bridge; empty where it is none."""
    link = walk.link(route.link)
    if link.bridge is None:
        return ""
    address = route.via or packet.target
    mac = None if address is None else mac_of(walk.facts, address, link.name)
    port = None if mac is None else port_of(walk.facts, mac, link.name)
    if port is not None:
        return port
    ports = walk.facts.uplinks(link.name) or walk.facts.ports(link.name)
    if len(ports) != 1:
        walk.trail.loses(HopKind.BRIDGE, link.name, f"no port is known for {address}")
    return ports[0].name


def onto_link(walk: Walk, packet: Packet, route: Decision) -> Packet:
    """A packet in the frame that the host makes of it for its next link."""
    link, neighbour = walk.facts.link(route.link), route.via or packet.target
    mac = None if neighbour is None else mac_of(walk.facts, neighbour, route.link)
    return replace(
        packet,
        out_link=route.link,
        out_port=out_port(walk, packet, route),
        out_mac_from=None if link is None or link.mac is None else str(link.mac),
        out_mac_to=None if mac is None else str(mac),
    )


def _not_bridged(walk: Walk, sent: Packet, onto: Packet) -> None:
    if walk.rules.bridges(sent, onto):
        walk.trail.loses(
            HopKind.NAT, onto.out_link, "NAT sends a bridged packet elsewhere on its bridge"
        )


def _is_home(walk: Walk, home: Packet, tap: str, bridge: str) -> None:
    if home.out_link != bridge:
        walk.trail.drops(
            HopKind.ROUTE, home.out_link, f"the answer leaves by {home.out_link}, not by {bridge}"
        )
    walk.trail.passes(HopKind.TAP, tap, "to the guest")
