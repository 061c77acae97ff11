"""The page's text. What a browser makes of it: tests/system/host/test_topology.py."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from tests.unit.topology.examples import FINDINGS, SMALL, hostile
from vnetmgr.render.topology.page import render_page
from vnetmgr.topology.build import build_graph


class _Elements(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.starts: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.starts.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        tag, attributes = self.starts[-1] if self.starts else ("", {})
        self.texts.setdefault(f"{tag} {attributes.get('type', '')}".strip(), data)


PAGE = _Elements(render_page(build_graph(SMALL, FINDINGS)))


def _attributes(tag: str, page: _Elements = PAGE) -> list[dict[str, str | None]]:
    return [attributes for name, attributes in page.starts if name == tag]


def test_it_may_run_its_own_script_and_nothing_else() -> None:
    policy = _attributes("meta")[1]["content"]
    digests = [
        b64encode(sha256(PAGE.texts[part].encode()).digest()).decode()
        for part in ("style", "script")
    ]
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digests[0]}'; script-src 'sha256-{digests[1]}';"
        " base-uri 'none'; form-action 'none'"
    )


def test_it_asks_nobody_for_anything() -> None:
    asking = {"src", "href", "srcset", "action", "data", "poster", "style"}
    assert [each for _, each in PAGE.starts if asking & each.keys()] == []
    assert (
        re.findall(r"url\(|@import|fetch\(|innerHTML|eval\(", render_page(build_graph(SMALL))) == []
    )


@pytest.mark.parametrize(
    "name",
    [
        "</script><img src=x onerror=alert(1)>",
        "<!--<script>",
        "{script}{data}",
        "a\u2028b",
        "\x1b",
        "&amp;",
    ],
)
def test_a_name_makes_no_element(name: str) -> None:
    page = _Elements(render_page(build_graph(hostile(name))))
    assert [tag for tag, _ in page.starts] == [tag for tag, _ in PAGE.starts]
    assert _attributes("meta", page) == _attributes("meta")


def test_the_data_are_the_graph() -> None:
    data = json.loads(PAGE.texts["script application/json"])
    nodes = {node["id"]: node for node in data["nodes"]}
    assert nodes["nic:db1/lan"]["status"] == "broken"
    assert nodes["nic:db1/lan"]["findings"][0]["remedy"] == "vnetmgr reconcile"
    assert "52:54:00:00:00:01" in nodes["domain:web1"]["search"]
    assert [group["title"] for group in data["groups"]] == [
        "gone + lan9 + 0000:03:10.1 + user mode",
        "lab + br0",
        "br0",
        "without a nic",
    ]
    assert "link:eth0" in data["links"]
    assert data["notes"] == ["not all checked: needs root"]
