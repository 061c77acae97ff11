"""A picture of a host's networking: what there is, what leads where, and what is wrong with it.

Edges lead from the guests outwards, so that what can be reached from a nic is its whole path.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from vnetmgr.model.path.finding import Status
from vnetmgr.model.record import Record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vnetmgr.model.path.finding import Finding


class NodeKind(StrEnum):
    """What a node is."""

    DOMAIN = "domain"
    NIC = "nic"
    NETWORK = "network"
    """A libvirt network, with the bridge that libvirt made for it where it has its own."""
    BRIDGE = "bridge"
    SWITCH = "switch"
    """A bridge of Open vSwitch."""
    BOND = "bond"
    VLAN = "vlan"
    LINK = "link"
    DEVICE = "device"
    """A PCI device of the host's that a guest has for itself."""
    USER = "user"
    """QEMU's user mode: connections of a process of the host's."""
    OTHER = "other"


class EdgeKind(StrEnum):
    """What an edge says of what it leads to."""

    HAS = "has"
    """A domain has a nic."""
    TAP = "tap"
    """The nic's tap is a port of it."""
    MACVTAP = "macvtap"
    ASSIGNED = "assigned"
    USER = "user"
    SOURCE = "source"
    """The nic is meant to be on it, and does not run there."""
    BRIDGE = "bridge"
    """A network is just that bridge."""
    PORT = "port"
    """A bridge's way out."""
    MEMBER = "member"
    """Of a bond."""
    PARENT = "parent"
    """A VLAN is on it."""
    NAT = "nat"
    ROUTED = "routed"


class Node(Record):
    """A thing. What it does not have, or what was not looked at, is None or empty."""

    id: str
    """`domain:web1`, `nic:web1/lan`, `network:lab`, `link:br0`: tells it from all others."""
    kind: NodeKind
    name: str
    state: str | None = None
    """running, shut off, active, inactive, up, down, no carrier, missing."""
    mode: str | None = None
    """A network's, a nic's, a bond's, a macvtap's."""
    addresses: tuple[str, ...] = ()
    mac: str | None = None
    model: str | None = None
    target: str | None = None
    """A live nic's tap."""
    bridge: str | None = None
    """A network's own."""
    mtu: int | None = None
    vlan: tuple[int, ...] = ()
    inbound: str | None = None
    outbound: str | None = None
    filter: str | None = None
    forwards: tuple[str, ...] = ()
    other_ports: int = 0
    """A bridge's ports that are no guest's of this libvirt and no way out: containers, mostly."""


class Edge(Record):
    """From one node to the next outwards."""

    source: str
    target: str
    kind: EdgeKind


class GraphFinding(Record):
    """What doctor found, and the node that it is shown at."""

    node: str
    finding: Finding


class Graph(Record):
    """All of a picture."""

    uri: str
    host: str
    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    findings: tuple[GraphFinding, ...] = ()
    notes: tuple[str, ...] = ()
    """What could not be looked at."""
    is_whole: bool = True
    """Whether all domains could be read; else a note names each that could not."""


class Walk:
    """A graph to go about in: lookups made once."""

    def __init__(self, graph: Graph) -> None:
        self.nodes = {node.id: node for node in graph.nodes}
        self._out: dict[str, list[Edge]] = {}
        for edge in graph.edges:
            self._out.setdefault(edge.source, []).append(edge)
        self._findings: dict[str, list[Finding]] = {}
        for each in graph.findings:
            self._findings.setdefault(each.node, []).append(each.finding)

    def of_kind(self, *kinds: NodeKind) -> Iterator[Node]:
        """The nodes of some kinds, in the graph's order."""
        return (node for node in self.nodes.values() if node.kind in kinds)

    def out(self, key: str) -> list[Edge]:
        """The edges that lead on from a node."""
        return self._out.get(key, [])

    def next(self, key: str) -> list[Node]:
        """The nodes that they lead to."""
        return [self.nodes[edge.target] for edge in self.out(key)]

    def path(self, key: str) -> tuple[str, ...]:
        """A node and all that can be reached from it, the nearest first."""
        found = [key]
        for each in found:
            found += [edge.target for edge in self.out(each) if edge.target not in found]
        return tuple(found)

    def findings(self, *keys: str) -> list[Finding]:
        """What was found of some nodes, the worst first."""
        return worst_first(each for key in keys for each in self._findings.get(key, ()))

    def status(self, *keys: str) -> Status | None:
        """The worst that was found of some nodes; None: nothing."""
        found = self.findings(*keys)
        return found[0].status if found else None


_ORDER = {status: place for place, status in enumerate(reversed(Status))}


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """By how bad they are; those that are as bad stay in their order."""
    return sorted(findings, key=lambda finding: _ORDER[finding.status])
