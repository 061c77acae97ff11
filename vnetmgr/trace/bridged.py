"""From a tap over its bridge: to another port, or up to the host."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vnetmgr.doctor.segment import on_open_vswitch, own_network
from vnetmgr.model.path.trace import HopKind, Way
from vnetmgr.model.record import replace
from vnetmgr.packets import usual
from vnetmgr.trace.destination import gateway_of
from vnetmgr.trace.guests import mac_of, on_lan, port_of
from vnetmgr.trace.routed import through_host

if TYPE_CHECKING:
    from vnetmgr.model.dhcp import IpAddress
    from vnetmgr.model.path.links import LinkFacts
    from vnetmgr.trace.walk import Walk

_HOST = ""


class _Next(NamedTuple):
    """Whom the guest sends the frame to."""

    port: str
    """Empty: the host itself."""
    mac: str | None
    why: str


def over_bridge(walk: Walk) -> str:
    """From the tap on; the answer, too. Where it gets to, in words."""
    subject, trail = walk.subject, walk.trail
    name, live = subject.bridge_name, subject.live
    if name is None or live is None or live.target is None:
        trail.loses(HopKind.TAP, subject.nic.key, "its tap or bridge is not known")
    trail.needs("links", HopKind.TAP, live.target)
    if on_open_vswitch(subject):
        trail.loses(HopKind.BRIDGE, name, "Open vSwitch's flows are not evaluated")
    tap = _plugged(walk, live.target, name)
    bridge = walk.link(name, HopKind.BRIDGE)
    towards = _next_of(walk, bridge)
    trail.passes(HopKind.BRIDGE, name, towards.why)
    if towards.port == _HOST:
        return through_host(walk, tap.name, name, towards.mac)
    return _to_port(walk, tap, bridge, towards)


def _plugged(walk: Walk, target: str, bridge: str) -> LinkFacts:
    tap, trail = walk.link(target, HopKind.TAP), walk.trail
    if tap.master != bridge:
        where = f"it is a port of {tap.master}" if tap.master else "it is a port of no bridge"
        trail.drops(HopKind.TAP, target, f"{where}, not of {bridge}")
    _forwards(walk, tap)
    trail.passes(HopKind.TAP, target, f"port of {bridge}")
    return tap


def _forwards(walk: Walk, port: LinkFacts) -> None:
    """A bridge uses a port only once spanning tree lets it."""
    if port.port is not None and port.port.state != "forwarding":
        walk.trail.drops(HopKind.BRIDGE, port.name, f"the bridge keeps it {port.port.state}")


def _next_of(walk: Walk, bridge: LinkFacts) -> _Next:
    """By the networks that are on the bridge, and who has the address, or the gateway's."""
    own = {each.address for each in bridge.addresses}
    if walk.target in own:
        return _Next(_HOST, _text(bridge), f"{walk.target} is the host's own")
    version = walk.target.version
    if on_lan(walk.subject, walk.target) or walk.target.is_link_local:
        return _port_for(walk, bridge, walk.target, f"{walk.target} is on this LAN")
    gateway = gateway_of(walk.subject, version)
    if gateway in own or (gateway is None and own_network(walk.subject) is not None):
        return _Next(_HOST, _text(bridge), "the guest's gateway is this host")
    if gateway is not None:
        return _port_for(walk, bridge, gateway, f"the gateway is {gateway}")
    why = "the guest's gateway is not known here"
    return _only_uplink(walk, bridge, why)


def _port_for(walk: Walk, bridge: LinkFacts, address: IpAddress, why: str) -> _Next:
    mac = mac_of(walk.facts, address, bridge.name)
    port = None if mac is None else port_of(walk.facts, mac, bridge.name)
    if port is not None:
        return _Next(port, str(mac), why)
    return _only_uplink(walk, bridge, why, None if mac is None else str(mac))


def _only_uplink(walk: Walk, bridge: LinkFacts, why: str, mac: str | None = None) -> _Next:
    """Whom the bridge does not know is looked for everywhere: it answers beyond the uplink, or
    nowhere that can be seen."""
    uplinks = walk.facts.uplinks(bridge.name)
    if len(uplinks) != 1:
        count = f"{len(uplinks)} uplinks" if uplinks else "no uplink"
        what = f"{why}; no port is known for it, and the bridge has {count}"
        walk.trail.loses(HopKind.BRIDGE, bridge.name, what)
    return _Next(uplinks[0].name, mac, f"{why}; by its uplink {uplinks[0].name}")


def _to_port(walk: Walk, tap: LinkFacts, bridge: LinkFacts, towards: _Next) -> str:
    port = walk.link(towards.port)
    if port.port and tap.port and port.port.isolated and tap.port.isolated:
        walk.trail.drops(HopKind.BRIDGE, bridge.name, f"{tap.name} and {port.name} are isolated")
    _same_vlan(walk, bridge, tap, port)
    _forwards(walk, port)
    packet = replace(
        walk.packet(in_link=bridge.name, out_link=bridge.name, in_port=tap.name),
        out_port=port.name,
        mac_to=towards.mac,
    )
    after = walk.trail.through(walk.rules.bridged(packet))
    reached = walk.leaves(port.name)
    walk.trail.way = Way.BACK
    answer = usual.answer(after)
    if after.source != packet.source:
        answer = replace(answer, becomes_target=_end(packet.source, packet.source_port))
    walk.trail.through(walk.rules.bridged(answer))
    walk.trail.passes(HopKind.TAP, tap.name, "to the guest")
    return reached


def _end(address: IpAddress | None, port: int | None) -> tuple[IpAddress, int | None] | None:
    return None if address is None else (address, port)


def _same_vlan(walk: Walk, bridge: LinkFacts, tap: LinkFacts, port: LinkFacts) -> None:
    """A bridge that filters VLANs lets a frame out only by a port of its VLAN."""
    if bridge.bridge is None or not bridge.bridge.vlan_filtering:
        return
    walk.trail.needs("vlans", HopKind.BRIDGE, bridge.name)
    vlans = walk.facts.vlans or ()
    pvid = next((each.first for each in vlans if each.link == tap.name and each.pvid), None)
    if pvid is None:
        walk.trail.drops(HopKind.BRIDGE, bridge.name, f"{tap.name} is in no VLAN")
    if not any(each.link == port.name and each.first <= pvid <= each.last for each in vlans):
        walk.trail.drops(HopKind.BRIDGE, bridge.name, f"{port.name} is not in VLAN {pvid}")


def _text(bridge: LinkFacts) -> str | None:
    return None if bridge.mac is None else str(bridge.mac)
