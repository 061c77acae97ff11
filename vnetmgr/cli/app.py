"""The `vnetmgr` program: which commands there are, loaded only when they are called.

Importing the modules of all commands at every start would cost more than most commands do.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from errno import EPIPE
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from vnetmgr import __version__
from vnetmgr.cli.catalogue import COMMANDS, PASS_ON, function_of
from vnetmgr.cli.reading import as_it_is, read_here
from vnetmgr.cli.streams import OutputError, prepare_streams, reason, to_nowhere
from vnetmgr.errors import ExitCode, UsageError, VnetError
from vnetmgr.printable import printable
from vnetmgr.render import console

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


_HELP = {"help_option_names": ["--help", "-h"]}
# Whatever is drawn is drawn here, alike with every typer and in a pipe.
_PLAIN: dict[str, Any] = {"rich_markup_mode": None, "pretty_exceptions_enable": False}


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

    def collect_usage_pieces(self, ctx: Any) -> list[str]:  # noqa: ARG002
        from vnetmgr.cli.help.page import usage

        return list(usage(self))

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        from vnetmgr.cli.help.page import page_of
        from vnetmgr.cli.help.text import shown

        formatter.write(shown(page_of(self)))


class _OutermostCommand(_Outermost, _Command):
    """A command that is called without the group."""


class _LazyGroup(_Outermost, TyperGroup):
    """A group that imports a command's module when the command is asked for."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = dict.fromkeys(COMMANDS)  # type: ignore[assignment]  # only the names

    def list_commands(self, ctx: object) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: object, cmd_name: str) -> TyperCommand | None:  # noqa: ARG002
        return load(cmd_name, _Command) if cmd_name in COMMANDS else None

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        words = in_order(args)
        if not words and args and not ctx.resilient_parsing:
            ctx.fail("Missing command.")
        if not words and not ctx.resilient_parsing:
            typer.echo(ctx.get_help(), err=True)
            ctx.exit(ExitCode.USAGE)
        return super().parse_args(ctx, words)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args[0] not in COMMANDS and not ctx.resilient_parsing:
            from vnetmgr.cli.elsewhere import advice
            from vnetmgr.model.names import did_you_mean

            meant = advice(args[0]) or did_you_mean(args[0], COMMANDS)
            ctx.fail(f"No such command '{args[0]}'.{meant}")
        return super().resolve_command(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        from vnetmgr.cli.help.page import page_of_all
        from vnetmgr.cli.help.text import shown

        formatter.write(shown(page_of_all(self)))


def load(name: str, kind: type[TyperCommand], words: Sequence[str] | None = None) -> TyperCommand:
    from vnetmgr.cli.command import make_command

    single = typer.Typer(add_completion=False, **_PLAIN)
    settings = {"allow_interspersed_args": name not in PASS_ON, **_HELP}
    return make_command(name, function_of(name), single, words, cls=kind, context_settings=settings)


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
            called = next((word for word in in_order(words)[:1] if word in COMMANDS), "vnetmgr")
            ours = of_command(as_ours(error), called)
            answer(ours, ExitCode(getattr(error, "exit_code", other)))
        raise


def _leave_run_files(words: list[str], error: BaseException) -> None:
    """A reconcile that is called with bad options has failed, too."""
    words = in_order(words)
    if words[:1] == ["reconcile"] and "--dry-run" not in words:
        from vnetmgr.cli.run_files import RunFiles

        RunFiles.of_words(words).failed(error)


def _print_version(*, value: bool) -> None:
    if value:
        typer.echo(f"vnetmgr {__version__}")
        raise typer.Exit


def _install_completion(value: str | None) -> None:
    from vnetmgr.cli.completion_files import install

    install(value)


def _show_completion(value: str | None) -> None:
    from vnetmgr.cli.completion_files import show

    show(value)


app = typer.Typer(
    cls=_LazyGroup,
    add_completion=False,  # our own: cli/completion
    context_settings=_HELP,
    **_PLAIN,
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
    install_completion: Annotated[
        str | None,
        typer.Option(
            "--install-completion",
            callback=_install_completion,
            is_eager=True,
            metavar="[SHELL]",
            help="Have bash, zsh or fish complete for this user; the shell that runs it when left "
            "out.",
        ),
    ] = None,
    show_completion: Annotated[
        str | None,
        typer.Option(
            "--show-completion",
            callback=_show_completion,
            is_eager=True,
            metavar="[SHELL]",
            help="Print the script that does, to look at or to install it otherwise.",
        ),
    ] = None,
) -> None:
    """Networking of libvirt/QEMU virtual machines: safe, idempotent, verified.

    A change is planned first (--dry-run shows the plan), made in the config and, where a domain
    runs, live, and then read back. What is as it should be already is left alone.

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
            hint = "what the command did is done"
            console.complain(VnetError(f"cannot write the output: {error.strerror}", hint))
        sys.exit(ExitCode.FAILED)
    except (OSError, MemoryError, UnicodeError) as error:
        console.complain(VnetError(*reason(error)))
        sys.exit(ExitCode.FAILED)
    except RuntimeError as error:
        if "new thread" not in str(error):  # Python has no class of its own for that
            raise
        console.complain(VnetError(*reason(error)))
        sys.exit(ExitCode.FAILED)


def in_order(words: list[str]) -> list[str]:
    """The words with the command first."""
    if "--this-host" in words:
        from vnetmgr.cli.words import with_its_value

        words = with_its_value(words)
    if words and words[0] in COMMANDS:
        return words
    from vnetmgr.cli import words as others

    return others.in_order(words)


def _call(words: list[str]) -> None:
    """The command that the first word names; the group around it is for all else, such as help and
    completion, and takes 1 ms to make."""
    ordered = in_order(words)
    if ordered and ordered[0] in COMMANDS:
        _run(ordered)
    else:
        from vnetmgr.cli.completion_files import with_shell

        app(with_shell(words), prog_name="vnetmgr")


def _run(words: list[str]) -> None:
    called, *others = words
    load(called, _OutermostCommand, others)(others, prog_name=f"vnetmgr {called}")


def call(words: list[str]) -> None:
    """Be called with these words instead, which are in order and stay as they are."""
    sys.argv[1:] = words
    _refuse_other_bytes(sys.argv)
    if words[0] in COMMANDS:
        _run(words)
    else:
        _call(words)


def _of_other_bytes(what: str, text: str) -> UsageError:
    try:
        meant = os.fsencode(text).decode()
    except UnicodeDecodeError:
        hint = "nothing was touched; write it in UTF-8"
        return UsageError(f"{what} is not UTF-8: {text}", hint)
    hint = "nothing was touched; run it where the locale is UTF-8: LC_ALL=C.UTF-8"
    return UsageError(f"{what} is UTF-8, which this locale is not: {meant}", hint)


def _refuse_other_bytes(argv: list[str]) -> None:
    """No name that libvirt knows, and no text of a spec, is other than UTF-8. Where the locale is,
    Python leaves over the bytes that are no text in it."""
    given = {f"argument {number}": text for number, text in enumerate(argv[1:], 1)}
    given["LIBVIRT_DEFAULT_URI"] = os.environ.get("LIBVIRT_DEFAULT_URI", "")
    for what, text in given.items():
        try:
            text.encode()
        except UnicodeEncodeError:
            error = _of_other_bytes(what, text)
            from vnetmgr.cli.failures import answer, form_asked_for

            console.settle(form_asked_for(argv[1:]))
            console.complain(error)
            answer(error, error.exit_code)
            sys.exit(error.exit_code)
