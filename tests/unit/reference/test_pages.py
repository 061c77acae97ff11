"""docs/reference: pages that are made from the program are as it makes them today."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from reference import PAGES
from vnetmgr.errors import ExitCode

ROOT = Path(__file__).parents[3]
REFERENCE = ROOT / "docs" / "reference"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_as_the_program_makes_it(name: str) -> None:
    page = (REFERENCE / name).read_text(encoding="utf-8")
    assert page == PAGES[name](), "script/reference markdown docs/reference writes it"


def test_every_exit_code_is_told() -> None:
    told = re.findall(r"^\| (\d+) \|", (REFERENCE / "exit-codes.md").read_text(), re.MULTILINE)
    assert [int(code) for code in told] == list(ExitCode)


def test_every_variable_is_told() -> None:
    sources = (path.read_text() for path in (ROOT / "vnetmgr").rglob("*.py"))
    read = {name for text in sources for name in re.findall(r'environ\.get\(\s*"(\w+)"', text)}
    table = (REFERENCE / "environment.md").read_text().partition("libvirt's own")[0]
    between = {"COMP_WORDS", "COMP_CWORD"}  # completion's scripts and vnetmgr
    assert read - between <= set(re.findall(r"`([A-Z_]+)`", table))
