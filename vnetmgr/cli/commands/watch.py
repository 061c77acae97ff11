"""watch: a daemon that keeps a host as a spec says."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from vnetmgr.api.specs import load_desired
from vnetmgr.cli.change import end, show_plan
from vnetmgr.cli.commands.spec_run import AllOrNothing, Prune, Strict
from vnetmgr.cli.option import read_time
from vnetmgr.cli.options import How, SpecFiles
from vnetmgr.errors import ExitCode, UsageError
from vnetmgr.model.desired import Policy
from vnetmgr.model.record import Record
from vnetmgr.render import console

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetmgr.errors import LeftOutError, VnetError
    from vnetmgr.host.connect import Host
    from vnetmgr.model.desired import Desired
    from vnetmgr.model.plan import Report

LEFT_ALONE = "what is named is left alone, and nothing is taken away, until that is mended"


def watch(
    spec: SpecFiles,
    *,
    interval: Annotated[
        str, typer.Option("--interval", metavar="TIME", help="Look at everything this often.")
    ] = "10m",
    all_or_nothing: AllOrNothing = False,
    strict: Strict = False,
    prune: Prune = False,
    policy: Policy,
    how: How,
) -> None:
    """Keep this host's networks and nics as a spec says, until told to end: a daemon.

    What libvirt's events touch is looked at within a second, everything at the start and every
    --interval. One line per change, nothing while there is nothing to do. It reads the spec again
    when its files change, and on SIGHUP, and leaves alone what has a problem in it; outlives
    restarts of libvirtd; and ends, between two steps, on SIGTERM. In systemd's journal its lines
    have a priority and no time of their own. --dry-run shows what its first look would change, and
    ends.

    Example: vnetmgr watch /etc/vnetmgr/conf.d --interval 30m
    """
    interval_s = read_time(interval, "--interval")
    files = _Files(paths=tuple(spec), strict=strict, prune=prune, all_or_nothing=all_or_nothing)
    if "-" in spec:
        raise UsageError("watch reads its spec again and again: it cannot be standard input")
    if how.dry_run:
        _show_first(files, policy, how)
        return
    from vnetmgr import watch as daemon

    # In a pipe, too, each line is there when it is said.
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # a text file
    say = _Say(spec, interval)
    ended = daemon.watch(how.host, files, policy, say, interval_s=interval_s)
    if ended != signal.SIGTERM:
        raise typer.Exit(ExitCode.INTERRUPTED)


def _show_first(files: _Files, policy: Policy, how: How) -> None:
    desired = files.load()
    with how.open() as host:
        found = host.plan(desired, allow=policy.allow)
    show_plan(found, how)
    end(ExitCode.PENDING if found.changes else ExitCode.DONE)


class _Files(Record):
    """The spec's files, and how they are meant."""

    paths: tuple[str, ...]
    strict: bool
    prune: bool
    all_or_nothing: bool

    def load(self) -> Desired:
        """What they say now."""
        return load_desired(
            list(self.paths),
            strict=self.strict,
            prune=self.prune,
            all_or_nothing=self.all_or_nothing,
            kept=True,
        )

    def fingerprint(self) -> object:
        """What changes with them."""
        from vnetmgr.watch import fingerprint

        return fingerprint(self.paths)


class _Say:
    """Changes to standard output, the rest to standard error."""

    def __init__(self, spec: Sequence[str] = (), interval: str = "") -> None:
        self._spec, self._interval = spec, interval

    def began(self, host: Host) -> None:
        """Which host is kept, and how."""
        kept = f"keeping {host.name} ({host.uri}) as {', '.join(self._spec)} says"
        console.told(f"{kept}, with a look at everything every {self._interval}")

    def report(self, report: Report) -> None:
        """A line for each change; for programs, a document for each report."""
        from vnetmgr.render.changes import report_lines, something_happened

        if console.form().for_programs:
            from datetime import datetime

            from vnetmgr.render.documents.changes import REPORT, ShownReport

            now = datetime.now().astimezone().isoformat(timespec="seconds")
            console.out_next_data(REPORT.whole(ShownReport(report, now)))
            return
        if something_happened(report):
            for line in report_lines(report, show_waiting=False):
                console.happened(line.text, line.colour)

    def error(self, error: VnetError) -> None:
        """What failed, and the remedy."""
        console.complain(error)

    def note(self, text: str) -> None:
        """Something to know."""
        console.told(text)

    def reread(self) -> None:
        """The spec was read again, and is in force."""
        console.told("the spec was read again")

    def left_out(self, error: LeftOutError) -> None:
        """What is wrong in the spec."""
        console.complain(error)
        console.told(LEFT_ALONE)

    def domains(self, host: Host) -> None:
        """Nobody asks for them."""
