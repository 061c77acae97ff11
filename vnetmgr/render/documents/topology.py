"""A picture of a host's networking: nodes, edges, findings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.graph import EdgeKind, NodeKind
from vnetmgr.render.documents.finding import FINDING
from vnetmgr.render.documents.shape import (
    NUMBER,
    TEXT,
    TEXTS,
    Document,
    Key,
    Shape,
    array,
    each,
    notes,
    one_of,
    or_null,
)

if TYPE_CHECKING:
    from vnetmgr.model.graph import Edge, Graph, GraphFinding, Node

NODE: Shape[Node] = Shape(
    "node",
    {
        "id": Key(TEXT, lambda node: node.id, "Tells it from all other nodes: nic:web1/lan."),
        "kind": Key(one_of(NodeKind), lambda node: node.kind),
        "name": Key(TEXT, lambda node: node.name),
        "state": Key(or_null(TEXT), lambda node: node.state, "null: cannot be seen from here."),
        "mode": Key(or_null(TEXT), lambda node: node.mode),
        "addresses": Key(TEXTS, lambda node: list(node.addresses)),
        "mac": Key(or_null(TEXT), lambda node: node.mac),
        "model": Key(or_null(TEXT), lambda node: node.model),
        "target": Key(or_null(TEXT), lambda node: node.target, "A running nic's tap."),
        "bridge": Key(or_null(TEXT), lambda node: node.bridge, "The network's own."),
        "mtu": Key(or_null(NUMBER), lambda node: node.mtu, "Bytes."),
        "vlan": Key(array(NUMBER), lambda node: list(node.vlan)),
        "inbound": Key(or_null(TEXT), lambda node: node.inbound),
        "outbound": Key(or_null(TEXT), lambda node: node.outbound),
        "filter": Key(or_null(TEXT), lambda node: node.filter),
        "forwards": Key(TEXTS, lambda node: list(node.forwards)),
        "other_ports": Key(
            NUMBER, lambda node: node.other_ports, "A bridge's ports that are no guest's."
        ),
    },
)
EDGE: Shape[Edge] = Shape(
    "edge",
    {
        "source": Key(TEXT, lambda edge: edge.source, "A node's id."),
        "target": Key(TEXT, lambda edge: edge.target, "The next node outwards from the guest."),
        "kind": Key(one_of(EdgeKind), lambda edge: edge.kind),
    },
)
FOUND: Shape[GraphFinding] = Shape(
    "found",
    {
        "node": Key(TEXT, lambda found: found.node, "Where it is shown."),
        **FINDING.of(lambda found: found.finding),
    },
)
TOPOLOGY: Document[Graph] = Document(
    "topology",
    "topology: what there is, what leads where, and what is wrong with it.",
    {
        "host": Key(TEXT, lambda graph: graph.host),
        "nodes": each(NODE, lambda graph: graph.nodes),
        "edges": each(EDGE, lambda graph: graph.edges),
        "findings": each(FOUND, lambda graph: graph.findings),
        "notes": notes(lambda graph: graph.notes),
    },
)
