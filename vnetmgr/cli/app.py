"""The `vnetmgr` program: which commands there are, loaded only when they are called.

Importing the modules of all commands at every start would cost more than most commands do.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from errno import EPIPE
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from vnetmgr import __version__
from vnetmgr.cli.streams import OutputError, prepare_streams, reason, to_nowhere
from vnetmgr.errors import ExitCode, UsageError
from vnetmgr.model.record import Row
from vnetmgr.printable import printable
from vnetmgr.render import console

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Command(Row):
    module: str
    function: str
    panel: str
    passes_on: bool = False
    """Whether everything from the first argument on is another program's command line."""


_NICS = "Nics"
_DOMAINS = "Domains"
_NETWORKS = "Networks"
_DHCP = "DHCP and DNS of networks"
_FORWARDS = "Port forwards"
_DIRECT = "Direct assignment"
_SPEC = "Desired state"
_SEEING = "Seeing and diagnosing"
_QEMU = "QEMU's vocabulary"
COMMANDS: dict[str, _Command] = {
    "attach-nic": _Command("nics", "attach_nic", _NICS),
    "update-nic": _Command("nics", "update_nic", _NICS),
    "detach-nic": _Command("nics", "detach_nic", _NICS),
    "list-nics": _Command("nics", "list_nics", _NICS),
    "add-slots": _Command("domains", "add_slots", _DOMAINS),
    "create-domain": _Command("domains", "create_domain", _DOMAINS),
    "create-network": _Command("networks", "create_network", _NETWORKS),
    "update-network": _Command("networks", "update_network", _NETWORKS),
    "delete-network": _Command("networks", "delete_network", _NETWORKS),
    "start-network": _Command("networks", "start_network", _NETWORKS),
    "stop-network": _Command("networks", "stop_network", _NETWORKS),
    "restart-network": _Command("networks", "restart_network", _NETWORKS),
    "list-networks": _Command("network_lists", "list_networks", _NETWORKS),
    "show-network": _Command("network_lists", "show_network", _NETWORKS),
    "reserve-address": _Command("addresses", "reserve_address", _DHCP),
    "release-address": _Command("addresses", "release_address", _DHCP),
    "list-leases": _Command("network_lists", "list_leases", _DHCP),
    "add-dns-record": _Command("addresses", "add_dns_record", _DHCP),
    "remove-dns-record": _Command("addresses", "remove_dns_record", _DHCP),
    "add-forward": _Command("forwards", "add_forward", _FORWARDS),
    "remove-forward": _Command("forwards", "remove_forward", _FORWARDS),
    "list-forwards": _Command("forwards", "list_forwards", _FORWARDS),
    "list-host-devices": _Command("hostdevs", "list_host_devices", _DIRECT),
    "validate": _Command("spec", "validate", _SPEC),
    "plan": _Command("spec_run", "plan", _SPEC),
    "apply": _Command("spec_run", "apply", _SPEC),
    "reconcile": _Command("spec_run", "reconcile", _SPEC),
    "watch": _Command("watch", "watch", _SPEC),
    "install-service": _Command("services", "install_service", _SPEC),
    "export": _Command("export", "export", _SPEC),
    "schema": _Command("spec", "schema", _SPEC),
    "hold": _Command("holds", "hold", _SPEC),
    "release": _Command("holds", "release", _SPEC),
    "trace": _Command("trace", "trace", _SEEING),
    "metrics": _Command("metrics", "metrics", _SEEING),
    "topology": _Command("topology", "topology", _SEEING),
    "import-qemu": _Command("qemu", "import_qemu", _QEMU, passes_on=True),
    "show-qemu-args": _Command("qemu", "show_qemu_args", _QEMU),
    "list-models": _Command("models", "list_models", _QEMU),
    "doctor": _Command("doctor", "doctor", _SEEING),
}


# In a pipe, help is plain text: boxes are for people, and rich takes longer than the rest.
_TERMINAL = sys.stdout is not None and sys.stdout.isatty()  # None: closed by who called us
_HELP = {"help_option_names": ["--help", "-h"]}
_MARKUP: dict[str, object] = {"rich_markup_mode": "rich" if _TERMINAL else None}


class _Outermost:
    """What click calls first: the group, or one command."""

    def make_context(self, *arguments: Any, **settings: Any) -> Any:
        console.begin()
        with _answering(sys.argv[1:]):
            return super().make_context(*arguments, **settings)  # type: ignore[misc]  # click's

    def invoke(self, ctx: Any) -> Any:
        with _answering(sys.argv[1:]):
            return super().invoke(ctx)  # type: ignore[misc]  # click's


class _OutermostCommand(_Outermost, TyperCommand):
    """A command that is called without the group."""


class _LazyGroup(_Outermost, TyperGroup):
    """A group that imports a command's module when the command is asked for."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        # Only the names: for typer's "did you mean".
        self.commands = dict.fromkeys(COMMANDS)  # type: ignore[assignment]

    def list_commands(self, ctx: object) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: object, cmd_name: str) -> TyperCommand | None:  # noqa: ARG002
        return _load(cmd_name, TyperCommand) if cmd_name in COMMANDS else None


def _load(name: str, kind: type[TyperCommand]) -> TyperCommand:
    from vnetmgr.cli.command import make_command

    known = COMMANDS[name]
    function = getattr(import_module(f"vnetmgr.cli.commands.{known.module}"), known.function)
    single = typer.Typer(add_completion=False, **_MARKUP)  # type: ignore[arg-type]  # a literal
    settings = {"allow_interspersed_args": not known.passes_on, **_HELP}
    return make_command(
        name, function, single, cls=kind, rich_help_panel=known.panel, context_settings=settings
    )


@contextmanager
def _answering(words: list[str]) -> Iterator[None]:
    """For programs there is one document, whatever happens: what click complains of, an interrupt
    before the command itself begins, a fault of our own."""
    try:
        yield
    except (typer.Exit, OutputError):
        raise  # a command has said why; nothing can be said
    except (Exception, KeyboardInterrupt) as error:
        from vnetmgr.cli.failures import answer, as_ours, asks_for_json, of_command

        message = getattr(error, "message", None)
        if isinstance(message, str):
            # It repeats arguments, whatever is in them.
            error.message = printable(message)  # type: ignore[union-attr]  # it was read
            _leave_run_files(words, error, as_json=asks_for_json(words))
        if asks_for_json(words):
            interrupted = isinstance(error, KeyboardInterrupt)
            other = ExitCode.INTERRUPTED if interrupted else ExitCode.FAILED
            called = next((word for word in words if word in COMMANDS), "vnetmgr")
            ours = of_command(as_ours(error), called)
            answer(ours, ExitCode(getattr(error, "exit_code", other)))
        raise


def _leave_run_files(words: list[str], error: BaseException, *, as_json: bool) -> None:
    """A reconcile that is called with bad options has failed, too."""
    if words[:1] == ["reconcile"] and "--dry-run" not in words:
        from vnetmgr.cli.run_files import RunFiles

        RunFiles.of_words(words).failed(error, as_json=as_json)


def _print_version(*, value: bool) -> None:
    if value:
        typer.echo(f"vnetmgr {__version__}")
        raise typer.Exit


app = typer.Typer(
    cls=_LazyGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings=_HELP,
    **_MARKUP,  # type: ignore[arg-type]  # a literal
)


@app.callback()
def _root(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Networking of libvirt/QEMU virtual machines: safe, idempotent, verified.

    Example: vnetmgr attach-nic vm1 --bridge br0
    """


def main() -> None:
    """The entry point. Output that cannot be written is an error, not a crash, and so is whatever
    this machine has too little of."""
    prepare_streams()
    try:
        _refuse_other_bytes(sys.argv)
        try:
            _call(sys.argv[1:])
        finally:
            sys.stdout.flush()
    except OutputError as error:
        to_nowhere(1)  # or Python would try once more, at its end
        if error.errno != EPIPE:
            _complain(f"cannot write the output: {error.strerror}", "what the command did is done")
        sys.exit(ExitCode.FAILED)
    except (OSError, MemoryError) as error:
        _complain(*reason(error))
        sys.exit(ExitCode.FAILED)
    except RuntimeError as error:
        if "new thread" not in str(error):  # Python has no class of its own for that
            raise
        _complain(*reason(error))
        sys.exit(ExitCode.FAILED)


def _call(words: list[str]) -> None:
    """The command that the first word names; the group around it is for all else, such as help and
    completion, and takes 1 ms to make."""
    if words and words[0] in COMMANDS:
        _load(words[0], _OutermostCommand)(words[1:], prog_name=f"vnetmgr {words[0]}")
    else:
        app(prog_name="vnetmgr")


def _complain(text: str, hint: str | None) -> None:
    typer.echo(f"vnetmgr: {printable(text)}", err=True)
    if hint:
        typer.echo(f"  hint: {hint}", err=True)


def _refuse_other_bytes(argv: list[str]) -> None:
    """No name that libvirt knows, and no text of a spec, is other than UTF-8."""
    given = {f"argument {number}": text for number, text in enumerate(argv[1:], 1)}
    given["LIBVIRT_DEFAULT_URI"] = os.environ.get("LIBVIRT_DEFAULT_URI", "")
    for what, text in given.items():
        try:
            text.encode()
        except UnicodeEncodeError:
            hint = "nothing was touched; write it in UTF-8"
            error = UsageError(f"{what} is not UTF-8: {text}", hint)
            from vnetmgr.cli.failures import answer, asks_for_json

            console.complain(error)
            if asks_for_json(argv[1:]):
                answer(error, error.exit_code)
            sys.exit(error.exit_code)
