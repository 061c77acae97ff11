"""Lines as shells read them."""

from __future__ import annotations

import pytest

from vnetmgr.cli.completion.words import Quote, command_words, rest_words

LINES = {
    "": [""],
    "vnetmgr": ["vnetmgr"],
    "vnetmgr ": ["vnetmgr", ""],
    "a 'b c' d": ["a", "b c", "d"],
    r"a b\ c": ["a", "b c"],
    'a "b c': ["a", "b c"],
    "a 'it'\\''s": ["a", "it's"],
    r'a "x\$y\z"': ["a", r"x$y\z"],
    "a; b c": ["b", "c"],
    "a | b": ["b"],
    "a && b ": ["b", ""],
    "a 'x;y'": ["a", "x;y"],
    'a ""': ["a", ""],
    "a b\\": ["a", "b"],
    "a \\\n b": ["a", "b"],
    "a $(b (c) d) e": ["a", "$(b (c) d)", "e"],
    'a "$(b c)" e': ["a", "$(b c)", "e"],
    "a $(b c": ["b", "c"],
}


@pytest.mark.parametrize("line", LINES)
def test_words_of_a_line(line: str) -> None:
    assert [each.text for each in command_words(line)] == LINES[line]


def test_fish_takes_backslashes_within_single_quotes() -> None:
    assert [each.text for each in command_words(r"a 'b\'c' d", "fish")] == ["a", "b'c", "d"]
    assert [each.text for each in command_words(r'a "b\`c"', "fish")] == ["a", r"b\`c"]


@pytest.mark.parametrize(
    ("line", "raw", "quote", "opened"),
    [
        ("a 'b c", "'b c", Quote.SINGLE, 1),
        ('a x"b c', 'x"b c', Quote.DOUBLE, 2),
        ("a 'b' c", "c", Quote.NONE, 0),
        ("a b\\", "b", Quote.NONE, 0),
        ('a "b\\', '"b', Quote.DOUBLE, 1),
        ("a 'b\\", "'b\\", Quote.SINGLE, 1),
    ],
)
def test_what_is_open_at_the_cursor(line: str, raw: str, quote: Quote, opened: int) -> None:
    word = command_words(line)[-1]
    assert (word.raw, word.open) == (raw, quote)
    assert word.opened == opened or not word.open


@pytest.mark.parametrize(
    ("behind", "words"),
    [
        ("", []),
        (" -c x", ["-c", "x"]),
        ("est -c x", ["-c", "x"]),
        (" a; b", ["a"]),
        (" 'a b'", ["a b"]),
    ],
)
def test_words_behind_the_cursor(behind: str, words: list[str]) -> None:
    assert rest_words(behind) == words


@pytest.mark.parametrize("line", ["a $x", 'a "$(b', 'a "x$y', "a `b", "a x$(b)"])
def test_what_the_shell_makes_something_else_of(line: str) -> None:
    assert command_words(line)[-1].expands


@pytest.mark.parametrize("line", [r"a \$x", r'a "\$x', "a '$x`", "a $(b) c", r"a \`b"])
def test_what_is_as_it_stands(line: str) -> None:
    assert not command_words(line)[-1].expands
