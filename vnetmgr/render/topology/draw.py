"""The forms that a picture can have."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vnetmgr.printable import printable
from vnetmgr.render.blocks import Form, Line, Note, Xml

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetmgr.model.graph import Graph
    from vnetmgr.render.blocks import Block


class Drawn(NamedTuple):
    """A picture, for a file and for standard output."""

    text: str
    blocks: Sequence[Block]


def drawn(graph: Graph, form: str) -> Drawn:
    """In a form: text, json, yaml, dot, html. Each is loaded when it is asked for."""
    if form in (Form.JSON, Form.YAML):
        return _data(graph, Form(form))
    if form == "text":
        return _text(graph)
    return _document(graph, form)


def layout(graph: Graph, svg: str) -> Drawn:
    """What Graphviz has made of the form dot."""
    return _whole(graph, svg)


def _data(graph: Graph, form: Form) -> Drawn:
    from vnetmgr.render.console import document_text
    from vnetmgr.render.documents.topology import TOPOLOGY

    document = TOPOLOGY.whole(graph)
    return Drawn(document_text(document, form) + "\n", [document])


def _text(graph: Graph) -> Drawn:
    from vnetmgr.render.topology.text import render_text

    blocks = list(render_text(graph))
    said = (block.text if isinstance(block, Line) else str(block) for block in blocks)
    return Drawn("".join(f"{printable(line)}\n" for line in said), blocks)


def _document(graph: Graph, form: str) -> Drawn:
    if form == "html":
        from vnetmgr.render.topology.page import render_page

        text = render_page(graph)
    else:
        from vnetmgr.render.topology.dot import render_dot

        text = render_dot(graph)
    return _whole(graph, text)


def _whole(graph: Graph, text: str) -> Drawn:
    return Drawn(text, [Xml(text.removesuffix("\n")), *map(Note, graph.notes)])
