"""Options are made when a command line names them, and nothing else depends on that."""

from __future__ import annotations

import inspect

import pytest
import typer
from typer.core import TyperCommand

from vnetmgr.cli.app import load
from vnetmgr.cli.catalogue import COMMANDS
from vnetmgr.cli.option import Option
from vnetmgr.cli.options import GROUPS

OPTIONS = {
    f"{group}: {option.name}": option for group in GROUPS for option in GROUPS[group]().options
}


def made(words: str) -> list[str | None]:
    """The parameters of attach-nic when it is called with these."""
    return [each.name for each in load("attach-nic", TyperCommand, words.split()).params]


@pytest.mark.parametrize("option", OPTIONS.values(), ids=OPTIONS)
def test_an_option_that_is_not_named_has_the_value_that_typer_gives_it(option: Option) -> None:
    given: dict[str, object] = {}

    def run(**values: object) -> None:
        given.update(values)

    parameter = option.make()
    run.__signature__ = inspect.Signature([parameter])  # type: ignore[attr-defined]
    run.__annotations__ = {}
    app = typer.Typer(add_completion=False)
    app.command()(run)
    command = typer.main.get_command(app)
    command.main([], standalone_mode=False)
    assert given == {option.name: option.default}
    (made,) = command.params
    assert {*made.opts, *made.secondary_opts} == set(option.flags)


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("", ["domain"]),
        ("vm --bridge br0 -c test:///default", ["domain", "bridge", "connect"]),
        ("vm --bridge=br0 --wait=5 --live", ["domain", "bridge", "wait", "live"]),
        ("--isolated-port vm --no-isolated-port", ["domain", "isolated_port"]),
        ("vm --name --mtu --mac x", ["domain", "name", "mac", "mtu"]),
        ("vm --forward 80:80 --forward 81:81", ["domain", "forward"]),
    ],
)
def test_a_command_has_the_options_that_are_named(words: str, names: list[str]) -> None:
    assert sorted(filter(None, made(words))) == sorted(names)


@pytest.mark.parametrize("words", ["--help", "vm --brigde br0", "vm -vc test:///", "vm -- --name"])
def test_a_command_has_all_options_where_words_may_name_any(words: str) -> None:
    everything = load("attach-nic", TyperCommand).params
    assert made(words) == [each.name for each in everything]


@pytest.mark.parametrize("command", COMMANDS)
def test_what_has_to_be_given_is_asked_for(command: str) -> None:
    everything = load(command, TyperCommand).params
    required = [each.name for each in everything if each.required]
    short = [each.name for each in load(command, TyperCommand, []).params]
    assert [name for name in short if name in required] == required
