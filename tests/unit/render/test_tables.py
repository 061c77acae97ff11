"""Tables: columns that stand below one another, whatever is in them."""

from __future__ import annotations

import io
import sys

import pytest
from rich.cells import cell_len

from vnetmgr.render import console
from vnetmgr.render.tables import columns_left_out
from vnetmgr.render.width import width

WIDE = {
    "": 0,
    "web1": 4,
    "größe": 5,
    "名前": 4,
    "ﾊﾝ": 2,
    "Ａ": 2,
    "e\u0301e\u0301": 2,
    "\u0e01\u0e47": 1,
    "\u0928\u093f": 1,
    "\u1112\u1161\u11ab": 2,
    "👾 x": 4,
    "👍🏽": 2,
    "🇩🇪": 2,
    "①½": 2,
}


@pytest.mark.parametrize("text", WIDE)
def test_width(text: str) -> None:
    assert width(text) == WIDE[text] == cell_len(text)


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "ascii"])
def test_columns_are_aligned(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    printed = io.TextIOWrapper(io.BytesIO(), encoding, errors="backslashreplace")
    monkeypatch.setattr(sys, "stdout", printed)
    console.table(("A", "B"), [(each, "|") for each in WIDE])
    printed.seek(0)
    heading, *rows = printed.read().splitlines()
    assert {width(row.partition("|")[0]) for row in rows} == {heading.index("B")}


WIDTHS = {"DOMAIN": 10, "MAC": 17, "MODEL": 6, "STATE": 2}


@pytest.mark.parametrize(
    ("room", "gone"),
    [
        (46, []),  # 35, three times 3 between them, and the ends
        (45, ["MODEL"]),
        (37, ["MODEL"]),
        (36, ["MODEL", "MAC"]),
        (5, ["MODEL", "MAC"]),
    ],
)
def test_the_least_important_columns_go_first(room: int, gone: list[str]) -> None:
    assert columns_left_out(WIDTHS, ("MODEL", "MAC"), room) == gone
    assert columns_left_out(WIDTHS, (), room) == []
