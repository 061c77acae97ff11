"""Where output goes: results to standard output, everything else to standard error."""

from __future__ import annotations

import os
import sys
from codecs import lookup
from io import TextIOWrapper
from typing import TYPE_CHECKING

from vnetmgr.errors import SpecError, VnetError
from vnetmgr.printable import printable, printable_json, printable_lines, printable_xml
from vnetmgr.render.blocks import Data, Done, Form, Line, Note, Table, Xml
from vnetmgr.runtime import interrupts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TextIO

    from vnetmgr.render.blocks import Block

_COLOURS = {"red": 31, "green": 32, "yellow": 33, "dim": 2, "bold": 1}
# What the journal shows instead: error, warning, notice.
_PRIORITIES = {"red": 3, "yellow": 4, "green": 5}
_INFO, _DEBUG = 6, 7


def coloured(text: str, colour: str, *, stream_is_terminal: bool) -> str:
    """The text in a colour, on a terminal that wants it (https://no-color.org)."""
    if not stream_is_terminal or os.environ.get("NO_COLOR") or colour not in _COLOURS:
        return text
    return f"\033[{_COLOURS[colour]}m{text}\033[0m"


def _in_journal(stream: TextIO) -> bool:
    if "JOURNAL_STREAM" not in os.environ:
        return False
    from vnetmgr.runtime.journal import is_journal

    return is_journal(stream)


def _marked(text: str, colour: str, stream: TextIO, priority: int | None = None) -> str:
    """The text as its stream shows how much it matters: a terminal by its colour, the journal by
    a priority, which follows from the colour."""
    if not _in_journal(stream):
        return coloured(text, colour, stream_is_terminal=stream.isatty())
    from vnetmgr.runtime.journal import prioritised

    return prioritised(text, priority or _PRIORITIES.get(colour, _INFO))


def show(blocks: Iterable[Block]) -> None:
    """Write what a command's output consists of, each where it belongs."""
    for block in blocks:
        match block:
            case Done() | Note() if _State.quiet:
                pass
            case Line(text, colour):
                out(text, colour)
            case Table(headings, rows, colours, least):
                table(headings, rows, colours, least)
            case Xml():
                out_xml(block)
            case Note():
                note(block)
            case VnetError():
                complain(block)
            case Data():
                out_data(block)


def out(text: str = "", colour: str = "") -> None:
    """A line of the result, whatever is in it."""
    print(_marked(printable(text), colour, sys.stdout))  # noqa: T201


def happened(text: str, colour: str = "") -> None:
    """A line of what a daemon has done, with its time, which the journal has by itself."""
    if _State.quiet:
        return
    if not _in_journal(sys.stdout):
        from datetime import datetime

        text = f"{datetime.now().astimezone().isoformat(timespec='seconds')} {text}"
    out(text, colour)


def out_lines(text: str) -> None:
    """A text of the result with lines of its own, such as a spec: with YAML's escapes where
    standard output is no UTF-8."""
    text = printable_lines(text)
    _print(text if _is_utf8() else text.encode("ascii", "backslashreplace").decode())


def out_utf8(text: str) -> None:
    """The same of a text that is UTF-8 by definition, and has no escapes for letters."""
    if not _is_utf8() and isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    out_lines(text)


def out_xml(text: str) -> None:
    """A document of the result."""
    document = printable_xml(text)
    if not _is_utf8():
        document = document.encode("ascii", "xmlcharrefreplace").decode()
    _print(document)


def _print(text: str) -> None:
    print(text)  # noqa: T201


def _is_utf8() -> bool:
    """Whether standard output is in UTF-8, which is what readers of documents take them for; in any
    other encoding, what is no ASCII is escaped."""
    return lookup(sys.stdout.encoding or "utf-8").name == "utf-8"


def writable(text: str) -> str:
    """The text as standard output will have it, which perhaps lacks some letters."""
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def note(text: str) -> None:
    """Something the user should know, beside the result, in one line; not with --quiet."""
    if not _State.quiet:
        _say(printable(text), "dim")


def told(text: str) -> None:
    """Something to know of a daemon, beside what it does."""
    note(f"{_called()}{text}")


def _called() -> str:
    """Who says it; the journal knows that."""
    return "" if _in_journal(sys.stderr) else "vnetmgr: "


def json_text(value: object, *, indent: int | None = 2, ascii_only: bool = False) -> str:
    """A value as JSON."""
    import json

    text = json.dumps(value, indent=indent, ensure_ascii=False)
    return printable_json(text, ascii_only=ascii_only)


class _State:
    form = Form.TABLE
    quiet = False
    answered = False
    """Whether programs have been given their one document, or the last one."""


def begin() -> None:
    """A command begins."""
    _State.form, _State.quiet, _State.answered = Form.TABLE, False, False


def settle(form: Form, *, quiet: bool = False) -> None:
    """In which form its result is printed, and whether that is all, beside errors."""
    _State.form, _State.quiet = form, quiet


def form() -> Form:
    """The form of its result."""
    return _State.form


def is_quiet() -> bool:
    """Whether nothing is printed but results and errors."""
    return _State.quiet


def answered() -> None:
    """Programs have their one document: it was written as a file that they read it from."""
    _State.answered = True


def out_data(value: Data) -> None:
    """The result for programs."""
    if _State.answered:
        return
    if _State.form is Form.NAME:
        _out_names(value)
    else:
        _out_document(value, last=True)


def out_next_data(value: Data) -> None:
    """One of several: in JSON each is a line, in YAML each is marked at both ends, so that a reader
    need not wait for the next one."""
    if _State.form is Form.NAME:
        _out_names(value)
    else:
        _out_document(value, one_of_several=True)


def out_error_data(value: Data) -> None:
    """What a command failed by, where that is its result; there may be others before it."""
    if _State.form.is_document and not _State.answered:
        _out_document(value, one_of_several=True, last=True)


def _out_names(value: Data) -> None:
    for name in value.names():
        out(name)
    noted = value.get("notes")
    for text in noted if isinstance(noted, list) else ():
        note(text)


def _out_document(value: Data, *, one_of_several: bool = False, last: bool = False) -> None:
    text = document_text(
        value, _State.form, one_of_several=one_of_several, ascii_only=not _is_utf8()
    )
    # An interrupt finds it answered, with all of this written, or not.
    with interrupts.later():
        _State.answered |= last
        _print(text)
        sys.stdout.flush()


def document_text(
    value: object, form: Form, *, one_of_several: bool = False, ascii_only: bool = False
) -> str:
    """A value as JSON or YAML, without the last line's end. `ascii_only`: what is no ASCII is
    escaped."""
    if form is Form.YAML:
        from vnetmgr.render.yaml_document import yaml_document

        text = yaml_document(value, ascii_only=ascii_only)
        return f"---\n{text}\n..." if one_of_several else text
    return json_text(value, indent=None if one_of_several else 2, ascii_only=ascii_only)


def complain(error: VnetError) -> None:
    """An error: what failed, and the remedy. A spec's problems are lines that editors read."""
    if isinstance(error, SpecError):
        for problem in error.problems:
            _say(printable(str(problem)), "red")
    else:
        first, *items = map(printable, error.lines)
        _say("\n  - ".join((f"{_called()}{first}", *items)), "red")
    if error.hint:
        _say(f"  hint: {printable(str(error.hint))}", "", _PRIORITIES["red"])


def trace(text: str) -> None:
    """A libvirt call, for --verbose: documents have lines of their own."""
    _say(printable_xml(text), "dim", _DEBUG)


def _say(text: str, colour: str, priority: int | None = None) -> None:
    print(_marked(text, colour, sys.stderr, priority), file=sys.stderr)  # noqa: T201


def table(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    colours: Sequence[str] = (),
    least: Sequence[str] = (),
) -> None:
    """A table: drawn on a terminal, aligned columns of plain text in a pipe.

    `colours` are the rows'; none for an empty one. What is in a cell stays in it. `least`: the
    columns that may go where the terminal is too narrow, in this order.
    """
    from vnetmgr.render.tables import aligned, draw

    rows = [[writable(printable(cell)) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        _print(aligned(headings, rows))
        return
    left_out = draw(headings, rows, colours or [""] * len(rows), least)
    if left_out:
        note(f"left out, as the terminal is narrow: {', '.join(left_out)}; `| cat` shows all")
