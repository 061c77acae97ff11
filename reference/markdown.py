"""Pieces of Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_MARKED = re.compile(r"([\\*_<\[`])")
_CODE = re.compile(r"(`[^`]*`)")


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table's lines, and an empty one behind it."""
    yield _row(headings)
    yield _row(["---"] * len(headings))
    yield from map(_row, rows)
    yield ""


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def text(words: str) -> str:
    """Words that Markdown shows as they are; what is code in them stays code."""
    return "".join(
        part if count % 2 else _MARKED.sub(r"\\\1", part)
        for count, part in enumerate(_CODE.split(words))
    )


def code(words: str) -> str:
    """A name, a value, an option."""
    return f"`{words}`"


def page(title: str, *parts: str | Iterable[str]) -> str:
    """A page of paragraphs, and of lines such as a table's."""
    lines = [f"# {title}", ""]
    for part in parts:
        lines += [part, ""] if isinstance(part, str) else part
    return "\n".join(lines).rstrip() + "\n"
