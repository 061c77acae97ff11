"""A packet's way through chains: where it cannot be told whether a rule matches, both ways are
gone, and what differs in the end is what is not known.

Ways that have become the same packet again go on as one: so it takes as long as there are rules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vnetmgr.packets.rules import Decision, Maybe
from vnetmgr.packets.world import key_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vnetmgr.packets.rules import Chain, Rule
    from vnetmgr.packets.world import World

_MOST_WAYS = 64
_DEEPEST = 32
"""The kernel takes 16 jumps."""
_FINAL = frozenset({"accept", "drop", "reject", "unknown"})


class End(NamedTuple):
    """How a chain ends for a packet: with a verdict, or `return` where it went through."""

    kind: str
    world: World


def through_base(chain: Chain, world: World) -> Iterator[End]:
    """Through a base chain; its policy is for what goes through."""
    for end in _through(chain, [world], 0):
        if end.kind == "return":
            yield End(chain.end(end.world), end.world)
        else:
            yield end


def _through(chain: Chain, worlds: list[World], depth: int) -> list[End]:
    if depth > _DEEPEST:
        return [_lost(world, "chains that jump in a circle") for world in worlds]
    ended: dict[object, End] = {}
    for rule in chain.rules:
        staying: list[World] = []
        for world in worlds:
            stay, done = _one_rule(chain, rule, world, depth)
            staying += stay
            for end in done:
                keep(ended, end)
        worlds = staying if len(staying) < 2 else _merged(staying)
        if not worlds:
            break
        if len(worlds) + len(ended) > _MOST_WAYS:
            return [_lost(world, "too many ways") for world in worlds] + [*ended.values()]
    return [*ended.values(), *(End("return", world) for world in worlds)]


def keep(ends: dict[object, End], end: End) -> None:
    """Of ends that are alike one is enough, with what they all doubt."""
    key = (end.kind, key_of(end.world))
    kept = ends.setdefault(key, end)
    if kept is not end:
        for name in end.world.doubts:
            kept.world.doubt(name)


def _one_rule(chain: Chain, rule: Rule, world: World, depth: int) -> tuple[list[World], list[End]]:
    """Who goes on to the next rule, and who has come to an end."""
    staying: list[World] = []  # who may have passed it by
    for at, step in enumerate(rule.steps):
        result = step(world)
        if result is True:
            continue
        if result is False:
            return [*staying, world], []
        if isinstance(result, Maybe):
            if _is_idle(rule, at):
                return [*staying, world], []
            other = world.copy()
            for each in (world, other):
                each.doubt(f"{result.name} ({chain.place})")
            staying.append(other)
            chain.note(world, rule.text, "unknown", rule.handle)
            continue
        stay, done = _decided(chain, rule, result, world, depth)
        return [*staying, *stay], done
    return [*staying, world], []


def _is_idle(rule: Rule, at: int) -> bool:
    """Whether nothing comes of it if the rule matches: it counts, or logs."""
    return at == len(rule.steps) - 1


def _decided(
    chain: Chain, rule: Rule, decision: Decision, world: World, depth: int
) -> tuple[list[World], list[End]]:
    kind = decision.kind
    if kind in ("jump", "goto"):
        target = chain.chains.get(decision.chain)
        owner = target.owner if target else None  # whose the chain is has put the jump there
        chain.note(world, rule.text, str(decision), rule.handle, owner)
        if target is None:
            return [], [_lost(world, f"the chain {decision.chain}, which is not listed")]
        ends = _through(target, [world], depth + 1)
        back = [end.world for end in ends if end.kind == "return"]
        done = [end for end in ends if end.kind != "return"]
        if kind == "jump":
            return back, done
        return [], done + [End("return", each) for each in back]
    if kind == "unknown":
        return [], [_lost(world, decision.chain, chain, rule)]
    if kind in _FINAL:
        chain.note(world, rule.text, str(decision), rule.handle)
    return [], [End(kind, world)]


def _lost(world: World, why: str, chain: Chain | None = None, rule: Rule | None = None) -> End:
    where = f" ({chain.place})" if chain else ""
    world.doubt(f"{why}{where}")
    if chain and rule:
        chain.note(world, rule.text, "unknown", rule.handle)
    return End("unknown", world)


def _merged(worlds: Iterable[World]) -> list[World]:
    """Those that are the same packet go on as one, as one that a doubtful rule has passed by."""
    found: dict[object, End] = {}
    for world in worlds:
        keep(found, End("return", world))
    return [end.world for end in found.values()]
