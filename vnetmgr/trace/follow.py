"""Where a packet of a guest's gets to, and whether the answer gets back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.doctor.segment import overlay_of
from vnetmgr.model.nic import Mode
from vnetmgr.model.path.trace import Fate, HopKind, Trace
from vnetmgr.model.sources import SWITCHED
from vnetmgr.trace.beside import by_macvtap, by_user_mode
from vnetmgr.trace.bridged import over_bridge
from vnetmgr.trace.guests import source_of
from vnetmgr.trace.overlaid import over_overlay
from vnetmgr.trace.trail import Ended, Trail
from vnetmgr.trace.walk import Walk

if TYPE_CHECKING:
    from vnetmgr.doctor.check import Subject
    from vnetmgr.model.dhcp import IpAddress


def follow(subject: Subject, target: IpAddress, protocol: str, port: int | None) -> Trace:
    """By what was seen alone. What was not seen, or cannot be evaluated, is unknown, by name."""
    trail = Trail(subject.facts)
    source = source_of(subject, target.version)
    walk = Walk(subject, trail, source, target, (protocol, port))
    unknown: tuple[str, ...] = ()
    try:
        fate, reason = Fate.DELIVERED, _follow(walk)
    except Ended as end:
        fate, reason, unknown = end.fate, end.reason, end.unknown
    return Trace(
        domain=subject.domain.name,
        nic=subject.nic.key,
        destination=target,
        protocol=protocol,
        port=port,
        source=source,
        verdict=fate,
        reason=reason,
        hops=tuple(trail.hops),
        unknown=unknown,
    )


def _follow(walk: Walk) -> str:
    subject, trail = walk.subject, walk.trail
    label = f"{subject.domain.name}/{subject.nic.key}"
    if not subject.domain.running:
        trail.drops(HopKind.NIC, label, f"the domain is {subject.domain.state}")
    if subject.live is None:
        trail.drops(HopKind.NIC, label, "the running domain does not have it")
    if subject.live.link == "down":
        trail.drops(HopKind.NIC, label, "its link is down")
    trail.passes(HopKind.NIC, label, f"from {walk.source or 'an address that is not known'}")
    mode = subject.live.source.mode
    if mode is Mode.DIRECT or (mode is Mode.NETWORK and _is_macvtap(walk)):
        return by_macvtap(walk)
    if mode is Mode.USER:
        return by_user_mode(walk)
    if mode not in SWITCHED:
        trail.loses(HopKind.NIC, label, f"what becomes of packets of a nic of kind {mode}")
    if overlay_of(subject) is not None:
        return over_overlay(walk)
    return over_bridge(walk)


def _is_macvtap(walk: Walk) -> bool:
    tap = walk.subject.tap
    return tap is not None and tap.kind == "macvtap"
