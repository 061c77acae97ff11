"""The daemon: one pass after another over one connection, until it is lost or told to end."""

from __future__ import annotations

import time
from contextlib import suppress
from math import inf
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Protocol

from vnetmgr.engine.reconcile import change, preview
from vnetmgr.errors import ConnectionLostError, LeftOutError, LockedError, VnetError
from vnetmgr.host.events import Event, Events
from vnetmgr.local.firewall.rule_events import hear_rules
from vnetmgr.local.last_run import leave_last_run
from vnetmgr.local.notify import notify, watchdog_interval_s
from vnetmgr.model.plan import Outcome, Report, Result
from vnetmgr.model.record import replace
from vnetmgr.model.rows.last_run import LastRun
from vnetmgr.watch.agenda import QUIET_S, Agenda, Due, next_delay
from vnetmgr.watch.news import News
from vnetmgr.watch.overlays import Overlays
from vnetmgr.watch.progress import Progress
from vnetmgr.watch.settled import POLL_S, Settled
from vnetmgr.watch.signals import EndedError, Signals
from vnetmgr.watch.touched import HOST, problems, restrict, touched

if TYPE_CHECKING:
    from collections.abc import Callable

    from vnetmgr.host.connect import Host
    from vnetmgr.model.desired import Desired, Policy
    from vnetmgr.watch.touched import Key

_LOCK_NEWS_S = 60.0
_LASTING_S = 60.0
"""A connection that lasted so long worked."""
_DOMAINS_REST = 4
"""How long it is until they are told again, as a multiple of what that took: with thousands of
domains it takes a second."""
_STAYS = "the spec stays in force as it was before"


class Say(Protocol):
    """Where the daemon says what it does."""

    def began(self, host: Host) -> None:
        """It is connected, and begins."""

    def report(self, report: Report) -> None:
        """Something was changed, or was tried."""

    def error(self, error: VnetError) -> None:
        """Something went wrong that had not been said already."""

    def note(self, text: str) -> None:
        """Something to know."""

    def reread(self) -> None:
        """The spec was read again, and is in force."""

    def left_out(self, error: LeftOutError) -> None:
        """What is wrong in the spec: that is left alone until it is mended."""

    def domains(self, host: Host) -> None:
        """The host's domains may be others than they were: at the start, and after events. Raises
        VnetError."""


class Spec(Protocol):
    """The spec's files."""

    def load(self) -> Desired:
        """What they say now; the same object where there is nothing new in them. Raises
        VnetError."""

    def fingerprint(self) -> object:
        """What changes with them."""


class Daemon:
    """What is known between two passes."""

    def __init__(
        self,
        open_host: Callable[[], Host],
        spec: Spec,
        policy: Policy,
        say: Say,
        *,
        interval_s: float,
        tries_again: bool = True,
    ) -> None:
        """`tries_again`: whether a connection that is lost is made again, and not raised."""
        self.queue: SimpleQueue[Event | None] = SimpleQueue()
        """libvirt's events, and None to wake up."""
        self.signals = Signals(lambda: self.queue.put(None))
        self._open_host, self._spec, self._policy, self._say = open_host, spec, policy, say
        self._tries_again = tries_again
        self._agenda = Agenda(interval_s=interval_s)
        self._news = News()
        self._files = Settled(spec.fingerprint)
        self._loaded: Desired | None = None
        self._desired = self._load()
        self._ping_at = 0.0
        self._domains_at, self._domains_not_before = inf, -inf
        self._ping_s = watchdog_interval_s()
        self._locked_since: float | None = None
        self._hears_rules = False
        self._overlays = Overlays(lambda: self.queue.put(None))

    def put(self, event: Event) -> None:
        """libvirt says so; in the thread of its events."""
        self._overlays.heed(event)
        self.queue.put(event)

    def run(self) -> None:
        """Work until a signal ends it: EndedError. Raises VnetError when the first connection
        fails; later ones are tried again."""
        host = self._open_host()
        self._say.began(host)
        delay_s: float | None = None
        while True:
            since = time.monotonic()
            events: Events | None = None
            try:
                events = Events(host, self)
                self._serve(host)
            except ConnectionLostError as error:
                if not self._tries_again:
                    raise
                self._say.error(VnetError(error.message, "it is tried again until it is back"))
            finally:
                self._leave(host, events)
            if time.monotonic() > since + _LASTING_S:
                delay_s = None
            host, delay_s = self._connect_again(delay_s)

    def _leave(self, host: Host, events: Events | None) -> None:
        if self.signals.ended is not None:
            notify("STOPPING=1")
        if events is not None:
            events.close()
        self._overlays.close()
        host.close()

    def _connect_again(self, delay_s: float | None) -> tuple[Host, float]:
        """A new connection, and how long it was waited for at last: a libvirtd that dies again
        and again is given time."""
        while True:
            delay_s = next_delay(delay_s, first_s=0.25, last_s=15.0)
            self._sleep(delay_s)
            with suppress(VnetError):  # that it is gone has been said
                host = self._open_host()
                self._drain()  # what came over the old connection
                self._say.note("connected to libvirt again")
                return host, delay_s

    def _sleep(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._ping()
            time.sleep(min(left, POLL_S))

    def _serve(self, host: Host) -> None:
        """Passes over one connection. Raises ConnectionLostError, EndedError."""
        self._agenda.reset()
        if host.is_local and not self._hears_rules:
            changed = Event(kind="rules", name=None, what="changed")
            self._hears_rules = hear_rules(lambda: self.queue.put(changed))
        notify("READY=1")
        self._domains_at = time.monotonic()
        while True:
            self._ping()
            self._look_at_domains(host)
            self._look_at_spec()
            due = self._agenda.take(time.monotonic())
            if due is not None:
                self._pass(host, due)
                self._overlays.follow(host)
            self._wait()

    def _wait(self) -> None:
        """Until something is due or has happened."""
        # The look at the files is soon enough for a ping.
        times = (self._agenda.next_at(), self._files.at, self._domains_at, self._overlays.at)
        with suppress(Empty):
            self._heed(self.queue.get(timeout=max(0.0, min(times) - time.monotonic())))
            self._drain(self._heed)
        now = time.monotonic()
        self._agenda.touch(self._overlays.touched(self._desired, now), now)
        self._agenda.touch(self._overlays.freed(self._desired), now, started=True)
        if self._overlays.is_back():
            self._agenda.hurry(now)

    def _drain(self, use: Callable[[Event | None], None] = lambda _: None) -> None:
        while True:
            try:
                use(self.queue.get_nowait())
            except Empty:
                return

    def _heed(self, event: Event | None) -> None:
        if event is None:
            return
        if event.kind == "lost":
            raise ConnectionLostError(f"the connection to libvirt was lost: {event.what}")
        if event.kind == "domain" and event.what != "metadata":
            at = max(time.monotonic() + QUIET_S, self._domains_not_before)
            self._domains_at = min(self._domains_at, at)
        # Neither a start nor somebody's flush of all rules is of a failed pass's own making.
        started = event.kind == "rules" or (event.kind == "domain" and event.what == "started")
        keys = touched(event, self._desired)
        self._agenda.touch(keys, time.monotonic(), started=started)

    def _ping(self) -> None:
        now = time.monotonic()
        if self._ping_s is not None and now >= self._ping_at:
            self._ping_at = now + self._ping_s
            notify("WATCHDOG=1")

    def _look_at_domains(self, host: Host) -> None:
        """Have it told which domains there are, once for what happens at a time. Raises
        ConnectionLostError."""
        began = time.monotonic()
        if began < self._domains_at:
            return
        self._domains_at = inf
        try:
            self._say.domains(host)
        except ConnectionLostError:
            raise
        except VnetError as error:
            self._say.error(error)
        now = time.monotonic()
        self._domains_not_before = now + _DOMAINS_REST * (now - began)

    # The spec

    def reread(self) -> None:
        """Have the spec read again; from another thread, too."""
        self.signals.reload = True
        self.queue.put(None)

    def _look_at_spec(self) -> None:
        """Read it again when its files have changed, and change no more; or on SIGHUP."""
        asked, self.signals.reload = self.signals.reload, False
        if self._files.due(time.monotonic(), asked=asked):
            self._reload()

    def _reload(self) -> None:
        before = self._desired
        try:
            self._desired = self._load()
        except VnetError as error:
            self._say.error(error)
            self._say.note(_STAYS)
        else:
            if self._desired is not before:
                self._say.reread()
                self._agenda.reset()

    def _load(self) -> Desired:
        """What the files say, as far as they are sound; what is wrong is said once, here, and not
        tried again before they change. Raises VnetError."""
        desired = self._spec.load()
        if desired is self._loaded:
            return self._desired
        self._loaded, spec = desired, desired.spec
        if spec is None or not spec.problems:
            return desired
        self._say.left_out(LeftOutError(spec.problems))
        return replace(desired, spec=replace(spec, problems=()))

    # A pass

    def _pass(self, host: Host, due: Due) -> None:
        """Raises ConnectionLostError, EndedError."""
        part = self._desired if due.full else restrict(self._desired, due.keys)
        began = time.monotonic()
        try:
            report = self._reconcile(host, part)
            self._locked_since = None
            self._leave_word(host, due, report, began)
            self._tell(due, part, report)
        except ConnectionLostError:
            raise
        except LockedError as error:
            self._put_off(due, error)
            return
        except VnetError as error:
            self._leave_word(host, due, Report(host=host.name, errors=(error,)), began)
            self._failed_whole(due, error)
            return
        finally:
            self.signals.busy = False
        self.signals.checkpoint()

    @staticmethod
    def _leave_word(host: Host, due: Due, report: Report, began: float) -> None:
        """For `vnetmgr metrics`: of a look at everything, as a part says nothing of the rest."""
        if due.full:
            took_s = time.monotonic() - began
            run = LastRun.of(report, ended_s=time.time(), duration_s=took_s)
            leave_last_run(host.lock_key, run)

    def _reconcile(self, host: Host, part: Desired) -> Report:
        """Look without the lock, and only take it where there is something to do."""
        plan = preview(host, part, self._policy)
        if not plan.steps:
            return Report(host=plan.host, notes=plan.notes, errors=plan.errors)
        progress = Progress(self.signals, self._ping)
        try:
            return change(
                host,
                part,
                self._policy,
                lock_timeout_s=0.0,
                follow=False,
                approve=progress.begin,
                on_progress=progress.step,
            )
        except EndedError:
            if progress.done:
                self._tell_ended(host, part, progress)
            raise

    def _tell_ended(self, host: Host, part: Desired, progress: Progress) -> None:
        """What was done of a pass that was ended between two steps: what planning again does
        not find any more."""
        with suppress(VnetError):
            left = {each.key for each in preview(host, part, self._policy).changes}
            changes = [each for step in progress.done for each in step.changes]
            outcomes = tuple(
                Outcome(change=each, result=Result.DONE) for each in changes if each.key not in left
            )
            self._say.report(Report(host=host.name, outcomes=outcomes))
        done = f"{len(progress.done)} of {progress.total} steps"
        self._say.note(f"ended after {done}; the next run does the rest")

    def _tell(self, due: Due, part: Desired, report: Report) -> None:
        outcomes = self._news.outcomes(due, report.outcomes)
        if any(outcome.result is not Result.WAITING for outcome in outcomes):
            self._say.report(replace(report, outcomes=outcomes))
        for error in report.errors:
            if isinstance(error, ConnectionLostError):
                raise error  # which is why the rest failed
        for note in self._news.notes(due, report.notes):
            self._say.note(note)
        found = problems(part, report)
        if HOST in found and not due.full:
            # Nobody knows which of these it is about; everything else can go on.
            unknown = found.pop(HOST)
            for key in due.keys:
                found.setdefault(key, []).extend(unknown)
        for error in self._news.errors(due, found):
            self._say.error(error)
        self._agenda.ended(due, found, time.monotonic())

    def _failed_whole(self, due: Due, error: VnetError) -> None:
        failed: frozenset[Key] = frozenset({HOST}) if due.full else due.keys
        for news in self._news.errors(due, {key: [error] for key in failed}):
            self._say.error(news)
        self._agenda.ended(due, failed, time.monotonic(), together=True)

    def _put_off(self, due: Due, error: LockedError) -> None:
        """Another run is at work: nothing worth a word, unless it never ends."""
        now = time.monotonic()
        if self._locked_since is None:
            self._locked_since = now
        elif self._locked_since <= now - _LOCK_NEWS_S:
            self._locked_since = float("inf")  # said once
            self._say.error(VnetError(error.message, "vnetmgr goes on when that run has ended"))
        self._agenda.put_off(due, now)
