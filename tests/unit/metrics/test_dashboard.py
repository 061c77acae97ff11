"""The dashboard asks for what there is."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from itertools import combinations
from typing import Any

import pytest

from tests.unit.metrics.test_names import FULL
from vnetmgr.metrics.names import metrics
from vnetmgr.model.rows.metrics import MetricKind

DASHBOARD = json.loads(files("vnetmgr.templates").joinpath("grafana/vnetmgr.json").read_text())
KNOWN = {metric.name: metric for metric in metrics(FULL)}
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
EXPRESSIONS = [
    (target["expr"], target["legendFormat"]) for panel in PANELS for target in panel["targets"]
]
VARIABLES = {each["name"] for each in DASHBOARD["templating"]["list"]}
OF_PROMETHEUS = {"job", "instance"}


def names_in(expression: str) -> list[str]:
    return re.findall(r"\bvnetmgr_\w+", expression)


@pytest.mark.parametrize(("expression", "legend"), EXPRESSIONS)
def test_each_name_and_label_is_there(expression: str, legend: str) -> None:
    for name, selector in re.findall(r"\b(vnetmgr_\w+)(?:\{([^}]*)\})?", expression):
        labels = {*KNOWN[name].labels, *OF_PROMETHEUS}
        assert set(re.findall(r"(\w+)[=!]~?\"", selector)) <= labels
        for by in re.findall(r"by \(([^)]*)\)", expression):
            assert set(by.split(", ")) <= labels
        assert set(re.findall(r"\{\{(\w+)\}\}", legend)) <= labels
    assert set(re.findall(r"\$(\w+)", expression)) <= {*VARIABLES, "__rate_interval"}


@pytest.mark.parametrize("expression", [expression for expression, _ in EXPRESSIONS])
def test_counters_are_rated_and_gauges_are_not(expression: str) -> None:
    for name in names_in(expression):
        counter = KNOWN[name].kind is MetricKind.COUNTER
        assert (f"rate({name}" in expression) is counter


def test_what_can_be_chosen_is_asked_of_what_there_is() -> None:
    for variable in DASHBOARD["templating"]["list"]:
        if variable["type"] == "query":
            found = re.fullmatch(r"label_values\((\w+).*, (\w+)\)", variable["definition"])
            assert found is not None
            name, label = found.groups()
            assert label in {*KNOWN[name].labels, *OF_PROMETHEUS}


def test_what_matters_is_shown() -> None:
    shown = {name for expression, _ in EXPRESSIONS for name in names_in(expression)}
    assert {name for name in KNOWN if "orphan" in name or "free" in name or "up" in name} <= shown
    assert shown <= KNOWN.keys()


def test_panels_do_not_overlap() -> None:
    def cells(panel: dict[str, Any]) -> set[tuple[int, int]]:
        at = panel["gridPos"]
        return {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}

    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
    for one, other in combinations(map(cells, DASHBOARD["panels"]), 2):
        assert not one & other
