"""What a picture says of a node, in few words."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from vnetmgr.model.graph import EdgeKind, NodeKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.graph import Node, Walk

LEADS = {
    EdgeKind.PORT: "by",
    EdgeKind.BRIDGE: "is the bridge",
    EdgeKind.MEMBER: "over",
    EdgeKind.PARENT: "on",
    EdgeKind.NAT: "NAT by",
    EdgeKind.ROUTED: "routed by",
}
_MOST_WAYS, _LONGEST_WAY = 100, 40
_WELL = frozenset({"running", "active", "up"})


def title(node: Node) -> str:
    """Its kind and name."""
    own = {
        NodeKind.USER: "QEMU's user mode",
        NodeKind.SWITCH: f"Open vSwitch {node.name}",
        NodeKind.NIC: node.id.replace(":", " ", 1),
    }
    return own.get(node.kind, f"{node.kind} {node.name}")


def is_well(node: Node) -> bool:
    """Whether its state is what people expect of one that is used."""
    return node.state is None or node.state in _WELL


def said(node: Node) -> Iterator[str]:
    """All that is worth a word, the most important first."""
    if node.mode and node.kind is not NodeKind.NIC:
        yield node.mode
    if node.state:
        yield node.state
    if node.bridge:
        yield f"bridge {node.bridge}"
    yield from node.addresses
    if node.vlan:
        yield f"VLAN {', '.join(map(str, node.vlan))}"
    yield from limits(node)
    if node.other_ports:
        yield f"{node.other_ports} more port{'s' * (node.other_ports > 1)}"


def limits(node: Node) -> Iterator[str]:
    """What keeps packets back."""
    if node.mtu and node.mtu != 1500:
        yield f"MTU {node.mtu}"
    if node.inbound:
        yield f"in {node.inbound}"
    if node.outbound:
        yield f"out {node.outbound}"
    if node.filter:
        yield f"filter {node.filter}"


def ways_out(key: str, walk: Walk) -> Iterator[str]:
    """How packets leave from a node, each way once: `by eth0.10, up, on bond0, up, over eth0, up`.
    No more than people read: the picture may be of a host that wants to be looked at for ever."""
    return iter(dict.fromkeys(islice(_ways_out(key, walk, frozenset()), _MOST_WAYS)))


def _ways_out(key: str, walk: Walk, seen: frozenset[str]) -> Iterator[str]:
    for edge in walk.out(key):
        if edge.target in seen:
            continue  # links that lead to each other
        node, ends = walk.nodes[edge.target], True
        here = ", ".join((f"{LEADS.get(edge.kind, edge.kind)} {node.name}", *said(node)))
        if len(seen) < _LONGEST_WAY:
            for further in _ways_out(edge.target, walk, seen | {key, edge.target}):
                ends = False
                yield f"{here}; {further}"
        if ends:
            yield here
