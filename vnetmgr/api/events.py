"""libvirt's events for programs: what happens on a host, one after the other."""

from __future__ import annotations

from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from vnetmgr.errors import ConnectionLostError
from vnetmgr.host.connect import Host as Connection
from vnetmgr.host.event_loop import start_event_loop
from vnetmgr.host.events import Event, Events
from vnetmgr.runtime.closing import Closing

if TYPE_CHECKING:
    from typing import Self

__all__ = ["Event", "EventStream"]


class EventStream(Closing):
    """The events since it was opened. Iterate over it, or `get` the next one; close it, also from
    another thread, which ends both.

    It has a connection of its own: libvirt's event loop, which runs in a thread of its own from
    then on, serves those alone that are opened behind its start.
    """

    def __init__(self, uri: str, timeout: float | None = None) -> None:
        """Listen. Raises VnetError."""
        self._queue: SimpleQueue[Event | None] = SimpleQueue()
        self._closed = False
        start_event_loop()
        self._connection = Connection.connect(uri, readonly=True, timeout_s=timeout)
        try:
            self._events = Events(self._connection, self._queue)
        except BaseException:
            self._connection.close()
            raise

    def close(self) -> None:
        """Listen no more. Events that were not taken are dropped."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)
            self._events.close()
            self._connection.close()

    def get(self, timeout: float | None = None) -> Event | None:
        """The next event; None when it is closed, or none has come for `timeout` seconds. Raises
        ConnectionLostError when libvirt has gone."""
        if self._closed:
            return None
        try:
            event = self._queue.get(timeout=timeout)
        except Empty:
            return None
        if event is None or event.kind == "lost":
            self._queue.put(event)  # for whoever waits besides, or asks again
        if event is not None and event.kind == "lost":
            raise ConnectionLostError(
                f"the connection to libvirt was lost: {event.what}",
                "connect again, and look at what has changed meanwhile",
            )
        return event

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Event:
        event = self.get()
        if event is None:
            raise StopIteration
        return event
