"""Help as text: the same on a terminal, where titles are bold, and in a pipe."""

from __future__ import annotations

import os
import sys
from textwrap import TextWrapper
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from vnetmgr.cli.help.page import Entry, Page

_LEAST, _MOST = 20, 100
_DEFAULT = 80
_INDENT = 2
_SHARE = 0.42
"""Of a line's width, what names may take; the text of a longer one begins below it."""
_NARROW = 50
"""Below it, every text begins below its name."""


def shown(page: Page) -> str:
    """A page as standard output takes it."""
    return text_of(page, width(), emphatic=is_emphatic())


def width() -> int:
    """How wide help is: as the terminal, or as COLUMNS says; lines that are longer still are hard
    to read."""
    try:
        columns = int(os.environ.get("COLUMNS", ""))
    except ValueError:
        columns = 0
    if columns <= 0:
        try:
            columns = os.get_terminal_size(sys.stdout.fileno()).columns or _DEFAULT
        except (OSError, ValueError):
            columns = _DEFAULT
    return max(_LEAST, min(columns, _MOST))


def is_emphatic() -> bool:
    """Whether titles may be bold."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb") == "dumb"
    return sys.stdout.isatty() and not plain


def text_of(page: Page, columns: int, *, emphatic: bool) -> str:
    """A page for people. Nothing of it is left out, however narrow it is."""
    bold: Callable[[str], str] = (lambda text: f"\033[1m{text}\033[0m") if emphatic else str
    return "\n".join(line.rstrip() for line in _lines(page, columns, bold)) + "\n"


def _lines(page: Page, columns: int, bold: Callable[[str], str]) -> Iterator[str]:
    first, *more = _wrapped(" ".join((f"Usage: {page.program}", *page.usage)), columns, hanging=4)
    yield bold("Usage:") + first.removeprefix("Usage:")
    yield from more
    for paragraph in page.paragraphs:
        yield ""
        yield from _wrapped(paragraph, columns)
    for example in page.examples:
        # Whole: it is there to be copied.
        yield from ("", f"{bold('Example:')} {example}")
    for title, rows in _tables(page):
        yield ""
        yield from map(bold, _wrapped(f"{title}:", columns))
        yield from _table(rows, columns)


def _tables(page: Page) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    for section in page.sections:
        yield section.title, [(label(each), each.whole) for each in section.entries]
    others = {
        "Exit codes": page.exit_codes,
        "Environment": page.environment,
        "Files": page.files,
    }
    for title, facts in others.items():
        if facts:
            yield title, [(each.name, each.text) for each in facts]


def label(entry: Entry) -> str:
    """An option or argument as it is typed: `-c, --connect URI`."""
    return f"{', '.join(entry.names)} {entry.value}".rstrip()


def _table(rows: Iterable[tuple[str, str]], columns: int) -> Iterator[str]:
    rows = list(rows)
    if columns < _NARROW:
        yield from _stacked(rows, columns)
        return
    most = int(columns * _SHARE)
    fitting = [len(name) for name, _ in rows if len(name) <= most]
    indent = 2 * _INDENT + max(fitting, default=_INDENT)
    for name, text in rows:
        lines = _wrapped(text, columns, indent)
        if len(name) > most:
            yield " " * _INDENT + name
            yield from lines
        else:
            first, *more = lines
            yield f"{' ' * _INDENT}{name}".ljust(indent) + first.lstrip()
            yield from more


def _stacked(rows: Iterable[tuple[str, str]], columns: int) -> Iterator[str]:
    for name, text in rows:
        yield from _wrapped(name, columns, _INDENT, hanging=2)
        yield from _wrapped(text, columns, 2 * _INDENT)


def _wrapped(text: str, columns: int, indent: int = 0, *, hanging: int = 0) -> list[str]:
    """In lines; a word that is longer than one, as an address is, stays whole."""
    wrapper = TextWrapper(
        columns,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + hanging),
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in wrapper.wrap(text)] or [""]
