"""All the rules of a host, and the ways that a packet can take through them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vnetmgr.packets.hooks import through_hook
from vnetmgr.packets.iptables.faces import Faces
from vnetmgr.packets.iptables.rules import legacy_chains
from vnetmgr.packets.packet import ARP, IPV4, IPV6, Outcome, Packet, Verdict
from vnetmgr.packets.ruleset import Hooked, hooked, read_nft
from vnetmgr.packets.surroundings import Surroundings
from vnetmgr.packets.walk import End, keep, through_base
from vnetmgr.packets.world import Place, World, mac

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from vnetmgr.packets.rules import Chain

_LAYER = {IPV4: "ip", IPV6: "ip6", ARP: "arp"}
_BRIDGE_NF = 0
"""The priority at which br_netfilter hands what a bridge forwards to IP's rules."""
_LAST = 1 << 31


class BridgeCalls(NamedTuple):
    """Whether IP's rules have a say on what bridges forward: the sysctl, or a bridge's own switch.
    None: not known."""

    ip: bool | None = False
    ip6: bool | None = False
    bridges: Mapping[str, tuple[bool, bool]] = {}

    def on(self, bridge: str, layer: str) -> bool | None:
        """For one bridge."""
        own = self.bridges.get(bridge, (False, False))
        everywhere, here = (self.ip, own[0]) if layer == "ip" else (self.ip6, own[1])
        return True if here else everywhere


class _Stage(NamedTuple):
    """One hook: at the bridge, or of the packet's own protocol (family `l3`)."""

    family: str
    hook: str


_INGRESS, _EGRESS = _Stage("netdev", "ingress"), _Stage("netdev", "egress")
_KEPT = _Stage("kept", "")
"""No hook: a bridged packet whose destination NAT has changed may be routed instead."""
_UP = _Stage("up", "")
"""No hook: the same, of one that is for the host: it goes up to it, or stays on its bridge."""
_FRAMED = _Stage("", "")
"""No hook: the host puts the packet into a frame of its own."""
_INPUT, _FORWARD, _OUTPUT = (_Stage("l3", hook) for hook in ("input", "forward", "output"))


class Rules:
    """Every loaded rule of a host, parsed once; each method takes a packet one way.

    nft, dormant: the objects of `nft -j list ruleset`, and the tables that do nothing (`ip x`).
    faces: by nft's family (ip, ip6, bridge) what iptables-nft-save, ip6tables-nft-save and
    ebtables-nft-save list. legacy: by IP version what iptables-legacy-save lists.

    A packet names where it is: `in_port` and `out_port` are ports of bridges, `in_link` and
    `out_link` the bridges or the links without one.
    """

    def __init__(
        self,
        nft: Iterable[Mapping[str, object]],
        *,
        dormant: Iterable[str] = (),
        faces: Mapping[str, str] | None = None,
        legacy: Mapping[int, str] | None = None,
        calls: BridgeCalls | None = None,
        around: Surroundings | None = None,
    ) -> None:
        self._calls = calls or BridgeCalls()
        self._around = around = around or Surroundings()
        chains = read_nft(nft, frozenset(dormant), around, Faces(faces or {}, around))
        for version, text in (legacy or {}).items():
            chains += legacy_chains(text, version, around)
        self._chains = chains
        self._hooks = hooked(chains)

    def named(
        self, family: str, table: str, chain: str, handle: int | None
    ) -> tuple[str, str] | None:
        """A rule of nftables' by its handle, as it is shown, and whose it is; without one, the
        chain's policy. None: it is not among them."""
        for each in self._chains:
            if (each.family, each.table, each.name) == (family, table, chain):
                if handle is None:
                    return f"policy {each.policy}", each.policy_owner
                texts = (rule.text for rule in each.rules if rule.handle == handle)
                return next(((text, each.owner) for text in texts), None)
        return None

    def bridges(self, packet: Packet, changed: Packet) -> bool:
        """Whether a packet that NAT has given another destination stays on its bridge: where that
        is behind it, too (`out_link`), br_netfilter routes nothing."""
        calls = bool(packet.in_port) and self._calls_ip(packet) is not False
        return calls and changed.target != packet.target and changed.out_link == packet.in_link

    def bridged(self, packet: Packet) -> Outcome:
        """From one port of a bridge to another: `in_port`, `out_port`, and the bridge as both
        links."""
        first, *rest = (
            _Stage("bridged", each) for each in ("prerouting", "forward", "postrouting")
        )
        return self._run(packet, [_INGRESS, first, _KEPT, *rest, _EGRESS])

    def arriving(self, packet: Packet) -> Outcome:
        """At the host, up to where it decides on the route: `in_link`, and `in_port` where that is
        a bridge."""
        return self._run(packet, self._arriving(packet))

    def delivered(self, packet: Packet) -> Outcome:
        """To the host's own programs, from after the decision on the route."""
        return self._run(packet, [_INPUT])

    def passing(self, packet: Packet) -> Outcome:
        """Routed through the host, from after that decision: `out_link`, and `out_port` where it
        is a bridge."""
        return self._run(packet, [_FORWARD, *_leaving(packet)])

    def sending(self, packet: Packet) -> Outcome:
        """From the host's own programs, up to where NAT may have changed where it goes."""
        return self._run(packet, [_OUTPUT])

    def leaving(self, packet: Packet) -> Outcome:
        """The rest of what the host sends."""
        return self._run(packet, _leaving(packet))

    def received(self, packet: Packet) -> Outcome:
        """All the way to the host's own programs."""
        return self._run(packet, [*self._arriving(packet), _INPUT])

    def sent(self, packet: Packet) -> Outcome:
        """All the way from the host's own programs."""
        return self._run(packet, [_OUTPUT, *_leaving(packet)])

    def forwarded(self, packet: Packet) -> Outcome:
        """All the way through the host, where NAT does not change by which link it leaves."""
        return self._run(packet, [*self._arriving(packet), _FORWARD, *_leaving(packet)])

    def at_device(self, packet: Packet) -> Outcome:
        """Straight out of a link, past everything else: a macvtap's. `out_link`."""
        return self._run(packet, [_EGRESS])

    def from_device(self, packet: Packet) -> Outcome:
        """Straight in by one."""
        return self._run(packet, [_INGRESS])

    def _run(self, packet: Packet, stages: Sequence[_Stage]) -> Outcome:
        worlds, ended = [World(packet)], dict[object, End]()
        for stage in stages:
            going = dict[object, End]()
            for world in worlds:
                for end in self._stage(stage, packet, world):
                    keep(going if end.kind == "accept" else ended, end)
            worlds = [end.world for end in going.values()]
        return _outcome(packet, worlds, list(ended.values()))

    def _arriving(self, packet: Packet) -> list[_Stage]:
        """IP's prerouting is within the bridge's where br_netfilter is on, and not done again."""
        routed = _Stage("l3", "prerouting")
        if not packet.in_port:
            return [_INGRESS, routed]
        if self._calls_ip(packet):
            before = [_INGRESS, _Stage("bridged", "prerouting"), _UP]
            return [*before, _Stage("bridge", "input")]
        return [_INGRESS, _Stage("bridge", "prerouting"), _Stage("bridge", "input"), routed]

    def _calls_ip(self, packet: Packet) -> bool | None:
        """Whether the bridge hands it to IP's rules."""
        layer = _LAYER.get(packet.ethertype, "")
        if layer not in ("ip", "ip6") or packet.vlan is not None:
            return False  # bridge-nf-filter-vlan-tagged is off by default
        return self._calls.on(packet.in_link, layer)

    def _stage(self, stage: _Stage, packet: Packet, world: World) -> Iterator[End]:
        layer = _LAYER.get(packet.ethertype, "")
        if stage == _FRAMED:
            world.mac_from, world.mac_to = mac(packet.out_mac_from), mac(packet.out_mac_to)
            yield End("accept", world)
        elif stage == _KEPT:
            yield _kept(world, World(packet))
        elif stage == _UP:
            link = self._around.leads_back(world.packet(packet).target, packet.in_link)
            yield End("accept", world) if link is False else _kept(world, World(packet))
        elif stage.family == "bridged":
            yield from self._bridged_stage(stage.hook, layer, packet, world)
        elif stage.family == "l3":
            yield from self._l3_stage(stage.hook, layer, packet, world)
        elif stage.family == "netdev":
            yield from self._device_stage(stage.hook, packet, world)
        else:
            place = _bridge_place(stage.hook, packet)
            yield from through_hook(
                place, self._hooks.get((stage.family, stage.hook), Hooked()), world
            )

    def _bridged_stage(self, hook: str, layer: str, packet: Packet, world: World) -> Iterator[End]:
        """A bridge's own hook, and IP's within it where br_netfilter is on."""
        place, chains = _bridge_place(hook, packet), self._hooks.get(("bridge", hook), Hooked())
        point = _LAST if hook == "postrouting" else _BRIDGE_NF
        first = Hooked(tuple(each for each in chains.before if each.priority <= point))
        last = Hooked(tuple(each for each in chains.before if each.priority > point))
        inner = self._hooks.get((layer, hook), Hooked())
        calls = self._calls_ip(packet)
        ip_place = Place(
            layer,
            hook,
            packet.in_link if hook != "postrouting" else "",
            packet.out_link if hook != "prerouting" else "",
            port_in=packet.in_port,
            port_out=packet.out_port if hook != "prerouting" else "",
            bridged=True,
        )
        for end in through_hook(place, first, world):
            if end.kind != "accept":
                yield end
                continue
            for inside in self._called(ip_place, inner, end.world, calls=calls):
                if inside.kind != "accept":
                    yield inside
                else:
                    yield from through_hook(place, last, inside.world)

    def _called(
        self, place: Place, chains: Hooked, world: World, *, calls: bool | None
    ) -> Iterator[End]:
        if calls is None and any(chains):
            other = world.copy()
            for each in (world, other):
                each.doubt("whether bridge-nf-call-iptables is on")
            yield End("accept", other)
            calls = True
        if calls:
            yield from through_hook(place, chains, world)
        else:
            yield End("accept", world)

    def _l3_stage(self, hook: str, layer: str, packet: Packet, world: World) -> Iterator[End]:
        incoming = hook != "output"  # at postrouting since Linux 5.7, of what is routed
        outgoing = hook in ("forward", "output", "postrouting")
        known = self._calls.on(packet.in_link, layer) if packet.in_port else False
        place = Place(
            layer,
            hook,
            packet.in_link if incoming else "",
            packet.out_link if outgoing else "",
            port_in=packet.in_port if known and hook != "output" else "",
        )
        yield from through_hook(place, self._hooks.get((layer, hook), Hooked()), world)

    def _device_stage(self, hook: str, packet: Packet, world: World) -> Iterator[End]:
        link = packet.in_port or packet.in_link
        if hook == "egress":
            link = packet.out_port or packet.out_link
        place = Place("netdev", hook, link if hook == "ingress" else "", link)
        ends = [End("accept", world)]
        for chain in self._hooks.get(("netdev", hook), Hooked()).before:
            if chain.devices is None or link in chain.devices:
                ends = [new for end in ends for new in _at_device(chain, place, end)]
        yield from ends


def _kept(world: World, before: World) -> End:
    if world.target == before.target:
        return End("accept", world)
    world.doubt("NAT of a bridged packet")
    return End("unknown", world)


def _at_device(chain: Chain, place: Place, end: End) -> Iterator[End]:
    if end.kind != "accept":
        yield end
        return
    if chain.devices is None:
        other = end.world.copy()
        for each in (end.world, other):
            each.doubt(f"whether {chain.place} is at this link")
        yield End("accept", other)
    end.world.place = place
    yield from through_base(chain, end.world)


def _bridge_place(hook: str, packet: Packet) -> Place:
    incoming = hook in ("prerouting", "input", "forward")
    outgoing = hook in ("forward", "output", "postrouting")
    return Place(
        "bridge",
        hook,
        packet.in_port if incoming else "",
        packet.out_port if outgoing else "",
        bridge_in=packet.in_link if incoming else "",
        bridge_out=packet.out_link if outgoing else "",
        bridged=True,
    )


def _leaving(packet: Packet) -> list[_Stage]:
    at_bridge = [_Stage("bridge", "output"), _Stage("bridge", "postrouting")]
    routed = [_Stage("l3", "postrouting"), _FRAMED]
    return [*routed, *(at_bridge if packet.out_port else []), _EGRESS]


def _outcome(packet: Packet, going: Sequence[World], ended: Sequence[End]) -> Outcome:
    kinds = {end.kind for end in ended} | ({"accept"} if going else set())
    if kinds == {"drop", "reject"}:
        kinds = {"drop"}
    verdict = Verdict(kinds.pop()) if len(kinds) == 1 else Verdict.UNKNOWN
    worlds = [*(end.world for end in ended), *going]
    shown = worlds[-1]
    packets = list(dict.fromkeys(world.packet(packet) for world in reversed(worlds)))
    doubts = dict.fromkeys(name for world in worlds for name in world.doubts)
    differs = verdict is Verdict.UNKNOWN or len(packets) > 1
    return Outcome(
        verdict=verdict,
        hops=shown.trail,
        packet=packets[0],
        others=tuple(packets[1:]) if verdict is Verdict.ACCEPT else (),
        unknown=tuple(doubts) if differs else (),
    )
