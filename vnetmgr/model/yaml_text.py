"""Writes YAML: maps, lists and texts, so that every reader takes each text for what it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeAlias

from vnetmgr.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Plain: TypeAlias = "str | bool | list[Plain] | dict[str, Plain]"
"""What a spec is made of. Scalars are texts: its reader gives them their types."""

# Words, numbers as people write them, rates, times and IPv4 addresses mean the same with and
# without quotes.
_UNQUOTED = re.compile(
    r"[A-Za-z][A-Za-z0-9_./-]*|0|[1-9][0-9]*(\.[0-9]+)?([kmg]?bit|s)|[1-9][0-9]*"
    r"|[0-9]+(\.[0-9]+){3}([/-][0-9.]+)?",
    re.ASCII,
)
# But for those that YAML 1.1 or 1.2 takes for something else.
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
_WIDTH = 80


def yaml_text(text: str) -> str:
    """A text as a scalar: plain where nobody can mistake it, else in quotes."""
    plain = _UNQUOTED.fullmatch(text) and text.lower() not in _WORDS
    return text if plain else quoted(text)


def quoted(text: str) -> str:
    """A YAML double-quoted scalar (YAML 1.2, 7.3.1)."""
    return '"' + "".join(f"\\{char}" if char in '"\\' else printable(char) for char in text) + '"'


def yaml_lines(values: Mapping[str, Plain]) -> Iterator[str]:
    """A map, a key a line; what is in it on the same line where that is short."""
    for key, value in values.items():
        short = f"{yaml_text(key)}: {_flow(value)}"
        if isinstance(value, str | bool) or not value or len(short) <= _WIDTH:
            yield short
            continue
        yield f"{yaml_text(key)}:"
        if isinstance(value, dict):
            yield from (f"  {line}" for line in yaml_lines(value))
        else:
            yield from (f"  - {_flow(each)}" for each in value)


def _flow(value: Plain) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return yaml_text(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    return "{" + ", ".join(f"{yaml_text(key)}: {_flow(each)}" for key, each in value.items()) + "}"
