"""nft's JSON, written shortly: tables of chains of rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vnetmgr.packets import Rules

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Json = dict[str, Any]


def meta(key: str) -> Json:
    return {"meta": {"key": key}}


def payload(protocol: str, field: str) -> Json:
    return {"payload": {"protocol": protocol, "field": field}}


def match(left: Json, right: Any, sign: str = "==") -> Json:
    return {"match": {"op": sign, "left": left, "right": right}}


def do(verdict: str, chain: str | None = None) -> Json:
    return {verdict: None if chain is None else {"target": chain}}


def base(
    hook: str, *, policy: str = "accept", prio: int = 0, kind: str = "filter", **more: Any
) -> Json:
    """What makes a chain a base chain."""
    return {"type": kind, "hook": hook, "prio": prio, "policy": policy, **more}


def table(
    family: str,
    name: str,
    chains: Mapping[str, tuple[Json | None, Sequence[Sequence[Json]]]],
    sets: Sequence[Json] = (),
) -> list[Json]:
    """A table's objects as nft lists them."""
    place = {"family": family, "table": name}
    listed: list[Json] = [{"table": {"family": family, "name": name}}]
    listed += [{"map" if "map" in each else "set": {**place, **each}} for each in sets]
    listed += [
        {"chain": {**place, "name": chain, **(hook or {})}} for chain, (hook, _) in chains.items()
    ]
    handles = iter(range(1, 10_000))
    for chain, (_, rules) in chains.items():
        for expressions in rules:
            rule = {**place, "chain": chain, "handle": next(handles), "expr": list(expressions)}
            listed.append({"rule": rule})
    return listed


def forward_rules(*rules: Sequence[Json], policy: str = "accept", **more: Any) -> Rules:
    """One inet table with a base chain at forward."""
    chains = {"f": (base("forward", policy=policy), rules), **more}
    return Rules(table("inet", "t", chains))
