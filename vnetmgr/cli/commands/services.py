"""install-service: have systemd or cron keep a host as a spec says."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from vnetmgr.cli.commands.spec_run import Prune, Strict
from vnetmgr.cli.option import read_time
from vnetmgr.cli.options import How, OptionalSpec
from vnetmgr.errors import UsageError
from vnetmgr.model.desired import Policy
from vnetmgr.model.plan import Action, Change, ObjectKind, Outcome, Report, Result
from vnetmgr.model.state import State
from vnetmgr.render import console
from vnetmgr.render.blocks import Line, notes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.local.service_files import ServiceFile
    from vnetmgr.render.blocks import Block

_SYSTEMD = "/etc/systemd/system"
_CRON = "/etc/cron.d"
_HOOKS = "/etc/libvirt/hooks/network.d"
_RELOAD = "systemctl daemon-reload"
# A network that vnetmgr itself restarts starts while that run holds the lock.
_HOOK_LOCK_S = "60"
# Longer than another run takes: when it ends with 75 then, something is wrong.
_TIMER_LOCK_S = "300"


class _Service(NamedTuple):
    """What is to be written, and how it comes to life."""

    files: list[ServiceFile]
    start: str | None
    restart: str | None
    """The same where a file was changed that is in use, perhaps."""


def install_service(
    spec: OptionalSpec = None,
    *,
    timer: Annotated[
        bool, typer.Option("--timer", help="A systemd timer that runs reconcile.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="A systemd service that runs watch.")
    ] = False,
    cron: Annotated[bool, typer.Option("--cron", help="A cron line that runs reconcile.")] = False,
    hook: Annotated[
        bool,
        typer.Option("--hook", help="libvirt's: puts port forwards back when a network starts."),
    ] = False,
    every: Annotated[
        str, typer.Option("--every", metavar="TIME", help="How often everything is looked at.")
    ] = "10m",
    directory: Annotated[
        str | None,
        typer.Option(
            "--directory",
            metavar="DIR",
            help=f"Instead of {_SYSTEMD}, {_CRON} for cron, or {_HOOKS} for a hook.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over files that differ.")] = False,
    strict: Strict = False,
    prune: Prune = False,
    policy: Policy,
    how: How,
) -> None:
    """Write the service files that keep this host as a spec says, and say what starts them.

    The hook takes no spec: port forwards are kept in libvirt. They come from templates/system;
    this vnetmgr, the spec's absolute paths and the connection are filled in. Nothing is started.

    Example: vnetmgr install-service /etc/vnetmgr/conf.d --watch
    """
    given = {"timer": timer, "watch": watch, "cron": cron, "hook": hook}
    kind = _kind([name for name, on in given.items() if on], spec or [])
    run = _command(spec or [], "watch" if watch else "reconcile", policy, how)
    run += ["--strict"] * strict + ["--prune"] * prune
    folder = os.path.abspath(directory or _FOLDERS.get(kind, _SYSTEMD))  # noqa: PTH100 - no links
    _install(_SERVICES[kind](run, every, folder), how, force=force)


def _install(service: _Service, how: How, *, force: bool) -> None:
    """Write the files, or only say so. They are this machine's, and nothing of libvirt's: nothing
    is planned, observed or undone."""
    from vnetmgr.local.service_files import refuse_other, write

    if not force:
        refuse_other(service.files)
    changed = [each for each in service.files if each.before != each.text]
    if not how.dry_run:
        for each in changed:
            write(each)
    console.show(_said(service, changed, how))


def _said(service: _Service, changed: list[ServiceFile], how: How) -> Iterator[Block]:
    from vnetmgr.render.changes import change_lines, plan_json, render_report

    host, noted = os.uname().nodename, _notes(service, changed)
    changes = [_change(each) for each in changed]
    if not how.dry_run:
        outcomes = tuple(Outcome(change=each, result=Result.DONE) for each in changes)
        report = Report(host=host, outcomes=outcomes, notes=noted)
        yield from render_report(report, form=how.form)
    elif how.form.for_programs:
        yield plan_json(host, changes, noted=noted)
    else:
        yield from (line for each in changes for line in change_lines(each))
        if not changes:
            yield Line("nothing to do")
        yield from notes(noted)


def _kind(kinds: list[str], spec: list[str]) -> str:
    """Which service is to be written."""
    if len(kinds) != 1:
        raise UsageError(
            "give one of --timer, --watch, --cron and --hook", "--watch reacts at once"
        )
    if kinds == ["hook"] and spec:
        raise UsageError("a hook takes no spec", "it puts back what domains' metadata says")
    if kinds != ["hook"] and not spec:
        raise UsageError("a spec is missing: YAML files, or directories of them")
    return kinds[0]


def _command(spec: list[str], command: str, policy: Policy, how: How) -> list[str]:
    """What the service runs: nothing of the caller's directory or environment counts."""
    paths = [os.path.abspath(path) for path in spec]  # noqa: PTH100 - links stay as they are
    for given, path in zip(spec, paths, strict=True):
        if given == "-":
            raise UsageError("a service cannot read its spec from standard input")
        if not os.path.exists(path):  # noqa: PTH110 - as abspath
            raise UsageError(f"{given}: there is no such file or directory")
    words = [*_program(), command, *paths]
    uri = how.uri or os.environ.get("LIBVIRT_DEFAULT_URI")
    if uri:
        words += ["--connect", uri]
    words += ["--timeout", f"{how.timeout_s:g}"]
    if policy.allow:
        words += ["--allow", ",".join(sorted(policy.allow))]
    for word in words:
        if not word.isprintable():
            raise UsageError(f"{word!r} has a line break or control character in it")
    return words


def _program() -> list[str]:
    """This vnetmgr; `python -m vnetmgr` where it was called so, or not by a file of its own."""
    called = sys.argv[0]
    if os.path.basename(called) == "vnetmgr" and os.path.isfile(called):  # noqa: PTH113, PTH119
        return [os.path.abspath(called)]  # noqa: PTH100 - a link to it may outlive it
    return [sys.executable, "-m", "vnetmgr"]


def _watch(run: list[str], every: str, folder: str) -> _Service:
    read_time(every, "--every")
    unit = _unit("vnetmgr-watch.service", [*run, "--interval", every], folder)
    return _Service(
        [unit],
        f"{_RELOAD} && systemctl enable --now vnetmgr-watch.service",
        f"{_RELOAD} && systemctl restart vnetmgr-watch.service",
    )


def _timer(run: list[str], every: str, folder: str) -> _Service:
    from vnetmgr.local.service_files import fill_unit, look
    from vnetmgr.local.templates import read_template

    name = "vnetmgr-reconcile.timer"
    values = {"OnUnitInactiveSec": f"{read_time(every, '--every')}s"}
    text = fill_unit(read_template(f"system/{name}"), values)
    run = [*run, "--lock-timeout", _TIMER_LOCK_S]
    files = [_unit("vnetmgr-reconcile.service", run, folder), look(f"{folder}/{name}", text)]
    return _Service(
        files,
        f"{_RELOAD} && systemctl enable --now {name}",
        f"{_RELOAD} && systemctl restart {name}",
    )


def _unit(name: str, run: list[str], folder: str) -> ServiceFile:
    from vnetmgr.local.service_files import fill_unit, look, systemd_command
    from vnetmgr.local.templates import read_template

    text = fill_unit(read_template(f"system/{name}"), {"ExecStart": systemd_command(run)})
    return look(f"{folder}/{name}", text)


def _cron(run: list[str], every: str, folder: str) -> _Service:
    from vnetmgr.local.service_files import cron_command, cron_times, fill_cron, look
    from vnetmgr.local.templates import read_template

    times = cron_times(read_time(every, "--every"))
    template = read_template("system/vnetmgr.cron")
    text = fill_cron(template, times=times, command=cron_command(run))
    # Without a suffix: cron passes over names with a dot.
    return _Service([look(f"{folder}/vnetmgr", text)], None, None)


def _hook(run: list[str], every: str, folder: str) -> _Service:
    del every
    from vnetmgr.local.service_files import fill_hook, look
    from vnetmgr.local.templates import read_template

    run = [*run, "--lock-timeout", _HOOK_LOCK_S]
    text = fill_hook(read_template("system/vnetmgr-network-hook"), run)
    reload = "systemctl reload libvirtd (or virtnetworkd), which finds new hooks only then"
    return _Service([look(f"{folder}/vnetmgr", text, runs=True)], reload, None)


_SERVICES = {"watch": _watch, "timer": _timer, "cron": _cron, "hook": _hook}
_FOLDERS = {"cron": _CRON, "hook": _HOOKS}


def _notes(service: _Service, changed: list[ServiceFile]) -> tuple[str, ...]:
    if not changed:
        paths = ", ".join(each.path for each in service.files)
        return (f"{paths}: as asked; nothing to do",)
    new = any(each.before is None for each in service.files)
    start = service.start if new else service.restart
    if start is None and any(each.runs for each in service.files):
        return ("libvirt runs the new one from now on",)
    return (f"now: {start}" if start else "cron finds it within a minute",)


def _change(file: ServiceFile) -> Change:
    return Change(
        action=Action.CREATE if file.before is None else Action.UPDATE,
        object=ObjectKind.FILE,
        domain=None,
        name=file.path,
        scope=(State.CONFIG,),
    )
