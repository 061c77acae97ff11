"""The reference in Markdown: what is in a text stays text, and the file is as the help says."""

from __future__ import annotations

import pytest

from reference.commands import commands_page
from reference.markdown import code
from reference.markdown import text as escaped
from vnetmgr.cli.catalogue import COMMANDS


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("as it is, and so", "as it is, and so"),
        ("*bold* <b> [a](b) a_b #x a|b", r"\*bold\* \<b\> \[a\](b) a\_b \#x a\|b"),
        ("`a*b` and `", r"`a*b` and \`"),
        ("a\nb\x1b[1m", r"a\\nb\\x1b\[1m"),
        ("[default:\N{NO-BREAK SPACE}1]", r"\[default: 1\]"),
    ],
)
def test_a_text_is_shown_as_it_is(text: str, shown: str) -> None:
    assert escaped(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"), [("a|b", "`a|b`"), ("a`b", "`` a`b ``"), ("``", "``` `` ```")]
)
def test_code_is_shown_as_it_is(text: str, shown: str) -> None:
    assert code(text) == shown


def test_the_reference_has_every_command_under_its_panel() -> None:
    lines = commands_page().splitlines()
    panels = dict.fromkeys(panel for _, panel in COMMANDS.values())
    assert [line[3:] for line in lines if line.startswith("## ")] == ["vnetmgr", *panels]
    assert {line[4:] for line in lines if line.startswith("### ")} == set(COMMANDS)
