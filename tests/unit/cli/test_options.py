"""Options are made when a command line names them, and nothing else depends on that."""

from __future__ import annotations

import inspect

import pytest
import typer
from typer.core import TyperCommand

from vnetmgr.cli.app import load
from vnetmgr.cli.catalogue import COMMANDS
from vnetmgr.cli.command import make_command
from vnetmgr.cli.option import Option
from vnetmgr.cli.options import GROUPS, How

CHOOSING = {"hosts_file", "host_names", "this_host", "session"}
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


@pytest.mark.parametrize("command", COMMANDS)
def test_what_connects_can_be_told_of_hosts(command: str) -> None:
    names = {each.name for each in load(command, TyperCommand).params}
    expected = set() if command in ("schema", "example-spec", "serve-ssh") else CHOOSING
    assert names & CHOOSING == expected


def how(words: str) -> How | int:
    """What a command is told by these, or the exit code."""
    found: list[How] = []

    def run(*, reading: How) -> None:
        found.append(reading)

    run.__name__ = "plan"  # which sees to hosts itself
    run.__annotations__ = {}
    command = make_command("plan", run, typer.Typer(add_completion=False))
    code = command.main(words.split(), standalone_mode=False)
    return found[0] if found else int(code)


@pytest.mark.parametrize(
    ("words", "read"),
    [
        ("", (None, (), None, False)),
        ("--hosts f", ("f", (), None, False)),
        ("--host a,b --host kvm*", (None, ("a", "b", "kvm*"), None, False)),
        ("--this-host=", (None, (), "", False)),
        ("--this-host kvm1.lan -c test:///default", (None, (), "kvm1.lan", False)),
    ],
)
def test_hosts_of_a_command_line(words: str, read: tuple[object, ...]) -> None:
    found = how(words)
    assert isinstance(found, How)
    assert (found.hosts_file, found.host_names, found.this_host, found.session) == read
    assert found.of_hosts == bool(read[0] or read[1])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--hosts f -c test:///default", "--hosts means hosts that a file names, and --connect"),
        ("--host a -c test:///default", "--host means hosts that a file names, and --connect"),
        ("--host a --this-host b", "--host means hosts that are reached from here"),
        ("--hosts f --this-host=", "--hosts means hosts that are reached from here"),
        ("--host=", "--host: a name is empty"),  # as of a variable that is not set
        ("--host a,,b", "--host: a name is empty"),
        ("--this-host a/b", "--this-host: host 'a/b': a name is letters"),
    ],
)
def test_hosts_that_do_not_go_together(
    words: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert how(words) == 2
    assert said in capsys.readouterr().err
