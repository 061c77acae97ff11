"""A picture in words: what each network and bridge is, where it leads, and who is on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.graph import NodeKind, Walk
from vnetmgr.model.path.finding import Status
from vnetmgr.render.blocks import Block, Line, notes
from vnetmgr.render.topology.fold import folds, segments, spanned
from vnetmgr.render.topology.words import is_well, limits, said, title, ways_out
from vnetmgr.render.width import padded, width

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.graph import Graph, Node
    from vnetmgr.render.topology.fold import Fold

_COLOURS = {
    **dict.fromkeys(Status, ""),  # of what is well nothing is said here; another vnetmgr might
    Status.BROKEN: "red",
    Status.WARNING: "yellow",
    Status.INFO: "dim",
}


def render_text(graph: Graph) -> Iterator[Block]:
    """Lines, and what could not be looked at."""
    walk = Walk(graph)
    all_folds = folds(walk)
    for segment in segments(walk):
        yield Line(", ".join((title(segment), *said(segment))), _colour(segment, walk))
        yield from _faults(segment.id, walk, "  ")
        yield from (Line(f"  -> {way}") for way in ways_out(segment.id, walk))
        rows = [row for fold in all_folds for row in _rows(fold, segment, walk)]
        room = max((width(name) for name, _, _ in rows), default=0)
        for name, text, nics in rows:
            yield Line(f"  {padded(name, room)}  {text}", _colour(nics[0], walk))
            yield from _faults(nics[0].id, walk, "    ")
        yield Line()
    yield from _alone(all_folds, walk)
    if not graph.nodes:
        yield Line(f"no domains, networks or bridges on {graph.uri}")
    yield from notes(graph.notes)


def _rows(fold: Fold, segment: Node, walk: Walk) -> Iterator[tuple[str, str, tuple[Node, ...]]]:
    """A domain's nics on a segment: name, the rest, and the nics that it is about."""
    for nics in fold.nics:
        if segment not in walk.next(nics[0].id):
            continue
        names = {nic.name for nic in nics}
        nic = nics[0].name if len(names) == 1 else "a nic each"
        name = f"{fold.name}/{nic}" if len(nics) == 1 else f"{fold.name}: {nic}"
        yield name, ", ".join(_words(fold, nics)), nics


def _words(fold: Fold, nics: tuple[Node, ...]) -> Iterator[str]:
    domain, nic = fold.domains[0], nics[0]
    if len(nics) > 1:
        yield f"{len(nics)} guests alike"
    yield domain.state or "?"
    if not is_well(nic) and is_well(domain):
        yield f"nic {nic.state}" if nic.state != "down" else "link down"
    ends = [nics[0], nics[-1]]
    firsts = [end.addresses[0] for end in ends[: len(nics)] if end.addresses]
    yield from nic.addresses if len(nics) == 1 else [spanned(firsts)] if firsts else []
    if nic.vlan:
        yield f"VLAN {', '.join(map(str, nic.vlan))}"
    yield from limits(nic)
    yield from (f"forward {forward}" for forward in nic.forwards)


def _alone(all_folds: list[Fold], walk: Walk) -> Iterator[Line]:
    """Domains without a nic, and what is wrong with domains as such."""
    for fold in all_folds:
        if not fold.nics:
            yield Line(f"{fold.name}: {fold.domains[0].state or '?'}, no nic")
        for domain in fold.domains:
            found = list(_faults(domain.id, walk, "  "))
            yield from [Line(f"domain {domain.name}"), *found] if found else []


def _faults(key: str, walk: Walk, indent: str) -> Iterator[Line]:
    for finding in walk.findings(key):
        yield Line(f"{indent}{finding.status}: {finding.cause}", _COLOURS[finding.status])
        if finding.remedy:
            yield Line(f"{indent}  {finding.remedy}", "dim")


def _colour(node: Node, walk: Walk) -> str:
    status = walk.status(node.id)
    if status is not None:
        return _COLOURS[status]
    return "bold" if node.kind is not NodeKind.NIC else ""
