"""What is shown of all hosts together."""

from __future__ import annotations

from vnetmgr.cli.fleet.together import merged_graph, merged_metrics
from vnetmgr.metrics.exposition import exposition
from vnetmgr.model.graph import Edge, EdgeKind, Graph, GraphFinding, Node, NodeKind
from vnetmgr.model.path.finding import Finding, Layer, Status
from vnetmgr.model.rows.metrics import Metric, MetricKind, Sample


def metric(name: str, *samples: dict[str, str]) -> Metric:
    """One with a value for each of these labels."""
    return Metric(
        name=name,
        kind=MetricKind.GAUGE,
        help="What it is.",
        samples=tuple(Sample(labels=labels, value=number) for number, labels in enumerate(samples)),
    )


def lines(**hosts: tuple[Metric, ...]) -> list[str]:
    """What Prometheus reads of them, without the comments."""
    text = exposition(merged_metrics(hosts.items())).decode()
    return [line for line in text.splitlines() if not line.startswith("#")]


def test_each_metric_stands_once_and_each_sample_has_its_host() -> None:
    text = exposition(
        merged_metrics(
            [
                ("kvm1", (metric("vnetmgr_up", {}), metric("vnetmgr_info", {"host": "a"}))),
                ("kvm2", (metric("vnetmgr_up", {}), metric("vnetmgr_more"))),
            ]
        )
    ).decode()
    assert text.count("# TYPE vnetmgr_up gauge") == 1
    assert [line for line in text.splitlines() if not line.startswith("#")] == [
        'vnetmgr_up{managed_host="kvm1"} 0.0',
        'vnetmgr_up{managed_host="kvm2"} 0.0',
        'vnetmgr_info{host="a",managed_host="kvm1"} 0.0',
    ]


def test_versions_may_differ_in_their_labels() -> None:
    assert lines(
        kvm1=(metric("vnetmgr_up", {"old": "1"}),), kvm2=(metric("vnetmgr_up", {"new": "2"}),)
    ) == [
        'vnetmgr_up{managed_host="kvm1",new="",old="1"} 0.0',
        'vnetmgr_up{managed_host="kvm2",new="2",old=""} 0.0',
    ]


def test_a_host_speaks_for_itself_and_in_names_alone() -> None:
    assert lines(
        kvm1=(
            metric("vnetmgr_up", {"managed_host": "kvm2"}),
            metric("no name", {}),
            metric("vnetmgr_odd", {'x"} 1\n': "1"}),
        )
    ) == ['vnetmgr_up{managed_host="kvm1"} 0.0']


def graph(name: str) -> Graph:
    """A domain with a nic on a network."""
    finding = Finding(
        domain="web1", nic="lan", check="c", layer=Layer.NETWORK, status=Status.OK, cause="so"
    )
    return Graph(
        uri="u",
        host=name,
        nodes=(
            Node(id="domain:web1", kind=NodeKind.DOMAIN, name="web1"),
            Node(id="nic:web1/lan", kind=NodeKind.NIC, name="lan"),
            Node(id="network:lab", kind=NodeKind.NETWORK, name="lab"),
        ),
        edges=(
            Edge(source="domain:web1", target="nic:web1/lan", kind=EdgeKind.HAS),
            Edge(source="nic:web1/lan", target="network:lab", kind=EdgeKind.SOURCE),
        ),
        findings=(GraphFinding(node="network:lab", finding=finding),),
        notes=("not all was seen",),
    )


def test_things_of_one_name_stay_two_in_one_picture() -> None:
    found = merged_graph([("kvm1", graph("a")), ("kvm2", graph("b"))])
    ids = [node.id for node in found.nodes]
    assert len(set(ids)) == len(ids) == 6
    assert [node.name for node in found.nodes][:3] == ["kvm1/web1", "lan", "kvm1/lab"]
    assert {end for edge in found.edges for end in (edge.source, edge.target)} == set(ids)
    assert [each.node for each in found.findings] == ["network:kvm1/lab", "network:kvm2/lab"]
    assert found.notes == ("kvm1: not all was seen", "kvm2: not all was seen")
