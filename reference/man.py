"""Help as pages of the manual: vnetmgr(1), and vnetmgr-COMMAND(1) for each command."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reference.commands import pages
from vnetmgr import __version__
from vnetmgr.cli.catalogue import COMMANDS, summary
from vnetmgr.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from vnetmgr.cli.help.page import Entry, Fact, Page, Section

_ESCAPES = {
    "\\": r"\(rs",
    "-": r"\-",  # else a hyphen, which nobody can paste as an option
    "'": r"\(aq",
    "`": r"\(ga",
    "^": r"\(ha",
    "~": r"\(ti",
    '"': r"\(dq",
    "\N{NO-BREAK SPACE}": r"\~",
}
_CODE = re.compile("`([^`]*)`")
_LONG = 30
_WIDTH = 78
_OTHERS = ("virsh(1)", "nft(8)", "ip(8)")


def write_man(folder: Path) -> None:
    """vnetmgr.1, and a page for each command."""
    folder.mkdir(parents=True, exist_ok=True)
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    when = datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
    for page in pages():
        text = man_page(page, version=__version__, date=f"{when:%Y-%m-%d}")
        (folder / f"{man_name(page.command)}.1").write_text(text, encoding="utf-8")


def man_name(command: str) -> str:
    """The page's name."""
    return f"vnetmgr-{command}" if command else "vnetmgr"


def man_page(page: Page, *, version: str, date: str) -> str:
    """A page in man(7)'s macros. `date`: as YYYY-MM-DD."""
    title = _quoted(man_name(page.command).upper())
    head = f'.TH {title} 1 {date} {_quoted(f"vnetmgr {version}")} "vnetmgr manual"'
    # Neither justified nor hyphenated: names and paths would be torn apart. From groff 1.23 on each
    # paragraph begins with what the string AD says.
    return "\n".join((head, ".nh", ".ad l", ".ds AD l", *_sections(page))) + "\n"


def escaped(text: str) -> str:
    """A text as roff shows it, whatever is in it: no escape, no request, no other letter."""
    kept = "\N{NO-BREAK SPACE}"
    visible = kept.join(printable(each) for each in text.split(kept))
    safe = "".join(_ESCAPES.get(char, char) for char in visible)
    return "".join(char if char.isascii() else rf"\[u{ord(char):04X}]" for char in safe)


def _lines(text: str) -> Iterator[str]:
    """A text in short lines, with what is code in it bold. None begins like a request; a long word
    may be parted behind a comma."""
    parts = map(escaped, _CODE.split(text))
    safe = "".join(rf"\fB{part}\fR" if count % 2 else part for count, part in enumerate(parts))
    line = ""
    for word in safe.split(" "):
        parted = word.replace(",", r",\:") if len(word) > _LONG else word
        guarded = rf"\&{parted}" if parted.startswith(".") else parted
        if line and len(line) + len(guarded) >= _WIDTH:
            yield line
            line = guarded
        else:
            line = f"{line} {guarded}" if line else guarded
    yield line or r"\&"


def _quoted(text: str) -> str:
    """An argument of a macro."""
    return f'"{escaped(text)}"'


def _sections(page: Page) -> Iterator[str]:
    yield from (".SH NAME", *_lines(f"{man_name(page.command)} - {_short(page)}"))
    yield from (".SH SYNOPSIS", *_synopsis(page))
    yield from (".SH DESCRIPTION", *_paragraphs(page.paragraphs))
    commands = [each for each in page.sections if not page.command and _is_of_commands(each)]
    if commands:
        yield from (".SH COMMANDS", *_of_commands(commands))
    yield ".SH OPTIONS"
    for section in page.sections:
        if section not in commands:
            yield f".SS {_quoted(section.title)}"
            yield from _entries(section.entries)
    yield from (".SH EXIT STATUS", *_facts(page.exit_codes, "B"))
    yield from (".SH ENVIRONMENT", *_facts(page.environment, "B"))
    if page.files:  # reading commands have none
        yield from (".SH FILES", *_facts(page.files, "I"))
    yield from (".SH EXAMPLES", *_examples(page.examples))
    yield from (".SH SEE ALSO", *_see_also(page))


def _short(page: Page) -> str:
    """What apropos(1) shows, in small letters and without a full stop as manuals have it."""
    text = summary(page.command) if page.command else page.paragraphs[0]
    first = text[:1].lower() if text[1:2].islower() or text[1:2] == " " else text[:1]
    return (first + text[1:]).rstrip(".").replace("`", "")


def _synopsis(page: Page) -> Iterator[str]:
    yield f".B {escaped(page.program)}"
    for piece in page.usage:
        yield rf"[\fI{escaped(piece[1:-1])}\fR]" if _is_bracketed(piece) else _italic(piece)


def _is_bracketed(text: str) -> bool:
    return text.startswith("[") and text.endswith("]") and "[" not in text[1:]


def _italic(text: str) -> str:
    return rf"\fI{escaped(text)}\fR"


def _paragraphs(paragraphs: Iterable[str]) -> Iterator[str]:
    for count, each in enumerate(paragraphs):
        if count:
            yield ".PP"
        for sentence in re.split(r"(?<=[.:;]) ", each):
            yield from _lines(sentence)


def _is_of_commands(section: Section) -> bool:
    return all(not name.startswith("-") for entry in section.entries for name in entry.names)


def _of_commands(sections: Iterable[Section]) -> Iterator[str]:
    for section in sections:
        yield f".SS {_quoted(section.title)}"
        for entry in section.entries:
            (name,) = entry.names
            known = name in COMMANDS
            head = rf"\fB{escaped(man_name(name))}\fR(1)" if known else _label(entry)
            yield from (".TP", head, *_lines(entry.text))


def _entries(entries: Iterable[Entry]) -> Iterator[str]:
    for entry in entries:
        yield from (".TP", _label(entry), *_lines(entry.whole))


def _label(entry: Entry) -> str:
    names = ", ".join(
        rf"\fB{escaped(each)}\fR" if entry.is_typed else _italic(each) for each in entry.names
    )
    return rf"\&{names} {_italic(entry.value)}" if entry.value else rf"\&{names}"


def _facts(facts: Iterable[Fact], font: str) -> Iterator[str]:
    for fact in facts:
        yield from (".TP", f".{font} {escaped(fact.name)}", *_lines(fact.text))


def _examples(examples: Iterable[str]) -> Iterator[str]:
    for each in examples:
        yield from (".RS", ".nf", rf"\&{escaped(each)}", ".fi", ".RE")


def _see_also(page: Page) -> Iterator[str]:
    panel = COMMANDS[page.command][1] if page.command else None
    related = [each for each, (_, of) in COMMANDS.items() if of == panel and each != page.command]
    own = [*(["vnetmgr(1)"] if page.command else []), *(f"{man_name(each)}(1)" for each in related)]
    pages = [*sorted(own), *_OTHERS]
    for count, each in enumerate(pages, 1):
        name, _, section = each.partition("(")
        comma = "," if count < len(pages) else ""
        yield f".BR {escaped(name)} ({section}{comma}"
