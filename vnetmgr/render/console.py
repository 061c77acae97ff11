"""Where output goes: results to standard output, everything else to standard error."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from vnetmgr.errors import SpecError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vnetmgr.errors import VnetError

_COLOURS = {"red": 31, "green": 32, "yellow": 33, "dim": 2, "bold": 1}


def coloured(text: str, colour: str, *, stream_is_terminal: bool) -> str:
    """The text in a colour, on a terminal that wants it (https://no-color.org)."""
    if not stream_is_terminal or os.environ.get("NO_COLOR") or colour not in _COLOURS:
        return text
    return f"\033[{_COLOURS[colour]}m{text}\033[0m"


def out(text: str = "", colour: str = "") -> None:
    """A line of the result."""
    print(coloured(text, colour, stream_is_terminal=sys.stdout.isatty()))  # noqa: T201


def note(text: str) -> None:
    """Something the user should know, beside the result."""
    _say(text, "dim")


def json_text(value: object) -> str:
    """A value as JSON."""
    import json

    return json.dumps(value, indent=2, ensure_ascii=False)


def out_json(value: object) -> None:
    """The result for programs."""
    out(json_text(value))


def out_items(kind: str, items: Iterable[object], notes: Iterable[str], **more: object) -> None:
    """A list for programs, as the command-line contract has it."""
    out_json({"kind": kind, **more, "items": list(items), "notes": list(notes)})


def complain(error: VnetError) -> None:
    """An error: what failed, and the remedy. A spec's problems are lines that editors read."""
    if isinstance(error, SpecError):
        _say(error.message, "red")
        return
    _say(f"vnetmgr: {error.message}", "red")
    if error.hint:
        _say(f"  hint: {error.hint}", "")


def trace(text: str) -> None:
    """A libvirt call, for --verbose."""
    _say(text, "dim")


def _say(text: str, colour: str) -> None:
    line = coloured(text, colour, stream_is_terminal=sys.stderr.isatty())
    print(line, file=sys.stderr)  # noqa: T201


def table(
    headings: Sequence[str], rows: Sequence[Sequence[str]], colours: Sequence[str] = ()
) -> None:
    """A table: drawn by rich on a terminal, aligned columns of plain text in a pipe.

    `colours` are the rows'; none for an empty one.
    """
    if sys.stdout.isatty():
        _rich_table(headings, rows, colours or [""] * len(rows))
        return
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (headings, *rows)
    )
    sys.stdout.write("\n".join(lines) + "\n")


# Wider than any table: a row that the terminal wraps can still be read and copied, while a MAC
# that is folded into a narrow column cannot.
_UNFOLDED = 10_000


def _rich_table(
    headings: Sequence[str], rows: Sequence[Sequence[str]], colours: Sequence[str]
) -> None:
    from rich import box  # 40 ms, spent only where somebody looks
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    grid = Table(*headings, box=box.SIMPLE_HEAD, pad_edge=False)
    for row, colour in zip(rows, colours, strict=True):
        grid.add_row(*(escape(cell) for cell in row), style=colour)
    Console(width=_UNFOLDED).print(grid)
