"""The picture: of a real host, and what a browser makes of its page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from lxml import etree

from tests.lab.waiting import eventually
from tests.system.browser import Page, open_page
from tests.system.conftest import Vm, ok
from tests.unit.topology.examples import FINDINGS, SMALL, hostile, many
from vnetmgr.model.path.facts import PathFacts
from vnetmgr.render.topology.page import render_page
from vnetmgr.topology.build import build_graph

EVIL = "</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    with open_page() as page:
        yield page


@pytest.fixture
def page(browser: Page) -> Iterator[Page]:
    """A page on which nothing goes wrong."""
    yield browser
    assert browser.complaints == []
    assert [url for url in browser.requests if not url.startswith("file:///")] == []


def show(page: Page, folder: Path, facts: PathFacts) -> None:
    file = folder / "picture.html"
    file.write_text(render_page(build_graph(facts, FINDINGS)))
    page.open(file)


def texts(page: Page, selector: str) -> list[str]:
    """The texts of the elements that a selector finds."""
    found: list[str] = page.run(
        f"[...document.querySelectorAll({json.dumps(selector)})].map((each) => each.textContent)"
    )
    return found


def test_a_real_host_in_every_form(vm: Vm, tmp_path: Path) -> None:
    ok(vm("attach-nic", "--bridge", "br0", "--name", "lan"))
    draw = partial(vm.lab.vnetmgr, "topology", "--output")
    graph = json.loads(ok(draw("json")))
    nic = next(node for node in graph["nodes"] if node["id"] == f"nic:{vm.name}/lan")
    assert nic["target"] == vm.nic("lan")["target"]
    assert {"source": nic["id"], "target": "link:br0", "kind": "tap"} in graph["edges"]
    assert f"{vm.name}/lan" in ok(draw("text"))
    svg = etree.fromstring(ok(draw("svg")).encode())
    assert "bridge br0" in svg.xpath("//*[local-name()='text']/text()")
    file = tmp_path / "host.html"
    assert ok(draw("html", "--file", str(file))) == ""
    with open_page() as page:
        page.open(file)
        page.click(f'[data-id="nic:{vm.name}/lan"]')
        assert "bridge br0" in texts(page, "#path li > strong")
        assert page.complaints == []


def test_a_click_shows_the_whole_path(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, SMALL)
    page.click('[data-id="nic:web1/lan"]')
    assert texts(page, "#path li > strong") == [
        *("nic web1/lan", "bridge br0", "vlan bond0.10", "bond bond0", "link eth0", "link eth1"),
    ]
    assert texts(page, "#columns .on strong")[:2] == ["lan", "bridge br0"]
    assert page.run("document.querySelectorAll('#lines path.on').length") == 5
    page.press("Escape")
    assert texts(page, "#columns .on") == []


def test_what_is_wrong_is_said_first_and_leads_to_its_place(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, SMALL)
    assert texts(page, "#path h2") == ["What was found"]
    assert texts(page, "#path code") == ["vnetmgr reconcile"]
    assert texts(page, "#sum .faulty") == ["1 place broken"]
    page.click("#path button")
    assert page.run("document.querySelectorAll('.chosen .on').length") > 0


def test_a_search_finds_one_in_two_hundred(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, many(200))
    assert len(texts(page, "#columns .column:first-child .node.domain")) < 30
    page.press("/")
    page.type("vm17")
    assert texts(page, "#sum") == ["11 found"]
    assert "vm17" in texts(page, ".node.domain strong")
    page.press("Enter")
    assert page.run("document.activeElement.dataset.id") == "domain:vm17"
    page.press("Escape")
    page.press("/")
    page.type("52:54:00:00:00:11")
    assert texts(page, ".node.domain strong") == ["vm17"]


def test_a_fold_opens(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, many(200))
    folds = "document.querySelectorAll('.fold')"
    count = len(texts(page, ".guest"))
    assert page.run(f"{folds}[0].getAttribute('aria-expanded')") == "false"
    page.click(".fold")
    assert page.run(f"{folds}[0].getAttribute('aria-expanded')") == "true"
    assert len(texts(page, ".guest")) == count + 57


def test_a_name_is_text_and_nothing_else(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, hostile(EVIL))
    assert texts(page, ".guest > .domain strong") == [EVIL]
    assert page.run("document.images.length") == 0
    page.press("/")
    page.type("<img")
    assert EVIL in texts(page, ".node.domain strong")


def test_by_keyboard_alone(page: Page, tmp_path: Path) -> None:
    """Everything that can be clicked is a button with a name."""
    show(page, tmp_path, SMALL)
    assert page.run("[...document.querySelectorAll('.node')].every((e) => e.tagName === 'BUTTON')")
    page.run("document.querySelector('[data-id=\"nic:web1/mgmt\"]').focus()")
    page.press("Enter")
    eventually(lambda: "network lab" in texts(page, "#path li > strong"), "its path is shown")
    assert page.run("document.activeElement.dataset.id") == "nic:web1/mgmt"
    pressed = "document.activeElement.getAttribute('aria-pressed')"
    assert page.run(pressed) == "true"


def test_zoom_and_looks(page: Page, tmp_path: Path) -> None:
    show(page, tmp_path, SMALL)
    width = "document.querySelector('[data-id=\"link:br0\"]').getBoundingClientRect().width"
    before = page.run(width)
    page.press("+")
    assert page.run(width) > 1.1 * before
    page.press("0")
    assert page.run(width) == before
    back = "getComputedStyle(document.body).backgroundColor"
    light = page.run(back)
    page.click("#look")
    assert page.run(back) != light
    page.call("Emulation.setEmulatedMedia", media="print")
    assert page.run(back) == "rgb(255, 255, 255)"
    assert page.run("getComputedStyle(document.querySelector('#look')).display") == "none"
    page.call("Emulation.setEmulatedMedia", media="")


def test_nothing_else_runs(page: Page, tmp_path: Path) -> None:
    """The page's policy refuses a script that somebody has put into the file, and a picture."""
    file = tmp_path / "other.html"
    text = render_page(build_graph(SMALL))
    added = "<script>document.title = 'owned'</script><img src='file:///etc/hostname'></body>"
    file.write_text(text.replace("</body>", added))
    page.open(file)
    assert page.run("document.title") == "The networking of kvm1"
    refused = page.complaints

    def told() -> int:
        page.run("0")  # which hears what there is to hear
        return sum("Content Security Policy" in each for each in refused)

    eventually(lambda: told() == 2, "both are refused")
    assert page.run("document.title") == "The networking of kvm1"
    refused.clear()
