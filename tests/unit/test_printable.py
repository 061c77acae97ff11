"""What others wrote is harmless where it is shown, and exact where programs read it."""

from __future__ import annotations

import json
import subprocess

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from vnetmgr.errors import VnetError, refused_problems
from vnetmgr.printable import (
    is_printable,
    printable,
    printable_json,
    printable_lines,
    printable_xml,
    shell_word,
)
from vnetmgr.problem import Problem

HARMFUL = {
    "\x1b[2J": r"\x1b[2J",
    "a\nb": r"a\nb",
    "a\r\tb": r"a\r\tb",
    "\x7f\x00\x9b31m\x85": r"\x7f\x00\x9b31m\x85",
    "\u202egnp.exe\u2066\u200f": r"\u202egnp.exe\u2066\u200f",
    "a\u200bb\ufeff\xad\u2028": r"a\u200bb\ufeff\xad\u2028",
    "\u3164\u115f\ufe0f\u2800": r"\u3164\u115f\ufe0f\u2800",
    "\U000e0041\U000e0100": r"\U000e0041\U000e0100",
    "\udcff": r"\udcff",
    "\xa0\ue000": r"\xa0\ue000",
}


@pytest.mark.parametrize(("text", "shown"), HARMFUL.items())
def test_what_cannot_be_seen_is_an_escape(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert printable(shown) == shown


@pytest.mark.parametrize("text", ["", "web1", "größe-名前", "[red]x[/]", "a  b", r"C:\x1b", "👾"])
def test_all_else_stays(text: str) -> None:
    assert printable(text) == printable_xml(text) == printable_json(text) == text


@given(st.text())
def test_every_text_is_one_line_of_what_can_be_seen(text: str) -> None:
    assert is_printable(printable(text))
    assert printable_lines(text).count("\n") == text.count("\n")


@given(st.text(st.characters(codec="utf-8")))
def test_programs_read_the_same_value(text: str) -> None:
    shown = printable_json(json.dumps({text: [text]}, indent=1, ensure_ascii=False))
    assert all(is_printable(line) for line in shown.split("\n"))
    assert json.loads(shown) == {text: [text]}


@pytest.mark.parametrize("text", [each for each in HARMFUL if "\udcff" not in each])
def test_yaml_reads_the_escapes(text: str) -> None:
    assert yaml.safe_load(f'"{printable(text)}"') == text


@pytest.mark.parametrize("text", ["it's\x1b", "\x9b2J", "\u202e$(id)", "a\nb", "plain", "\\x\x7f"])
def test_a_shell_reads_the_word(text: str) -> None:
    word = shell_word(text)
    assert is_printable(word)
    told = subprocess.run(["bash", "-c", f"printf %s {word}"], capture_output=True, check=True)
    assert told.stdout.decode() == text


@pytest.mark.parametrize(
    ("text", "shown"), [("\udcff", r"$'\xff'"), ("\ud800", r"$'\xed\xa0\x80'")]
)
def test_what_is_no_text_is_a_word_of_bytes(text: str, shown: str) -> None:
    assert shell_word(text) == shown


def test_a_message_has_the_lines_that_its_list_has() -> None:
    error = refused_problems([Problem(None, "one\nforged: yes"), Problem(None, "two\n  - three")])
    assert error.lines == ("2 problems:", "one\nforged: yes", "two\n  - three")
    assert error.message.split("\n") == [
        "2 problems:",
        r"  - one\nforged: yes",
        r"  - two\n  - three",
    ]
    assert VnetError("a\n  - forged: yes").lines == ("a\n  - forged: yes",)
