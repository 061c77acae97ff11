"""Options as parameters: of a group that commands share, and of a table that reads them."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated, Any, Protocol

import typer

from vnetmgr.model.options.parsers import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class _Option(Protocol):
    """What is shown of a table's option."""

    @property
    def help(self) -> str: ...
    @property
    def metavar(self) -> str: ...
    @property
    def kind(self) -> Kind: ...


def option(
    name: str, kind: object, *flags: str, default: object = None, **more: Any
) -> inspect.Parameter:
    """An option of a group, as a parameter."""
    info = typer.Option(*flags, **more)
    annotation = Annotated[kind, info]  # type: ignore[valid-type]
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )


def table_options(options: Mapping[str, _Option]) -> Iterator[inspect.Parameter]:
    """A table's options. Each is read as text: the table's reader judges all of them, at once."""
    for name, known in options.items():
        flag = "--" + name.replace("_", "-")
        if known.kind is Kind.FLAG:
            yield option(name, bool | None, flag, help=known.help)
        elif known.kind is Kind.SWITCH:
            both = f"{flag}/--no-{flag.removeprefix('--')}"
            yield option(name, bool | None, both, help=known.help)
        else:
            kind = list[str] | None if known.kind.repeatable else str | None
            yield option(name, kind, flag, metavar=known.metavar, help=known.help)
