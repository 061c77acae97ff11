"""bash's brace expansion: `a{b,c}d` is two words, `{1..3}` three. bash(1), EXPANSION."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from vnetmgr.qemu_args.shell.syntax import Literal, Word

if TYPE_CHECKING:
    from vnetmgr.qemu_args.shell.syntax import Part

_RANGE = re.compile(r"(-?[0-9]{1,9}|[A-Za-z])\.\.(-?[0-9]{1,9}|[A-Za-z])(?:\.\.(-?[0-9]{1,9}))?")
_MOST = 512
Pieces: TypeAlias = "list[str | Part]"
"""Unquoted characters one by one, and everything else as it is."""


class TooManyError(ValueError):
    """More words than anybody would start a guest with."""


def has_braces(word: Word) -> bool:
    """Whether bash would make several words of it."""
    if not any(isinstance(p, Literal) and not p.quoted and "{" in p.text for p in word.parts):
        return False
    try:
        return len(expand_braces(word)) != 1
    except TooManyError:
        return True


def expand_braces(word: Word) -> list[Word]:
    """The words that one becomes. Raises TooManyError."""
    pieces: Pieces = []
    for part in word.parts:
        if isinstance(part, Literal) and not part.quoted:
            pieces += part.text
        else:
            pieces.append(part)
    if "{" not in pieces:
        return [word]
    return [_word(each, word.line) for each in _expand(pieces, 0)]


def _word(pieces: Pieces, line: int) -> Word:
    parts: list[Part] = []
    for piece in pieces:
        last = parts[-1] if parts else None
        if not isinstance(piece, str):
            parts.append(piece)
        elif isinstance(last, Literal) and not last.quoted:
            parts[-1] = last._replace(text=last.text + piece)
        else:
            parts.append(Literal(piece, line))
    return Word(tuple(parts), line)


def _expand(pieces: Pieces, depth: int) -> list[Pieces]:
    if depth > 10:
        raise TooManyError
    for start, piece in enumerate(pieces):
        if piece != "{":
            continue
        end, commas = _closing(pieces, start)
        if end is None:
            continue
        inside = pieces[start + 1 : end]
        if commas:
            cuts = [start, *commas, end]
            choices = [
                each
                for first, last in pairwise(cuts)
                for each in _expand(pieces[first + 1 : last], depth + 1)
            ]
        else:
            texts = _range("".join(p for p in inside if isinstance(p, str)), len(inside))
            if texts is None:
                continue
            choices = [list(text) for text in texts]
        rest = _expand(pieces[end + 1 :], depth + 1)
        if len(choices) * len(rest) > _MOST:
            raise TooManyError
        return [[*pieces[:start], *choice, *tail] for choice in choices for tail in rest]
    return [pieces]


def _closing(pieces: Pieces, start: int) -> tuple[int | None, list[int]]:
    """Where the brace closes, and the commas between that are its own."""
    depth = 0
    commas: list[int] = []
    for at in range(start, len(pieces)):
        if pieces[at] == "{":
            depth += 1
        elif pieces[at] == "}":
            depth -= 1
            if depth == 0:
                return at, commas
        elif pieces[at] == "," and depth == 1:
            commas.append(at)
    return None, []


def _range(text: str, length: int) -> list[str] | None:
    match = _RANGE.fullmatch(text)
    if match is None or len(text) != length or match[1].isalpha() != match[2].isalpha():
        return None
    letters = match[1].isalpha()
    first, last = (ord(each) if letters else int(each) for each in (match[1], match[2]))
    step = abs(int(match[3] or 1)) or 1
    if abs(last - first) // step > _MOST:
        raise TooManyError
    numbers = range(first, last + 1, step) if first <= last else range(first, last - 1, -step)
    if letters:
        return [chr(number) for number in numbers]
    padded = any(re.match(r"-?0[0-9]", each) for each in (match[1], match[2]))
    width = max(len(match[1]), len(match[2])) if padded else 0
    return [f"{number:0{width}d}" for number in numbers]
