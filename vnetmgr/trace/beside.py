"""Nics whose packets pass no bridge: macvtap, QEMU's user mode."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from vnetmgr.model.path.trace import HopKind, Way
from vnetmgr.model.record import replace
from vnetmgr.packets import usual
from vnetmgr.trace.destination import USER_GATEWAY
from vnetmgr.trace.routed import answer_to, onto_link, route_of

if TYPE_CHECKING:
    from vnetmgr.model.path.links import LinkFacts
    from vnetmgr.packets import Packet
    from vnetmgr.trace.walk import Walk

_LOOPBACK = IPv4Address("127.0.0.1")


def by_macvtap(walk: Walk) -> str:
    """It goes straight out of the link below, past the host's own stack and IP's rules."""
    subject, trail = walk.subject, walk.trail
    live = subject.live
    target = live.target if live else None
    if target is None:
        trail.loses(HopKind.MACVTAP, subject.nic.key, "its link is not known")
    macvtap = walk.link(target, HopKind.MACVTAP)
    parent = macvtap.parent or subject.any.source.name or ""
    mode = macvtap.direct_mode or subject.any.direct_mode or "vepa"
    trail.passes(HopKind.MACVTAP, target, f"mode {mode}, on {parent}")
    below = walk.link(parent)
    _not_this_host(walk, below)
    _not_a_neighbour(walk, parent, mode)
    outcome = walk.rules.at_device(walk.packet(out_link=parent))
    trail.through(outcome)
    reached = walk.leaves(parent)
    trail.way = Way.BACK
    trail.through(walk.rules.from_device(usual.answer(outcome.packet)))
    trail.passes(HopKind.MACVTAP, target, "to the guest")
    return reached


def _not_this_host(walk: Walk, below: LinkFacts) -> None:
    own = {each.address for link in walk.facts.links or () for each in link.addresses}
    if walk.target in own:
        walk.trail.drops(
            HopKind.LINK, below.name, "a macvtap guest and its host cannot reach each other"
        )


def _not_a_neighbour(walk: Walk, parent: str, mode: str) -> None:
    """Another guest on the same link: in mode bridge it gets there, in private never; in vepa, if
    the switch sends it back."""
    from vnetmgr.doctor.check import Subject
    from vnetmgr.trace.guests import addresses_of

    for domain in walk.facts.domains:
        for nic in domain.nics:
            link = walk.facts.link(nic.live.target if nic.live else None)
            if link is None or link.kind != "macvtap" or link.parent != parent:
                continue
            if walk.target not in addresses_of(Subject(facts=walk.facts, domain=domain, nic=nic)):
                continue
            if mode == "private":
                walk.trail.drops(HopKind.LINK, parent, "guests in mode private are kept apart")
            if mode == "vepa":
                walk.trail.loses(HopKind.LINK, parent, "mode vepa: it is up to the switch")


def by_user_mode(walk: Walk) -> str:
    """QEMU makes a connection of the host's of it."""
    trail = walk.trail
    trail.passes(HopKind.USER, walk.subject.nic.key, "QEMU makes a connection of the host's of it")
    if walk.protocol == "icmp":
        trail.loses(
            HopKind.USER,
            walk.subject.nic.key,
            "whether QEMU may send a ping: see sysctl net.ipv4.ping_group_range",
        )
    target = _LOOPBACK if walk.target == USER_GATEWAY else walk.target
    packet = replace(walk.packet(), source=None, mac_from=None, target=target)
    route = route_of(walk, packet, None)
    if route.kind == "local":
        return _to_loopback(walk, packet)
    packet = replace(onto_link(walk, packet, route), source=route.source)
    sent = trail.through(walk.rules.sending(packet))
    if sent.target != packet.target:
        trail.loses(HopKind.NAT, str(target), "NAT sends it somewhere else")
    gone = trail.through(walk.rules.leaving(sent))
    reached = walk.leaves(packet.out_port or route.link)
    trail.way = Way.BACK
    trail.through(walk.rules.received(answer_to(packet, gone)))
    trail.passes(HopKind.USER, walk.subject.nic.key, "to the guest")
    return reached


def _to_loopback(walk: Walk, packet: Packet) -> str:
    """The same packet leaves the host's programs and gets back to them by the link `lo`."""
    out = replace(packet, source=packet.target, out_link="lo")
    gone = walk.trail.through(walk.rules.sent(out))
    back = replace(gone, in_link="lo", out_link="")
    walk.trail.through(walk.rules.received(back))
    walk.trail.passes(HopKind.HOST, str(packet.target), "the host's own programs")
    return "to the host"
