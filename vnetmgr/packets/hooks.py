"""One hook of the kernel's: its base chains in their order, and NAT at its place among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.packets.walk import End, through_base

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vnetmgr.packets.rules import Chain
    from vnetmgr.packets.ruleset import Hooked
    from vnetmgr.packets.world import Place, World

_CONNTRACK, _TRACKING = -200, ("prerouting", "output")
"""Where connections are recognised: the priority, and the hooks."""
_NEW = 8
_TRANSLATES = {
    "prerouting": "target",
    "output": "target",
    "input": "source",
    "postrouting": "source",
}


def through_hook(place: Place, chains: Hooked, world: World) -> Iterator[End]:
    """A packet through everything that runs at one hook, NAT included."""
    if not _order_is_open((*chains.before, *chains.after)):
        yield from _in_order(place, chains, world)
        return
    other, before, after = world.copy(), _other_first(chains.before), _other_first(chains.after)
    others = chains._replace(before=tuple(before), after=tuple(after))
    for each, order in ((world, chains), (other, others)):
        each.doubt("whether iptables-legacy's rules or nftables' are asked first")
        yield from _in_order(place, order, each)


def _in_order(place: Place, chains: Hooked, world: World) -> Iterator[End]:
    ends = _base_chains(place, chains.before, [End("accept", world)])
    if place.family in ("ip", "ip6") and place.hook in _TRANSLATES:
        ends = _nat(place, chains.nat, ends)
    return _base_chains(place, chains.after, ends)


def _base_chains(place: Place, chains: Sequence[Chain], ends: Iterable[End]) -> Iterator[End]:
    for end in ends:
        if end.kind != "accept" or not chains:
            yield end
            continue
        first, rest = chains[0], chains[1:]
        early = place.hook in _TRACKING and first.priority < _CONNTRACK
        end.world.place = place._replace(before_conntrack=early)
        yield from _base_chains(place, rest, through_base(first, end.world))


def _nat(place: Place, chains: Sequence[Chain], ends: Iterable[End]) -> Iterator[End]:
    is_target = _TRANSLATES[place.hook] == "target"
    for end in ends:
        if end.kind != "accept" or not end.world.tracked:
            yield end
        elif end.world.state != _NEW:
            _translate(end.world, is_target=is_target)
            yield end
        elif _order_is_open(chains):
            other = end.world.copy()
            for world, order in ((end.world, chains), (other, _other_first(chains))):
                world.doubt("whether iptables-legacy's NAT or nftables' is asked first")
                yield from _nat_chains(place, order, End("accept", world), is_target=is_target)
        else:
            yield from _nat_chains(place, chains, end, is_target=is_target)


def _order_is_open(chains: Sequence[Chain]) -> bool:
    """Whether chains of both kinds have rules, and the same priority: whichever was loaded last is
    asked first, and nothing tells which that was."""
    kinds = {(each.priority, each.is_legacy) for each in chains if each.rules}
    return any((priority, not legacy) in kinds for priority, legacy in kinds)


def _other_first(chains: Sequence[Chain]) -> Sequence[Chain]:
    """As iptables-legacy's come first where nothing else is known."""
    return sorted(chains, key=lambda each: (each.priority, each.is_legacy))


def _nat_chains(
    place: Place, chains: Sequence[Chain], end: End, *, is_target: bool
) -> Iterator[End]:
    world = end.world
    if not chains or (world.dst_done if is_target else world.src_done):
        if is_target:
            world.dst_done = True
        else:
            world.src_done = True
        yield end
        return
    world.place = place
    for each in through_base(chains[0], world):
        if each.kind == "accept":
            yield from _nat_chains(place, chains[1:], each, is_target=is_target)
        else:
            yield each


def _translate(world: World, *, is_target: bool) -> None:
    """What the connection's first packet has laid down."""
    if is_target and world.to_target is not None:
        world.target, port = world.to_target
        world.dport = world.dport if port is None else port
    if not is_target and world.to_source is not None:
        world.source, port = world.to_source
        world.sport = world.sport if port is None else port
