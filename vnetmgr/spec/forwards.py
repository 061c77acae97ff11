"""Reads a domain's port forwards of a spec. Their keys are the options of add-forward, read by the
same table; the list is complete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.forward import Forward, ForwardsWant
from vnetmgr.model.options.forwards import (
    FORWARD_OPTIONS,
    check_size,
    forward_of,
    read_option,
)
from vnetmgr.model.options.nics import CLEAR

if TYPE_CHECKING:
    from vnetmgr.spec.nodes import Document, Node


def read_forwards(document: Document, domain: str, key: Node, node: Node) -> ForwardsWant:
    """All forwards of a domain; what is wrong is told, and left out. `none`: it has none."""
    origin = document.origin(key)
    if not document.is_list(node) and not document.is_map(node):
        text = document.text(node, "forwards")
        if text not in (None, CLEAR):
            document.problem(node, f"forwards has to be a list, or {CLEAR}, not {text}")
        return ForwardsWant(domain=domain, forwards=(), origin=origin)
    found = []
    for item in document.items(node, "forwards"):
        forward = _forward(document, item)
        if forward is not None:
            found.append((forward, document.origin(item)))
    return ForwardsWant(domain=domain, forwards=tuple(found), origin=origin)


def _forward(document: Document, node: Node) -> Forward | None:
    before = len(document.problems)
    fields: dict[str, object] = {}
    pairs = document.pairs(node, "a forward")
    for key, value in document.known(pairs, FORWARD_OPTIONS, "a forward"):
        nodes = document.items(value, key) if FORWARD_OPTIONS[key].kind.repeatable else [value]
        texts = document.texts(nodes, key)
        if texts is None:
            continue
        try:
            fields[key] = read_option(key, texts)
        except ValueError as error:
            document.problem(value, f"{key}: {error}")
    if len(document.problems) > before:
        return None
    try:
        forward = forward_of(fields)
        check_size(forward)
    except ValueError as error:
        document.problem(node, f"forward: {error}")
        return None
    return forward
