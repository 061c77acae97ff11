"""One host's document for people: the lines that its command prints there, or tables and YAML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vnetmgr.model.network_attributes import default_of
from vnetmgr.model.record import Record
from vnetmgr.printable import shell_word
from vnetmgr.render.answers.read import (
    change_of,
    diagnosis_of,
    errors_of,
    graph_of,
    report_of,
    trace_of,
)
from vnetmgr.render.answers.tables import (
    IN_NETWORK,
    IN_STATE,
    LEAST,
    LISTS,
    NOTHING,
    colours,
    network_state,
    notes_of,
)
from vnetmgr.render.blocks import Block, Done, Form, Line, notes
from vnetmgr.render.changes import plan_lines, render_changes_alone, render_report
from vnetmgr.render.columns import text_of_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from vnetmgr.render.answers.tables import Item
    from vnetmgr.render.columns import Column

    Json = Mapping[str, Any]

_HEAD = ("kind", "version", "notes")


class Look(Record):
    """What is shown of a document."""

    columns: Sequence[Column[Item]] | None = None
    """Those that were chosen; None: a list's own."""
    show_waiting: bool = True
    """Also what only a start of a domain brings about."""
    summed: bool = False
    """How much it was, at the end: of what a spec says."""
    changes_alone: bool = False
    """Nothing where nothing happened, and no notes: for cron."""
    each_alone: bool = False
    """Whether doctor was asked for single nics."""


def text_of(document: Json, look: Look) -> Iterator[Block]:
    """The lines and tables, notes and errors."""
    kind = document["kind"]
    if kind in LISTS:
        yield from _table(kind, document, look)
    elif kind in _TEXTS:
        yield from _TEXTS[kind](document, look)
    else:
        yield from _yaml(document)


def _table(kind: str, document: Json, look: Look) -> Iterator[Block]:
    items = document["items"]
    if items:
        marks = list(colours(kind, items))
        yield LISTS[kind].table(items, look.columns, marks, LEAST.get(kind, ()))
    else:
        yield Line(NOTHING.get(kind, "none"))
    yield from notes(notes_of(kind, document))


def _plan(document: Json, look: Look) -> Iterator[Block]:
    changes = tuple(map(change_of, document["changes"]))
    waiting = tuple(map(change_of, document["waiting"]))
    errors = errors_of(document)
    if look.changes_alone and not changes and not errors:
        return
    how = {"show_waiting": look.show_waiting, "summed": look.summed}
    yield from plan_lines(changes, waiting, failed=bool(errors), **how)
    yield from notes(document["notes"])
    yield from errors


def _report(document: Json, look: Look) -> Iterator[Block]:
    report = report_of(document)
    if look.changes_alone:
        yield from render_changes_alone(report, form=Form.TABLE, show_waiting=look.show_waiting)
    else:
        how = {"show_waiting": look.show_waiting, "summed": look.summed}
        yield from render_report(report, form=Form.TABLE, **how)


def _findings(document: Json, look: Look) -> Iterator[Block]:
    from vnetmgr.render.findings import render_findings

    changes = document.get("changes", ())
    if changes:
        report = {**document, "facts": (), "notes": ()}
        yield from render_report(report_of(report), form=Form.TABLE)
        yield Done()
    yield from render_findings(diagnosis_of(document, each_alone=look.each_alone), form=Form.TABLE)
    planned = tuple(map(change_of, document.get("planned", ())))
    if planned:
        yield Line()
        yield Line("--fix would do:")
        yield from plan_lines(planned)
    if not changes:
        yield from errors_of(document)


def _trace(document: Json, look: Look) -> Iterator[Block]:
    del look
    from vnetmgr.render.traces import render_trace

    return render_trace(trace_of(document), form=Form.TABLE)


def _topology(document: Json, look: Look) -> Iterator[Block]:
    del look
    from vnetmgr.render.topology.text import render_text

    return render_text(graph_of(document))


def _qemu_arguments(document: Json, look: Look) -> Iterator[Block]:
    del look
    for item in document["items"]:
        yield Line(f"# {item['domain']}/{item['name'] or item['mac']}", "bold")
        yield Line(" ".join(map(shell_word, item["arguments"])))
        if item["legacy"] is not None:
            yield Line("# the old form:", "dim")
            yield Line(" ".join(map(shell_word, item["legacy"])))
        yield from (Line(f"# {text}", "dim") for text in item["notes"])


def _validation(document: Json, look: Look) -> Iterator[Block]:
    del look
    if document["valid"]:
        yield Done("OK")
    for each in document["problems"]:
        place = f"{each['file']}:{each['line']}:{each['column']}"
        yield Line(f"{place}: {each['message']}", "red")


def _network(document: Json, look: Look) -> Iterator[Block]:
    """What it has, in lines, without what libvirt means anyway; then who is on it."""
    del look
    told = {*_HEAD, *IN_NETWORK, *(("reservations",) if document.get("leases") else ())}
    for key, value in document.items():
        unsaid = value in (None, "", [], {}) or value == (default_of(key) or False)
        if key == "active":
            yield Line(f"state: {network_state(document)}")
        elif key not in (told | IN_STATE) and not unsaid:
            yield Line(f"{key}: {text_of_value(value)}")
    for key, columns in IN_NETWORK.items():
        if items := document.get(key):
            yield Line()
            yield columns.table(items)
    yield from notes(document["notes"])


def _yaml(document: Json) -> Iterator[Block]:
    """What has no other words: its keys, without those that are empty."""
    from vnetmgr.render.yaml_document import yaml_document

    shown = {key: value for key, value in document.items() if key not in _HEAD}
    yield from map(Line, yaml_document(_filled(shown)).split("\n"))
    yield from notes(document.get("notes", ()))


def _filled(value: Any) -> Any:
    if isinstance(value, dict):
        inner = {key: _filled(each) for key, each in value.items()}
        return {key: each for key, each in inner.items() if each not in (None, "", [], {}, False)}
    return [_filled(each) for each in value] if isinstance(value, list) else value


_TEXTS: dict[str, Callable[[Json, Look], Iterator[Block]]] = {
    "plan": _plan,
    "report": _report,
    "findings": _findings,
    "trace": _trace,
    "topology": _topology,
    "network": _network,
    "qemu-args": _qemu_arguments,
    "validation": _validation,
}
