"""Serves metrics for as long as nobody ends it: HTTP in threads, libvirt in the main one, which
signals reach. What many ask at once is looked at once."""

from __future__ import annotations

import gc
from http import HTTPStatus
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from vnetmgr import __version__
from vnetmgr.errors import ConnectionLostError, NoAnswerError, VnetError
from vnetmgr.host.event_loop import start_event_loop
from vnetmgr.host.events import Event, Events
from vnetmgr.local.notify import notify
from vnetmgr.metrics.exposition import CONTENT_TYPE, exposition
from vnetmgr.metrics.facts import Scraped
from vnetmgr.metrics.names import metrics
from vnetmgr.metrics.requests import Reply
from vnetmgr.metrics.scrape import Scraper
from vnetmgr.metrics.server import Server
from vnetmgr.model.record import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vnetmgr.host.connect import Host
    from vnetmgr.metrics.addresses import Address
    from vnetmgr.metrics.rounds import Rounds

FRESH_S = 1.0
"""A look that ended so long before somebody asks is good enough for him."""
PATIENCE_S = 9.0
"""Who asks is told by then that libvirt does not answer: Prometheus waits 10 s."""
_HANGS_S = 30.0
"""So long a libvirt that hangs is left in peace: each attempt costs a thread."""
_IDLE_S = 0.5


class _Ask(NamedTuple):
    """Somebody wants to know."""

    at: float
    reply: SimpleQueue[bytes]


class _Connection:
    """An open connection with what is known over it."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._happened: SimpleQueue[Event | None] = SimpleQueue()
        self.scraper = Scraper(host)
        self._events = Events(host, self._happened)

    def heed(self) -> None:
        """What libvirt has told since. Raises ConnectionLostError."""
        while not self._happened.empty():
            event = self._happened.get()
            if event is not None and event.kind == "lost":
                raise ConnectionLostError(f"the connection to libvirt was lost: {event.what}")
            if event is not None:
                self.scraper.heed(event)

    def close(self) -> None:
        """Let go of it, which may be gone."""
        self._events.close()
        self._host.close()


class Endpoint:
    """What is known between two requests. `note` and `complain` tell what becomes of the
    connection; `rounds` are doctor's."""

    def __init__(
        self,
        open_host: Callable[[], Host],
        *,
        note: Callable[[str], None],
        complain: Callable[[VnetError], None],
        rounds: Rounds | None = None,
    ) -> None:
        self._open_host, self._note, self._complain = open_host, note, complain
        self._rounds = rounds
        self._asks: SimpleQueue[_Ask] = SimpleQueue()
        self._connection: _Connection | None = None
        self._latest, self._latest_at = b"", float("-inf")
        self._down = False
        """Whether it has been said that libvirt is gone."""
        self._not_before = float("-inf")

    def serve(self, addresses: Sequence[Address]) -> None:
        """Until a signal ends it, by KeyboardInterrupt. Raises VnetError when it cannot listen."""
        gc.enable()  # commands end before there is any garbage; this does not
        start_event_loop()
        with Server(addresses, self.answer) as server:
            for url in server.urls:
                self._note(f"serving {url}")
            notify("READY=1")
            if self._rounds is not None:
                self._rounds.start()
            try:
                while True:
                    self.work()
            finally:
                notify("STOPPING=1")
                self._disconnect()

    def answer(self) -> Reply:
        """The metrics as they are, or that libvirt does not answer; from any thread."""
        ask = _Ask(monotonic(), SimpleQueue())
        self._asks.put(ask)
        try:
            text = ask.reply.get(timeout=PATIENCE_S)
        except Empty:
            text = exposition(metrics(_nothing(PATIENCE_S)))
        return Reply(HTTPStatus.OK, text, CONTENT_TYPE)

    # In the main thread

    def work(self) -> None:
        """Answer somebody, or heed what has happened."""
        try:
            ask = self._asks.get(timeout=_IDLE_S)
        except Empty:
            if self._connection is not None:
                self._heed(self._connection)
            return
        if ask.at <= monotonic() - PATIENCE_S:
            return  # he has been answered
        if self._latest_at <= ask.at - FRESH_S:
            self._latest = exposition(metrics(self._look()))
            self._latest_at = monotonic()
        ask.reply.put(self._latest)

    def _heed(self, connection: _Connection) -> None:
        try:
            connection.heed()
        except VnetError as error:
            self._lost(error)

    def _look(self) -> Scraped:
        began = monotonic()
        try:
            connection = self._connected()
            connection.heed()
            found = connection.scraper.scrape()
        except VnetError as error:
            self._lost(error)
            return _nothing(monotonic() - began)
        if self._down:
            self._down = False
            self._note("libvirt answers again")
        return replace(found, examined=self._rounds.latest) if self._rounds else found

    def _connected(self) -> _Connection:
        """The connection that there is, or a new one. Raises VnetError."""
        if self._connection is None:
            if monotonic() < self._not_before:
                raise VnetError("libvirt did not answer a moment ago")
            self._connection = _Connection(self._open_host())
        return self._connection

    def _lost(self, error: VnetError) -> None:
        """It is tried again when somebody asks."""
        if isinstance(error, NoAnswerError):
            self._not_before = monotonic() + _HANGS_S
        self._disconnect()
        if not self._down:
            self._down = True
            self._complain(error)

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _nothing(duration_s: float) -> Scraped:
    """What there is to say without libvirt."""
    return Scraped(up=False, version=__version__, duration_s=duration_s)
