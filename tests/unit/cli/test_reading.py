"""How values of parameters are read: alike with every typer."""

from __future__ import annotations

import inspect
from enum import StrEnum
from typing import Annotated, Any

import pytest
import typer

from vnetmgr.cli.reading import read_as_declared


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


def half(text: str) -> float:
    """A reader that refuses as Python's own do."""
    return float(text) / 2


def run(
    name: Annotated[str, typer.Argument(metavar="NAME")],
    count: Annotated[int | None, typer.Argument(metavar="[N]", min=1, max=64)] = None,
    *,
    colour: Annotated[Colour, typer.Option()] = Colour.RED,
    wait: Annotated[float, typer.Option(parser=half)] = 3.0,
    tag: Annotated[list[str] | None, typer.Option()] = None,
    text: Annotated[str | None, typer.Option()] = None,
    yes: Annotated[bool, typer.Option("--yes/--no")] = False,
) -> None:
    """A command with every kind of parameter."""
    GIVEN.update(locals())


GIVEN: dict[str, Any] = {}


def given(*words: str) -> dict[str, Any]:
    """What the command is given for these words."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command()(run)
    command: Any = typer.main.get_command(app)
    declared = inspect.signature(run, eval_str=True).parameters.values()
    for made, parameter in zip(command.params, declared, strict=True):
        read_as_declared(made, parameter)
    command.main(list(words), standalone_mode=False)
    return GIVEN


DEFAULTS = {
    "name": "a",
    "count": None,
    "colour": Colour.RED,
    "wait": 3.0,
    "tag": None,
    "text": None,
    "yes": False,
}


@pytest.mark.parametrize(
    ("words", "read"),
    [
        ("a", {}),
        ("a 5", {"count": 5}),
        ("a --colour blue --wait 3", {"colour": Colour.BLUE, "wait": 1.5}),
        ("a --tag x --tag y", {"tag": ["x", "y"]}),
        ("a --text= --yes", {"text": "", "yes": True}),
        ("a --no", {}),
    ],
)
def test_values(words: str, read: dict[str, Any]) -> None:
    assert given(*words.split()) == DEFAULTS | read


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "Missing argument 'NAME'"),
        ("a x", "'x' is no whole number"),
        ("a 1_0", "'1_0' is no whole number"),
        ("a 0", "0 is less than 1"),
        ("a 65", "65 is more than 64"),
        ("a --colour Red", "'Red' is not one of 'red', 'blue'"),
        ("a --wait x", "could not convert string to float: 'x'"),
    ],
)
def test_what_is_wrong(words: str, said: str) -> None:
    with pytest.raises(typer.BadParameter) as caught:
        given(*words.split())
    assert said in caught.value.format_message()
