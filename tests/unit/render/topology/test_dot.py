"""Graphviz's language: what stands in a name stays in its label."""

from __future__ import annotations

import re

import pytest

from tests.unit.topology.examples import FINDINGS, SMALL, hostile, many
from vnetmgr.render.topology.dot import render_dot
from vnetmgr.topology.build import build_graph

_STATEMENT = re.compile(
    r'  n[0-9]+( -- n[0-9]+)? \[label="([^"\\\n]|\\["\\n])*"'
    r'(, [a-z]+=("[#a-z0-9]+"|[a-z0-9.]+))*\];'
)


def _statements(text: str) -> list[str]:
    return [line for line in text.splitlines() if re.match(r"  n[0-9]", line)]


@pytest.mark.parametrize(
    "name",
    [
        "web1",
        'a"];evil[label="',
        "\\N\\",
        "a\nb",
        "&lt;b&gt;",
        "<b>x</b>",
        "\x1b[2J",
        "n1 -- n2",
        "ä",
    ],
)
def test_a_name_is_text_in_a_label(name: str) -> None:
    found = _statements(render_dot(build_graph(hostile(name))))
    assert found
    assert [line for line in found if not _STATEMENT.fullmatch(line)] == []


def test_entities_are_no_entities() -> None:
    assert "&amp;lt;b&amp;gt;" in render_dot(build_graph(hostile("&lt;b&gt;")))


def test_faults_are_said_in_words_as_well() -> None:
    text = render_dot(build_graph(SMALL, FINDINGS))
    assert r"BROKEN: tap-not-on-bridge" in text
    assert "WARNING: uplink-no-carrier" in text
    assert "dhcp-server" not in text


def test_what_is_alike_is_one_node() -> None:
    text = render_dot(build_graph(many(200)))
    assert "113 guests alike, running" in text
    assert len(_statements(text)) < 80
