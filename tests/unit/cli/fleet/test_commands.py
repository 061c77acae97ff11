"""What each command is for several hosts."""

from __future__ import annotations

import shlex
from importlib import import_module

import pytest
from typer.core import TyperCommand

from vnetmgr.cli.app import load
from vnetmgr.cli.catalogue import COMMANDS
from vnetmgr.cli.fleet.commands import ON_HOSTS, Reach
from vnetmgr.render.documents import KINDS


def test_every_command_is_in_the_table() -> None:
    assert set(ON_HOSTS) == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_what_the_table_says_is_there(command: str) -> None:
    entry = ON_HOSTS[command]
    names = {each.name for each in load(command, TyperCommand).params}
    assert {*entry.here_alone, *(each for each in [entry.names] if each)} <= names
    assert set(entry.kinds) <= set(KINDS)
    for module in entry.modules:
        import_module(module)
    assert ("host_names" in names) == (entry.reach is not Reach.NONE)
    assert ("ovn_nb" in names) == entry.asks_ovn or entry.reach is Reach.NONE


@pytest.mark.parametrize(
    "command", [name for name in COMMANDS if ON_HOSTS[name].reach is Reach.EVERY]
)
def test_what_is_done_on_every_host_changes_nothing_by_itself(command: str) -> None:
    params = {each.name for each in load(command, TyperCommand).params}
    assert "dry_run" not in params or command == "doctor"


def words_there(words: str) -> str:
    """What another vnetmgr is called with for a command line."""
    from vnetmgr.cli import command as module
    from vnetmgr.cli.fleet.words import words_of

    command, *others = shlex.split(words)
    found: list[list[str]] = []
    before = module._call

    def call(function: object, used: object, given: dict[str, object]) -> None:
        raise AssertionError

    def do(function: object, used: object, parameters: object, given: object) -> None:
        found.append(words_of(command, parameters, given))  # type: ignore[arg-type]  # as they are

    patch = pytest.MonkeyPatch()
    with patch.context() as patched:
        patched.setattr(module, "_do", do)
        patched.setattr(module, "_call", call)
        load(command, TyperCommand, others).main(others, standalone_mode=False)
    assert module._call is before
    return shlex.join(found[0])


@pytest.mark.parametrize(
    ("words", "there"),
    [
        ("list-nics --host a -o yaml -v -q --timeout 3 --columns name", "list-nics"),
        ("list-nics web1 -- -x", "list-nics -- web1 -x"),
        ("list-nics -r web1", "list-nics --readonly -- web1"),
        (
            "attach-nic web1 --vlan 3 --vlan 4 --bridge br0 --no-isolated-port --wait 90 --live",
            "attach-nic --bridge=br0 --vlan=3 --vlan=4 --no-isolated-port --wait=90 --live -- web1",
        ),
        ("hold web1/lan --for 2h --reason 'a b'", "hold --for=2h '--reason=a b' -- web1/lan"),
        ("add-slots web1 4", "add-slots -- web1 4"),
        ("doctor --hosts f --lock-timeout 1m", "doctor --lock-timeout=60"),
        ("trace web1 gateway --live 1.5", "trace --live=1.5 -- web1 gateway"),
        ("add-dns-record lab --host nas --on-host a", "add-dns-record --host=nas -- lab"),
    ],
)
def test_words_for_another_vnetmgr(words: str, there: str) -> None:
    assert words_there(words) == there


@pytest.mark.parametrize("words", ["attach-nic web1 --vlan 3 --link up", "add-slots web1 4"])
def test_the_words_mean_the_same_there(words: str) -> None:
    assert words_there(words_there(words)) == words_there(words)
