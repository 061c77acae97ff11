"""A picture of what was seen: nodes, edges, and where findings are shown."""

from __future__ import annotations

import pytest

from tests.unit.topology.examples import FINDINGS, HOST, SMALL, guest, hostile, link, many, nic
from vnetmgr.model.graph import EdgeKind, NodeKind, Walk
from vnetmgr.model.nic import Mode
from vnetmgr.model.path.finding import Layer, Status
from vnetmgr.model.record import replace
from vnetmgr.topology.build import build_graph

GRAPH = build_graph(SMALL, FINDINGS)
WALK = Walk(GRAPH)


@pytest.mark.parametrize(
    ("nic", "path"),
    [
        ("web1/lan", ["link:br0", "link:bond0.10", "link:bond0", "link:eth0", "link:eth1"]),
        ("web1/mgmt", ["network:lab", "link:uplink"]),
        ("old/n0", ["user:"]),
        ("old/n1", ["link:lan9"]),
        ("old/n2", ["hostdev:0000:03:10.1"]),
        ("old/n3", ["network:gone"]),
    ],
)
def test_a_nics_whole_path(nic: str, path: list[str]) -> None:
    assert list(WALK.path(f"nic:{nic}")) == [f"nic:{nic}", *path]


@pytest.mark.parametrize(
    ("node", "field", "value"),
    [
        ("link:br0", "kind", NodeKind.BRIDGE),
        ("link:br0", "mtu", 9000),
        ("link:br0", "other_ports", 1),
        ("link:bond0.10", "vlan", (10,)),
        ("link:bond0", "mode", "802.3ad"),
        ("link:eth1", "state", "no carrier"),
        ("link:lan9", "state", "down"),
        ("link:uplink", "addresses", ("10.0.0.2/24",)),
        ("network:lab", "state", "active"),
        ("network:lab", "bridge", "virbr1"),
        ("network:lab", "addresses", ("192.168.150.1/24",)),
        ("network:gone", "state", "missing"),
        ("domain:old", "state", "shut off"),
        ("nic:web1/mgmt", "addresses", ("192.168.150.10/24",)),
        ("nic:web1/mgmt", "forwards", ("8080:80/tcp",)),
        ("nic:web1/lan", "target", "vnet1"),
        ("nic:web1/lan", "vlan", (10, 20)),
        ("nic:db1/lan", "inbound", "100mbit"),
        ("nic:db1/lan", "filter", "clean"),
        ("nic:old/n1", "state", "off"),
    ],
)
def test_a_node_says_what_is_known(node: str, field: str, value: object) -> None:
    found = WALK.nodes.get(node)
    assert found is not None
    assert getattr(found, field) == value


def test_a_networks_own_bridge_is_the_network() -> None:
    """Also for a nic that names just the bridge."""
    facts = replace(SMALL, domains=(guest("x", nic("n", 1, Mode.BRIDGE, "virbr1")),), asked=("x",))
    graph = build_graph(facts)
    assert "link:virbr1" not in Walk(graph).nodes
    assert Walk(graph).path("nic:x/n")[1] == "network:lab"


def test_findings_stand_where_the_fault_is() -> None:
    places = {found.finding.check: found.node for found in GRAPH.findings}
    assert places == {"tap-not-on-bridge": "nic:db1/lan", "uplink-no-carrier": "link:bond0.10"}


@pytest.mark.parametrize(
    ("layer", "node"),
    [
        (Layer.DOMAIN, "domain:web1"),
        (Layer.GUEST, "nic:web1/mgmt"),
        (Layer.FIREWALL, "network:lab"),
        (Layer.UPLINK, "link:uplink"),
    ],
)
def test_each_layer_has_its_place(layer: Layer, node: str) -> None:
    finding = replace(FINDINGS[0], domain="web1", nic="mgmt", layer=layer)
    assert [found.node for found in build_graph(SMALL, [finding]).findings] == [node]


def test_what_was_not_looked_at_is_said() -> None:
    assert GRAPH.notes == ("not all checked: needs root",)
    far = replace(SMALL, links=None, routes=None)
    states = {node.name: node.state for node in build_graph(far).nodes}
    assert (states["br0"], states["lan9"], states["lab"]) == (None, None, "active")


def test_only_what_was_asked_for() -> None:
    facts = replace(SMALL, asked=("db1",))
    names = {node.name for node in build_graph(facts, everything=False).nodes}
    assert names == {"db1", "lan", "br0", "bond0.10", "bond0", "eth0", "eth1"}
    assert {"lab", "br0"} <= {node.name for node in build_graph(facts).nodes}


def test_links_that_lead_to_each_other_end() -> None:
    links = (
        link("br0", "bridge"),
        link("br0.5", "vlan", parent="br0", vlan=5, master="br0"),
    )
    graph = build_graph(replace(HOST, links=links, networks=()))
    assert Walk(graph).path("link:br0") == ("link:br0", "link:br0.5")


def test_every_edge_has_its_ends_and_every_name_its_node() -> None:
    for facts in (SMALL, many(200), hostile('a"\n</script>')):
        graph = build_graph(facts)
        ids = [node.id for node in graph.nodes]
        assert len(ids) == len(set(ids))
        assert {end for edge in graph.edges for end in (edge.source, edge.target)} <= set(ids)
    assert len([edge for edge in graph.edges if edge.kind is EdgeKind.HAS]) == 2


def test_the_worst_comes_first() -> None:
    mild, bad = (
        replace(FINDINGS[0], status=status, check=str(status))
        for status in (Status.INFO, Status.BROKEN)
    )
    walk = Walk(build_graph(SMALL, [mild, bad]))
    assert [each.check for each in walk.findings("nic:db1/lan")] == ["broken", "info"]
    assert walk.status("nic:db1/lan") is Status.BROKEN
    assert walk.status("nic:web1/lan") is None
