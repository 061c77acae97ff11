"""Answers as shells take them: whatever a name is, bash reads it as it is."""

from __future__ import annotations

import subprocess

import pytest

from tests.driver.completion.host import HOSTILE, ODD
from vnetmgr.cli.completion.candidate import Candidate, Paths
from vnetmgr.cli.completion.shells import as_bash, as_fish, as_zsh
from vnetmgr.cli.completion.words import command_words

BREAKS = " \t\n\"'@><=;|&(:"


def bash(line: str, *texts: str, more: bool = False) -> list[str]:
    """What bash is told that the last word of a line may become."""
    found = [Candidate(text, more=more) for text in texts]
    return as_bash(found, command_words(line)[-1], BREAKS)


@pytest.mark.parametrize("begin", ["", "'", '"', "o", "'o", '"od'])
def test_bash_reads_a_name_as_it_is(begin: str) -> None:
    names = [ODD, *(f"od{name}" for name in HOSTILE)]
    whole = []
    for name in names:
        _, said = bash(f"x {begin}", name)
        # Readline puts it in the place of what stands behind the quote, and closes that.
        quote = begin[:1].strip("o")
        whole.append(f"{quote}{said}{quote}")
    # As interactive shells have it: there, `!` is special.
    script = f"set -o history -o histexpand\nprintf '%s\\0' {' '.join(whole)}\n"
    told = subprocess.run(
        ["bash", "--norc", "-i"], input=script, capture_output=True, text=True, check=True
    )
    assert told.stdout.split("\0")[:-1] == names


@pytest.mark.parametrize(
    ("line", "text", "said"),
    [
        ("x 52:54:0", "52:54:00:12:34:56", "00:12:34:56"),
        ("x '52:54:0", "52:54:00:12:34:56", "52:54:00:12:34:56"),
        ("x 52\\:54:0", "52:54:00:12:34:56", "00:12:34:56"),
        ("x --allow=re", "--allow=restart", "restart"),
        ("x a\\ b", "a bc", "a\\ bc"),
        ('x "a b"/', "a b/lan", '"a b"/lan'),
        ("x ~", "~a", "~a"),
        ("x ", "~a", "\\~a"),
    ],
)
def test_bash_is_told_what_stands_behind_its_last_breaking_character(
    line: str, text: str, said: str
) -> None:
    assert bash(line, text) == ["words", said]


def test_where_the_user_has_taken_the_colon_from_them() -> None:
    found = [Candidate("52:54:00:12:34:56")]
    assert as_bash(found, command_words("x 52:5")[-1], " \t\n") == ["words", "52:54:00:12:34:56"]


def test_whether_a_word_goes_on() -> None:
    assert bash("x ", "bridge=", more=True)[0] == "more"
    assert bash("x ")[0] == "words"
    one, other = Candidate("web1", more=True), Candidate("lan", "network lab\x1b[0m")
    assert as_zsh([one, other]) == ["words", "+web1\t", " lan\tnetwork lab\\x1b[0m"]
    assert as_fish([one, other]) == ["words", "web1\t", "lan\tnetwork lab\\x1b[0m"]


def test_files_are_the_shells_own() -> None:
    word = command_words("x ")[-1]
    assert as_bash(Paths(), word, BREAKS) == as_zsh(Paths()) == as_fish(Paths()) == ["files"]
    assert as_bash(Paths(folders=True), word, BREAKS) == ["folders"]
