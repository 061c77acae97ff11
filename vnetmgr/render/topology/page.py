"""A picture as one HTML file that a person can mail: it asks nobody for anything.

Names are data in it. The page's script makes text of them, never markup; and its policy runs no
other script, whatever stands in the file (https://www.w3.org/TR/CSP3/).
"""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from vnetmgr.model.graph import NodeKind, Walk
from vnetmgr.printable import printable
from vnetmgr.render.blocks import Line
from vnetmgr.render.topology.fold import folds, nics_of, segments
from vnetmgr.render.topology.text import render_text
from vnetmgr.render.topology.words import is_well, limits, said, title

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.graph import Graph, Node
    from vnetmgr.model.path.finding import Finding
    from vnetmgr.render.topology.fold import Fold

_GUESTS = (NodeKind.DOMAIN, NodeKind.NIC)


def render_page(graph: Graph) -> str:
    """The file's text."""
    style, script = _part("page.css"), _part("page.js")
    policy = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}';"
        " base-uri 'none'; form-action 'none'"
    )
    parts = {
        "policy": escape(policy),
        "title": _markup(f"The networking of {graph.host}"),
        "style": style,
        "text": _markup(*_text(graph)),
        "data": _embedded(_data(graph)),
        "script": script,
    }
    # Not str.replace: a name may have {script} in it.
    head, *rest = _part("page.html").split("{")
    pieces = (piece.partition("}") for piece in rest)
    return head + "".join(parts[name] + after for name, _, after in pieces)


def _part(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _embedded(value: object) -> str:
    """JSON that ends no script element: without `<` there is neither `</script` nor `<!--`."""
    return json.dumps(value).replace("<", "\\u003c")


def _markup(*lines: str) -> str:
    """Text within an element. All of the file is ASCII: no locale, mail or server spoils it."""
    text = escape("\n".join(map(printable, lines)))
    return text.encode("ascii", "xmlcharrefreplace").decode()


def _text(graph: Graph) -> Iterator[str]:
    """For a browser that runs no scripts."""
    return (block.text for block in render_text(graph) if isinstance(block, Line))


def _data(graph: Graph) -> dict[str, object]:
    walk = Walk(graph)
    middle = list(segments(walk))
    there = {node.id for node in middle}
    links = [node for node in graph.nodes if node.id not in there and node.kind not in _GUESTS]
    return {
        "nodes": [_node(node, walk) for node in graph.nodes],
        "edges": [
            {"source": edge.source, "target": edge.target, "kind": edge.kind}
            for edge in graph.edges
        ],
        "groups": _groups(walk, middle),
        "segments": [node.id for node in middle],
        "links": [node.id for node in links],
        "notes": [printable(note) for note in graph.notes],
    }


def _groups(walk: Walk, middle: list[Node]) -> list[dict[str, object]]:
    """Guests by what their nics lead to."""
    groups: dict[tuple[int, ...], list[Fold]] = {}
    place = {node.id: number for number, node in enumerate(middle)}
    for fold in folds(walk):
        targets = {edge.target for nics in fold.nics for edge in walk.out(nics[0].id)}
        leads = {place[target] for target in targets if target in place}
        groups.setdefault(tuple(sorted(leads)), []).append(fold)
    return [
        {
            "title": printable(" + ".join(middle[each].name for each in leads)) or "without a nic",
            "folds": [
                {"name": printable(fold.name), "domains": [node.id for node in fold.domains]}
                for fold in found
            ],
        }
        for leads, found in sorted(groups.items(), key=lambda each: (not each[0], each[0]))
    ]


def _node(node: Node, walk: Walk) -> dict[str, object]:
    words = list(map(printable, _words(node)))
    details = [[name, printable(value)] for name, value in _details(node)]
    inside = [node, *nics_of(node, walk)] if node.kind is NodeKind.DOMAIN else [node]
    about = [
        text for each in inside for text in (each.name, each.id, *(v for _, v in _details(each)))
    ]
    return {
        "id": node.id,
        "kind": node.kind,
        "name": printable(node.name),
        "title": printable(title(node)),
        "state": node.state,
        "well": is_well(node),
        "words": words,
        "details": details,
        "status": walk.status(node.id),
        "findings": [_finding(each) for each in walk.findings(node.id)],
        "search": printable("\n".join(about)).lower(),
    }


def _words(node: Node) -> Iterator[str]:
    if node.kind is not NodeKind.NIC:
        yield from said(node)
        return
    if not is_well(node):
        yield "link down" if node.state == "down" else node.state or "?"
    yield from node.addresses
    if node.vlan:
        yield f"VLAN {', '.join(map(str, node.vlan))}"
    yield from limits(node)


def _details(node: Node) -> Iterator[tuple[str, str]]:
    """(what, value) of all that is known."""
    for name in ("state", "mode", "mac", "model", "target", "bridge", "mtu"):
        value = getattr(node, name)
        if value is not None:
            yield (name.upper() if name in ("mac", "mtu") else name), str(value)
    yield from (("address", address) for address in node.addresses)
    yield from (("VLAN", str(tag)) for tag in node.vlan)
    for name in ("inbound", "outbound", "filter"):
        value = getattr(node, name)
        if value is not None:
            yield name, str(value)
    yield from (("forward", forward) for forward in node.forwards)
    if node.other_ports:
        yield "other ports", str(node.other_ports)


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "status": finding.status,
        "cause": printable(finding.cause),
        "owner": printable(finding.owner) if finding.owner else None,
        "remedy": finding.remedy,
    }
