"""A picture as Graphviz reads it. Plain labels: nothing in them is markup, and there are no links.

https://graphviz.org/doc/info/lang.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.graph import EdgeKind, NodeKind, Walk
from vnetmgr.model.path.finding import Status
from vnetmgr.printable import printable
from vnetmgr.render.topology.fold import folds
from vnetmgr.render.topology.words import LEADS, is_well, said, title

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vnetmgr.model.graph import Graph, Node
    from vnetmgr.render.topology.fold import Fold

_HEAD = """\
graph vnetmgr {
  rankdir=LR; ranksep=0.9; nodesep=0.15; splines=true;
  node [shape=box, style="rounded,filled", fillcolor="#f4f6f8", color="#6b7785",
        fontname="Helvetica", fontsize=10, margin="0.12,0.06"];
  edge [color="#6b7785", fontname="Helvetica", fontsize=9];
"""
_SHAPES = {
    NodeKind.NETWORK: 'shape=box, fillcolor="#e3effb", color="#2f6fab"',
    NodeKind.BRIDGE: 'shape=box, fillcolor="#e5f3ea", color="#2e7d4f"',
    NodeKind.SWITCH: 'shape=box, fillcolor="#e5f3ea", color="#2e7d4f"',
    NodeKind.BOND: 'shape=box, fillcolor="#ffffff"',
    NodeKind.VLAN: 'shape=box, fillcolor="#ffffff"',
    NodeKind.LINK: 'shape=box, fillcolor="#ffffff"',
}
# The colour says it, and the words do: people print this in black and white.
_STATUS = {
    Status.BROKEN: 'color="#b3261e", penwidth=2.5',
    Status.WARNING: 'color="#8a5a00", penwidth=2',
}


def render_dot(graph: Graph) -> str:
    """The text. What is alike is one node."""
    return "\n".join((_HEAD.rstrip("\n"), *_statements(Walk(graph)), "}")) + "\n"


def _statements(walk: Walk) -> Iterator[str]:
    names = {node.id: f"n{number}" for number, node in enumerate(walk.nodes.values())}
    for fold in folds(walk):
        first = fold.domains[0]
        nics = [nic for nics in fold.nics for nic in nics]
        label = _label(_domain_lines(fold, walk))
        yield _node(names[first.id], label, first, walk, [first.id, *(nic.id for nic in nics)])
        for each in fold.nics:
            yield from _nic_edges(names, first, each[0], walk)
    for node in walk.nodes.values():
        if node.kind in (NodeKind.DOMAIN, NodeKind.NIC):
            continue
        lines = (title(node), *said(node), *_faults(walk, node.id))
        yield _node(names[node.id], _label(lines), node, walk, [node.id])
        for edge in walk.out(node.id):
            label = _label([LEADS.get(edge.kind, edge.kind)])
            yield f"  {names[node.id]} -- {names[edge.target]} [label={label}];"


def _nic_edges(names: dict[str, str], domain: Node, nic: Node, walk: Walk) -> Iterator[str]:
    style = {EdgeKind.SOURCE: ", style=dashed"}
    if not is_well(nic):
        style = dict.fromkeys(EdgeKind, ", style=dashed")
    for edge in walk.out(nic.id):
        words = [nic.name, *(f"VLAN {tag}" for tag in nic.vlan)]
        colour = f", {_STATUS[status]}" if (status := walk.status(nic.id)) in _STATUS else ""
        yield (
            f"  {names[domain.id]} -- {names[edge.target]}"
            f" [label={_label([' '.join(words)])}{style.get(edge.kind, '')}{colour}];"
        )


def _domain_lines(fold: Fold, walk: Walk) -> Iterator[str]:
    domain = fold.domains[0]
    yield fold.name
    if len(fold.domains) > 1:
        yield f"{len(fold.domains)} guests alike, {domain.state}"
        return
    if not is_well(domain):
        yield domain.state or "?"
    for (nic,) in fold.nics:
        for address in nic.addresses:
            yield f"{nic.name}: {address}"
        yield from (f"{nic.name}: {forward}" for forward in nic.forwards)
        yield from _faults(walk, nic.id)
    yield from _faults(walk, domain.id)


def _faults(walk: Walk, key: str) -> Iterator[str]:
    for finding in walk.findings(key):
        if finding.status in _STATUS:
            yield f"{finding.status.upper()}: {finding.check}"


def _node(name: str, label: str, node: Node, walk: Walk, about: Iterable[str]) -> str:
    attributes = [f"label={label}"]
    attributes += [_SHAPES[node.kind]] if node.kind in _SHAPES else []
    status = walk.status(*about)
    attributes += [_STATUS[status]] if status in _STATUS else []
    return f"  {name} [{', '.join(attributes)}];"


def _label(lines: Iterable[str]) -> str:
    r"""A label in quotes. Graphviz knows `\N` and the like in it, and HTML's entities."""
    return '"' + r"\n".join(map(_escaped, lines)) + '"'


def _escaped(text: str) -> str:
    shown = printable(text).replace("\\", "\\\\").replace('"', r"\"")
    return shown.replace("&", "&amp;")
