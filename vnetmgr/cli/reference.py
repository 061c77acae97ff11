"""Files of all that help says: pages of the manual, and the reference in Markdown."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

import typer.main

from vnetmgr import __version__
from vnetmgr.cli.app import app
from vnetmgr.cli.catalogue import COMMANDS
from vnetmgr.cli.help.man import man_name, man_page
from vnetmgr.cli.help.markdown import reference
from vnetmgr.cli.help.page import Page, page_of, page_of_all

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def pages() -> Iterator[Page]:
    """The page of the program, and that of each command."""
    group: Any = typer.main.get_command(app)
    yield page_of_all(group)
    for name in COMMANDS:
        yield page_of(group.get_command(None, name))


def write_man(folder: Path) -> None:
    """vnetmgr.1, and a page for each command."""
    folder.mkdir(parents=True, exist_ok=True)
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    when = datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
    for page in pages():
        text = man_page(page, version=__version__, date=f"{when:%Y-%m-%d}")
        (folder / f"{man_name(page.command)}.1").write_text(text, encoding="utf-8")


def write_markdown(file: Path) -> None:
    """The reference of all commands."""
    file.write_text(markdown(), encoding="utf-8")


def markdown() -> str:
    """The same, as a text."""
    whole, *commands = pages()
    commands.sort(key=lambda page: _panels().index(_panel(page)))
    return reference(whole, groupby(commands, key=_panel))


def _panel(page: Page) -> str:
    return COMMANDS[page.command][1]


def _panels() -> list[str]:
    return list(dict.fromkeys(panel for _, panel in COMMANDS.values()))
