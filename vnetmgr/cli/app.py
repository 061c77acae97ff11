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
from vnetmgr.cli.reading import as_it_is, read_here
from vnetmgr.cli.streams import OutputError, prepare_streams, reason, to_nowhere
from vnetmgr.errors import ExitCode, UsageError
from vnetmgr.printable import printable
from vnetmgr.render import console

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


_NICS = "Nics"
_DOMAINS = "Domains"
_NETWORKS = "Networks"
_DHCP = "DHCP and DNS of networks"
_FORWARDS = "Port forwards"
_DIRECT = "Direct assignment"
_SPEC = "Desired state"
_SEEING = "Seeing and diagnosing"
_QEMU = "QEMU's vocabulary"
COMMANDS = {
    "attach-nic": ("nics", _NICS),
    "update-nic": ("nics", _NICS),
    "detach-nic": ("nics", _NICS),
    "list-nics": ("nics", _NICS),
    "add-slots": ("domains", _DOMAINS),
    "create-domain": ("domains", _DOMAINS),
    "create-network": ("networks", _NETWORKS),
    "update-network": ("networks", _NETWORKS),
    "delete-network": ("networks", _NETWORKS),
    "start-network": ("networks", _NETWORKS),
    "stop-network": ("networks", _NETWORKS),
    "restart-network": ("networks", _NETWORKS),
    "list-networks": ("network_lists", _NETWORKS),
    "show-network": ("network_lists", _NETWORKS),
    "reserve-address": ("addresses", _DHCP),
    "release-address": ("addresses", _DHCP),
    "list-leases": ("network_lists", _DHCP),
    "add-dns-record": ("addresses", _DHCP),
    "remove-dns-record": ("addresses", _DHCP),
    "add-forward": ("forwards", _FORWARDS),
    "remove-forward": ("forwards", _FORWARDS),
    "list-forwards": ("forwards", _FORWARDS),
    "list-host-devices": ("hostdevs", _DIRECT),
    "validate": ("spec", _SPEC),
    "plan": ("spec_run", _SPEC),
    "apply": ("spec_run", _SPEC),
    "reconcile": ("spec_run", _SPEC),
    "watch": ("watch", _SPEC),
    "install-service": ("services", _SPEC),
    "export": ("export", _SPEC),
    "schema": ("spec", _SPEC),
    "example-spec": ("spec", _SPEC),
    "hold": ("holds", _SPEC),
    "release": ("holds", _SPEC),
    "trace": ("trace", _SEEING),
    "metrics": ("metrics", _SEEING),
    "topology": ("topology", _SEEING),
    "import-qemu": ("qemu", _QEMU),
    "show-qemu-args": ("qemu", _QEMU),
    "list-models": ("models", _QEMU),
    "doctor": ("doctor", _SEEING),
}
"""Each with the module that has its function, of the same name, and the panel of --help that it is
in."""
PASS_ON = {"import-qemu"}
"""From the first argument on they have another program's command line."""


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


class _Command(TyperCommand):
    """A command of the group."""

    def get_help_option(self, ctx: Any) -> Any:
        option = super().get_help_option(ctx)
        read_here(option, as_it_is)
        return option


class _OutermostCommand(_Outermost, _Command):
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
        return load(cmd_name, _Command) if cmd_name in COMMANDS else None


def load(name: str, kind: type[TyperCommand], words: Sequence[str] | None = None) -> TyperCommand:
    from vnetmgr.cli.command import make_command

    module, panel = COMMANDS[name]
    function = getattr(import_module(f"vnetmgr.cli.commands.{module}"), name.replace("-", "_"))
    single = typer.Typer(add_completion=False, **_MARKUP)  # type: ignore[arg-type]  # a literal
    settings = {"allow_interspersed_args": name not in PASS_ON, **_HELP}
    return make_command(
        name, function, single, words, cls=kind, rich_help_panel=panel, context_settings=settings
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
        from vnetmgr.cli.failures import answer, as_ours, form_asked_for, of_command

        console.settle(form_asked_for(words))
        message = getattr(error, "message", None)
        if isinstance(message, str):
            # It repeats arguments, whatever is in them.
            error.message = printable(message)  # type: ignore[union-attr]  # it was read
            _leave_run_files(words, error)
        if console.form().is_document:
            interrupted = isinstance(error, KeyboardInterrupt)
            other = ExitCode.INTERRUPTED if interrupted else ExitCode.FAILED
            called = next((word for word in words if word in COMMANDS), "vnetmgr")
            ours = of_command(as_ours(error), called)
            answer(ours, ExitCode(getattr(error, "exit_code", other)))
        raise


def _leave_run_files(words: list[str], error: BaseException) -> None:
    """A reconcile that is called with bad options has failed, too."""
    if words[:1] == ["reconcile"] and "--dry-run" not in words:
        from vnetmgr.cli.run_files import RunFiles

        RunFiles.of_words(words).failed(error)


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
        load(words[0], _OutermostCommand, words[1:])(words[1:], prog_name=f"vnetmgr {words[0]}")
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
            from vnetmgr.cli.failures import answer, form_asked_for

            console.settle(form_asked_for(argv[1:]))
            console.complain(error)
            answer(error, error.exit_code)
            sys.exit(error.exit_code)
