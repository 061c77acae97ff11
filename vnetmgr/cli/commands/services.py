"""install-service: have systemd or cron keep a host as a spec says."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from vnetmgr.cli.commands.spec_run import Prune, Strict
from vnetmgr.cli.option import of_option, read_time
from vnetmgr.cli.options import How, OptionalSpec
from vnetmgr.cli.service_runs import Runs, service_runs
from vnetmgr.command import Command
from vnetmgr.errors import UsageError
from vnetmgr.model.desired import Policy
from vnetmgr.model.plan import Action, Change, ObjectKind, Outcome, Report, Result
from vnetmgr.model.record import replace
from vnetmgr.model.state import State
from vnetmgr.problem import About
from vnetmgr.render import console
from vnetmgr.render.blocks import Line, notes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.local.service_files import ServiceFile
    from vnetmgr.render.blocks import Block

_SYSTEMD = "/etc/systemd/system"
_CRON = "/etc/cron.d"
_HOOKS = "/etc/libvirt/hooks/network.d"
_QEMU_HOOKS = "/etc/libvirt/hooks/qemu.d"
_WATCH, _TIMER = "vnetmgr-watch.service", "vnetmgr-reconcile.timer"
_RELOAD = "systemctl daemon-reload"
_COMMANDS = {"watch": "watch", "migration-hook": "prepare-migration"}
_OF_LIBVIRT = frozenset({"hook", "migration-hook"})
# A network that vnetmgr itself restarts starts while that run holds the lock.
_HOOK_LOCK_S = "60"
_HOOK_S = 10.0
# Longer than another run takes: when it ends with 75 then, something is wrong.
_TIMER_LOCK_S = "300"


class _Service(NamedTuple):
    """What is to be written, and how it comes to life."""

    files: list[ServiceFile]
    start: str | None
    restart: str | None
    """The same where a file was changed that is in use, perhaps."""


class _Place(NamedTuple):
    """Where a kind of service lies, and which unit runs."""

    folder: str
    names: tuple[str, ...]
    unit: str | None = None


_PLACES = {
    "timer": _Place(_SYSTEMD, ("vnetmgr-reconcile.service", _TIMER), _TIMER),
    "watch": _Place(_SYSTEMD, (_WATCH,), _WATCH),
    # Without a suffix: cron passes over names with a dot.
    "cron": _Place(_CRON, ("vnetmgr",)),
    "hook": _Place(_HOOKS, ("vnetmgr",)),
    "migration-hook": _Place(_QEMU_HOOKS, ("vnetmgr",)),
}


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
    migration_hook: Annotated[
        bool,
        typer.Option(
            "--migration-hook", help="libvirt's: tells OVN of guests that migrate to this host."
        ),
    ] = False,
    every: Annotated[
        str, typer.Option("--every", metavar="TIME", help="How often everything is looked at.")
    ] = "10m",
    directory: Annotated[
        str | None,
        typer.Option(
            "--directory",
            metavar="DIR",
            help=f"Instead of {_SYSTEMD}, {_CRON} for cron, or libvirt's own for a hook.",
        ),
    ] = None,
    metrics_file: Annotated[
        str | None,
        typer.Option(
            "--metrics-file",
            metavar="FILE",
            help="Have reconcile write Prometheus' text format, with --timer or --cron.",
        ),
    ] = None,
    report_file: Annotated[
        str | None,
        typer.Option(
            "--report-file", metavar="FILE", help="Have it write its report as JSON, likewise."
        ),
    ] = None,
    remove: Annotated[
        bool,
        typer.Option("--remove", help="Take away what it wrote: of one kind, or all there is."),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Write over, or remove, files that differ.")
    ] = False,
    strict: Strict = False,
    prune: Prune = False,
    policy: Policy,
    how: How,
) -> None:
    """Write the service files that keep this host as a spec says, and say what starts them.

    A hook takes no spec: port forwards are kept in libvirt. They come from templates/system;
    this vnetmgr, the spec's absolute paths, and the connection or the hosts are filled in, and what
    a hardened unit has to be let do for them. Nothing is started. --remove takes the files away as
    long as they are as it wrote them, and says what stops what runs.

    Example: vnetmgr install-service /etc/vnetmgr/conf.d --watch
    """
    given = {"timer": timer, "watch": watch, "cron": cron, "hook": hook}
    given["migration-hook"] = migration_hook
    kinds = [name for name, on in given.items() if on]
    if remove:
        _remove(kinds or list(_PLACES), directory, how, force=force)
        return
    kind = _kind(kinds, spec or [])
    _check_hosts(kind, how)
    files = _files({"--metrics-file": metrics_file, "--report-file": report_file}, kind)
    if migration_hook:  # a migration waits for it
        how = replace(how, timeout_s=min(how.timeout_s or _HOOK_S, _HOOK_S))
    run = service_runs(_COMMANDS.get(kind, "reconcile"), spec or [], files, policy, how)
    run = run.with_words(*["--strict"] * strict, *["--prune"] * prune)
    _install(_SERVICES[kind](run, every, _folder(kind, directory)), how, force=force)


def _folder(kind: str, directory: str | None) -> str:
    if directory == "":
        about = About("command", field="directory")
        raise UsageError("--directory: a directory has no name", "name another", about=about)
    return os.path.abspath(directory or _PLACES[kind].folder)  # noqa: PTH100 - no links


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
    console.show(_said(list(map(_change, changed)), _notes(service, changed), how))


def _remove(kinds: list[str], directory: str | None, how: How, *, force: bool) -> None:
    """Take away what is there of these kinds."""
    from vnetmgr.local.service_files import look, refuse_changed, remove

    files: dict[str, ServiceFile] = {}
    units: dict[str, None] = {}
    for kind in kinds:
        place = _PLACES[kind]
        for name in place.names:
            file = look(f"{_folder(kind, directory)}/{name}", "")
            if file.before is not None:
                files[file.path] = file
                units |= dict.fromkeys([place.unit] if place.unit else [])
    there = list(files.values())
    if not force:
        refuse_changed(there)
    if not how.dry_run:
        for each in there:
            remove(each)
    noted = (_stop(" ".join(units)),) if units else ()
    if not there:
        noted = ("nothing that install-service has written is there; nothing to do",)
    console.show(_said([_change(each, gone=True) for each in there], noted, how))


def _stop(units: str) -> str:
    """With their files gone: `disable --now` would fail a timer whose service is no more."""
    return f"now: systemctl stop {units}; systemctl disable {units}; {_RELOAD}"


def _said(changes: list[Change], noted: tuple[str, ...], how: How) -> Iterator[Block]:
    from vnetmgr.render.changes import change_lines, plan_json, render_report

    host = os.uname().nodename
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
            "give one of --timer, --watch, --cron, --hook and --migration-hook",
            "--watch reacts at once",
        )
    if kinds[0] in _OF_LIBVIRT and spec:
        raise UsageError("a hook takes no spec", "it goes by what libvirt and OVN have")
    if kinds[0] not in _OF_LIBVIRT and not spec:
        hint = f"such as /etc/vnetmgr/conf.d; {Command('example-spec')} prints one to start from"
        raise UsageError("a spec is missing: YAML files, or directories of them", hint)
    return kinds[0]


def _check_hosts(kind: str, how: How) -> None:
    """Raise UsageError for hosts that are not there, or that a hook has nothing to do with."""
    if kind in _OF_LIBVIRT and (how.of_hosts or how.this_host is not None):
        raise UsageError("a hook is for the machine that it is on", "leave the hosts out")
    if how.of_hosts:
        from vnetmgr.fleet.hosts_file import load_hosts

        load_hosts(how.hosts_file).chosen(how.host_names)


def _files(files: dict[str, str | None], kind: str) -> dict[str, str | None]:
    """The options that name files of a run."""
    for flag, path in files.items():
        if path is not None and kind not in ("timer", "cron"):
            serving = Command("metrics", "--listen", "9477")
            hint = f"for a watch: {serving}" if kind == "watch" else None
            raise UsageError(f"{flag} goes with --timer or --cron", hint, about=of_option(flag))
    return files


def _watch(run: Runs, every: str, folder: str) -> _Service:
    read_time(every, "--every")
    unit = _unit(_WATCH, run.with_words("--interval", every), folder)
    return _Service(
        [unit],
        f"{_RELOAD} && systemctl enable --now {_WATCH}",
        f"{_RELOAD} && systemctl restart {_WATCH}",
    )


def _timer(run: Runs, every: str, folder: str) -> _Service:
    from vnetmgr.local.service_files import fill_unit, look, marked
    from vnetmgr.local.templates import read_template

    values = {"OnUnitInactiveSec": f"{read_time(every, '--every')}s"}
    text = marked(fill_unit(read_template(f"system/{_TIMER}"), values))
    service, timer = _PLACES["timer"].names
    run = run.with_words("--lock-timeout", _TIMER_LOCK_S)
    return _Service(
        [_unit(service, run, folder), look(f"{folder}/{timer}", text)],
        f"{_RELOAD} && systemctl enable --now {timer}",
        f"{_RELOAD} && systemctl restart {timer}",
    )


def _unit(name: str, run: Runs, folder: str) -> ServiceFile:
    from vnetmgr.local.service_files import fill_unit, let_service, look, marked, systemd_command
    from vnetmgr.local.templates import read_template

    text = fill_unit(read_template(f"system/{name}"), {"ExecStart": systemd_command(run.words)})
    return look(f"{folder}/{name}", marked(let_service(text, run.rights())))


def _cron(run: Runs, every: str, folder: str) -> _Service:
    from vnetmgr.local.service_files import cron_command, cron_times, fill_cron, look, marked
    from vnetmgr.local.templates import read_template

    times = cron_times(read_time(every, "--every"))
    template = read_template("system/vnetmgr.cron")
    text = marked(fill_cron(template, times=times, command=cron_command(run.words)))
    (name,) = _PLACES["cron"].names
    return _Service([look(f"{folder}/{name}", text)], None, None)


def _hook(run: Runs, every: str, folder: str) -> _Service:
    del every
    from vnetmgr.local.service_files import fill_hook, look, marked
    from vnetmgr.local.templates import read_template

    run = run.with_words("--lock-timeout", _HOOK_LOCK_S)
    text = marked(fill_hook(read_template("system/vnetmgr-network-hook"), run.words))
    reload = "systemctl reload libvirtd (or virtnetworkd), which finds new hooks only then"
    (name,) = _PLACES["hook"].names
    return _Service([look(f"{folder}/{name}", text, runs=True)], reload, None)


def _migration_hook(run: Runs, every: str, folder: str) -> _Service:
    del every
    from vnetmgr.local.service_files import fill_hook, look, marked
    from vnetmgr.local.templates import read_template

    run = run.with_words("--incoming")
    text = marked(fill_hook(read_template("system/vnetmgr-qemu-hook"), run.words))
    reload = "systemctl reload libvirtd (or virtqemud), which finds new hooks only then"
    (name,) = _PLACES["migration-hook"].names
    return _Service([look(f"{folder}/{name}", text, runs=True)], reload, None)


_SERVICES = {
    "watch": _watch,
    "timer": _timer,
    "cron": _cron,
    "hook": _hook,
    "migration-hook": _migration_hook,
}


def _notes(service: _Service, changed: list[ServiceFile]) -> tuple[str, ...]:
    if not changed:
        paths = ", ".join(each.path for each in service.files)
        return (f"{paths}: as asked; nothing to do",)
    new = any(each.before is None for each in service.files)
    start = service.start if new else service.restart
    if start is None and any(each.runs for each in service.files):
        return ("libvirt runs the new one from now on",)
    return (f"now: {start}" if start else "cron finds it within a minute",)


def _change(file: ServiceFile, *, gone: bool = False) -> Change:
    made = Action.CREATE if file.before is None else Action.UPDATE
    return Change(
        action=Action.DELETE if gone else made,
        object=ObjectKind.FILE,
        domain=None,
        name=file.path,
        scope=(State.CONFIG,),
    )
