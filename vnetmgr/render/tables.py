"""Tables: drawn by rich on a terminal, aligned columns of plain text in a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.render.width import padded, width

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def aligned(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """As plain text."""
    widths = [max(map(width, column)) for column in zip(headings, *rows, strict=True)]
    lines = ("  ".join(map(padded, row, widths)).rstrip() for row in (headings, *rows))
    return "\n".join(lines)


# Wider than any table: a row that the terminal wraps can still be read and copied, while a MAC
# that is folded into a narrow column cannot.
_UNFOLDED = 10_000


def draw(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    colours: Sequence[str],
    least: Sequence[str],
) -> list[str]:
    """Draw it on the terminal; returns the headings of the columns that had no room."""
    from rich import box  # 40 ms, spent only where somebody looks
    from rich.cells import cell_len
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    there = Console()
    widths = [max(map(cell_len, column)) for column in zip(headings, *rows, strict=True)]
    left_out = columns_left_out(dict(zip(headings, widths, strict=True)), least, there.width)
    kept = [place for place, heading in enumerate(headings) if heading not in left_out]
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for place in kept:
        grid.add_column(
            headings[place],
            no_wrap=bool(least),
            overflow="crop" if there.options.ascii_only else "ellipsis",  # no ASCII
        )
    for row, colour in zip(rows, colours, strict=True):
        # As text: no markup, no :emoji:.
        grid.add_row(*(Text(row[place]) for place in kept), style=colour)
    (there if least else Console(width=_UNFOLDED)).print(grid)
    return left_out


def columns_left_out(widths: Mapping[str, int], least: Sequence[str], room: int) -> list[str]:
    """The columns, by their headings, that go so that the others have room. Between two are three
    characters, and one at each end."""
    left_out: list[str] = []
    for heading in least:
        kept = [width for name, width in widths.items() if name not in left_out]
        if sum(kept) + 3 * len(kept) - 1 <= room:
            break
        left_out.append(heading)
    return left_out
