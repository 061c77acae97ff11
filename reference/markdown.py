"""Pieces of Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vnetmgr.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_MARKED = re.compile(r"([\\*_<>\[\]#|`])")
_CODE = re.compile(r"(`[^`]*`)")
_BARE_PIPE = re.compile(r"(?<!\\)\|")


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table's lines, and an empty one behind it."""
    yield _row(headings)
    yield _row(["---"] * len(headings))
    yield from map(_row, rows)
    yield ""


def _row(cells: Iterable[str]) -> str:
    return (
        "| " + " | ".join(_BARE_PIPE.sub(r"\|", cell).replace("\n", " ") for cell in cells) + " |"
    )


def text(words: str) -> str:
    """Words as Markdown shows them, whatever is in them; what is code in them stays code."""
    parts = _CODE.split(printable(words.replace("\N{NO-BREAK SPACE}", " ")))
    return "".join(
        part if count % 2 else _MARKED.sub(r"\\\1", part) for count, part in enumerate(parts)
    )


def code(words: str) -> str:
    """A name, a value, an option: in more backticks than it has in a row."""
    most = max((len(each) for each in re.findall("`+", words)), default=0)
    ticks, space = "`" * (most + 1), " " if most else ""
    return f"{ticks}{space}{printable(words)}{space}{ticks}"


def page(title: str, *parts: str | Iterable[str]) -> str:
    """A page of paragraphs, and of lines such as a table's."""
    lines = [f"# {title}", ""]
    for part in parts:
        lines += [part, ""] if isinstance(part, str) else part
    return "\n".join(lines).rstrip() + "\n"
