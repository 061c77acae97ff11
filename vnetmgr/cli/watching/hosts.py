"""watch, of several hosts: what is started on each, and what is said of them."""

from __future__ import annotations

import gc
import os
import signal
from importlib import import_module
from typing import TYPE_CHECKING, Any

from vnetmgr.cli.watching import LEFT_ALONE
from vnetmgr.cli.watching.told import watch_as_told
from vnetmgr.errors import ExitCode
from vnetmgr.fleet.overlays import why_here, words_from_here
from vnetmgr.fleet.task import Task
from vnetmgr.fleet.watching.crew import Crew
from vnetmgr.fleet.watching.files import Files
from vnetmgr.fleet.watching.keeper import Keeper
from vnetmgr.fleet.watching.signals import Signals
from vnetmgr.fleet.workers import Workers
from vnetmgr.model.record import Record, replace
from vnetmgr.render import console
from vnetmgr.runtime.session import Session
from vnetmgr.watch.orders import Orders

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vnetmgr.cli.options import How
    from vnetmgr.errors import LeftOutError, VnetError
    from vnetmgr.fleet.hosts import ManagedHost
    from vnetmgr.fleet.watching.files import Meant
    from vnetmgr.model.desired import Policy
    from vnetmgr.problem import Problem

_MODULES = (
    "vnetmgr.engine.reconcile",
    "vnetmgr.listings.domains",
    "vnetmgr.render.documents.changes",
    "vnetmgr.render.documents.domains",
    "vnetmgr.watch",
)
"""What each process needs sooner or later: in this one, it is there once for all."""
_OF_SERVICES = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "JOURNAL_STREAM")
_NO_CALLS = "libvirt's calls are shown of one host: --this-host NAME --connect URI --verbose"
_FEW = 8
_START_S = 10.0
"""How long a watch may take to begin, beside the time that its host takes to be reached."""


class Watches(Record):
    """How each host is kept."""

    interval_s: float
    strict: bool
    prune: bool
    policy: Policy
    how: How
    revision: int | None = None

    def task(self, signals: Signals, files: Files) -> Task:
        """Started as a process of our own, or as the vnetmgr that is there."""
        return Task(
            local=lambda host: self._here(host, signals),
            words=lambda _: (*self._words(), *words_from_here(self.how.ovn, files.ovn)),
            kinds=frozenset({"report", "domains"}),
            modules=_MODULES,
            here=lambda: why_here(self.how.ovn, files.ovn),
            streams=True,
            timeout_s=self.how.timeout_s,
        )

    def _here(self, host: ManagedHost, signals: Signals) -> None:
        signals.in_a_child()
        for name in _OF_SERVICES:
            os.environ.pop(name, None)  # whose service is the process that asks
        how = replace(self.how, uri=host.connect, hosts_file=None, host_names=(), verbose=False)
        self.keep(how, host.name)

    def keep(self, how: How, host: str) -> None:
        """Keep one host, as whoever has the other end of standard input says."""
        orders = Orders(host, strict=self.strict, prune=self.prune, revision=self.revision)
        session = Session.current
        if session is None:
            raise AssertionError("somebody has asked for this")
        ended = watch_as_told(how.host, session, orders, self.policy, interval_s=self.interval_s)
        if ended != signal.SIGTERM:
            raise KeyboardInterrupt

    def _words(self) -> Sequence[str]:
        allowed = ",".join(sorted(self.policy.allow))
        return (
            *("watch", "-", "--interval", f"{self.interval_s:g}s"),
            *("--timeout", f"{self.how.timeout_s:g}"),
            *(("--allow", allowed) if allowed else ()),
            *(("--strict",) if self.strict else ()),
            *(("--prune",) if self.prune else ()),
            *(("--revision", str(self.revision)) if self.revision is not None else ()),
            *self.how.ovn_words,
        )


def watch_hosts(meant: Meant, watches: Watches, said: str) -> ExitCode:
    """Keep several hosts until a signal ends it; the exit code. Raises VnetError for files that
    cannot be read. `said`: how all is kept, in words."""
    for module in _MODULES:
        import_module(module)
    # What is there by now stays for good: looking through it would have each process copy it.
    gc.freeze()
    gc.enable()
    with Signals() as signals, Workers() as workers:
        files = Files(meant)
        task = watches.task(signals, files)
        bound_s = task.connect_s + _START_S if task.connect_s else 0.0
        crew = Crew(workers, task, signals)
        keeper = Keeper(files, crew, _Say(), signals, bound_s=bound_s)
        console.told(f"keeping {_named(keeper.hosts)} {said}")
        if watches.how.verbose:
            console.told(_NO_CALLS)
        keeper.run()
    return ExitCode.DONE if signals.ended == signal.SIGTERM else ExitCode.INTERRUPTED


def _named(hosts: Sequence[str]) -> str:
    return ", ".join(hosts) if len(hosts) <= _FEW else f"{len(hosts)} hosts"


class _Say:
    """Changes to standard output, the rest to standard error, each with its host."""

    def __init__(self) -> None:
        self._known: frozenset[tuple[object, ...]] = frozenset()

    def report(self, host: str, document: Mapping[str, Any]) -> None:
        """A line for each change; for programs, a document for each report."""
        from vnetmgr.render.answers.read import report_of
        from vnetmgr.render.changes import report_lines, something_happened
        from vnetmgr.render.documents.fleet import FLEET, ShownAnswer, ShownFleet

        document = self._but_known(document)
        report = report_of(document)
        if not report.outcomes:
            for error in report.errors:
                self.error(error, host)
            for text in report.notes:
                self.note(text, host)
        elif console.form().for_programs:
            shown = ShownAnswer(host, report.exit_code, result=document)
            console.out_next_data(FLEET.whole(ShownFleet((shown,))))
        elif something_happened(report):  # what it has of errors and notes is told by itself, too
            for line in report_lines(report, show_waiting=False):
                console.happened(f"{host}: {line.text}", line.colour)

    def _but_known(self, document: Mapping[str, Any]) -> Mapping[str, Any]:
        """Without what is wrong in the spec, as each host finds it again."""
        errors = document.get("errors", ())
        news = [
            error
            for error in errors
            if any(_key(each) not in self._known for each in error["problems"])
        ]
        return document if len(news) == len(errors) else {**document, "errors": news}

    def error(self, error: VnetError, host: str | None = None) -> None:
        """What failed, and the remedy."""
        console.complain(error if host is None else error.saying(f"{host}: {error.text}"))

    def note(self, text: str, host: str | None = None) -> None:
        """Something to know."""
        console.told(text if host is None else f"{host}: {text}")

    def reread(self) -> None:
        """The files are in force."""
        console.told("the spec and the hosts were read again")

    def left_out(self, error: LeftOutError) -> None:
        """What is wrong in the spec."""
        self._known = frozenset(map(_of, error.problems))
        console.complain(error)
        console.told(LEFT_ALONE)


def _of(problem: Problem) -> tuple[object, ...]:
    return (problem.text, *(problem.place or (None, None, None)))


def _key(found: Mapping[str, Any]) -> tuple[object, ...]:
    return tuple(found[key] for key in ("text", "file", "line", "column"))
