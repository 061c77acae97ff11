"""Documents for programs as YAML, so that each reader of YAML 1.1 or 1.2 has the values of JSON.

A text is plain where none of them takes it for anything else; else it is quoted, or, where it has
lines of its own, a block that people can read.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from vnetmgr.printable import is_printable, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*", re.ASCII)
# Of YAML 1.1 or 1.2, or of readers that go their own ways.
_WORDS = frozenset(
    {"null", "true", "false", "yes", "no", "on", "off", "y", "n", "inf", "infinity", "nan"}
)
_NUMBERS = {"NaN": ".nan", "Infinity": ".inf", "-Infinity": "-.inf"}
"""By JSON's names, which are Python's alone."""
_SURROGATES = re.compile("[\ud800-\udfff]")


def yaml_document(value: object, *, ascii_only: bool = False) -> str:
    """A value of JSON's types, without the last line's end."""
    return "\n".join(_lines(value, ascii_only=ascii_only))


def _lines(value: object, *, ascii_only: bool) -> Iterator[str]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _pair(_scalar(key, ascii_only=ascii_only), inner, ascii_only=ascii_only)
    elif isinstance(value, list | tuple) and value:
        for inner in value:
            first, *others = _lines(inner, ascii_only=ascii_only)
            yield f"- {first}"
            yield from (f"  {line}" for line in others)
    elif isinstance(value, str) and _is_block(value, ascii_only=ascii_only):
        yield "|" if value.endswith("\n") else "|-"
        yield from value.removesuffix("\n").split("\n")
    else:
        yield _scalar(value, ascii_only=ascii_only)


def _pair(key: str, value: object, *, ascii_only: bool) -> Iterator[str]:
    """A key and its value: behind it where that is one line, below it where it has several."""
    first, *others = _lines(value, ascii_only=ascii_only)
    if isinstance(value, dict | list | tuple) and value:
        yield f"{key}:"
        others = [first, *others]
    else:
        yield f"{key}: {first}"
    yield from (f"  {line}" for line in others)


def _is_block(text: str, *, ascii_only: bool) -> bool:
    """Whether it has lines that can stand as they are: the first one tells how far all are
    indented, and the last one ends as others do, or not at all."""
    lines = text.removesuffix("\n").split("\n")
    if len(lines) < 2 or not lines[-1] or not lines[0] or lines[0].startswith(" "):
        return False
    return all(map(is_printable, lines)) and (text.isascii() or not ascii_only)


def _scalar(value: object, *, ascii_only: bool) -> str:
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) and value.lower() not in _WORDS
        return f"{value!s}" if plain else _quoted(value, ascii_only=ascii_only)
    text = json.dumps(value)
    if isinstance(value, float):
        # YAML 1.1 takes no number without a point for one that has an exponent.
        text = re.sub(r"^(-?\d+)e", r"\1.0e", text)
    return _NUMBERS.get(text, text)


def _quoted(text: str, *, ascii_only: bool) -> str:
    """In double quotes (YAML 1.2, 7.3.1). A lone surrogate is what it is in our JSON."""
    text = _SURROGATES.sub(lambda found: printable(found[0]), text)
    text = text.replace("\\", r"\\").replace('"', r"\"")
    text = printable(text)
    if ascii_only:
        text = text.encode("ascii", "backslashreplace").decode()
    return f'"{text}"'
