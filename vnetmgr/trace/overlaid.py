"""Over an overlay: what OVN says that becomes of the packet, and of the answer to it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from vnetmgr.doctor.segment import overlay_of
from vnetmgr.model.overlay.row_names import INSIDE, mac_of
from vnetmgr.model.path.trace import HopKind, Way
from vnetmgr.trace.destination import gateway_of
from vnetmgr.trace.following import ends_of, needs_following
from vnetmgr.trace.guests import own_port

if TYPE_CHECKING:
    from vnetmgr.doctor.check import Subject
    from vnetmgr.model.dhcp import IpAddress
    from vnetmgr.model.overlay.northbound import LogicalPort
    from vnetmgr.model.path.overlays import Flow
    from vnetmgr.trace.walk import Walk

_TTL = 64
_UNTOLD = "***"
"""How ovn-trace begins what it does not simulate."""
_REJECTS = frozenset({"icmp4 {", "icmp4_error {", "icmp6 {", "icmp6_error {", "tcp_reset {"})
"""Actions that answer a packet with an error (ovn-sb(5))."""


class Question(NamedTuple):
    """One packet on a logical switch."""

    switch: str
    packet: str


class Sent(NamedTuple):
    """What a guest sends, before it is known how."""

    source: IpAddress | None
    target: IpAddress
    protocol: str
    port: int | None


def question_of(subject: Subject, sent: Sent) -> Question | None:
    """What OVN is to be asked of a guest's packet; None where there is nothing to ask: it is not
    known which packet that would be, or nobody takes it."""
    overlay, live, towards = overlay_of(subject), subject.live, _next_mac(subject, sent.target)
    own = None if live is None else live.interface_id
    if overlay is None or live is None or own is None or sent.source is None or towards is None:
        return None
    macs = str(live.mac), towards
    return Question(overlay.name, _packet(own, macs, (sent.source, sent.target), _asks(sent)))


def answer_of(subject: Subject, asked: Question, flow: Flow, sent: Sent) -> Question | None:
    """The same of the answer, which another guest on the overlay gives."""
    port = _guests_port(subject, flow)
    if port is None or port.mac is None or sent.source is None or _comes_back(subject, flow):
        return None
    macs = str(port.mac), str(subject.any.mac)
    packet = _packet(port.name, macs, (sent.target, sent.source), _answers(sent))
    return Question(asked.switch, packet)


def _packet(
    port: str, macs: tuple[str, str], ends: tuple[IpAddress, IpAddress], service: str
) -> str:
    """As ovn-trace takes it, from the first of each two to the second. OVN's strings are JSON's
    (ovn-sb(5))."""
    family = f"ip{ends[1].version}"
    return " && ".join(
        (
            f"inport == {json.dumps(port)}",
            *(f"eth.src == {macs[0]}", f"eth.dst == {macs[1]}"),
            *(f"{family}.src == {ends[0]}", f"{family}.dst == {ends[1]}", f"ip.ttl == {_TTL}"),
            service,
        )
    )


def _asks(sent: Sent) -> str:
    if sent.port is not None:
        return f"{sent.protocol}.dst == {sent.port}"
    return "icmp6.type == 128" if sent.target.version == 6 else "icmp4.type == 8"


def _answers(sent: Sent) -> str:
    if sent.port is not None:
        return f"{sent.protocol}.src == {sent.port}"
    return "icmp6.type == 129" if sent.target.version == 6 else "icmp4.type == 0"


def _next_mac(subject: Subject, target: IpAddress) -> str | None:
    """Whom the guest sends the frame to: another guest, or the overlay's router."""
    overlay = overlay_of(subject)
    if overlay is None:
        return None
    router = mac_of(INSIDE, overlay.name, overlay.fleet or "")
    if target in overlay.gateways:
        return router
    if any(target.version == each.version and target in each for each in overlay.subnets):
        northbound = subject.facts.overlays.northbound
        mates = () if northbound is None else northbound.ports_of(overlay.name)
        found = (port.mac for port in mates if target in port.addresses and port.mac is not None)
        return next(map(str, found), None)
    return router if gateway_of(subject, target.version) is not None else None


def _guests_port(subject: Subject, flow: Flow) -> LogicalPort | None:
    """The port of a guest by which the packet leaves."""
    northbound = subject.facts.overlays.northbound
    found = (northbound.port(name) for name in flow.outputs) if northbound else ()
    return next(filter(None, found), None)


def over_overlay(walk: Walk) -> str:
    """By what ovn-trace has said. Where it gets to, in words."""
    subject, trail = walk.subject, walk.trail
    overlay = overlay_of(subject)
    name = overlay.name if overlay is not None else ""
    trail.needs("overlays.northbound", HopKind.OVERLAY, name)
    sent = Sent(walk.source, walk.target, walk.protocol, walk.port)
    asked = question_of(subject, sent)
    if asked is None:
        _unasked(walk, name)
    _needs_bound(walk, name, own_port(subject))
    flow = _through(walk, asked)
    where = _arrives(walk, name, flow)
    needs_following(walk, name, ends_of(subject, flow.outputs), where)
    trail.way = Way.BACK
    back = answer_of(subject, asked, flow, sent)
    if back is not None:
        _through(walk, back)
    return where


def _arrives(walk: Walk, overlay: str, flow: Flow) -> str:
    """Where it gets to, in words."""
    subject, trail = walk.subject, walk.trail
    if _comes_back(subject, flow):
        return _answered(walk, overlay, flow)
    port = _guests_port(subject, flow)
    if port is None:
        trail.passes(HopKind.OVERLAY, flow.outputs[0], "leaves the overlay")
        return f"leaves the overlay by {flow.outputs[0]}"
    label, host = port.label, _host_of(walk, port)
    trail.passes(HopKind.GUEST, label, host and f"on host {host}")
    return f"to guest {label}{f' on host {host}' if host else ''}"


def _comes_back(subject: Subject, flow: Flow) -> bool:
    """Whether nobody but the guest itself gets anything of it."""
    live = subject.live
    return live is not None and set(flow.outputs) == {live.interface_id}


def _answered(walk: Walk, overlay: str, flow: Flow) -> str:
    """OVN answers by itself, as its router does and its DNS."""
    if untold := next((each for each in flow.actions if each.startswith(_UNTOLD)), None):
        why = f"ovn-trace does not tell: {untold.strip('*; ')}"
        walk.trail.loses(HopKind.OVERLAY, overlay, why)
    if not _REJECTS.isdisjoint(flow.actions):
        walk.trail.drops(HopKind.OVERLAY, overlay, "OVN rejects it, and tells the guest")
    return "OVN itself answers"


def _unasked(walk: Walk, overlay: str) -> NoReturn:
    """Why OVN was not asked."""
    trail, target = walk.trail, walk.target
    if walk.source is None:
        trail.loses(HopKind.OVERLAY, overlay, "the guest's address there is not known")
    if walk.subject.live is None or walk.subject.live.interface_id is None:
        trail.drops(HopKind.OVERLAY, overlay, "the nic has no interfaceid: OVN does not know it")
    network = overlay_of(walk.subject)
    subnets = network.subnets if network is not None else ()
    if any(target.version == each.version and target in each for each in subnets):
        trail.drops(HopKind.OVERLAY, overlay, f"no logical port has {target}")
    trail.drops(HopKind.OVERLAY, overlay, f"it has no router, and {target} is not on it")


def _isolation(walk: Walk) -> str:
    """What is known besides of a packet from guest to guest that OVN drops."""
    network, target = overlay_of(walk.subject), walk.target
    if network is None or not network.isolated_ports or target in network.gateways:
        return ""
    inside = any(target.version == each.version and target in each for each in network.subnets)
    return f", and guests of {network.name} are isolated (isolated_ports)" if inside else ""


def _through(walk: Walk, asked: Question) -> Flow:
    flows = walk.facts.overlays.flows
    flow = next((each for each in flows if (each.switch, each.packet) == asked), None)
    if flow is None:
        why = walk.facts.why_unseen("overlays.flows")
        reason = why.why if why is not None else "ovn-trace was not asked"
        walk.trail.loses(HopKind.OVERLAY, asked.switch, reason)
    for action in flow.actions:
        walk.trail.passes(HopKind.OVERLAY, asked.switch, action)
    if not flow.outputs:
        walk.trail.drops(HopKind.OVERLAY, asked.switch, f"OVN's flows drop it{_isolation(walk)}")
    _needs_bound(walk, asked.switch, _guests_port(walk.subject, flow))
    return flow


def _needs_bound(walk: Walk, overlay: str, port: LogicalPort | None) -> None:
    """End the walk where no host has a port, as when its ovn-controller has been stopped."""
    if port is None or walk.facts.overlays.southbound is None:
        return
    if _host_of(walk, port) is None:
        walk.trail.drops(HopKind.OVERLAY, overlay, f"the port of {port.label} is bound on no host")


def _host_of(walk: Walk, port: LogicalPort) -> str | None:
    """The host that has a port."""
    southbound = walk.facts.overlays.southbound
    chassis = None if southbound is None else southbound.host_of(port.name)
    return None if chassis is None else chassis.label
