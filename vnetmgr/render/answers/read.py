"""Values read back from documents, as far as people are shown them. Each document is known to be as
its schema says; whatever texts are in it are its sender's."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeAlias

from vnetmgr.errors import VnetError
from vnetmgr.model.graph import Edge, EdgeKind, Graph, GraphFinding, Node, NodeKind
from vnetmgr.model.path.finding import Diagnosis, Finding, Layer, NicPath, Status
from vnetmgr.model.path.trace import Fate, HopKind, Trace, TraceHop, Way
from vnetmgr.model.plan import (
    Action,
    Change,
    Disruption,
    FieldChange,
    NicFacts,
    ObjectKind,
    Outcome,
    Report,
    Result,
)
from vnetmgr.model.rows.metrics import Metric, MetricKind, Sample
from vnetmgr.model.state import State
from vnetmgr.problem import About, Place, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

Json: TypeAlias = "Mapping[str, Any]"


def error_of(found: Json, kind: type[VnetError] = VnetError) -> VnetError:
    """What failed, in its sender's words."""
    first, *items = found["message"].split("\n")
    return kind(
        first,
        found["hint"],
        about=_about(found["about"]),
        items=[item.removeprefix("  - ") for item in items],
        problems=tuple(map(_problem, found["problems"])),
    )


def _about(found: Json | None) -> About | None:
    if found is None:
        return None
    return About(found["kind"], found["name"] or "", found["domain"], found["field"])


def _problem(found: Json) -> Problem:
    file, line, column = found["file"], found["line"], found["column"]
    place = None if file is None or line is None else Place(file, line, column)
    return Problem(_about(found["about"]), found["text"], found["hint"], place)


def errors_of(document: Json) -> tuple[VnetError, ...]:
    """All that a plan or a report has."""
    return tuple(map(error_of, document.get("errors", ())))


def change_of(found: Json) -> Change:
    """A change."""
    fields = (
        FieldChange(field=f["field"], before=f["before"], after=f["after"]) for f in found["fields"]
    )
    return Change(
        action=Action(found["action"]),
        object=ObjectKind(found["object"]),
        domain=found["domain"],
        name=found["name"],
        scope=tuple(map(State, found["scope"])),
        disruption=Disruption(found["disruption"]),
        fields=tuple(fields),
    )


def outcome_of(found: Json) -> Outcome:
    """A change, and what became of it."""
    return Outcome(change=change_of(found), result=Result(found["result"]), error=found["error"])


def report_of(document: Json) -> Report:
    """A report."""
    return Report(
        host=document["host"],
        outcomes=tuple(map(outcome_of, document["changes"])),
        facts=tuple(map(_facts, document["facts"])),
        notes=tuple(document["notes"]),
        errors=errors_of(document),
    )


def _facts(found: Json) -> NicFacts:
    keys = ("domain", "name", "mac", "configured", "plugged", "used")
    # Of what proves it and what speaks against it a document has one.
    return NicFacts(**{key: found[key] for key in keys}, reason=found["evidence"])


def _finding(found: Json) -> Finding:
    return Finding(
        domain=found["domain"],
        nic=found["nic"],
        check=found["check"],
        layer=Layer(found["layer"]),
        status=Status(found["status"]),
        cause=found["cause"],
        owner=found["owner"],
        remedy=found["remedy"],
        fixable=found["fixable"],
    )


def diagnosis_of(document: Json, *, each_alone: bool = False) -> Diagnosis:
    """What doctor has found. `each_alone`: nics were asked for one by one."""
    findings = map(_finding, document["items"])
    paths = tuple(
        NicPath(domain=domain, nic=nic, findings=tuple(found))
        for (domain, nic), found in groupby(findings, lambda each: (each.domain, each.nic))
    )
    named = {(each.domain, each.nic) for each in paths if each.nic is not None}
    return Diagnosis(
        uri=document["host"],
        host=document["host"],
        paths=paths,
        named=frozenset(named if each_alone else ()),
        notes=tuple(document["notes"]),
    )


def trace_of(document: Json) -> Trace:
    """Where a packet gets to."""
    return Trace(
        domain=document["domain"],
        nic=document["nic"],
        destination=document["destination"],
        protocol=document["protocol"],
        port=document["port"],
        verdict=Fate(document["verdict"]),
        reason=document["reason"],
        hops=tuple(map(_hop, document["hops"])),
        unknown=tuple(document["unknown"]),
        live_s=document["live"],
    )


def _hop(found: Json) -> TraceHop:
    return TraceHop(
        kind=HopKind(found["kind"]),
        name=found["name"],
        rule=found["rule"],
        owner=found["owner"],
        verdict=found["verdict"],
        way=Way(found["way"]),
    )


def graph_of(document: Json) -> Graph:
    """A picture. Edges to what it has not got are left out."""
    nodes = tuple(map(_node, document["nodes"]))
    known = {node.id for node in nodes}
    edges = (
        Edge(source=each["source"], target=each["target"], kind=EdgeKind(each["kind"]))
        for each in document["edges"]
        if {each["source"], each["target"]} <= known
    )
    findings = (
        GraphFinding(node=each["node"], finding=_finding(each)) for each in document["findings"]
    )
    return Graph(
        uri=document["host"],
        host=document["host"],
        nodes=nodes,
        edges=tuple(edges),
        findings=tuple(findings),
        notes=tuple(document["notes"]),
    )


def _node(found: Json) -> Node:
    values: dict[str, Any] = {key: found[key] for key in Node.FIELDS}
    for key in ("addresses", "vlan", "forwards"):
        values[key] = tuple(values[key])
    return Node(**{**values, "kind": NodeKind(found["kind"])})


def metrics_of(document: Json) -> tuple[Metric, ...]:
    """What Prometheus wants to know."""
    return tuple(
        Metric(
            name=each["name"],
            kind=MetricKind(each["type"]),
            help=each["help"],
            samples=tuple(
                Sample(labels=sample["labels"], value=sample["value"]) for sample in each["samples"]
            ),
        )
        for each in document["items"]
    )
