"""What is shown of all hosts together, and not below the name of each: metrics, and pictures."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vnetmgr.cli.fleet.shown import document_of, show_answers, show_beside
from vnetmgr.model.graph import Edge, Graph, NodeKind
from vnetmgr.model.record import replace
from vnetmgr.model.rows.metrics import Metric, Sample
from vnetmgr.render import console
from vnetmgr.render.answers.read import graph_of, metrics_of
from vnetmgr.render.files import write_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vnetmgr.cli.options import How
    from vnetmgr.fleet.answer import Answers

HOST = "managed_host"
"""The label of a sample that says whose it is; `host` is one of some metrics already."""
_NAME = re.compile("[a-zA-Z_][a-zA-Z0-9_]*")
_PICTURES = ("dot", "svg", "html")


def show_metrics(answers: Answers, how: How) -> None:
    """In Prometheus' format, where each metric stands once. Ends with the exit code."""
    from vnetmgr.metrics.exposition import exposition

    found = merged_metrics(
        (each.host, _no_libvirt() if each.document is None else metrics_of(each.document))
        for each in answers.each
    )
    if found:
        console.out_utf8(exposition(found).decode().rstrip("\n"))
    show_beside(answers, how)


def _no_libvirt() -> tuple[Metric, ...]:
    """All that there is to measure of a host that does not answer."""
    from vnetmgr.metrics.facts import Scraped
    from vnetmgr.metrics.names import PREFIX, metrics

    of_nothing = metrics(Scraped(up=False, version=""))
    return tuple(each for each in of_nothing if each.name == f"{PREFIX}libvirt_up")


def merged_metrics(found: Iterable[tuple[str, tuple[Metric, ...]]]) -> tuple[Metric, ...]:
    """Each metric once, with the samples of every host. What has no name of Prometheus' form is
    none of ours."""
    by_name: dict[str, Metric] = {}
    for host, metrics in found:
        for metric in metrics:
            known = by_name.setdefault(metric.name, replace(metric, samples=()))
            samples = (*known.samples, *_labelled(metric, host))
            by_name[metric.name] = replace(known, samples=samples)
    return tuple(map(_whole, filter(_is_named, by_name.values())))


def _labelled(metric: Metric, host: str) -> Iterable[Sample]:
    return (
        Sample(labels={**sample.labels, HOST: host}, value=sample.value)
        for sample in metric.samples
    )


def _whole(metric: Metric) -> Metric:
    """With the labels that any sample has; without, it is empty."""
    labels = tuple(dict.fromkeys(name for sample in metric.samples for name in sample.labels))
    samples = (
        replace(sample, labels={name: sample.labels.get(name, "") for name in labels})
        for sample in metric.samples
    )
    return replace(metric, labels=labels, samples=tuple(samples))


def _is_named(metric: Metric) -> bool:
    names = (metric.name, *(name for sample in metric.samples for name in sample.labels))
    return all(map(_NAME.fullmatch, names))


def show_pictures(answers: Answers, how: How, file: str | None) -> None:
    """One picture of all hosts, or the words of each. Ends with the exit code."""
    from vnetmgr.cli.seeing.pictures import drawn_or_laid_out, print_or_write

    form = how.said or "text"
    if how.form.for_programs or (form not in _PICTURES and file is None):
        if file is not None:
            write_text(f"{console.document_text(document_of(answers), how.form)}\n", file)
        show_answers(answers, how)
        return
    graph = merged_graph(
        (each.host, graph_of(each.document)) for each in answers.each if each.document is not None
    )
    print_or_write(drawn_or_laid_out(graph, form), how, file)
    show_beside(answers, how)


def merged_graph(found: Iterable[tuple[str, Graph]]) -> Graph:
    """The pictures of several hosts as one, in which all things have their host's name."""
    graphs = [_of_host(host, graph) for host, graph in found]
    names = ", ".join(graph.host for graph in graphs)
    return Graph(
        uri=names,
        host=names,
        nodes=tuple(node for graph in graphs for node in graph.nodes),
        edges=tuple(edge for graph in graphs for edge in graph.edges),
        findings=tuple(each for graph in graphs for each in graph.findings),
        notes=tuple(f"{graph.host}: {note}" for graph in graphs for note in graph.notes),
    )


def _of_host(host: str, graph: Graph) -> Graph:
    def key(text: str) -> str:
        kind, colon, name = text.partition(":")
        return f"{kind}{colon}{host}/{name}"

    bare = (NodeKind.NIC, NodeKind.USER)
    return replace(
        graph,
        host=host,
        nodes=tuple(
            replace(
                node,
                id=key(node.id),
                name=node.name if node.kind in bare else f"{host}/{node.name}",
            )
            for node in graph.nodes
        ),
        edges=tuple(
            Edge(source=key(edge.source), target=key(edge.target), kind=edge.kind)
            for edge in graph.edges
        ),
        findings=tuple(replace(each, node=key(each.node)) for each in graph.findings),
    )
