"""Every kind of JSON document is in the table, and is described as it is made."""

from __future__ import annotations

import pkgutil
from importlib import import_module

import pytest

from tests.json_schema import complaints
from vnetmgr.model.plan import Report
from vnetmgr.render import documents
from vnetmgr.render.documents import KINDS, document
from vnetmgr.render.documents.changes import REPORT, ShownReport
from vnetmgr.render.documents.shape import Document, Key, Shape, each, or_null

NUMBER: Shape[int] = Shape(
    "number", {"value": Key({"type": "integer"}, lambda number: number, "What it is.")}
)
NUMBERS: Document[list[int]] = Document(
    "numbers",
    "Some numbers.",
    {
        "items": each(NUMBER, lambda numbers: numbers),
        "first": Key(
            or_null({"enum": [1, 2]}), lambda numbers: next(iter(numbers), None), optional=True
        ),
    },
)


def test_every_document_is_in_the_table() -> None:
    """What is printed as JSON is a `Json`, and a document alone makes one."""
    modules = [
        import_module(f"{documents.__name__}.{found.name}")
        for found in pkgutil.iter_modules(documents.__path__)
    ]
    made = [one for module in modules for one in vars(module).values() if isinstance(one, Document)]
    assert {one.name: one for one in made} == {kind: document(kind) for kind in KINDS}
    assert len(made) == len(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_names_its_kind_and_leaves_room_for_new_keys(kind: str) -> None:
    schema = document(kind).json_schema()
    properties = schema["properties"]
    assert isinstance(properties, dict)
    assert list(properties)[:2] == ["kind", "version"]
    assert (properties["kind"], properties["version"]) == ({"const": kind}, {"const": 1})
    assert "'additionalProperties': False" not in str(schema)


def test_a_document_is_made_and_described_by_one_table() -> None:
    assert NUMBERS.whole([2, 3]) == {
        "kind": "numbers",
        "version": 1,
        "items": [{"value": 2}, {"value": 3}],
        "first": 2,
    }
    assert NUMBERS.json_schema() == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "vnetmgr numbers",
        "description": "Some numbers.",
        "type": "object",
        "properties": {
            "kind": {"const": "numbers"},
            "version": {"const": 1},
            "items": {"type": "array", "items": {"$ref": "#/$defs/number"}},
            "first": {"anyOf": [{"enum": [1, 2]}, {"type": "null"}]},
        },
        "required": ["kind", "version", "items"],
        "$defs": {
            "number": {
                "type": "object",
                "properties": {"value": {"type": "integer", "description": "What it is."}},
                "required": ["value"],
            }
        },
    }
    assert NUMBERS.whole([]) == {"kind": "numbers", "version": 1, "items": []}


@pytest.mark.parametrize(
    ("changed", "wrong"),
    [
        (NUMBERS.whole([1]), []),
        ({**NUMBERS.whole([1]), "new": 1}, ["$: new is unknown"]),
        ({**NUMBERS.whole([1]), "items": [{}]}, ["$.items[0]: no value"]),
        (
            {**NUMBERS.whole([1]), "items": [{"value": True}]},
            ["$.items[0].value: True is no integer"],
        ),
        ({**NUMBERS.whole([1]), "version": 2}, ["$.version: 2 is not 1"]),
    ],
)
def test_what_is_wrong_in_a_document(changed: dict[str, object], wrong: list[str]) -> None:
    document = {**NUMBERS.whole([1]), **changed}
    assert complaints(NUMBERS.json_schema(), document, closed=True) == wrong


def test_a_report_of_watch_has_its_time_behind_the_head() -> None:
    shown = ShownReport(Report(host="h1"), "2026-11-29T08:00:00+00:00")
    assert list(REPORT.whole(shown))[:4] == ["kind", "version", "time", "host"]
    assert complaints(REPORT.json_schema(), REPORT.whole(shown), closed=True) == []
    assert "time" not in REPORT.whole(ShownReport(Report(host="h1")))
