"""Keeps several hosts as a spec says: a watch on each, and one who tells them where the domains
are. A host that is lost is tried again and again, and nothing of it is taken for gone meanwhile.
"""

from __future__ import annotations

import time
from math import inf
from typing import TYPE_CHECKING, Protocol

from vnetmgr.errors import VnetError
from vnetmgr.fleet.watching.doubts import Doubts
from vnetmgr.fleet.watching.watched import Document, Watched
from vnetmgr.fleet.workers import Ended, Said
from vnetmgr.local.notify import notify, watchdog_interval_s
from vnetmgr.model.record import Record
from vnetmgr.problem import About
from vnetmgr.watch.settled import Settled

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from vnetmgr.errors import LeftOutError
    from vnetmgr.fleet.hosts import Hosts, ManagedHost
    from vnetmgr.fleet.running import Running

_PATIENCE_S = 3.0
"""How long, at the start, all else waits for a host that has not answered."""
_QUIET_S = 0.2
"""Two hosts tell of a domain that moves: both are heard before anything is done about it."""
_STAYS = "the spec and the hosts stay in force as they were before"
_AGAIN = "it is tried again until it is back, and nothing there is taken for gone"


class Order(Record):
    """What is to be done, of which each host does its part."""

    told: Mapping[str, object]
    """What each watch is told."""
    errors: tuple[VnetError, ...] = ()
    """What is not settled: a domain that runs on two hosts."""
    notes: tuple[str, ...] = ()


class Source(Protocol):
    """The files of a spec and of the hosts."""

    wrong: LeftOutError | None
    """What is wrong in the spec, of which the rest is in force."""

    def load(self) -> Hosts:
        """Read them. Raises VnetError; what was read before stays in force then."""

    def fingerprint(self) -> object:
        """What changes with them."""

    def order(self, domains: Mapping[str, Document | None]) -> Order:
        """What is to be done when the hosts have these domains. None: nobody knows which."""


class Say(Protocol):
    """Where it is said what happens."""

    def report(self, host: str, document: Document) -> None:
        """What a host's watch has done, or has to say."""

    def error(self, error: VnetError, host: str | None = None) -> None:
        """What went wrong, with a host or with all of it."""

    def note(self, text: str, host: str | None = None) -> None:
        """Something to know."""

    def reread(self) -> None:
        """The files were read again, and are in force."""

    def left_out(self, error: LeftOutError) -> None:
        """What is wrong in the spec: that is left alone until it is mended."""


class Crew(Protocol):
    """Who starts the watches, and hears them."""

    def start(self, host: ManagedHost) -> Running:
        """A watch of a host. Raises VnetError."""

    def wait(self, seconds: float) -> Iterable[Said | Ended]:
        """Until something happens, or so long: what the watches have said, and which have ended."""


class Ends(Protocol):
    """Who wants an end, or the files read again."""

    times: int
    """How often an end was wanted."""
    reload: bool


class Keeper:
    """What is known between two things that happen."""

    def __init__(
        self,
        source: Source,
        crew: Crew,
        say: Say,
        ends: Ends,
        *,
        bound_s: float,
    ) -> None:
        """Raises VnetError for files that cannot be read. `bound_s`: how long a host may take to
        answer at all; 0: for ever."""
        self._source, self._crew, self._say = source, crew, say
        self._ends, self._bound_s = ends, bound_s
        self._files = Settled(source.fingerprint)
        self._hosts = {each.name: Watched(each) for each in self._load().hosts}
        self._leaving: set[Running] = set()
        """Watches that are to end, and have not yet."""
        self._doubts = Doubts()
        self._order_at = time.monotonic() + _PATIENCE_S
        self._ordered = False
        self._ping_s, self._ping_at = watchdog_interval_s(), 0.0

    @property
    def hosts(self) -> tuple[str, ...]:
        """Which hosts are kept."""
        return tuple(self._hosts)

    def run(self) -> None:
        """Work until somebody wants an end; then every watch has ended, between two steps."""
        try:
            while not self._ends.times:
                self._turn(time.monotonic())
        finally:
            notify("STOPPING=1")
            self._end()

    def _turn(self, now: float) -> None:
        self._ping(now)
        asked, self._ends.reload = self._ends.reload, False
        if self._files.due(now, asked=asked):
            self._reload(now)
        for each in self._hosts.values():
            self._tend(each, now)
        if not self._ordered and all(each.tried for each in self._hosts.values()):
            self._order_at = now
        if now >= self._order_at:
            self._order(now)
        self._doubt(now)
        times = (self._order_at, self._files.at, self._doubts.at)
        until = min(*times, *(each.at for each in self._hosts.values()))
        self._wait(until - now)

    def _ping(self, now: float) -> None:
        # The look at the files is soon enough for it.
        if self._ping_s is not None and now >= self._ping_at:
            self._ping_at = now + self._ping_s
            notify("WATCHDOG=1")

    # The files

    def _load(self) -> Hosts:
        hosts = self._source.load()
        if self._source.wrong is not None:
            self._say.left_out(self._source.wrong)
        return hosts

    def _reload(self, now: float) -> None:
        try:
            hosts = self._load()
        except VnetError as error:
            self._say.error(error)
            self._say.note(_STAYS)
            return
        self._say.reread()
        before, self._hosts = self._hosts, {}
        for host in hosts.hosts:
            same = before.get(host.name)
            if same is not None and same.host.connect == host.connect:
                self._hosts[host.name] = before.pop(host.name)
            else:
                self._hosts[host.name] = Watched(host)
        for each in before.values():
            self._leave(each)
        self._order_at = now

    # One host

    def _tend(self, each: Watched, now: float) -> None:
        if now < each.at:
            return
        if each.watch is None:
            try:
                each.began(self._crew.start(each.host), now, self._bound_s)
            except VnetError as error:
                self._lose(each, error, now)
        else:
            self._leave(each)
            self._lose(each, _of(each, f"it did not answer within {self._bound_s:g} s"), now)

    def _leave(self, each: Watched) -> None:
        if each.watch is not None:
            each.watch.end()
            self._leaving.add(each.watch)
            each.watch = None

    def _lose(self, each: Watched, error: VnetError, now: float) -> None:
        # What to do about one that cannot be reached, it knows best; one that was there comes back.
        hint = None if each.domains is not None else error.hint
        if each.is_gone(error, now):
            again = _AGAIN if hint is None else f"{hint}; {_AGAIN}"
            self._say.error(error.saying(error.text, again), each.name)
        self._order_soon(now)

    def _order_soon(self, now: float) -> None:
        if self._ordered:  # before, all are waited for
            self._order_at = min(self._order_at, now + _QUIET_S)

    def _wait(self, seconds: float) -> None:
        happened = self._crew.wait(max(0.0, seconds))
        now = time.monotonic()
        kept = {each.watch: each for each in self._hosts.values() if each.watch is not None}
        for each in happened:
            host = kept.get(each.running)
            match each:
                case Said(running, document):
                    self._hear(running, document, host, now)
                case Ended(running, answer) if host is None:
                    self._leaving.discard(running)
                case Ended(_, answer):
                    self._lose(host, answer.error or _of(host, "its watch has ended"), now)

    def _hear(self, running: Running, document: Document, host: Watched | None, now: float) -> None:
        if document["kind"] != "domains":
            self._say.report(running.host.name, document)
        elif host is not None:
            if host.domains is None and running.way is not None:
                self._say.note(running.way, host.name)
            if host.has(document):
                self._say.note("it is back", host.name)
            self._order_soon(now)

    # Where the domains are

    def _order(self, now: float) -> None:
        order = self._source.order({each.name: each.domains for each in self._hosts.values()})
        for each in self._hosts.values():
            # One that has not answered yet is told when it does.
            if each.watch is not None and each.domains is not None:
                each.tell(each.watch, order.told)
        doubts: dict[Hashable, VnetError | str] = {each.problems: each for each in order.errors}
        doubts.update((each, each) for each in order.notes)
        self._doubts.are(doubts, now, at_once=not self._ordered)
        if not self._ordered:
            notify("READY=1")
        self._ordered, self._order_at = True, inf

    def _doubt(self, now: float) -> None:
        for doubt in self._doubts.lasting(now):
            if isinstance(doubt, VnetError):
                self._say.error(doubt)
            else:
                self._say.note(doubt)

    # The end

    def _end(self) -> None:
        for each in self._hosts.values():
            self._leave(each)
        times = self._ends.times
        while self._leaving:
            self._wait(inf)
            if self._ends.times > times:
                times = self._ends.times
                for watch in self._leaving:
                    watch.end()


def _of(each: Watched, text: str) -> VnetError:
    return VnetError(text, about=About("host", each.name))
