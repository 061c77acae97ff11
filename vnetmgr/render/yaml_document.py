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
    return "\n".join(_Writer(ascii_only=ascii_only).lines(value, "", ""))


class _Writer:
    """Writes in ASCII alone, or in all letters."""

    def __init__(self, *, ascii_only: bool) -> None:
        self._ascii_only = ascii_only

    def lines(self, value: object, first: str, indent: str) -> Iterator[str]:
        """A value's lines: the first one behind what stands there already, the others indented."""
        if isinstance(value, dict) and value:
            for key, inner in value.items():
                yield from self._pair(f"{first}{self._scalar(key)}:", inner, indent)
                first = indent
        elif isinstance(value, list | tuple) and value:
            for inner in value:
                yield from self.lines(inner, f"{first}- ", f"{indent}  ")
                first = indent
        elif isinstance(value, str) and indent and self._is_block(value):
            yield f"{first}|" if value.endswith("\n") else f"{first}|-"
            yield from (f"{indent}{line}" for line in value.removesuffix("\n").split("\n"))
        else:
            yield f"{first}{self._scalar(value)}"

    def _pair(self, key: str, value: object, indent: str) -> Iterator[str]:
        """A key and its value: behind it where that is one, below it where it has parts."""
        if isinstance(value, dict | list | tuple) and value:
            yield key
            yield from self.lines(value, f"{indent}  ", f"{indent}  ")
        else:
            yield from self.lines(value, f"{key} ", f"{indent}  ")

    def _is_block(self, text: str) -> bool:
        """Whether it has lines that can stand as they are: the first one tells how far all are
        indented, and the last one ends as others do, or not at all."""
        if "\n" not in text:
            return False
        lines = text.removesuffix("\n").split("\n")
        if len(lines) < 2 or not lines[-1] or not lines[0] or lines[0].startswith(" "):
            return False
        return all(map(is_printable, lines)) and (text.isascii() or not self._ascii_only)

    def _scalar(self, value: object) -> str:
        if isinstance(value, str):
            plain = _PLAIN.fullmatch(value) and value.lower() not in _WORDS
            return f"{value!s}" if plain else self._quoted(value)
        text = json.dumps(value)
        if isinstance(value, float):
            # YAML 1.1 takes no number without a point for one that has an exponent.
            text = re.sub(r"^(-?\d+)e", r"\1.0e", text)
        return _NUMBERS.get(text, text)

    def _quoted(self, text: str) -> str:
        """In double quotes (YAML 1.2, 7.3.1). A lone surrogate is what it is in our JSON."""
        if not text.isascii():
            text = _SURROGATES.sub(lambda found: printable(found[0]), text)
        text = printable(text.replace("\\", r"\\").replace('"', r"\""))
        if self._ascii_only:
            text = text.encode("ascii", "backslashreplace").decode()
        return f'"{text}"'
