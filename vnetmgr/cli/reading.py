"""How the values of parameters are read: alike with every typer.

From 0.29 on typer builds a validator of pydantic's for each parameter that it reads, be it a plain
text or nothing at all: 60 ms at every start. Most of what a command line says is text, or is read
by a function.
"""

from __future__ import annotations

import re
import sys
from enum import Enum
from types import GenericAlias, NoneType
from typing import TYPE_CHECKING, Any, TypeAlias, get_args

import typer

if TYPE_CHECKING:
    import inspect
    from collections.abc import Callable

    _Read: TypeAlias = Callable[[str], object]

# Of the click that typer has, inside or beside it.
_MISSING = sys.modules[typer.BadParameter.__module__].MissingParameter


def read_as_declared(made: Any, declared: inspect.Parameter) -> None:
    """Have what typer made of a function's parameter be as that says itself."""
    read_here(made, _reader(declared))
    # click 8.5 clears that of an argument, which typer up to 0.25 has set before.
    made.help = declared.annotation.__metadata__[0].help


def read_here(made: Any, read: _Read) -> None:
    """Have an option or argument read each of its values by a function."""

    def process_value(context: Any, value: Any) -> Any:
        if isinstance(value, str):
            value = read(value)
        elif isinstance(value, tuple | list) and value:
            value = tuple(map(read, value))
        elif not isinstance(value, int | float | Enum):  # a flag, a default; all else is nothing
            if made.required:
                raise _MISSING(ctx=context, param=made)
            value = () if made.multiple or made.nargs == -1 else None
        return value if made.callback is None else made.callback(context, made, value)

    made.process_value = process_value


def _reader(declared: inspect.Parameter) -> _Read:
    """What reads one value of these."""
    annotation, info = get_args(declared.annotation)
    one_of = (annotation,) if isinstance(annotation, GenericAlias) else get_args(annotation)
    kind = next((each for each in one_of if each is not NoneType), annotation)
    if info.parser is not None:
        return _of_function(info.parser)
    if isinstance(kind, GenericAlias) or kind in (str, bool):  # list[str], and texts
        return as_it_is
    return _of_enum(kind) if issubclass(kind, Enum) else _of_number(info.min, info.max)


def as_it_is(text: str) -> str:
    """A value that is a text."""
    return text


def _of_function(parser: _Read) -> _Read:
    def read(text: str) -> object:
        try:
            return parser(text)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None

    return read


def _of_enum(kind: type[Enum]) -> _Read:
    def read(text: str) -> Enum:
        for each in kind:
            if each.value == text:
                return each
        known = ", ".join(f"'{each.value}'" for each in kind)
        raise typer.BadParameter(f"'{text}' is not one of {known}.")

    return read


def _of_number(least: int | None, most: int | None) -> _Read:
    def read(text: str) -> int:
        if not re.fullmatch("-?[0-9]{1,9}", text):  # Python itself reads 1_0 as 10
            raise typer.BadParameter(f"'{text}' is no whole number.")
        number = int(text)
        if least is not None and number < least:
            raise typer.BadParameter(f"{number} is less than {least}.")
        if most is not None and number > most:
            raise typer.BadParameter(f"{number} is more than {most}.")
        return number

    return read
