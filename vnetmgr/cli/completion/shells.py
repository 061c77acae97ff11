"""Answers as each shell takes them: bash gets words that are quoted to the end, zsh and fish quote
for themselves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vnetmgr.cli.completion.candidate import Paths
from vnetmgr.cli.completion.words import Quote
from vnetmgr.printable import printable

if TYPE_CHECKING:
    from vnetmgr.cli.completion.candidate import Candidate, Offer
    from vnetmgr.cli.completion.words import Word

# Letters beyond ASCII mean nothing to a shell.
_SPECIAL = re.compile(r"[^\w@%+=:,./~-]")


def as_bash(offer: Offer, word: Word, breaks: str) -> list[str]:
    """For COMPREPLY: what readline puts in the place of the word's last part."""
    if isinstance(offer, Paths):
        return [_kind(offer)]
    begin = word.opened if word.open else _begin(word, breaks)
    typed = word.raw[begin:]
    more = bool(offer) and all(each.more for each in offer)
    return [
        "more" if more else "words",
        *(typed + _quoted(each.text[len(word.text) :], word.open, not word.raw) for each in offer),
    ]


def _kind(paths: Paths) -> str:
    return "folders" if paths.folders else "files"


def _begin(word: Word, breaks: str) -> int:
    """Where the part of a word begins that readline completes: behind the last of its breaking
    characters that is not quoted. The quotes themselves are none to bash."""
    marks = frozenset(breaks) - frozenset("\"'\\")
    found = [
        place + 1
        for place, char in enumerate(word.raw)
        if char in marks and place not in word.quoted
    ]
    return found[-1] if found else 0


def _quoted(text: str, quote: Quote, first: bool) -> str:  # noqa: FBT001 - of a word
    """A text as it stands behind what is typed, within the quote that is open there."""
    if quote is Quote.SINGLE:
        return text.replace("'", r"'\''")
    if quote is Quote.DOUBLE:
        # A history expansion happens within double quotes, and a backslash does not go away there.
        return re.sub(r'(["$`\\])', r"\\\1", text).replace("!", "\"'!'\"")
    escaped = _SPECIAL.sub(r"\\\g<0>", text)
    return f"\\{escaped}" if first and escaped.startswith("~") else escaped


def as_zsh(offer: Offer) -> list[str]:
    """Each with a mark whether the word goes on, and what it is."""
    if isinstance(offer, Paths):
        return [_kind(offer)]
    return ["words", *(f"{'+' if each.more else ' '}{each.text}\t{_about(each)}" for each in offer)]


def as_fish(offer: Offer) -> list[str]:
    """Each with what it is; fish itself sees by its last character whether a word goes on."""
    if isinstance(offer, Paths):
        return [_kind(offer)]
    return ["words", *(f"{each.text}\t{_about(each)}" for each in offer)]


def _about(candidate: Candidate) -> str:
    return printable(candidate.about)
