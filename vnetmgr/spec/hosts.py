"""Reads the hosts that a spec names. How they are reached is never in a spec."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.names import HostRef, check_host_name
from vnetmgr.model.options.nics import CLEAR

if TYPE_CHECKING:
    from vnetmgr.spec.nodes import Document, Node


def read_host(document: Document, node: Node, what: str) -> HostRef | None:
    """A host's name; None for what is none, which is told."""
    text = document.text(node, what)
    if text is None:
        return None
    if text.lower() == CLEAR:
        document.problem(node, f"{what}: {CLEAR} is no host; {_WITHOUT[what]}", what)
        return None
    try:
        name = check_host_name(text)
    except ValueError as error:
        document.problem(node, str(error), what)
        return None
    return HostRef(name, document.origin(node))


_WITHOUT = {
    "host": "leave it out for a domain that may be on any",
    "hosts": "write [] for a network that is on none, and leave it out for one that is on each",
}


def read_hosts(document: Document, node: Node) -> tuple[HostRef, ...]:
    """The names of a network's hosts; what is wrong with one is told."""
    if document.is_map(node):
        document.problem(node, "hosts has to be a list of names, not a map", "hosts")
        return ()
    found: dict[str, HostRef] = {}
    for item in document.items(node, "hosts"):
        ref = read_host(document, item, "hosts")
        if ref is not None and found.setdefault(ref.name, ref) is not ref:
            document.problem(item, f"hosts: {ref.name} stands twice", "hosts")
    return tuple(found.values())
