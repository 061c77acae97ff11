"""The words of a command line as bash and fish read them, up to the cursor. Nothing is expanded:
`$(touch x)` is a word of that text."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from vnetmgr.model.record import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLANKS = " \t\n"
_ENDS = ";|&()"
"""What ends a command."""
_EXPANDS = {"bash": "$`", "fish": "$"}
_IN_DOUBLE = {"bash": '$`"\\', "fish": '$"\\'}
"""What a backslash takes its meaning from, within double quotes."""
_IN_SINGLE = {"bash": "", "fish": "'\\"}


class Quote(StrEnum):
    """What is open at a place."""

    NONE = ""
    SINGLE = "'"
    DOUBLE = '"'


class Word(Row):
    """One word."""

    text: str
    """What the program is given of it."""
    raw: str
    """As it is typed; without a backslash at its end that quotes nothing yet."""
    open: Quote = Quote.NONE
    """The quote that is not closed at its end."""
    opened: int = 0
    """Where in `raw` what that quotes begins."""
    quoted: frozenset[int] = frozenset()
    """The places in `raw` that a quote or a backslash makes mean themselves."""
    expands: bool = False
    """Whether the shell puts something else in the place of a part of it: `$x`, `$(...)`, "`...`".
    What that is, is not known here."""


def command_words(text: str, shell: str = "bash") -> list[Word]:
    """The words of the last command of a text; the last is the one that the cursor is at, perhaps
    an empty one."""
    words: list[Word] = []
    place = 0
    while True:
        place = _behind_blanks(text, place)
        if place < len(text) and text[place] in _ENDS:
            words.clear()
            place += 1
            continue
        word, place = _word(text, place, shell)
        words.append(word)
        if place >= len(text):
            break
    return words


def rest_words(text: str, shell: str = "bash") -> list[str]:
    """The words behind the cursor, up to the end of the command; not what the cursor is within."""
    found: list[str] = []
    _, place = _word(text, 0, shell)
    while place < len(text):
        place = _behind_blanks(text, place)
        if place >= len(text) or text[place] in _ENDS:
            break
        word, place = _word(text, place, shell)
        found.append(word.text)
    return found


def _behind_blanks(text: str, place: int) -> int:
    """Where the next word may begin. A line break that is quoted is nothing at all."""
    while text[place : place + 1] in tuple(_BLANKS) or text.startswith("\\\n", place):
        place += 2 if text[place] == "\\" else 1
    return place


def _word(text: str, start: int, shell: str) -> tuple[Word, int]:
    """The word that begins at a place, and where it ends."""
    quoted: set[int] = set()
    said: list[str] = []
    quote, opened, end, last, expands = Quote.NONE, 0, len(text), "", False
    for place, char, state in _steps(text, start, shell):
        if state == "end":
            end = place
            break
        last = state
        if state == "open":
            quote, opened = Quote(char), place + 1 - start
        elif state == "close":
            quote = Quote.NONE
        elif state == "escape":
            quoted.add(place - start)
        else:
            said.append(char)
            expands = expands or (char in _EXPANDS[shell] and state == "plain" and quote != "'")
            if state == "quoted" or quote is not Quote.NONE:
                quoted.add(place - start)
    raw = text[start:end]
    if last == "escape":
        raw = raw[:-1]  # what it is for is not typed yet
    return Word("".join(said), raw, quote, opened, frozenset(quoted), expands), end


def _steps(text: str, start: int, shell: str) -> Iterator[tuple[int, str, str]]:
    """(place, character, what it is) from a place on, to the word's end."""
    quote = ""
    place = start
    while place < len(text):
        char = text[place]
        after = text[place + 1 : place + 2]
        if quote != "'" and (inside := _substituted(text, place, shell)):
            yield from ((place + each, text[place + each], "plain") for each in range(inside))
            place += inside
            continue
        if not quote and (char in _BLANKS or char in _ENDS):
            yield place, char, "end"
            return
        if char == "\\" and _escapes(after, quote, shell):
            yield place, char, "escape"
            if after and after != "\n":
                yield place + 1, after, "quoted"
            place += 2
            continue
        if not quote and char in "'\"":
            quote = char
            yield place, char, "open"
        elif quote == char:
            quote = ""
            yield place, char, "close"
        else:
            yield place, char, "plain"
        place += 1


def _substituted(text: str, place: int, shell: str) -> int:
    """How long the command is that stands in a word's place: `$(...)`, in fish also `(...)`. 0:
    there is none, or it is not closed, and so the one that is typed."""
    begin = "(" if shell == "fish" and text[place] == "(" else "$("
    if not text.startswith(begin, place):
        return 0
    depth = 0
    for end in range(place, len(text)):
        depth += (text[end] == "(") - (text[end] == ")")
        if text[end] == ")" and not depth:
            return end + 1 - place
    return 0


def _escapes(after: str, quote: str, shell: str) -> bool:
    """Whether a backslash takes the meaning of what follows it; at the end it will."""
    if not quote:
        return True
    kept = _IN_DOUBLE[shell] if quote == '"' else _IN_SINGLE[shell]
    return (not after and bool(kept)) or (bool(after) and after in f"{kept}\n" and bool(kept))
