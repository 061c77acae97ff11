"""Options of a group that commands share, and of a table that reads them.

Each is made when a command line names it: of attach-nic's forty few are named, and to make all, and
have typer look for each, takes 2 ms of a start and more.
"""

from __future__ import annotations

import inspect
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import typer
from typer.models import OptionInfo

from vnetmgr.errors import UsageError
from vnetmgr.model.options.parsers import Kind
from vnetmgr.model.record import Row
from vnetmgr.model.values import parse_lasting, parse_microseconds
from vnetmgr.problem import About

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


class Option(Row):
    """An option as its command knows it before it is named."""

    name: str
    """Of its value."""
    flags: tuple[str, ...]
    default: object
    """Its value where the command line does not name it."""
    make: Callable[[], inspect.Parameter]
    """As a parameter of a function that typer would make a command of."""


class _Shown(Protocol):
    """What is shown of a table's option."""

    @property
    def help(self) -> str: ...
    @property
    def metavar(self) -> str: ...
    @property
    def kind(self) -> Kind: ...


_LONGEST_S = 1_000_000  # far less than what the system's calls take


_OF_NUMBERS = frozenset("0123456789.e+")


def seconds(text: str | float) -> float:
    """A time to wait, of an option: seconds, or as systemd writes it. Python itself reads nan and
    inf as numbers, too."""
    try:
        found = _seconds(str(text))
    except ValueError:
        found = -1.0
    if not 0 <= found <= _LONGEST_S:
        known = f"no number of seconds from 0 to {_LONGEST_S}, nor a time like 30s or 1h30m"
        raise typer.BadParameter(f"{text} is {known}.")
    return found


def _seconds(text: str) -> float:
    if frozenset(text) <= _OF_NUMBERS:
        return float(text)
    return parse_microseconds(text) / 1e6


def read_time(text: str, flag: str, hint: str = "30s, 10m, 1h30m or 1w") -> int:
    """Seconds of `1h30m`, some at least. Raises UsageError."""
    try:
        return parse_lasting(text)
    except ValueError as error:
        raise UsageError(f"{flag}: {error}", hint, about=of_option(flag)) from None


def of_option(flag: str) -> About:
    """What a wrong value of an option is about; the command's name is added where it is known."""
    return About("command", field=flag.removeprefix("--").replace("-", "_"))


def option(
    name: str,
    kind: type[str] | Callable[[str], object],
    *flags: str,
    default: object = None,
    multiple: bool = False,
    metavar: str | None = None,
    help: str,  # noqa: A002  # as typer calls it
) -> Option:
    """An option of a group: a flag, a text, one of an enum's words, or what a function reads of
    it."""
    unnamed = False if kind is bool else default
    parser = None if isinstance(kind, type) else kind
    read: Any = kind if parser is None else str

    def make() -> inspect.Parameter:
        words = kind if isinstance(kind, type) and issubclass(kind, Enum) else ()
        shown = metavar or "|".join(str(each) for each in words) or None
        info = typer.Option(*flags, parser=parser, metavar=shown, help=help)
        return _parameter(name, list[str] if multiple else read, unnamed, info)

    return Option(name, flags, unnamed, make)


def _parameter(name: str, kind: Any, default: object, info: object) -> inspect.Parameter:
    if default is None:
        kind |= None
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, info]
    )


_ALSO = {"isolated_ports": ("--isolated", "--no-isolated")}
"""Further words for an option; of a switch, for on and off."""


def table_options(options: Mapping[str, _Shown], panel: str) -> Iterator[Option]:
    """A table's options, in a panel of the help. Each is read as text: the table's reader judges
    all of them, at once."""
    for name, known in options.items():
        words = name.replace("_", "-")
        both = (f"--no-{words}",) if known.kind is Kind.SWITCH else ()
        flags = (f"--{words}", *both, *_ALSO.get(name, ()))
        yield Option(name, flags, None, partial(_of_table, name, flags, known, panel))


def _of_table(name: str, flags: tuple[str, ...], known: _Shown, panel: str) -> inspect.Parameter:
    shown: dict[str, Any] = {"help": known.help, "rich_help_panel": panel}
    if known.kind in (Kind.FLAG, Kind.SWITCH):
        if known.kind is Kind.SWITCH:
            flags = tuple(map("/".join, zip(flags[::2], flags[1::2], strict=True)))
        return _parameter(name, bool, None, typer.Option(*flags, **shown))
    kind = list[str] if known.kind.repeatable else str
    return _parameter(name, kind, None, typer.Option(*flags, metavar=known.metavar, **shown))


def flags_of(parameter: inspect.Parameter | Option) -> tuple[str, ...]:
    """What names an option; of an argument, nothing."""
    if isinstance(parameter, Option):
        return parameter.flags
    info = parameter.annotation.__metadata__[0]
    if not isinstance(info, OptionInfo):
        return ()
    # In an annotation, what would be the default is the first flag.
    declared = (info.default, *(info.param_decls or ()))
    return tuple(flag for each in declared if isinstance(each, str) for flag in each.split("/"))


def is_required(parameter: inspect.Parameter | Option) -> bool:
    """Whether a command line has to give it."""
    return isinstance(parameter, inspect.Parameter) and parameter.default is parameter.empty
