"""Help for people: whole, however wide the terminal is."""

from __future__ import annotations

import re

import pytest

from reference.commands import pages
from tests.unit.cli.help.pages import page
from vnetmgr.cli.catalogue import COMMANDS
from vnetmgr.cli.help.page import Page
from vnetmgr.cli.help.text import label, text_of, width
from vnetmgr.errors import ExitCode

PAGES = {each.command: each for each in pages()}
WIDTHS = (20, 30, 49, 50, 80, 100, 300)


def words(text: str) -> list[str]:
    return text.replace("\N{NO-BREAK SPACE}", " ").split()


def said(of: Page) -> list[str]:
    """All that a page says, word by word, as it stands there."""
    found = [*words(f"Usage: {of.program} {' '.join(of.usage)}")]
    for paragraph in of.paragraphs:
        found += words(paragraph)
    for example in of.examples:
        found += words(f"Example: {example}")
    for section in of.sections:
        found += words(f"{section.title}:")
        for entry in section.entries:
            found += words(f"{label(entry)} {entry.whole}")
    titled = {"Exit codes": of.exit_codes, "Environment": of.environment, "Files": of.files}
    for title, facts in titled.items():
        found += words(f"{title}:") if facts else []
        for fact in facts:
            found += words(f"{fact.name} {fact.text}")
    return found


@pytest.mark.parametrize("columns", WIDTHS)
def test_nothing_is_left_out_at_any_width(columns: int) -> None:
    for of in PAGES.values():
        assert text_of(of, columns, emphatic=False).split() == said(of)


@pytest.mark.parametrize("columns", WIDTHS)
def test_a_line_is_longer_than_the_terminal_only_for_one_word(columns: int) -> None:
    for of in PAGES.values():
        copied = {f"Example: {each}" for each in of.examples}
        for line in text_of(of, columns, emphatic=False).splitlines():
            several = len(line.split()) > 1 and not line.lstrip().startswith(("--", "[default:"))
            if line not in copied and several:
                assert len(line) <= columns, line


def test_bold_is_all_that_a_terminal_gets_more() -> None:
    for of in PAGES.values():
        bold = text_of(of, 80, emphatic=True)
        assert set(re.findall(r"\x1b\[\d+m", bold)) == {"\x1b[1m", "\x1b[0m"}
        assert re.sub(r"\x1b\[\d+m", "", bold) == text_of(of, 80, emphatic=False)


def test_a_default_is_not_torn_apart() -> None:
    for columns in range(20, 100):
        lines = text_of(page("word " * 12), columns, emphatic=False).splitlines()
        assert any("[default: 1]" in line for line in lines)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_says_how_it_can_end_and_what_it_heeds(command: str) -> None:
    of = PAGES[command]
    codes = [int(fact.name) for fact in of.exit_codes]
    assert codes == sorted(codes)
    assert {0, 1, 2, 130} <= set(codes)
    options = {name for section in of.sections for each in section.entries for name in each.names}
    changes = "--dry-run" in options and command not in ("install-service", "watch")
    assert (75 in codes) is changes
    assert "NO_COLOR" in {fact.name for fact in of.environment}


@pytest.mark.parametrize("command", PAGES)
def test_no_variable_or_file_is_told_twice(command: str) -> None:
    of = PAGES[command]
    for facts in (of.environment, of.files):
        names = [fact.name for fact in facts]
        assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("columns", "wide"),
    [("80", 80), ("0", 80), ("-5", 80), ("wide", 80), ("", 80), ("3", 20), ("9" * 30, 100)],
)
def test_how_wide_help_is(columns: str, wide: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert width() == wide  # pytest's standard output is no terminal


def test_help_needs_no_letter_that_a_locale_may_lack() -> None:
    for of in PAGES.values():
        assert text_of(of, 80, emphatic=True).isascii()


def test_no_sentence_is_broken_off() -> None:
    for of in PAGES.values():
        texts = [
            *of.paragraphs,
            *(each.text for section in of.sections for each in section.entries),
        ]
        assert not [text for text in texts if text.endswith("...") or "..." in text.split()]


def test_the_program_itself_says_every_exit_code() -> None:
    assert [int(fact.name) for fact in PAGES[""].exit_codes] == list(ExitCode)
    said = {int(fact.name) for of in PAGES.values() for fact in of.exit_codes}
    assert said == {*ExitCode}
