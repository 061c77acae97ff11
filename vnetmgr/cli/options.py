"""Options that commands share. A command asks for a group of them by one parameter's name.

`how`, `states`, `policy` and `values` stand for several options each: Typer sees the options,
the command gets one value that is read and judged.
"""

from __future__ import annotations

import inspect
from contextlib import suppress
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, TypeVar

import typer
from typer.core import TyperOption

from vnetmgr.cli.option import of_option, option, seconds, table_options
from vnetmgr.errors import ExitCode, VnetError, usage_problems
from vnetmgr.model.desired import ALLOWANCES, Policy
from vnetmgr.model.names import did_you_mean
from vnetmgr.model.options.nics import NIC_OPTIONS, SOURCE_OPTIONS
from vnetmgr.model.record import Record, Row
from vnetmgr.model.state import State
from vnetmgr.printable import is_printable
from vnetmgr.problem import Problem
from vnetmgr.render import console
from vnetmgr.runtime.answers import ANSWERS, DEFAULT_TIMEOUT_S
from vnetmgr.runtime.interrupts import Interrupted, seen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from typer.core import TyperCommand

    from vnetmgr.cli.run_files import RunFiles
    from vnetmgr.host.connect import Host

T = TypeVar("T")
_LOCK_TIMEOUT_S = 30.0
_COMPLETION_S = 5.0


class Output(StrEnum):
    """How results are printed."""

    TABLE = "table"
    JSON = "json"


class How(Record):
    """How a command works: on which libvirt, how long it waits, and how it prints."""

    uri: str | None
    as_json: bool
    verbose: bool
    dry_run: bool = False
    lock_timeout_s: float = _LOCK_TIMEOUT_S
    timeout_s: float = DEFAULT_TIMEOUT_S
    """How long libvirt, or a program, may answer nothing at all; 0: for ever."""
    form: str | None = None
    """What --output says; None where it was left out and has no default."""

    def host(
        self, *, readonly: bool = False, meanwhile: Callable[[], object] | None = None
    ) -> Host:
        """Connect to libvirt, and do something else while it has not answered."""
        from vnetmgr.host.connect import Host

        ANSWERS.timeout_s = self.timeout_s
        trace = console.trace if self.verbose else None
        return Host.connect(self.uri, readonly=readonly, trace=trace, meanwhile=meanwhile)

    def host_and(self, load: Callable[[], T]) -> tuple[Host, T]:
        """Connect, and load meanwhile what is wanted and what carries it out: all of it takes its
        time, with thousands of domains. What cannot be loaded is told first."""
        loaded: list[T] = []

        def meanwhile() -> None:
            loaded.append(load())
            import vnetmgr.engine.reconcile  # noqa: F401  # 20 ms

        host = self.host(meanwhile=meanwhile)
        return host, loaded[0]


def _names(
    ctx: typer.Context, incomplete: str, list_names: Callable[[Host], list[str]]
) -> list[str]:
    """Shell completion; silent when libvirt does not answer."""
    how = How(uri=ctx.params.get("connect"), as_json=False, verbose=False, timeout_s=_COMPLETION_S)
    try:
        with how.host(readonly=True) as host:
            names = [name for name in list_names(host) if name.startswith(incomplete)]
            return [name for name in names if is_printable(name)]  # a shell would show them
    except VnetError:
        return []


def complete_domain(ctx: typer.Context, incomplete: str) -> list[str]:
    """Shell completion of domains' names."""
    return _names(ctx, incomplete, lambda host: host.domain_names())


def complete_network(ctx: typer.Context, incomplete: str) -> list[str]:
    """Shell completion of networks' names."""
    return _names(ctx, incomplete, lambda host: host.network_names())


Domain: TypeAlias = Annotated[
    str,
    typer.Argument(metavar="DOMAIN", help="The domain's name.", autocompletion=complete_domain),
]
OptionalDomain: TypeAlias = Annotated[
    str | None,
    typer.Argument(metavar="DOMAIN", help="The domain's name.", autocompletion=complete_domain),
]
Domains: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[DOMAIN]...",
        help="Domains; all when left out.",
        autocompletion=complete_domain,
    ),
]
Network: TypeAlias = Annotated[
    str,
    typer.Argument(metavar="NETWORK", help="The network's name.", autocompletion=complete_network),
]
SpecFiles: TypeAlias = Annotated[
    list[str],
    typer.Argument(metavar="SPEC...", help="YAML files, or directories of them; - for stdin."),
]
OptionalSpec: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(metavar="[SPEC]...", help="YAML files, or directories of them; - for stdin."),
]
NicAddress: TypeAlias = Annotated[
    str, typer.Argument(metavar="NIC", help="Its name, MAC, target (vnet0) or PCI address.")
]
Wait: TypeAlias = Annotated[
    float,
    typer.Option(
        "--wait",
        metavar="SECONDS",
        parser=seconds,
        help="Wait for the guest to use the nic, and say so.",
    ),
]
Values: TypeAlias = dict[str, str | list[str]]
"""Options as they are typed."""
NicValues: TypeAlias = Values
States: TypeAlias = frozenset[State]


class _Group(Row):
    """The options behind one parameter, and how their values become its value."""

    parameters: tuple[inspect.Parameter | TyperOption, ...]
    read: Callable[[dict[str, Any]], object]

    @property
    def names(self) -> list[str]:
        """Of its options' values."""
        return [each.name or "" for each in self.parameters]


_PRINTING = (
    option(
        "connect",
        str | None,
        "--connect",
        "-c",
        metavar="URI",
        help="libvirt to talk to; else LIBVIRT_DEFAULT_URI, else qemu:///system.",
    ),
    option(
        "output",
        Output,
        "--output",
        "-o",
        default=Output.TABLE,
        help="table for people, json for programs.",
    ),
    option(
        "verbose",
        bool,
        "--verbose",
        "-v",
        default=False,
        help="Show each libvirt call with its XML.",
    ),
    option(
        "timeout",
        float,
        "--timeout",
        default=DEFAULT_TIMEOUT_S,
        metavar="SECONDS",
        parser=seconds,
        help="Give up when libvirt or nft answers nothing for so long; 0: never.",
    ),
)


def _changing(lock_timeout_s: float) -> tuple[inspect.Parameter, ...]:
    return (
        option(
            "dry_run", bool, "--dry-run", default=False, help="Show the plan and change nothing."
        ),
        option(
            "lock_timeout",
            float,
            "--lock-timeout",
            default=lock_timeout_s,
            metavar="SECONDS",
            parser=seconds,
            help="Wait this long for another vnetmgr.",
        ),
    )


_CHANGING = _changing(_LOCK_TIMEOUT_S)
_STATES = (
    option(
        "config",
        bool,
        "--config",
        default=False,
        help="Only the config: counts from the next start.",
    ),
    option("live", bool, "--live", default=False, help="Only the running domain, until it stops."),
)
_RUN_FILES = (
    option(
        "report_file", str | None, "--report-file", metavar="FILE", help="Write the report as JSON."
    ),
    option(
        "metrics_file",
        str | None,
        "--metrics-file",
        metavar="FILE",
        help="Write Prometheus' text format.",
    ),
)
_ALLOW = option(
    "allow",
    list[str] | None,
    "--allow",
    metavar="LIST",
    help="Disruption to allow: " + ", ".join(ALLOWANCES) + ".",
)


def _read_how(given: dict[str, Any]) -> How:
    return How(
        uri=given["connect"],
        as_json=given["output"] == Output.JSON,
        form=given["output"],
        verbose=given["verbose"],
        dry_run=given.get("dry_run", False),
        lock_timeout_s=given.get("lock_timeout", _LOCK_TIMEOUT_S),
        timeout_s=given["timeout"],
    )


def _read_states(given: dict[str, Any]) -> States:
    """The states named; none named means the default, both named means both."""
    return frozenset(state for state in State if given[state])


def _read_policy(given: dict[str, Any]) -> Policy:
    texts: Iterable[str] = given["allow"] or []
    words = [word.strip() for text in texts for word in text.split(",") if word.strip()]
    # link-flap is allowed anyway; it is accepted, since plans call the disruption so.
    wrong = [word for word in words if word not in (*ALLOWANCES, "link-flap")]
    if wrong:
        known = f"--allow takes {', '.join(ALLOWANCES)}"
        guesses = {word: did_you_mean(word, ALLOWANCES) for word in wrong}
        texts = (f"--allow {word} is not known.{guess}" for word, guess in guesses.items())
        raise usage_problems([Problem(of_option("--allow"), text) for text in texts], known)
    return Policy(allow=frozenset(words))


def _read_texts(given: dict[str, Any]) -> NicValues:
    return {name: _text(value) for name, value in given.items() if value not in (None, ())}


def _text(value: object) -> str | list[str]:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return [str(each) for each in value] if isinstance(value, tuple) else str(value)


def _table_group(*tables: Mapping[str, Any]) -> _Group:
    """The options of tables that read them, as text."""
    return _Group(tuple(each for table in tables for each in table_options(table)), _read_texts)


def _network_group() -> _Group:
    from vnetmgr.model.options.networks import NETWORK_OPTIONS

    return _table_group(NETWORK_OPTIONS)


def _read_run_files(given: dict[str, Any]) -> RunFiles:
    from vnetmgr.cli.run_files import RunFiles

    return RunFiles(given)


def _printing_group(output: str, *others: inspect.Parameter) -> _Group:
    """With an --output of the command's own."""
    from vnetmgr.cli import forms

    own: inspect.Parameter = getattr(forms, output)
    return _Group((*others, *_PRINTING[:1], own, *_PRINTING[2:]), _read_how)


def _record_group() -> _Group:
    from vnetmgr.model.options.records import RECORD_OPTIONS

    return _table_group(RECORD_OPTIONS)


# By the parameter's name; made for the command that is called alone.
_GROUPS: dict[str, Callable[[], _Group]] = {
    "values": lambda: _table_group(SOURCE_OPTIONS, NIC_OPTIONS),
    "network_values": _network_group,
    "record_values": _record_group,
    "run_files": lambda: _Group(_RUN_FILES, _read_run_files),
    "states": lambda: _Group(_STATES, _read_states),
    "policy": lambda: _Group((_ALLOW,), _read_policy),
    "how": lambda: _Group((*_CHANGING, *_PRINTING), _read_how),
    "at_once": lambda: _Group((*_changing(0.0), *_PRINTING), _read_how),
    "importing": lambda: _printing_group("FORMAT", *_CHANGING),
    "reading": lambda: _Group(_PRINTING, _read_how),
    "drawing": lambda: _printing_group("PICTURE"),
}


def make_command(
    name: str, function: Callable[..., None], app: typer.Typer, **settings: Any
) -> TyperCommand:
    """A function as a command: its groups become options, its errors messages and codes. `app` is
    an empty one; `settings`: as its `command` takes them."""
    signature = inspect.signature(function, eval_str=True)
    used = {name: make() for name, make in _GROUPS.items() if name in signature.parameters}
    parameters: list[inspect.Parameter | TyperOption] = []
    for each, parameter in signature.parameters.items():
        parameters += used[each].parameters if each in used else (parameter,)
    app.command(name, **settings)(_runner(function, used, parameters))
    command: TyperCommand = typer.main.get_command(app)  # type: ignore[assignment]  # of one: no group
    made = iter(command.params)
    command.params = [each if isinstance(each, TyperOption) else next(made) for each in parameters]
    return command


def _runner(
    function: Callable[..., None],
    used: Mapping[str, _Group],
    parameters: Iterable[inspect.Parameter | TyperOption],
) -> Callable[..., None]:
    """What is called with the options' values."""

    def run(**given: Any) -> None:
        as_json = given.get("output") == Output.JSON
        try:
            _call(function, used, given)
        except VnetError as error:
            from vnetmgr.cli.failures import of_command

            named = of_command(error, function.__name__.replace("_", "-"))
            raise _failed(named, error.exit_code, as_json=as_json) from None
        except typer.Abort:
            if seen() is None:  # the end of what could be typed
                raise
            raise _interrupted((), as_json=as_json) from None
        except KeyboardInterrupt as interrupt:
            lines = interrupt.lines if isinstance(interrupt, Interrupted) else ()
            raise _interrupted(lines, as_json=as_json) from None

    own = [each for each in parameters if isinstance(each, inspect.Parameter)]
    run.__doc__ = function.__doc__
    run.__signature__ = inspect.Signature(own)  # type: ignore[attr-defined]
    run.__annotations__ = {}  # the signature has them, with nothing left to look up
    return run


def _failed(error: VnetError, code: ExitCode, *, as_json: bool) -> typer.Exit:
    """Say what the command failed by; programs have it as the document."""
    console.complain(error)
    if as_json:
        from vnetmgr.cli.failures import answer

        answer(error, code)
    return typer.Exit(code)


def _interrupted(lines: Iterable[str], *, as_json: bool) -> typer.Exit:
    """Say that somebody ended the command, and what became of what was under way."""
    hint = "run the command again: it goes on from what is there"
    with suppress(OSError):  # the terminal may be gone
        error = VnetError("interrupted", hint, items=tuple(lines))
        _failed(error, ExitCode.INTERRUPTED, as_json=as_json)
    return typer.Exit(ExitCode.INTERRUPTED)


def _call(function: Callable[..., None], used: Mapping[str, _Group], given: dict[str, Any]) -> None:
    """With the groups' values; where it leaves files for monitoring, on every end."""
    groups: dict[str, Any] = {}
    as_json = given.get("output") == Output.JSON
    try:
        for name, group in used.items():
            groups[name] = group.read({each: given.pop(each) for each in group.names})
        function(**given, **groups)
    except typer.Exit:
        raise  # the end of a run that went on to its end
    except BaseException as error:
        if "run_files" in groups:
            groups["run_files"].failed(error, as_json=as_json)
        raise
