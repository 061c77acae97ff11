"""Reads a domain's port forwards of a spec. Their keys are the options of add-forward, read by the
same table; the list is complete."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from vnetmgr.model.forward import Forward, ForwardsWant
from vnetmgr.model.options.forwards import (
    FORWARD_OPTIONS,
    check_size,
    forward_of,
    read_option,
    split_forward,
)
from vnetmgr.model.options.nics import CLEAR

if TYPE_CHECKING:
    from vnetmgr.spec.nodes import Document, Node


def read_forwards(document: Document, domain: str, key: Node, node: Node) -> ForwardsWant:
    """All forwards of a domain; what is wrong is told, and left out. `none`: it has none."""
    origin = document.origin(key)
    if not document.is_list(node) and not document.is_map(node):
        text = document.text(node, "forwards")
        if text is not None and ":" not in text:
            if text != CLEAR:
                document.problem(node, f"forwards has to be a list, or {CLEAR}, not {text}")
            text = None
        if text is None:
            return ForwardsWant(domain=domain, forwards=(), origin=origin)
    found = []
    for item in document.items(node, "forwards"):
        forward = _forward(document, item)
        if forward is not None:
            found.append((forward, document.origin(item)))
    return ForwardsWant(domain=domain, forwards=tuple(found), origin=origin)


def _forward(document: Document, node: Node) -> Forward | None:
    before = len(document.problems)
    given = _in_parts(document, node) if document.is_map(node) else _in_text(document, node)
    fields: dict[str, object] = {}
    for key, (place, said, texts) in given.items():
        try:
            fields[key] = read_option(key, texts)
        except ValueError as error:
            document.problem(place, f"{said}: {error}")
    if len(document.problems) > before:
        return None
    try:
        forward = forward_of(fields)
        check_size(forward)
    except ValueError as error:
        document.problem(node, f"forward: {error}")
        return None
    return forward


_Given: TypeAlias = "dict[str, tuple[Node, str, list[str]]]"
"""Key -> (where it stands, what a problem of it begins with, its texts)."""


def _in_text(document: Document, node: Node) -> _Given:
    """`8080:80`, as add-forward takes it."""
    if document.is_list(node) or document.is_null(node):
        document.pairs(node, "a forward")  # is none
        return {}
    text = document.text(node, "a forward")
    try:
        found = {} if text is None else split_forward(text)
    except ValueError as error:
        document.problem(node, str(error))
        return {}
    return {key: (node, f"forward {text!r}", [value]) for key, value in found.items()}


def _in_parts(document: Document, node: Node) -> _Given:
    pairs = document.pairs(node, "a forward")
    for key, (place, _) in pairs.items():
        if len(pairs) == 1 and key[-1:].isdigit():  # - 8080: 80
            document.problem(place, "a forward in one text has no blank in it: 8080:80")
            return {}
    given: _Given = {}
    for key, value in document.known(pairs, FORWARD_OPTIONS, "a forward"):
        nodes = document.items(value, key) if FORWARD_OPTIONS[key].kind.repeatable else [value]
        texts = document.texts(nodes, key)
        if texts is not None:
            given[key] = value, key, texts
    return given
