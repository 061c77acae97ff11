"""docs/reference/commands.md: what the help of each command says."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

import typer.main

from reference.markdown import code, page, text
from vnetmgr.cli.app import app
from vnetmgr.cli.catalogue import COMMANDS
from vnetmgr.cli.help.page import Page, page_of, page_of_all
from vnetmgr.cli.help.text import label

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vnetmgr.cli.help.page import Entry, Fact

_INTRODUCTION = (
    "Each command as its `--help` says it; `vnetmgr help COMMAND` and the manual pages "
    "`vnetmgr-COMMAND(1)` say the same."
)


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
    commands.sort(key=lambda each: panels.index(_panel(each)))
    lines = [*_of_page(whole, "## vnetmgr")]
    for panel, of_panel in groupby(commands, key=_panel):
        lines += [f"## {text(panel)}", ""]
        for each in of_panel:
            lines += _of_page(each, f"### {each.command}")
    return page("Commands", _INTRODUCTION, lines)


def _panel(help_page: Page) -> str:
    return COMMANDS[help_page.command][1]


def _of_page(help_page: Page, heading: str) -> Iterator[str]:
    yield from (heading, "", code(" ".join((help_page.program, *help_page.usage))), "")
    for paragraph in help_page.paragraphs:
        yield from (text(paragraph), "")
    for example in help_page.examples:
        yield from (f"Example: {code(example)}", "")
    for section in help_page.sections:
        yield from (f"**{text(section.title)}**", "")
        yield from (f"- {_linked(each)}: {text(each.whole)}" for each in section.entries)
        yield ""
    others = {
        "Exit codes": help_page.exit_codes,
        "Environment": help_page.environment,
        "Files": help_page.files,
    }
    for title, facts in others.items():
        yield from _of_facts(title, facts)


def _linked(entry: Entry) -> str:
    (name, *_) = entry.names
    shown = code(label(entry))
    return f"[{shown}](#{name})" if name in COMMANDS else shown


def _of_facts(title: str, facts: Iterable[Fact]) -> Iterator[str]:
    said = [f"- {code(each.name)}: {text(each.text)}" for each in facts]
    if said:
        yield from (f"**{title}**", "", *said, "")
