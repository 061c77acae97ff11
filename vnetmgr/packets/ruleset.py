"""The loaded rules, read once: every base chain by the hook and in the order of the kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from vnetmgr.packets.expressions import Context
from vnetmgr.packets.nft_rules import steps_of
from vnetmgr.packets.nft_text import rule_text
from vnetmgr.packets.owners import owner_of, owner_of_policy
from vnetmgr.packets.rules import Chain, Rule

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

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
    objects: Iterable[Mapping[str, Any]], dormant: Collection[str], around: Surroundings
) -> list[Chain]:
    """The chains of nft's JSON objects. dormant: tables that do nothing, `inet filter`."""
    kinds: dict[str, list[Mapping[str, Any]]] = {}
    for entry in objects:
        for kind, value in entry.items():
            kinds.setdefault(kind, []).append(value)
    tables: dict[_Table, dict[str, Chain]] = {}
    for each in kinds.get("chain", ()):
        if " ".join(_table_of(each)) not in dormant:
            chain = _chain(each)
            tables.setdefault(_table_of(each), {})[chain.name] = chain
    sets: dict[_Table, dict[str, Mapping[str, Any]]] = {}
    for each in (*kinds.get("set", ()), *kinds.get("map", ())):
        sets.setdefault(_table_of(each), {})[str(each["name"])] = each
    contexts = {key: Context(sets.get(key, {}), around) for key in tables}
    for each in kinds.get("rule", ()):
        key = _table_of(each)
        found = tables.get(key, {}).get(str(each["chain"]))
        if found is not None:
            expressions = each.get("expr", [])
            steps = steps_of(expressions, contexts[key])
            found.rules.append(Rule(steps, rule_text(expressions), each.get("handle")))
    for chains in tables.values():
        tie(chains)
    return [chain for chains in tables.values() for chain in chains.values()]


def tie(chains: dict[str, Chain]) -> None:
    """The chains of one table know each other."""
    for chain in chains.values():
        chain.chains = chains
        chain.policy_owner = owner_of_policy(chain.family, chain.table, chain.name, chains)


def _table_of(each: Mapping[str, Any]) -> _Table:
    return str(each["family"]), str(each["table"])


def _chain(each: Mapping[str, Any]) -> Chain:
    family, table, name = str(each["family"]), str(each["table"]), str(each["name"])
    chain = Chain(family, table, name, owner_of(family, table, name))
    if "hook" in each:
        chain.type, chain.hook = str(each.get("type", "filter")), str(each["hook"])
        chain.priority, chain.policy = int(each.get("prio", 0)), str(each.get("policy", "accept"))
        if chain.hook in ("ingress", "egress"):
            devices = each.get("dev")  # nft 1.0.6 leaves them out
            chain.devices = (
                None
                if devices is None
                else (devices,)
                if isinstance(devices, str)
                else tuple(devices)
            )
    return chain


def hooked(chains: Iterable[Chain]) -> dict[tuple[str, str], Hooked]:
    """(family, hook) -> what runs there. inet's run for both versions of IP."""
    found: dict[tuple[str, str], list[Chain]] = {}
    for chain in chains:
        if chain.hook:
            for family in ("ip", "ip6") if chain.family == "inet" else (chain.family,):
                if chain.hook in ("ingress", "egress"):
                    family = "netdev"
                listed = found.setdefault((family, chain.hook), [])
                if chain not in listed:
                    listed.append(chain)
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
