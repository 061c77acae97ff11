"""docs/reference/commands.md: what the help of each command says."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Any

import typer.main

from vnetmgr.cli.app import app
from vnetmgr.cli.catalogue import COMMANDS
from vnetmgr.cli.help.page import Page, page_of, page_of_all
from vnetmgr.cli.help.text import label
from vnetmgr.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vnetmgr.cli.help.page import Entry, Fact

_INTRODUCTION = (
    "Each command as its `--help` says it; `vnetmgr help COMMAND` and the manual pages "
    "`vnetmgr-COMMAND(1)` say the same."
)
_MARKED = re.compile(r"([\\*_<>\[\]#|])")
_CODE = re.compile(r"(`[^`]*`)")


def pages() -> Iterator[Page]:
    """The help of the program, and that of each command."""
    group: Any = typer.main.get_command(app)
    yield page_of_all(group)
    for name in COMMANDS:
        yield page_of(group.get_command(None, name))


def commands_page() -> str:
    """The program itself, and each command under its panel's title."""
    whole, *commands = pages()
    panels = list(dict.fromkeys(map(_panel, commands)))
    commands.sort(key=lambda page: panels.index(_panel(page)))
    lines = ["# Commands", "", _INTRODUCTION, "", *_of_page(whole, "## vnetmgr")]
    for panel, of_panel in groupby(commands, key=_panel):
        lines += [f"## {escaped(panel)}", ""]
        for page in of_panel:
            lines += _of_page(page, f"### {page.command}")
    return "\n".join(lines).rstrip() + "\n"


def _panel(page: Page) -> str:
    return COMMANDS[page.command][1]


def escaped(text: str) -> str:
    """A text as Markdown shows it, whatever is in it; what is code in it stays code."""
    parts = _CODE.split(printable(text.replace("\N{NO-BREAK SPACE}", " ")))
    return "".join(
        part if count % 2 else _MARKED.sub(r"\\\1", part).replace("`", r"\`")
        for count, part in enumerate(parts)
    )


def code(text: str) -> str:
    """A text as code: in more backticks than it has in a row."""
    most = max((len(each) for each in re.findall("`+", text)), default=0)
    ticks, space = "`" * (most + 1), " " if most else ""
    return f"{ticks}{space}{printable(text)}{space}{ticks}"


def _of_page(page: Page, heading: str) -> Iterator[str]:
    yield from (heading, "", code(" ".join((page.program, *page.usage))), "")
    for paragraph in page.paragraphs:
        yield from (escaped(paragraph), "")
    for example in page.examples:
        yield from (f"Example: {code(example)}", "")
    for section in page.sections:
        yield from (f"**{escaped(section.title)}**", "")
        yield from (f"- {_linked(each)}: {escaped(each.whole)}" for each in section.entries)
        yield ""
    others = {
        "Exit codes": page.exit_codes,
        "Environment": page.environment,
        "Files": page.files,
    }
    for title, facts in others.items():
        yield from _of_facts(title, facts)


def _linked(entry: Entry) -> str:
    (name, *_) = entry.names
    shown = code(label(entry))
    return f"[{shown}](#{name})" if name in COMMANDS else shown


def _of_facts(title: str, facts: Iterable[Fact]) -> Iterator[str]:
    said = [f"- {code(each.name)}: {escaped(each.text)}" for each in facts]
    if said:
        yield from (f"**{title}**", "", *said, "")
