"""Reads values of several parts: a map of a spec, or a text as a command line has it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.options.nics import CLEAR

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vnetmgr.model.options.compound import Compound
    from vnetmgr.spec.nodes import Document, Node


def read_compound(
    document: Document,
    compound: Compound,
    node: Node,
    field: str,
    named: Mapping[str, Sequence[str]] | None = None,
) -> object | None:
    """The value of a map; None where something is wrong with it, which is told as a problem
    of the field. `named` are parts that stand before the map, as a portgroup's name does."""
    texts: dict[str, Sequence[str]] = dict(named or {})
    what = " ".join((compound.what, *(name for each in texts.values() for name in each)))
    pairs = document.pairs(node, what)
    parts = {key: part for key, part in compound.parts.items() if key not in texts}
    complete = pairs.keys() <= parts.keys() and document.is_map(node)
    made: dict[str, object] = {}
    for key, value in document.known(pairs, parts, compound.what):
        inner = parts[key].inner
        if inner is not None and document.is_map(value):
            whole = read_compound(document, inner, value, field)
            if whole is None:
                complete = False
            else:
                made[key] = whole
            continue
        items = document.items(value, key) if parts[key].several else [value]
        found = document.texts(items, key)
        if found is None:
            complete = False
        elif found and [text.lower() for text in found] != [CLEAR]:
            texts[key] = found
    for missing in compound.missing(texts) if complete else ():
        document.problem(node, f"{what}: {missing} is missing", field)

    def wrong(key: str, error: ValueError) -> None:
        document.wrong(pairs[key][1] if key in pairs else node, key, error, field)

    built = compound.build(texts, wrong, made)
    return built if complete else None
