"""The loaded rules, read once: every base chain by the hook and in the order of the kernel."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from vnetmgr.packets.expressions import Context
from vnetmgr.packets.nft_rules import steps_of
from vnetmgr.packets.nft_text import rule_text
from vnetmgr.packets.owners import owner_of
from vnetmgr.packets.rules import Chain, Rule, tie

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from vnetmgr.packets.iptables.faces import Faces
    from vnetmgr.packets.iptables.saved import SavedRule
    from vnetmgr.packets.surroundings import Surroundings

_Table: TypeAlias = tuple[str, str]
_NAT_PRIORITY = {"prerouting": -100, "output": -100, "input": 100, "postrouting": 100}
"""Where NAT chains are run, whatever their own priority is, which is their order only."""


class Hooked(NamedTuple):
    """What runs at a hook, in order: chains, and the point where addresses are translated."""

    before: tuple[Chain, ...] = ()
    nat: tuple[Chain, ...] = ()
    after: tuple[Chain, ...] = ()


def read_nft(
    objects: Iterable[Mapping[str, Any]],
    dormant: Collection[str],
    around: Surroundings,
    faces: Faces,
) -> list[Chain]:
    """The chains of nft's JSON objects. dormant: tables that do nothing, `inet filter`."""
    kinds: dict[str, list[Mapping[str, Any]]] = {}
    for entry in objects:
        for kind, value in entry.items():
            if isinstance(value, dict):
                kinds.setdefault(kind, []).append(value)
    tables: dict[_Table, dict[str, Chain]] = {}
    for each in kinds.get("chain", ()):
        if " ".join(_table_of(each)) not in dormant:
            chain = _chain(each)
            tables.setdefault(_table_of(each), {})[chain.name] = chain
    sets: dict[_Table, dict[str, Mapping[str, Any]]] = {}
    for each in (*kinds.get("set", ()), *kinds.get("map", ())):
        sets.setdefault(_table_of(each), {})[str(each.get("name"))] = each
    contexts = {key: Context(key[0], sets.get(key, {}), around) for key in tables}
    rules: dict[tuple[_Table, str], list[Mapping[str, Any]]] = {}
    for each in kinds.get("rule", ()):
        rules.setdefault((_table_of(each), str(each.get("chain"))), []).append(each)
    for key, chains in tables.items():
        tie(chains)
        for name, chain in chains.items():
            listed = rules.get((key, name), [])
            chain.make_rules = partial(_rules, chain, listed, contexts[key], faces)
    return [chain for chains in tables.values() for chain in chains.values()]


def _rules(
    chain: Chain, listed: Sequence[Mapping[str, Any]], context: Context, faces: Faces
) -> list[Rule]:
    told = faces.told(chain, listed)
    return [
        _rule(chain, each, saved, context, faces) for each, saved in zip(listed, told, strict=True)
    ]


def _rule(
    chain: Chain,
    listed: Mapping[str, Any],
    saved: SavedRule | None,
    context: Context,
    faces: Faces,
) -> Rule:
    given, handle = listed.get("expr", []), listed.get("handle")
    expressions = given if isinstance(given, list) else [given]
    if saved is not None and has_extension(expressions):
        return faces.rule(chain, saved, handle)
    text = rule_text(expressions) if saved is None else saved.text
    return Rule(steps_of(expressions, context), text, handle)


def has_extension(expressions: Sequence[Any]) -> bool:
    """Whether a rule has what nft's JSON does not say."""
    return any(isinstance(each, dict) and "xt" in each for each in expressions)


def _table_of(each: Mapping[str, Any]) -> _Table:
    return str(each.get("family")), str(each.get("table"))


def _chain(each: Mapping[str, Any]) -> Chain:
    (family, table), name = _table_of(each), str(each.get("name"))
    chain = Chain(family, table, name, owner_of(family, table, name))
    if "hook" in each:
        if family == "inet":
            chain.layers = ("ip", "ip6")
        chain.type, chain.hook = str(each.get("type", "filter")), str(each["hook"])
        priority, chain.policy = each.get("prio", 0), str(each.get("policy", "accept"))
        chain.priority = priority if isinstance(priority, int) else 0
        if chain.hook in ("ingress", "egress"):
            chain.layers = ("netdev",)
            devices = each.get("dev")  # nft 1.0.6 leaves them out
            listed = [devices] if isinstance(devices, str) else devices
            chain.devices = tuple(map(str, listed)) if isinstance(listed, list) else None
    return chain


def hooked(chains: Iterable[Chain]) -> dict[tuple[str, str], Hooked]:
    """(family, hook) -> what runs there. inet's run for both versions of IP."""
    found: dict[tuple[str, str], list[Chain]] = {}
    for chain in chains:
        if chain.hook:
            for layer in chain.layers:
                found.setdefault((layer, chain.hook), []).append(chain)
    return {key: _ordered(key, each) for key, each in found.items()}


def _ordered(key: tuple[str, str], chains: list[Chain]) -> Hooked:
    """By priority; of equals the younger runs first, and nft lists the older first."""
    youngest_first = chains[::-1]
    in_order = sorted(youngest_first, key=lambda chain: chain.priority)
    point = _NAT_PRIORITY.get(key[1]) if key[0] in ("ip", "ip6") else None
    filters = [each for each in in_order if each.type != "nat"]
    if point is None:
        return Hooked(before=tuple(filters))
    return Hooked(
        before=tuple(each for each in filters if each.priority < point),
        nat=tuple(each for each in in_order if each.type == "nat"),
        after=tuple(each for each in filters if each.priority >= point),
    )
