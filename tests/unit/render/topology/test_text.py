"""The picture in words."""

from __future__ import annotations

from tests.unit.topology.examples import FINDINGS, HOST, SMALL, many
from vnetmgr.model.graph import Edge, EdgeKind, Graph, Node, NodeKind
from vnetmgr.model.record import replace
from vnetmgr.render.blocks import Line, Note
from vnetmgr.render.topology.text import render_text
from vnetmgr.topology.build import build_graph

SMALL_TEXT = """\
network gone, missing
  old/n3  shut off

network lab, nat, active, bridge virbr1, 192.168.150.1/24
  -> NAT by uplink, up, 10.0.0.2/24
  web1/mgmt  running, 192.168.150.10/24, forward 8080:80/tcp

bridge br0, up, MTU 9000, 1 more port
  -> by bond0.10, up, VLAN 10; on bond0, 802.3ad, up; over eth0, up
  -> by bond0.10, up, VLAN 10; on bond0, 802.3ad, up; over eth1, no carrier
  db1/lan   running, in 100mbit, filter clean
    broken: tap vnet3 is on no bridge; it should be on br0
      vnetmgr reconcile
  web1/lan  running, VLAN 10, 20, MTU 9000

link lan9, down
  old/n1  shut off

device 0000:03:10.1
  old/n2  shut off

QEMU's user mode
  old/n0  shut off

bare: shut off, no nic"""


def _lines(facts: object) -> str:
    blocks = render_text(build_graph(facts, FINDINGS))  # type: ignore[arg-type]
    return "\n".join(block.text for block in blocks if isinstance(block, Line))


def test_one_of_each() -> None:
    assert _lines(SMALL) == SMALL_TEXT


def test_what_was_not_looked_at_is_a_note() -> None:
    blocks = render_text(build_graph(SMALL))
    notes = [block for block in blocks if isinstance(block, Note)]
    assert notes == [Note("not all checked: needs root")]


def test_two_hundred_guests_are_a_few_lines() -> None:
    text = _lines(many(200))
    assert "  vm1 ... vm200: lan  113 guests alike, running" in text
    assert len(text.splitlines()) < 50


def test_a_host_with_nothing_says_so() -> None:
    nothing = replace(HOST, networks=(), links=())
    assert _lines(nothing) == "no domains, networks or bridges on qemu:///system"


def test_a_host_cannot_be_looked_at_for_ever() -> None:
    """Of links of which each leads to all others there are more ways than atoms."""
    links = [Node(id=f"link:{number}", kind=NodeKind.BRIDGE, name="br") for number in range(200)]
    edges = (
        Edge(source=one.id, target=other.id, kind=EdgeKind.PORT)
        for one in links
        for other in links
        if one is not other
    )
    graph = Graph(uri="u", host="h", nodes=tuple(links), edges=tuple(edges))
    lines = [block for block in render_text(graph) if isinstance(block, Line)]
    assert len(lines) <= len(links) * 102
