"""Whatever a host may answer, as far as its document is of its form: it can be shown, and moves
nobody's cursor."""

from __future__ import annotations

import json
import re
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from vnetmgr.cli.fleet.together import merged_graph, merged_metrics
from vnetmgr.errors import ExitCode
from vnetmgr.fleet.reading import read_document
from vnetmgr.metrics.exposition import exposition
from vnetmgr.render import console
from vnetmgr.render.answers.fleet import render_fleet
from vnetmgr.render.answers.read import graph_of, metrics_of
from vnetmgr.render.answers.text import Look
from vnetmgr.render.blocks import Form
from vnetmgr.render.documents import KINDS, document
from vnetmgr.render.documents.fleet import ShownAnswer, ShownFleet
from vnetmgr.render.topology.page import render_page

if TYPE_CHECKING:
    from collections.abc import Mapping

TEXTS = ("", "web1", "x" * 200, "\x1b[2J\nFORGED\r\x00", "\u202e", "\U000e0001", "1.2.3.4", "-1")
VALUES: dict[str, tuple[object, ...]] = {
    "string": TEXTS,
    "integer": (0, 1, -1, 80, 65536, 2**63, -(10**30)),
    "number": (0, 1.5, -1e300, 10**30),
    "boolean": (True, False),
    "null": (None,),
}
LOOKS = (Look(), Look(summed=True, changes_alone=True, each_alone=True, show_waiting=False))


def any_of(schema: Mapping[str, Any], random: Random, definitions: Mapping[str, Any]) -> Any:
    """A value that is as a schema says."""

    def inner(schema: Mapping[str, Any]) -> Any:
        return any_of(schema, random, definitions)

    match schema:
        case {"$ref": name}:
            return inner(definitions[name.removeprefix("#/$defs/")])
        case {"const": value}:
            return value
        case {"enum": values}:
            return random.choice(values)
        case {"anyOf": schemas}:
            return inner(random.choice(schemas))
    kinds = schema.get("type", [*VALUES])
    kind = kinds if isinstance(kinds, str) else random.choice(kinds)
    if kind == "array":
        return [inner(schema.get("items", {})) for _ in range(random.choice((0, 1, 1, 2)))]
    if kind != "object":
        return random.choice(VALUES[kind])
    found = {key: inner(each) for key, each in schema.get("properties", {}).items()}
    more = schema.get("additionalProperties") or {}
    return found | {random.choice(TEXTS): inner(more) for _ in range(random.choice((0, 1)))}


def answers(kind: str, count: int) -> list[dict[str, Any]]:
    schema: dict[str, Any] = document(kind).json_schema()
    random = Random(kind)  # noqa: S311 - the same each time
    found = [any_of(schema, random, schema.get("$defs", {})) for _ in range(count)]
    return [dict(read_document(json.dumps(each).encode(), frozenset({kind}))) for each in found]


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - {"error", "fleet"}))
def test_it_is_shown(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    for result in answers(kind, 40):
        item = ShownAnswer(host="kvm1", code=ExitCode.DONE, result=result)
        for form in Form:
            for look in LOOKS:
                console.begin()
                console.settle(form)
                console.show(render_fleet(ShownFleet(items=(item,)), form=form, look=look))
                shown = capsys.readouterr()
                assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", shown.out + shown.err)
                assert "FORGED" not in shown.out.split("\n")
                if form is Form.JSON:
                    assert json.loads(shown.out)["items"][0]["result"] == result


def test_pictures_are_one() -> None:
    first, second = (iter(map(graph_of, answers("topology", 40))) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        assert render_page(merged_graph([("kvm1", one), ("kvm2", other)]))


def test_metrics_stay_lines() -> None:
    for found in map(metrics_of, answers("metrics", 40)):
        text = exposition(merged_metrics([("kvm1", found), ("kvm2", found)])).decode()
        assert not any(line.startswith("FORGED") for line in text.split("\n"))
