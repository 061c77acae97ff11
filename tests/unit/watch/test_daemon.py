"""The daemon's passes, in a time of their own and without libvirt."""

from __future__ import annotations

import heapq
import os
import signal
import socket
from itertools import count, pairwise
from queue import Empty
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.watch.wanted import nic, spec
from vnetmgr import watch
from vnetmgr.errors import ConnectionLostError, LeftOutError, LockedError, UsageError, VnetError
from vnetmgr.host.events import Event
from vnetmgr.local.notify import notify, watchdog_interval_s
from vnetmgr.model.desired import Desired, Policy
from vnetmgr.model.plan import Action, Change, ObjectKind, Outcome, Plan, Report, Result, Step
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import Scope
from vnetmgr.problem import About, Place
from vnetmgr.watch import daemon as module
from vnetmgr.watch.daemon import Daemon
from vnetmgr.watch.settled import POLL_S
from vnetmgr.watch.signals import EndedError, Signals
from vnetmgr.watch.spec_files import fingerprint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from vnetmgr.model.rows.last_run import LastRun

SPEC = spec(nic("web", "lan", bridge="br0"), nic("db", "lan", bridge="br0"))
LOST = Event(kind="lost", name=None, what="it was closed")


def started(domain: str) -> Event:
    """A domain's start."""
    return Event(kind="domain", name=domain, what="started")


def added(domain: str) -> Event:
    """A device of a domain."""
    return Event(kind="domain", name=domain, what="device-added")


def _added(domain: str) -> Change:
    return Change(action=Action.CREATE, object=ObjectKind.NIC, domain=domain, name="lan", scope=())


class World:
    """A host, its libvirt, its spec and its time. Each attribute is what it does next."""

    name = lock_key = "host"
    is_local = False

    def __init__(self) -> None:
        self.beside: dict[str, object] = {}
        self.now = 0.0
        self.end = 3600.0
        self.events: list[tuple[float, int, Event | None]] = []
        self.number = count()
        self.passes: list[tuple[float, list[str]]] = []
        """When, and the domains looked at."""
        self.said: list[tuple[float, str]] = []
        self.left: list[tuple[float, bool]] = []
        """The word that was left of each look at everything: when it ended, and well or not."""
        self.opened: list[float] = []
        self.begun = 0
        self.closed = 0
        self.broken: dict[str, VnetError] = {}
        """Domain -> why it fails."""
        self.work: set[str] = set()
        """Domains in which something is to be done."""
        self.away_until = 0.0
        """When libvirt can be connected to again."""
        self.locked_until = 0.0
        self.print = 0
        self.spec: Desired | VnetError = SPEC
        self.listed: list[float] = []
        """When its domains were listed."""
        self.listing_takes_s = 0.0
        self.unlisted: VnetError | None = None
        """Why they cannot be."""
        self.at: list[tuple[float, Callable[[], None]]] = []
        """What happens to this world, and when."""

    def happens(self, at: float, event: Event) -> None:
        """libvirt will say so."""
        heapq.heappush(self.events, (at, next(self.number), event))

    # The queue

    def get(self, timeout: float) -> Event | None:
        """Time goes by until something happens."""
        until = self.now + timeout
        if self.events and self.events[0][0] <= until:
            at, _, event = heapq.heappop(self.events)
            self._go(max(at, self.now))
            return event
        self._go(until)
        raise Empty

    def get_nowait(self) -> Event | None:
        """What has happened."""
        if self.events and self.events[0][0] <= self.now:
            return heapq.heappop(self.events)[2]
        raise Empty

    def _go(self, to: float) -> None:
        for at, happens in sorted(self.at, key=lambda each: each[0]):
            if at <= to:
                self.at.remove((at, happens))
                happens()
        self.now = to
        if to >= self.end:
            raise EndedError

    # The clock

    def monotonic(self) -> float:
        """Now."""
        return self.now

    time = monotonic

    def sleep(self, seconds: float) -> None:
        """Time goes by."""
        self._go(self.now + seconds)

    # The spec

    def load(self) -> Desired:
        """Its files."""
        if isinstance(self.spec, VnetError):
            raise self.spec
        return self.spec

    def fingerprint(self) -> object:
        """The files' state."""
        return self.print

    # The host

    def open(self) -> Any:
        """Connect."""
        if self.now < self.away_until:
            raise VnetError("libvirt does not run")
        self.opened.append(self.now)
        return self

    def close(self) -> None:
        """Disconnect."""
        self.closed += 1

    # reconcile's two

    def preview(self, host: object, desired: Desired, policy: Policy) -> Plan:
        """What there is to do."""
        assert host is self
        spec = desired.spec
        domains = [*(name for name, _ in spec.domains), *spec.others] if spec else []
        self.passes.append((round(self.now, 2), domains))
        steps = tuple(
            Step(group=name, changes=(_added(name),), ops=())
            for name in domains
            if name in self.work
        )
        errors = tuple(self.broken[name] for name in domains if name in self.broken)
        for error in errors:
            if isinstance(error, (ConnectionLostError, UsageError)):
                raise error
        return Plan(
            host="host",
            steps=steps,
            desired=desired,
            scope=Scope(),
            policy=policy,
            errors=errors,
            notes=("nic db/lan is held",) if "db" in domains else (),
        )

    def change(
        self,
        host: object,
        desired: Desired,
        policy: Policy,
        *,
        lock_timeout_s: float,
        follow: bool,
        approve: Callable[[Plan], bool],
        on_progress: Callable[[str], None],
    ) -> Report:
        """Do it."""
        assert lock_timeout_s == 0
        assert not follow  # it has other things to look after than hosts that are late
        if self.now < self.locked_until:
            raise LockedError("another run of vnetmgr is at work")
        plan = self.preview(host, desired, policy)
        self.passes.pop()
        assert approve(plan)
        outcomes = []
        for step in plan.steps:
            on_progress(step.group)
            self.work.discard(step.group)
            outcomes.append(Outcome(change=_added(step.group), result=Result.DONE))
            self.happens(self.now + 0.01, added(step.group))
        return Report(host="host", outcomes=tuple(outcomes), notes=plan.notes, errors=plan.errors)

    # What is said

    def began(self, host: object) -> None:
        """It is connected for the first time."""
        assert host is self
        self.begun += 1

    def report(self, report: Report) -> None:
        """What was done."""
        names = ", ".join(f"{each.change.domain} {each.result}" for each in report.outcomes)
        self.said.append((round(self.now, 2), names))

    def error(self, error: VnetError) -> None:
        """What failed."""
        self.said.append((round(self.now, 2), error.message))

    def note(self, text: str) -> None:
        """What is to be known."""
        self.said.append((round(self.now, 2), text))

    def reread(self) -> None:
        """The spec is in force."""
        self.note("the spec was read again")

    def left_out(self, error: LeftOutError) -> None:
        """What is wrong in it."""
        self.error(error)

    def domains(self, host: object) -> None:
        """They may be others."""
        assert host is self
        self.listed.append(round(self.now, 2))
        self.now += self.listing_takes_s
        if self.unlisted is not None:
            raise self.unlisted

    def leave(self, key: str, run: LastRun) -> None:
        """For metrics."""
        assert key == run.host == "host"
        self.left.append((run.ended_s, run.success))

    def run(self, interval_s: float = 1e6) -> Daemon:
        """Watch until the end."""
        watching = Daemon(self.open, self, Policy(), self, interval_s=interval_s)
        watching.queue = self  # type: ignore[assignment]  # as far as it is used
        with pytest.raises(EndedError):
            watching.run()
        assert self.closed == len(self.opened)
        assert self.begun == 1
        return watching

    @property
    def of(self) -> list[tuple[float, str]]:
        """What was said but for the note that is always so."""
        return [each for each in self.said if each[1] != "nic db/lan is held"]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """One in which nothing happens."""
    made = World()
    monkeypatch.setattr(module, "time", made)
    monkeypatch.setattr(module, "preview", made.preview)
    monkeypatch.setattr(module, "change", made.change)
    monkeypatch.setattr(module, "leave_last_run", made.leave)
    monkeypatch.setattr(module, "Events", lambda *_: SimpleNamespace(close=lambda: None))
    return made


BOTH = ["web", "db"]


def test_idle_it_looks_at_everything_now_and_then_and_says_nothing(world: World) -> None:
    world.run(interval_s=600)
    assert world.passes == [(600.0 * number, BOTH) for number in range(6)]
    assert world.said == [(0, "nic db/lan is held")]


def test_word_is_left_of_each_look_at_everything(world: World) -> None:
    world.at = [
        (1100, lambda: world.broken.update(db=VnetError("db is broken"))),
        (1700, lambda: world.broken.update(db=UsageError("all is broken"))),
    ]
    world.happens(20, started("web"))  # a part says nothing of the rest
    world.end = 2000
    world.run(interval_s=600)
    assert world.left[:3] == [(0, True), (600, True), (1200, False)]
    assert len(world.left) > 3
    assert not any(success for _, success in world.left[2:])


def test_an_event_is_answered_with_what_it_touches_and_a_burst_once(world: World) -> None:
    for number in range(20):
        world.happens(10 + number / 100, started("web"))
    world.happens(20, started("db"))
    world.happens(30, started("other"))  # which may have had port forwards
    world.happens(40, Event(kind="domain", name="other", what="metadata"))
    world.run()
    assert world.passes == [(0, BOTH), (10.39, ["web"]), (20.2, ["db"]), (30.2, ["other"])]


def test_what_it_does_is_said_and_its_own_events_end_in_silence(world: World) -> None:
    world.at = [(10, lambda: world.work.add("web"))]
    world.happens(10, added("web"))
    world.run()
    assert world.of == [(10.2, "web done")]
    assert world.passes == [(0, BOTH), (10.2, ["web"]), (10.41, ["web"])]


def test_what_fails_backs_off_is_told_once_and_holds_up_nothing(world: World) -> None:
    lan = About("nic", "lan", "web")
    world.broken["web"] = VnetError("no slot", about=lan).at(Place("web.yaml", 7))
    world.at = [(12, lambda: world.work.add("db")), (40, world.broken.clear)]
    world.happens(12, added("db"))
    world.run()
    assert world.of == [(0, "web.yaml:7: no slot"), (12.2, "db done")]
    tried = [at for at, domains in world.passes if domains == ["web"]]
    assert tried == [1, 3, 7, 15, 31, 63]


def test_what_fails_as_a_whole_is_tried_apart(world: World) -> None:
    world.at = [(5, lambda: world.broken.update(web=UsageError("libvirt is odd")))]
    world.happens(5, started("web"))
    world.happens(5, started("db"))
    world.end = 8
    world.run()
    (first, second), later = world.passes[1:3], world.passes[3:]
    assert first == (5.2, ["web", "db"])
    assert sorted([second[1], later[0][1]]) == [["db"], ["web"]]
    assert all(domains == ["web"] for _, domains in later[1:])
    assert world.of == [(5.2, "libvirt is odd")]


@pytest.mark.parametrize("noticed", ["by libvirt's event", "by a call"])
def test_a_lost_connection_is_made_again_with_a_full_pass(world: World, noticed: str) -> None:
    if noticed == "by a call":
        lost = ConnectionLostError("domain web: the connection to libvirt was lost: socket closed")
        world.at = [(100, lambda: world.broken.update(web=lost)), (101, world.broken.clear)]
        world.happens(100, started("web"))
    else:
        world.happens(100, LOST)
    world.happens(100.5, LOST)  # of the old connection
    world.at.append((100, lambda: setattr(world, "away_until", 110.0)))
    world.happens(200, started("db"))
    world.run()
    lost_at = 100.2 if noticed == "by a call" else 100
    assert [text.partition(" was lost")[1] or text for _, text in world.of] == [
        " was lost",
        "connected to libvirt again",
    ]
    assert len(world.opened) == 2
    assert 110 < world.opened[1] < 120
    assert [domains for at, domains in world.passes if at > lost_at] == [BOTH, ["db"]]


def test_a_libvirt_that_dies_again_and_again_is_given_time(world: World) -> None:
    for second in range(1000):
        world.happens(second / 2, LOST)
    world.end = 400
    world.run()
    assert len(world.opened) < 40


def test_another_run_is_waited_for(world: World) -> None:
    world.work.add("web")
    world.locked_until = 20
    world.end = 60
    world.run()
    assert world.of == [(world.of[0][0], "web done")]
    assert 20 < world.of[0][0] < 31


def test_another_run_that_never_ends_is_told_of_once(world: World) -> None:
    world.work.add("web")
    world.locked_until = 1e9
    world.run()
    assert [text for _, text in world.of] == ["another run of vnetmgr is at work"]
    assert 60 <= world.of[0][0] < 75


def test_a_spec_that_changes_is_read_when_it_has_settled(world: World) -> None:
    def edit(number: int) -> Callable[[], None]:
        return lambda: setattr(world, "print", number)

    world.at = [
        (99, lambda: setattr(world, "spec", spec(nic("new", "lan", bridge="br0")))),
        *((100 + number, edit(number)) for number in range(1, 8)),
    ]
    world.run()
    read_at = 107 + POLL_S
    assert len(world.passes) == 2
    assert world.passes[1][1] == ["new"]
    assert read_at <= world.passes[1][0] <= read_at + POLL_S
    assert [text for _, text in world.of] == ["the spec was read again"]


def test_a_spec_that_breaks_is_told_of_and_the_old_one_stays(world: World) -> None:
    def breaks() -> None:
        world.spec, world.print = UsageError("spec.yaml:3:1: what is this?"), 1

    def mended() -> None:
        world.spec, world.print = replace(SPEC), 2

    world.at = [(100, breaks), (500, mended)]
    world.happens(300, started("web"))
    world.run()
    assert [text for _, text in world.of] == [
        "spec.yaml:3:1: what is this?",
        "the spec stays in force as it was before",
        "the spec was read again",
    ]
    assert [domains for _, domains in world.passes] == [BOTH, ["web"], BOTH]


def test_a_broken_spec_or_no_libvirt_is_an_error_at_the_start(world: World) -> None:
    world.spec = UsageError("what is this?")
    with pytest.raises(UsageError):
        Daemon(world.open, world, Policy(), world, interval_s=1)
    world.spec, world.away_until = SPEC, 10
    with pytest.raises(VnetError, match="does not run"):
        Daemon(world.open, world, Policy(), world, interval_s=1).run()


def test_its_domains_are_told_at_the_start_and_once_for_a_burst_of_events(world: World) -> None:
    for number in range(20):
        world.happens(10 + number / 100, started("other"))
    world.happens(20, Event(kind="domain", name="web", what="metadata"))
    world.happens(30, Event(kind="network", name="lab", what="started"))
    world.happens(40, Event(kind="domain", name="web", what="undefined"))
    world.happens(50, LOST)
    world.run()
    assert world.listed[:3] == [0, 10.2, 40.2]
    (again,) = world.listed[3:]
    assert again > 50


def test_where_it_takes_long_its_domains_are_told_less_often(world: World) -> None:
    world.listing_takes_s = 1.0
    for second in range(10, 20):
        world.happens(second, started("other"))
    world.run()
    assert world.listed == [0, 10.2, 15.2, 20.2]


def test_domains_that_cannot_be_told_hold_up_nothing(world: World) -> None:
    world.unlisted = VnetError("a domain is odd")
    world.happens(10, started("web"))
    world.run()
    assert [text for _, text in world.of] == ["a domain is odd", "a domain is odd"]
    assert world.passes == [(0, BOTH), (10.2, ["web"])]


def test_who_is_asked_not_to_makes_no_new_connection(world: World) -> None:
    world.happens(100, LOST)
    watching = Daemon(world.open, world, Policy(), world, interval_s=1e6, tries_again=False)
    watching.queue = world  # type: ignore[assignment]  # as far as it is used
    with pytest.raises(ConnectionLostError):
        watching.run()
    assert len(world.opened) == world.closed == 1
    assert world.of == []


def test_a_spec_with_nothing_new_in_it_is_no_reason_for_a_look(world: World) -> None:
    watching = Daemon(world.open, world, Policy(), world, interval_s=1e6)
    watching.queue = world  # type: ignore[assignment]  # as far as it is used
    other = spec(nic("new", "lan", bridge="br0"))
    reread = lambda: setattr(watching.signals, "reload", True)  # noqa: E731
    world.at = [(50, reread), (99, lambda: setattr(world, "spec", other)), (100, reread)]
    with pytest.raises(EndedError):
        watching.run()
    assert [domains for _, domains in world.passes] == [BOTH, ["new"]]


# Signals


def test_a_signal_ends_it_at_once_while_it_only_looks() -> None:
    with Signals(lambda: None) as signals:
        with pytest.raises(EndedError):
            os.kill(os.getpid(), signal.SIGTERM)
        assert signals.ended is signal.SIGTERM
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_signal_waits_for_the_step_under_way_and_a_second_one_does_not() -> None:
    with Signals(lambda: None) as signals:
        signals.busy = True
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(EndedError):
            signals.checkpoint()
        with pytest.raises(EndedError):
            os.kill(os.getpid(), signal.SIGINT)
        assert signals.ended is signal.SIGTERM


@pytest.mark.parametrize("before", [1, 2])
def test_between_two_steps_it_ends_and_says_how_far_it_came(world: World, before: int) -> None:
    world.work = {"web", "db"}
    watching = Daemon(world.open, world, Policy(), world, interval_s=1)
    watching.queue = world  # type: ignore[assignment]  # as far as it is used
    steps = 0

    def ping() -> None:
        nonlocal steps
        steps += watching.signals.busy
        if steps == before:
            os.kill(os.getpid(), signal.SIGTERM)

    watching._ping = ping  # type: ignore[method-assign]
    with watching.signals, pytest.raises(EndedError):
        watching.run()
    assert world.closed == 1
    if before == 1:
        assert world.work == {"web", "db"}
        assert world.of == []
    else:
        assert world.work == {"db"}
        assert world.of == [
            (0, "web done"),
            (0, "ended after 1 of 2 steps; the next run does the rest"),
        ]


def test_a_hang_up_has_the_spec_read_again(world: World) -> None:
    watching = Daemon(world.open, world, Policy(), world, interval_s=1e6)
    watching.queue = world  # type: ignore[assignment]  # as far as it is used
    world.at = [
        (49, lambda: setattr(world, "spec", replace(SPEC))),
        (50, lambda: setattr(watching.signals, "reload", True)),
    ]
    with pytest.raises(EndedError):
        watching.run()
    assert [text for _, text in world.of] == ["the spec was read again"]
    assert len(world.passes) == 2


def test_watch_says_which_signal_ended_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "start_event_loop", lambda: None)
    world.at = [(1, lambda: os.kill(os.getpid(), signal.SIGTERM))]
    monkeypatch.setattr(module, "SimpleQueue", lambda: world)
    ended = watch.watch(world.open, world, Policy(), world, interval_s=1e6)
    assert ended is signal.SIGTERM


# The small ones


def test_a_fingerprint_changes_with_a_file_and_with_what_a_directory_has(tmp_path: Path) -> None:
    one, directory = tmp_path / "one.yaml", tmp_path / "conf.d"
    directory.mkdir()
    paths = [str(one), str(directory)]
    seen = [fingerprint(paths)]
    for path in (one, directory / "two.yaml", directory / "two.yaml"):
        with path.open("a") as file:
            file.write("more\n")
        seen.append(fingerprint(paths))
    (directory / "two.yaml").unlink()
    seen.append(fingerprint(paths))
    one.unlink()
    seen.append(fingerprint(paths))
    assert all(before != after for before, after in pairwise(seen))
    assert fingerprint(paths) == seen[-1]


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    """A service manager's ear."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(5)
        yield listening


def test_systemd_is_told(
    manager: socket.socket, monkeypatch: pytest.MonkeyPatch, world: World
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", manager.getsockname())
    monkeypatch.setenv("WATCHDOG_USEC", "20000000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    world.end = 25
    watching = Daemon(world.open, world, Policy(), world, interval_s=1e6)
    watching.queue = world  # type: ignore[assignment]  # as far as it is used
    world.at = [(24, lambda: setattr(watching.signals, "ended", signal.SIGTERM))]
    with pytest.raises(EndedError):
        watching.run()
    manager.settimeout(0)
    heard = []
    try:
        while True:
            heard.append(manager.recv(100).decode())
    except BlockingIOError:
        pass
    assert heard[0] == "READY=1"
    assert heard.count("WATCHDOG=1") >= 2
    assert heard[-1] == "STOPPING=1"


def test_nobody_is_told_where_nobody_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    for address in ("", "/nonexistent/socket", "@vnetmgr-nobody", "relative"):
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        notify("READY=1")
    monkeypatch.setenv("WATCHDOG_USEC", "1000000")
    monkeypatch.setenv("WATCHDOG_PID", "1")
    assert watchdog_interval_s() is None
    monkeypatch.setenv("WATCHDOG_PID", str(os.getpid()))
    assert watchdog_interval_s() == 0.5
    monkeypatch.delenv("WATCHDOG_USEC")
    assert watchdog_interval_s() is None
