"""Patterns of the shell: `*`, `?` and `[...]`. In time that grows with the text, not beyond."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_LONGEST = 300
"""Of texts that are cut by a pattern: each place is tried."""
_CLASSES: dict[str, Callable[[str], bool]] = {
    "alpha": str.isalpha,
    "digit": str.isdecimal,
    "alnum": str.isalnum,
    "space": str.isspace,
    "upper": str.isupper,
    "lower": str.islower,
    "xdigit": lambda char: char in "0123456789abcdefABCDEF",
    "blank": lambda char: char in " \t",
    "punct": lambda char: char.isprintable() and not char.isalnum() and not char.isspace(),
}
Sign: TypeAlias = "str | Callable[[str], bool] | None"
"""A character, a test of one, or None for `*`."""


class TooMuchError(ValueError):
    """A pattern or text that is not tried."""


def compile_pattern(pieces: Iterable[tuple[str, bool]]) -> list[Sign]:
    """A pattern of pieces of text, each with whether it is quoted."""
    found: list[Sign] = []
    for text, quoted in pieces:
        at = 0
        while at < len(text):
            char = text[at]
            at += 1
            if quoted or char not in "*?[+@!":
                found.append(char)
            elif char == "*" and text[at : at + 1] != "(":
                found.append(None)
            elif text[at : at + 1] == "(":
                raise TooMuchError
            elif char == "?":
                found.append(lambda _: True)
            elif char == "[" and (end := _end_of_set(text, at)):
                found.append(_set(text[at:end]))
                at = end + 1
            else:
                found.append(char)
    return found


def _end_of_set(text: str, at: int) -> int:
    """Where the `]` stands; 0: nowhere."""
    at += text[at : at + 1] in ("!", "^")
    at += text[at : at + 1] == "]"
    while at < len(text) and text[at] != "]":
        if text.startswith("[:", at) and (end := text.find(":]", at)) > 0:
            at = end + 1
        at += 1
    return at if at < len(text) else 0


def _set(text: str) -> Callable[[str], bool]:
    negated = text[:1] in ("!", "^")
    text = text[negated:]
    tests: list[Callable[[str], bool]] = []
    at = 0
    while at < len(text):
        end = text.find(":]", at)
        if text.startswith("[:", at) and end > 0 and text[at + 2 : end] in _CLASSES:
            tests.append(_CLASSES[text[at + 2 : end]])
            at = end + 2
        elif text[at + 1 : at + 2] == "-" and at + 2 < len(text):
            tests.append(lambda char, low=text[at], high=text[at + 2]: low <= char <= high)  # type: ignore[misc]
            at += 3
        else:
            tests.append(lambda char, same=text[at]: char == same)  # type: ignore[misc]
            at += 1
    return lambda char: any(test(char) for test in tests) != negated


def matches(pattern: list[Sign], text: str) -> bool:
    """Whether a pattern fits all of a text."""
    at = place = 0
    star, back = -1, 0
    while place < len(text):
        sign = pattern[at] if at < len(pattern) else ""
        if at < len(pattern) and sign is None:
            star, back = at, place
            at += 1
        elif sign == text[place] or (callable(sign) and sign(text[place])):
            at += 1
            place += 1
        elif star >= 0:
            back += 1
            at, place = star + 1, back
        else:
            return False
    return all(sign is None for sign in pattern[at:])


def cut(pattern: list[Sign], text: str, operator: str) -> str:
    """`${X#pattern}`, `##`, `%`, `%%`."""
    if len(text) > _LONGEST:
        raise TooMuchError
    lengths = range(len(text) + 1) if len(operator) == 1 else range(len(text), -1, -1)
    for length in lengths:
        if operator[0] == "#" and matches(pattern, text[:length]):
            return text[length:]
        if operator[0] == "%" and matches(pattern, text[len(text) - length :]):
            return text[: len(text) - length]
    return text


def substitute(pattern: list[Sign], text: str, new: str, operator: str) -> str:
    """`${X/pattern/new}`, `//`, `/#`, `/%`."""
    if len(text) > _LONGEST:
        raise TooMuchError
    found, at = "", 0
    while at <= len(text):
        length = _longest(pattern, text, at, operator)
        if length is None:
            found += text[at : at + 1]
            at += 1
            continue
        found += new
        at += length
        if operator != "//":
            return found + text[at:]
        if not length:
            found += text[at : at + 1]
            at += 1
    return found


def _longest(pattern: list[Sign], text: str, at: int, operator: str) -> int | None:
    anchored = operator in ("/#", "/%")
    if not (pattern or anchored) or (operator == "/#" and at):
        return None
    for length in range(len(text) - at, -1, -1):
        if operator == "/%" and at + length != len(text):
            return None
        empty = len(text) == 0 or not pattern
        if (length or empty) and matches(pattern, text[at : at + length]):
            return length
    return None
