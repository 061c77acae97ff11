"""watch: a daemon that keeps a host as a spec says."""

from __future__ import annotations

import signal
import sys
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from vnetmgr.api.ovn_options import revision_of
from vnetmgr.api.specs import load_desired
from vnetmgr.cli.change import end, show_plan
from vnetmgr.cli.commands.spec_run import AllOrNothing, Prune, Revision, Strict
from vnetmgr.cli.option import read_time
from vnetmgr.cli.options import How, SpecFiles
from vnetmgr.cli.watching import LEFT_ALONE
from vnetmgr.errors import ExitCode, UsageError
from vnetmgr.model.desired import Policy
from vnetmgr.model.record import Row
from vnetmgr.render import console

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetmgr.cli.watching.hosts import Watches
    from vnetmgr.errors import LeftOutError, VnetError
    from vnetmgr.host.connect import Host
    from vnetmgr.model.desired import Desired
    from vnetmgr.model.plan import Report


def watch(
    spec: SpecFiles,
    *,
    interval: Annotated[
        str, typer.Option("--interval", metavar="TIME", help="Look at everything this often.")
    ] = "10m",
    all_or_nothing: AllOrNothing = False,
    strict: Strict = False,
    prune: Prune = False,
    revision: Revision = None,
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

    On the spec's overlays it looks after every guest, whoever has attached it: what others change
    in OVN is mended within a second or so, and OVN is told of guests that migrate at once.

    With --hosts or --host it keeps each of those hosts, and a domain is looked after where it is:
    one that migrates has what it needs there within a few seconds, and what was kept for it where
    it came from is taken away. A host that cannot be reached holds up no other, is tried again
    until it is back, and nothing of it is taken for gone. The file of hosts is read again, too.

    Example: vnetmgr watch /etc/vnetmgr/conf.d --interval 30m
    """
    number = revision_of(revision)
    files = _Files(tuple(spec), strict, prune, all_or_nothing, how.this_host, number)
    interval_s = read_time(interval, "--interval")
    if how.session:
        _watches(files, interval_s, policy, how).keep(how, how.this_host or "")
    elif "-" in spec:
        raise UsageError("watch reads its spec again and again: it cannot be standard input")
    elif how.dry_run:
        _show_first(files, policy, how)
    elif how.of_hosts:
        _keep_hosts(files, interval, _watches(files, interval_s, policy, how))
    else:
        _keep(files, interval, interval_s, policy, how)


def _keep(files: _Files, interval: str, interval_s: float, policy: Policy, how: How) -> None:
    from vnetmgr import watch as daemon

    _line_by_line()
    say = _Say(files.paths, interval)
    ended = daemon.watch(how.host, files, policy, say, interval_s=interval_s)
    if ended != signal.SIGTERM:
        raise typer.Exit(ExitCode.INTERRUPTED)


def _line_by_line() -> None:
    """In a pipe, too, each line is there when it is said."""
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # a text file


def _watches(files: _Files, interval_s: float, policy: Policy, how: How) -> Watches:
    from vnetmgr.cli.watching.hosts import Watches

    return Watches(
        interval_s=interval_s,
        strict=files.strict,
        prune=files.prune,
        policy=policy,
        how=how,
        revision=files.revision,
    )


def _keep_hosts(files: _Files, interval: str, watches: Watches) -> None:
    from vnetmgr.cli.watching.hosts import watch_hosts
    from vnetmgr.fleet.hosts import DEFAULT_FILE
    from vnetmgr.fleet.hosts_file import load_hosts
    from vnetmgr.fleet.watching.files import Meant

    _line_by_line()
    hosts_file = watches.how.hosts_file or DEFAULT_FILE
    meant = Meant(
        paths=files.paths,
        hosts_file=hosts_file,
        load_hosts=partial(load_hosts, watches.how.hosts_file),
        words=watches.how.host_names,
        strict=files.strict,
        all_or_nothing=files.all_or_nothing,
    )
    end(watch_hosts(meant, watches, _kept(files.paths, interval)))


def _kept(paths: Sequence[str], interval: str) -> str:
    return f"as {', '.join(paths)} says, with a look at everything every {interval}"


def _show_first(files: _Files, policy: Policy, how: How) -> None:
    if how.of_hosts:
        _show_first_of_hosts(files, policy, how)
        return
    desired = files.load()
    with how.open() as host:
        found = host.plan(desired, allow=policy.allow)
    show_plan(found, how)
    end(ExitCode.PENDING if found.changes else ExitCode.DONE)


def _show_first_of_hosts(files: _Files, policy: Policy, how: How) -> None:
    from vnetmgr.cli.run_files import RunFiles
    from vnetmgr.cli.specs.here import Meant
    from vnetmgr.cli.specs.hosts import OnHosts

    meant = Meant(
        policy=policy,
        strict=files.strict,
        prune=files.prune,
        show_waiting=True,
        revision=files.revision,
    )
    none = RunFiles({"report_file": None, "metrics_file": None})
    # Of which a dry run has a look at everything, too.
    OnHosts(files.paths, meant, how).reconcile(
        none, max_changes=None, all_or_nothing=files.all_or_nothing
    )


class _Files(Row):
    """The spec's files, and how they are meant."""

    paths: tuple[str, ...]
    strict: bool
    prune: bool
    all_or_nothing: bool
    this_host: str | None
    revision: int | None = None

    def load(self) -> Desired:
        """What they say now."""
        return load_desired(
            list(self.paths),
            strict=self.strict,
            prune=self.prune,
            all_or_nothing=self.all_or_nothing,
            kept=True,
            this_host=self.this_host,
            revision=self.revision,
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
        console.told(f"keeping {host.name} ({host.uri}) {_kept(self._spec, self._interval)}")

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
