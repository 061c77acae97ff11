"""Who keeps several hosts, in a time of his own and without any."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from vnetmgr.errors import ExitCode, LeftOutError, RefusedError, UsageError, VnetError
from vnetmgr.fleet.answer import Answer
from vnetmgr.fleet.hosts import Hosts, ManagedHost
from vnetmgr.fleet.watching import keeper as module
from vnetmgr.fleet.watching.keeper import Keeper, Order
from vnetmgr.fleet.workers import Ended, Said
from vnetmgr.problem import Place, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from vnetmgr.fleet.watching.watched import Document

KVM1, KVM2 = (ManagedHost(name=name, connect=f"qemu+tcp://{name}/system") for name in ("a", "b"))
BOUND_S = 10.0


def domains(*names: str) -> Document:
    """What a watch says that its host has."""
    return {"kind": "domains", "version": 1, "items": [{"name": name} for name in names]}


def known(web: Document | None, db: Document | None) -> Mapping[str, Document | None]:
    """What is known of both hosts."""
    return {"a": web, "b": db}


REPORT = {"kind": "report", "version": 1, "changes": []}


class FakeWatcher:
    """The watch of one host."""

    def __init__(self, world: World, host: ManagedHost) -> None:
        self._world, self.host = world, host
        self.way = world.ways.pop(host.name, None)
        self.said: list[Document] = []
        self.told: list[object] = []
        self.told_files: list[bool] = []
        self.answer: Answer | None = None
        self.over = False
        """Whether its end has been heard."""
        self.ends = 0
        self.obeys = True

    @property
    def as_running(self) -> Any:
        """As far as it is used."""
        return self

    def take(self) -> Iterator[Said | Ended]:
        """What it has said since, and its end."""
        while self.said:
            yield Said(self.as_running, self.said.pop(0))
        if self.answer is not None and not self.over:
            self.over = True
            yield Ended(self.as_running, self.answer)

    def send(self, said: Mapping[str, object]) -> None:
        """It is told something."""
        self.told.append((round(self._world.now, 2), said["order"]))
        self.told_files.append("files" in said)

    def end(self) -> None:
        """It is to end."""
        self.ends += 1
        if self.obeys or self.ends > 1:
            self.said.append(REPORT)
            self.fails(None)

    def fails(self, error: VnetError | None) -> None:
        """It ends."""
        code = ExitCode.FAILED if error else ExitCode.DONE
        self.answer = Answer(host=self.host.name, code=code, error=error)


class World:
    """Hosts, files and time. What happens in it is in `at`."""

    def __init__(self) -> None:
        self.now, self.until = 1000.0, 1100.0
        self.bound_s = BOUND_S
        self.times = 0
        self.reload = False
        self.print = 0
        self.hosts: tuple[ManagedHost, ...] | VnetError = (KVM1, KVM2)
        self.at: list[tuple[float, Callable[[], object]]] = []
        self.has: dict[str, Document | VnetError | None] = {"a": domains("web"), "b": domains("db")}
        """What each says when it is started, or why it ends. None: nothing."""
        self.started: list[tuple[float, str]] = []
        self.watchers: list[FakeWatcher] = []
        self.said: list[tuple[float, str]] = []
        self.orders: list[tuple[float, Mapping[str, Document | None]]] = []
        self.ways: dict[str, str] = {}
        """How a host's first watch is at work, where that is to be known."""
        self.wrong: LeftOutError | None = None
        self.doubts: tuple[VnetError, ...] = ()

    def happens(self, after: float, what: Callable[[], object]) -> None:
        """So long after the start."""
        self.at.append((1000.0 + after, what))
        self.at.sort(key=lambda each: each[0])

    def watcher(self, name: str) -> FakeWatcher:
        """The last one of a host."""
        return [each for each in self.watchers if each.host.name == name][-1]

    def says(self, name: str, said: Document) -> Callable[[], None]:
        """Something that a host's watch says."""
        return lambda: self.watcher(name).said.append(said)

    # Time

    def monotonic(self) -> float:
        """Now."""
        return self.now

    def wait(self, seconds: float) -> list[Said | Ended]:
        """Time goes by until something happens."""
        if happened := self._happened():
            return happened
        until = self.now + seconds
        if self.at and self.at[0][0] <= until:
            self.now, what = self.at.pop(0)
            what()
        elif until >= self.until:
            self.now = self.until
            self.times += 1
        else:
            self.now = until
        return self._happened()

    def _happened(self) -> list[Said | Ended]:
        return [each for watcher in self.watchers for each in watcher.take()]

    # The files

    def load(self) -> Hosts:
        """Both files."""
        if isinstance(self.hosts, VnetError):
            raise self.hosts
        return Hosts(file="hosts.yaml", hosts=self.hosts)

    def fingerprint(self) -> object:
        """Their state."""
        return self.print

    def order(self, found: Mapping[str, Document | None]) -> Order:
        """Each order has a number; the same is meant by the same domains."""
        if not self.orders or self.orders[-1][1] != found:
            self.orders.append((round(self.now, 2), found))
        told = {"files": self.print, "order": len(self.orders)}
        return Order(told=told, errors=self.doubts)

    # The hosts

    def start(self, host: ManagedHost) -> Any:
        """A watch."""
        self.started.append((round(self.now - 1000, 2), host.name))
        watcher = FakeWatcher(self, host)
        self.watchers.append(watcher)
        match self.has[host.name]:
            case VnetError() as error:
                watcher.fails(error)
            case dict() as said:
                watcher.said.append(said)
        return watcher

    # What is said

    def _say(self, text: str) -> None:
        self.said.append((round(self.now - 1000, 2), text))

    def report(self, host: str, document: Document) -> None:
        """Of a host's watch."""
        self._say(f"{host}: {document['kind']}")

    def error(self, error: VnetError, host: str | None = None) -> None:
        """What went wrong."""
        self._say(f"{host}: {error.message} ({error.hint})")

    def note(self, text: str, host: str | None = None) -> None:
        """Something to know."""
        self._say(f"{host}: {text}")

    def reread(self) -> None:
        """The files."""
        self._say("read again")

    def left_out(self, error: LeftOutError) -> None:
        """What is wrong in the spec."""
        self._say(error.message)

    def run(self) -> Keeper:
        """Keep them until the end."""
        keeper = Keeper(self, self, self, self, bound_s=self.bound_s)
        keeper.run()
        assert all(each.over for each in self.watchers)
        return keeper


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """One in which nothing happens."""
    made = World()
    monkeypatch.setattr(module, "time", made)
    return made


ENDS = ["a: report", "b: report"]
AGAIN = "it is tried again until it is back, and nothing there is taken for gone"


def test_both_are_told_what_to_do_as_soon_as_both_have_answered(world: World) -> None:
    world.run()
    assert world.started == [(0, "a"), (0, "b")]
    assert world.orders == [(1000, known(domains("web"), domains("db")))]
    assert [each.told for each in world.watchers] == [[(1000, 1)], [(1000, 1)]]
    assert [text for _, text in world.said] == ENDS


def test_a_domain_that_moves_has_both_told_once(world: World) -> None:
    world.happens(50, world.says("a", domains()))
    world.happens(50.1, world.says("b", domains("db", "web")))
    world.run()
    assert [at for at, _ in world.orders] == [1000, 1050.2]
    assert world.watchers[0].told == world.watchers[1].told == [(1000, 1), (1050.2, 2)]
    assert world.watchers[0].told_files == [True, False]


def test_what_changes_nothing_is_told_to_nobody(world: World) -> None:
    world.happens(50, world.says("a", domains("web")))
    world.run()
    assert world.watchers[0].told == [(1000, 1)]


def test_what_a_watch_does_is_shown(world: World) -> None:
    world.happens(50, world.says("b", REPORT))
    world.run()
    assert world.said[:1] == [(50, "b: report")]


def test_a_host_that_is_off_holds_up_no_other_and_is_said_once(world: World) -> None:
    world.has["b"] = VnetError("connection refused", "is it up?")
    world.happens(90, lambda: world.has.update(b=domains("db")))
    world.until = 1200
    world.run()
    assert world.orders[:1] == [(1000, known(domains("web"), None))]
    assert world.watchers[0].told[:1] == [(1000, 1)]
    assert world.said[:1] == [(0, f"b: connection refused (is it up?; {AGAIN})")]
    assert [at for at, name in world.started if name == "b"] == [0, 1, 3, 7, 15, 31, 63, 123]
    assert world.said[1:] == [(123, "b: it is back"), *((200, text) for text in ENDS)]
    assert world.orders[-1:] == [(1123.2, known(domains("web"), domains("db")))]


def test_a_host_that_hangs_is_waited_for_a_moment_and_given_up_later(world: World) -> None:
    world.has["b"] = None
    world.run()
    assert world.orders == [(1003, known(domains("web"), None))]
    assert world.said[:1] == [(10, f"b: it did not answer within 10 s ({AGAIN})")]
    assert [at for at, name in world.started if name == "b"] == [0, 11, 23, 37, 55, 81]
    assert all(each.ends for each in world.watchers)


def test_how_a_host_is_kept_is_said_where_that_is_to_be_known(world: World) -> None:
    world.ways["b"] = "vnetmgr is not installed there"
    world.happens(50, world.says("b", domains("db", "web2")))
    world.run()
    assert world.said[:1] == [(0, "b: vnetmgr is not installed there")]
    assert len(world.said) == 3


def test_a_slow_host_is_told_when_it_has_answered(world: World) -> None:
    world.has["b"] = None
    world.happens(6, world.says("b", domains("db")))
    world.run()
    assert world.watcher("b").told == [(1006.2, 2)]
    assert [text for _, text in world.said] == ENDS


def test_a_host_that_is_lost_is_unknown_until_it_is_back(world: World) -> None:
    world.happens(
        50, lambda: world.watcher("b").fails(VnetError("the connection was lost", "run it again"))
    )
    world.happens(50.5, lambda: world.has.update(b=domains("db", "web2")))
    world.run()
    assert [(at, found["b"]) for at, found in world.orders] == [
        (1000, domains("db")),
        (1050.2, None),
        (1051.2, domains("db", "web2")),
    ]
    assert world.said[:2] == [
        (50, f"b: the connection was lost ({AGAIN})"),
        (51, "b: it is back"),
    ]


def test_one_that_cannot_even_be_started_is_tried_again(world: World) -> None:
    start = world.start

    def fails(host: ManagedHost) -> Any:
        if host is KVM2 and world.now < 1020:
            raise VnetError("no more processes")
        return start(host)

    world.start = fails  # type: ignore[method-assign]
    world.run()
    assert world.said[:1] == [(0, f"b: no more processes ({AGAIN})")]
    assert [at for at, name in world.started if name == "b"] == [31]


def test_what_is_not_settled_is_said_when_it_lasts(world: World) -> None:
    def two(*errors: VnetError) -> Callable[[], None]:
        def happens() -> None:
            world.doubts = errors
            world.watcher("b").said.append(domains("db", str(world.now)))

        return happens

    error = RefusedError("web runs on a and b")
    world.happens(20, two(error))
    world.happens(22, two())
    world.happens(40, two(error))
    world.run()
    assert world.said[:1] == [(45.2, "None: web runs on a and b (None)")]
    assert len(world.said) == 3


@pytest.mark.parametrize("asked", [False, True])
def test_files_that_change_are_read_again(world: World, *, asked: bool) -> None:
    def change() -> None:
        third = ManagedHost(name="c", connect="test:///default")
        world.has["c"] = domains("new")
        world.hosts = (KVM1, third)
        world.reload, world.print = asked, 0 if asked else 1

    world.happens(50, change)
    world.run()
    assert [name for _, name in world.started] == ["a", "b", "c"]
    assert [each.ends for each in world.watchers] == [1, 1, 1]
    assert sorted(world.orders[-1][1]) == ["a", "c"]
    assert [text for _, text in world.said] == ["read again", "b: report", "a: report", "c: report"]


def test_a_host_that_is_reached_otherwise_is_another(world: World) -> None:
    def change() -> None:
        world.hosts = (KVM1, ManagedHost(name="b", connect="test:///default"))
        world.reload = True

    world.happens(50, change)
    world.run()
    assert [(at, name) for at, name in world.started if at] == [(50, "b")]


def test_files_that_break_stay_in_force_as_they_were(world: World) -> None:
    def change() -> None:
        world.hosts, world.reload = UsageError("hosts.yaml:1:1: what is this?"), True

    world.happens(50, change)
    world.run()
    assert [text for _, text in world.said] == [
        "None: hosts.yaml:1:1: what is this? (None)",
        "None: the spec and the hosts stay in force as they were before",
        *ENDS,
    ]
    assert len(world.started) == 2


def test_what_is_wrong_in_the_spec_is_said_and_the_rest_is_done(world: World) -> None:
    world.wrong = LeftOutError([Problem(None, "what is this?").at(Place("spec.yaml", 3))])
    world.run()
    assert [text for _, text in world.said] == ["spec.yaml:3: what is this?", *ENDS]
    assert len(world.orders) == 1


def test_files_that_cannot_be_read_at_the_start_are_an_error(world: World) -> None:
    world.hosts = UsageError("what is this?")
    with pytest.raises(UsageError):
        world.run()
    assert world.started == []


def test_a_second_signal_is_passed_on(world: World) -> None:
    def stubborn() -> None:
        world.watcher("b").obeys = False

    world.happens(50, stubborn)
    world.run()
    assert [each.ends for each in world.watchers] == [1, 2]


def test_systemd_is_told(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", manager.getsockname())
        monkeypatch.setenv("WATCHDOG_USEC", "20000000")
        monkeypatch.delenv("WATCHDOG_PID", raising=False)
        world.has["b"] = None
        world.bound_s = 0
        world.run()
        manager.settimeout(0)
        heard = [manager.recv(100).decode() for _ in range(10)]
    assert heard[:2] == ["WATCHDOG=1", "READY=1"]  # though a host hangs
    assert heard.count("WATCHDOG=1") > 5
