"""A function as a command of the command line."""

from __future__ import annotations

import inspect
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import typer

from vnetmgr.cli.option import Option, flags_of, is_required
from vnetmgr.cli.options import GROUPS, form_of
from vnetmgr.cli.reading import read_as_declared
from vnetmgr.command import Called, called_as
from vnetmgr.errors import (
    ConnectionLostError,
    ExitCode,
    NotConnectedError,
    UsageError,
    VnetError,
)
from vnetmgr.problem import About
from vnetmgr.render import console
from vnetmgr.runtime.answers import DEFAULT_TIMEOUT_S
from vnetmgr.runtime.interrupts import Interrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from typer.core import TyperCommand

    from vnetmgr.cli.options import Group


def make_command(
    name: str,
    function: Callable[..., None],
    app: typer.Typer,
    words: Sequence[str] | None = None,
    **settings: Any,
) -> TyperCommand:
    """A function as a command: its groups become options, its errors messages and codes. `app` is
    an empty one; `settings`: as its `command` takes them. `words`: all that it will be called with;
    it need not have an option that they do not name."""
    signature = inspect.signature(function, eval_str=True)
    used = {name: make() for name, make in GROUPS.items() if name in signature.parameters}
    declared: list[inspect.Parameter | Option] = []
    for each, parameter in signature.parameters.items():
        declared += used[each].options if each in used else (parameter,)
    named = _named(words, {flag for each in declared for flag in flags_of(each)})
    if named is not None:
        declared = [
            each
            for each in declared
            if is_required(each) or not (flags := flags_of(each)) or not named.isdisjoint(flags)
        ]
    parameters = [each.make() if isinstance(each, Option) else each for each in declared]
    app.command(name, **settings)(_runner(function, used, parameters))
    command: TyperCommand = typer.main.get_command(app)  # type: ignore[assignment]  # of one: no group
    for made, parameter in zip(command.params, parameters, strict=True):
        read_as_declared(made, parameter)
    return command


def _named(words: Sequence[str] | None, known: set[str]) -> frozenset[str] | None:
    """The flags that these words name, and perhaps a value that looks like one. None where they may
    name any: with --help, short ones in one word, or what is no flag of the command."""
    if words is None:
        return None
    named = frozenset(word.partition("=")[0] for word in words if word.startswith("-"))
    return named if named <= known else None


def _runner(
    function: Callable[..., None],
    used: Mapping[str, Group],
    parameters: Sequence[inspect.Parameter],
) -> Callable[..., None]:
    """What is called with the options' values."""

    def run(**given: Any) -> None:
        form = form_of(given.get("output"))
        console.settle(form, quiet=given.get("quiet", False))
        try:
            if given.get("session"):
                _begin_session(given)
            with called_as(called_with(given)):
                _do(function, used, parameters, given)
        except VnetError as error:
            from vnetmgr.cli.failures import of_command

            named = of_command(error, function.__name__.replace("_", "-"))
            if given.get("session"):
                named = _of_connection(named, given)
            raise _failed(named, error.exit_code) from None
        except KeyboardInterrupt as interrupt:
            lines = interrupt.lines if isinstance(interrupt, Interrupted) else ()
            raise _interrupted(lines) from None

    run.__doc__ = function.__doc__
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {}  # the signature has them, with nothing left to look up
    return run


def called_with(given: Mapping[str, Any]) -> Called:
    """What the commands that messages show have to be told: what was said here. What the
    environment says counts for each anyway."""
    if given.get("session"):
        from vnetmgr.cli.called import told_by_session

        return told_by_session()
    return Called(
        connect=given.get("connect"),
        hosts_file=given.get("hosts_file"),
        hosts=tuple(given.get("host_names") or ()),
        ovn_nb=given.get("ovn_nb"),
    )


def _begin_session(given: Mapping[str, Any]) -> None:
    """Standard input is another vnetmgr's, which has started this one."""
    from vnetmgr import __version__
    from vnetmgr.host.connect import Host
    from vnetmgr.runtime.session import CONNECT_S, Session

    # Of an option that no word names there may be no value.
    if given.get("timeout", DEFAULT_TIMEOUT_S) == DEFAULT_TIMEOUT_S:
        Host.connect_timeout_s = CONNECT_S
    try:
        Session.begin(__version__)
    except ValueError as error:
        raise UsageError(f"--session: {error}", "it is for vnetmgr itself, over ssh") from None


def _of_connection(error: VnetError, given: Mapping[str, Any]) -> VnetError:
    """The same. Who asks several hosts has to know where nothing is known of one."""
    lost = isinstance(error, NotConnectedError | ConnectionLostError)
    return error.of(About("connection", given.get("connect") or "")) if lost else error


def _failed(error: VnetError, code: ExitCode) -> typer.Exit:
    """Say what the command failed by; programs have it as the document."""
    console.complain(error)
    from vnetmgr.cli.failures import answer

    answer(error, code)
    return typer.Exit(code)


def _interrupted(lines: Iterable[str]) -> typer.Exit:
    """Say that somebody ended the command, and what became of what was under way."""
    hint = "run the command again: it goes on from what is there"
    with suppress(OSError):  # the terminal may be gone
        error = VnetError("interrupted", hint, items=tuple(lines))
        _failed(error, ExitCode.INTERRUPTED)
    return typer.Exit(ExitCode.INTERRUPTED)


def _do(
    function: Callable[..., None],
    used: Mapping[str, Group],
    parameters: Sequence[inspect.Parameter],
    given: dict[str, Any],
) -> None:
    """Here; or on the hosts that are named."""
    if given.get("hosts_file") is None and not given.get("host_names"):
        _call(function, used, given)
        return
    from vnetmgr.cli.fleet.dispatch import on_hosts

    name = function.__name__.replace("_", "-")
    on_hosts(name, parameters, used.values(), given, partial(_call, function, used))


def _call(function: Callable[..., None], used: Mapping[str, Group], given: dict[str, Any]) -> None:
    """With the groups' values; where it leaves files for monitoring, on every end."""
    groups: dict[str, Any] = {}
    try:
        for name, group in used.items():
            groups[name] = group.value(given)
        function(**given, **groups)
    except typer.Exit:
        raise  # the end of a run that went on to its end
    except BaseException as error:
        if "run_files" in groups:
            groups["run_files"].failed(error)
        raise
