"""The commands' parameters, as far as a command line is read by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.cli.completion_files import SHELLS
from vnetmgr.model.record import Row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typer.core import TyperCommand


class Parameter(Row):
    """An option, or an argument."""

    name: str
    flags: tuple[str, ...] = ()
    """What names an option; none: an argument."""
    takes_value: bool = True
    several: bool = False
    metavar: str = ""
    choices: tuple[str, ...] = ()
    about: str = ""


class Command(Row):
    """A command."""

    name: str
    parameters: tuple[Parameter, ...]
    passes_on: bool = False
    """Whether all from the first argument on is another program's command line."""

    @property
    def arguments(self) -> tuple[Parameter, ...]:
        """Its arguments, in order."""
        return tuple(each for each in self.parameters if not each.flags)

    @property
    def options(self) -> Mapping[str, Parameter]:
        """Its options, by each of their flags."""
        return {flag: each for each in self.parameters for flag in each.flags}


_PLAINEST = "show-network"
"""A command that has those options alone that every command has."""
HELP = Parameter("help", ("--help", "-h"), takes_value=False, about="Show what this does.")

HELP_COMMAND = Command("help", (Parameter("command", metavar="[COMMAND]"), HELP))


def load_command(name: str) -> Command:
    """A command by its name."""
    from typer.core import TyperCommand

    from vnetmgr.cli.app import load
    from vnetmgr.cli.catalogue import PASS_ON

    return as_command(load(name, TyperCommand), passes_on=name in PASS_ON)


def as_command(command: TyperCommand, *, passes_on: bool = False) -> Command:
    """A click command, whichever click it is of."""
    found = [_parameter(each) for each in command.params]
    return Command(command.name or "", (*(each for each in found if each), HELP), passes_on)


def _parameter(given: object) -> Parameter | None:
    """None for what is not shown."""
    if getattr(given, "hidden", False):
        return None
    is_option = getattr(given, "param_type_name", "") == "option"
    flags = (*getattr(given, "opts", ()), *getattr(given, "secondary_opts", ()))
    # From 0.29 on typer has no types of click's.
    kind = getattr(given, "type_descriptor", None) or getattr(given, "type", None)
    choices = getattr(kind, "choices", None) or ()
    return Parameter(
        name=str(getattr(given, "name", "")),
        flags=tuple(flags) if is_option else (),
        takes_value=not (getattr(given, "is_flag", False) or getattr(given, "count", False)),
        several=bool(getattr(given, "multiple", False)) or getattr(given, "nargs", 1) != 1,
        metavar=getattr(given, "metavar", None) or "",
        choices=tuple(str(getattr(each, "value", each)) for each in choices),
        about=getattr(given, "help", None) or "",
    )


def root_command() -> Command:
    """What stands before the command: options of its own, and those that every command has."""
    own = (
        Parameter("version", ("--version",), takes_value=False, about="Print the version."),
        Parameter("shell", ("--install-completion", "--show-completion"), choices=SHELLS),
    )
    shared = (each for each in load_command(_PLAINEST).parameters if each.flags)
    return Command("", (*own, *shared))
