"""The help of the program, or of one command, as what it consists of."""

from __future__ import annotations

import inspect
from enum import Enum
from typing import TYPE_CHECKING, Any

from vnetmgr.cli.catalogue import COMMANDS, HELP, summary
from vnetmgr.cli.help.facts import (
    AMONG_HOSTS,
    CARRYING_OUT,
    COMMON,
    OVERLAYS,
    PANELS,
    environment,
    exit_codes,
    files,
)
from vnetmgr.model.record import Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_EXAMPLE = "Example: "


class Entry(Row):
    """An option, an argument, or a command, and what is said of it."""

    names: tuple[str, ...]
    value: str
    """What follows the name, as `URI`; empty for a flag."""
    text: str
    default: str = ""

    @property
    def is_typed(self) -> bool:
        """Whether its names are typed as they are: other than an argument's."""
        return not self.names[0].isupper() and not self.names[0].startswith("[")

    @property
    def whole(self) -> str:
        """The text, with the default, which no line's end parts."""
        return (
            f"{self.text} [default:\N{NO-BREAK SPACE}{self.default}]" if self.default else self.text
        )


class Section(Row):
    """Entries that belong together."""

    title: str
    entries: tuple[Entry, ...]


class Fact(Row):
    """An exit code, a variable of the environment, or a file, and what it means."""

    name: str
    text: str


class Page(Row):
    """All that is said."""

    command: str
    """Empty: the program itself."""
    usage: tuple[str, ...]
    """Behind the program's name."""
    paragraphs: tuple[str, ...]
    examples: tuple[str, ...]
    sections: tuple[Section, ...]
    exit_codes: tuple[Fact, ...]
    environment: tuple[Fact, ...]
    files: tuple[Fact, ...]

    @property
    def program(self) -> str:
        """What is typed to have it."""
        return f"vnetmgr {self.command}".rstrip()


def page_of(command: Any) -> Page:
    """The page of a command, by what typer made of it."""
    name = command.name
    paragraphs, examples = _parted(command.help or "")
    changes = any(param.name == "dry_run" for param in command.params)
    panels: dict[str, list[Entry]] = {}
    for param in command.params:
        panels.setdefault(_panel(param, changes=changes), []).append(_entry(param))
    panels.setdefault(COMMON, []).append(_HELP)
    return Page(
        command=name,
        usage=usage(command),
        paragraphs=paragraphs,
        examples=examples,
        sections=tuple(Section(title, tuple(panels[title])) for title in _in_order(panels)),
        exit_codes=_facts(exit_codes(name, changes=changes)),
        environment=_facts(environment(name, changes=changes)),
        files=_facts(files(name, changes=changes)),
    )


def page_of_all(group: Any) -> Page:
    """The page of the program: what all commands do, and the options that all have."""
    any_command = group.get_command(None, "list-networks")
    by_panel: dict[str, list[Entry]] = {}
    for each in any_command.params:
        by_panel.setdefault(_panel(each, changes=False), []).append(_entry(each))
    paragraphs, examples = _parted(group.help or "")
    panels: dict[str, list[Entry]] = {}
    for name, (_, panel) in COMMANDS.items():
        panels.setdefault(panel, []).append(Entry((name,), "", summary(name)))
    own = (*map(_entry, group.params), _HELP)
    return Page(
        command="",
        usage=("[OPTIONS]", "COMMAND", "[ARGUMENT]..."),
        paragraphs=paragraphs,
        examples=examples,
        sections=(
            *(Section(title, tuple(entries)) for title, entries in panels.items()),
            Section("Help", (Entry(("help",), "[COMMAND]", HELP),)),
            Section("Options of every command, before it or behind it", tuple(by_panel[COMMON])),
            Section(AMONG_HOSTS, tuple(by_panel[AMONG_HOSTS])),
            Section(OVERLAYS, tuple(by_panel[OVERLAYS])),
            Section("Options of the program itself", own),
        ),
        exit_codes=_facts(exit_codes("", changes=True)),
        environment=_facts(environment("", changes=True)),
        files=_facts(files("", changes=True)),
    )


_HELP = Entry(("-h", "--help"), "", "Show this and exit.")


def usage(command: Any) -> tuple[str, ...]:
    """What follows a command's name: `[OPTIONS]`, and each argument."""
    arguments = [_value(each) for each in command.params if _is_argument(each)]
    return ("[OPTIONS]", *arguments)


def _parted(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Paragraphs, each in one line, and the examples among them."""
    found = [" ".join(each.split()) for each in inspect.cleandoc(text).split("\n\n")]
    examples = tuple(each.removeprefix(_EXAMPLE) for each in found if each.startswith(_EXAMPLE))
    return tuple(each for each in found if not each.startswith(_EXAMPLE)), examples


def _is_argument(param: Any) -> bool:
    return bool(param.param_type_name == "argument")


def _panel(param: Any, *, changes: bool) -> str:
    if _is_argument(param):
        return "Arguments"
    own: str | None = param.rich_help_panel
    panel = own or PANELS.get(param.name, "Options")
    return panel if changes or panel != CARRYING_OUT else "Options"


def _in_order(panels: Iterable[str]) -> Sequence[str]:
    """Its own first, what all commands have last."""
    last = ("Options", CARRYING_OUT, AMONG_HOSTS, OVERLAYS, COMMON)
    return sorted(panels, key=lambda each: last.index(each) + 1 if each in last else 0)


def _entry(param: Any) -> Entry:
    text = param.help or ""
    if param.required and not _is_argument(param):
        text += " [required]"
    names = (*sorted(param.opts, key=len), *param.secondary_opts)
    if _is_argument(param):
        return Entry((_value(param),), "", text, _default(param))
    return Entry(names, _value(param), text, _default(param))


def _value(param: Any) -> str:
    if getattr(param, "is_flag", False):
        return ""
    return str(param.metavar or param.name.upper())


def _default(param: Any) -> str:
    value = param.default
    if isinstance(value, bool) and param.secondary_opts:
        return str((param.opts if value else param.secondary_opts)[0])
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, float):
        return f"{value:g}s" if value and param.metavar == "TIME" else f"{value:g}"
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""


def _facts(pairs: Iterable[tuple[str, str]]) -> tuple[Fact, ...]:
    return tuple(Fact(name, text) for name, text in pairs)
