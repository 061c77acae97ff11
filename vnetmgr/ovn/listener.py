"""Who hears what becomes of the northbound database, and does there what cannot wait: a thread with
a connection of its own, which comes back when the database does.
"""

from __future__ import annotations

import os
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, TypeAlias

from vnetmgr.errors import VnetError
from vnetmgr.ovn.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable

    from vnetmgr.model.overlay.northbound import Northbound
    from vnetmgr.model.overlay.settings import OvnSettings

    Work: TypeAlias = Callable[[Database], None]

_FIRST_RETRY_S, _LAST_RETRY_S = 0.25, 15.0


class Listener:
    """One database. `heard` is called in the thread, with what it had before and has now; `back`
    whenever it has come, or come back. `known`: what it had when somebody else looked at it, so
    that nothing is missed in between."""

    def __init__(
        self,
        settings: OvnSettings,
        heard: Callable[[Northbound, Northbound], None],
        *,
        back: Callable[[], None] = lambda: None,
        known: Northbound | None = None,
    ) -> None:
        self.settings = settings
        self._heard, self._back = heard, back
        self._work: SimpleQueue[Work] = SimpleQueue()
        self._ended = Event()
        self._wake: int | None = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        """None: the thread has ended."""
        self._waking = Lock()
        self._known = known
        self._thread = Thread(target=self._run, name="vnetmgr-ovn", daemon=True)
        self._thread.start()

    def do(self, work: Work) -> None:
        """Have the thread do it, as soon as it is connected. What it raises is lost: whoever looks
        at everything finds what is left to do."""
        self._work.put(work)
        self._rouse()

    def close(self) -> None:
        """Hear no more. What is under way is still done."""
        self._ended.set()
        self._rouse()

    def _rouse(self) -> None:
        with self._waking:  # or its number may be another file's by now
            if self._wake is not None:
                os.eventfd_write(self._wake, 1)

    def _run(self) -> None:
        wake = self._wake
        if wake is None:
            return
        try:
            self._listen(wake)
        finally:
            with self._waking:
                self._wake = None
                os.close(wake)

    def _listen(self, wake: int) -> None:
        delay_s = _FIRST_RETRY_S
        while not self._ended.is_set():
            try:
                with Database.connect(self.settings) as database:
                    delay_s = _FIRST_RETRY_S
                    self._serve(database, wake)
            except VnetError:  # whoever needs the database says so
                self._ended.wait(delay_s)
                delay_s = min(delay_s * 2, _LAST_RETRY_S)

    def _serve(self, database: Database, wake: int) -> None:
        self._tell(database.read())
        while not self._ended.is_set():
            if database.hear(wake):
                self._back()
            self._do_all(database)
            self._tell(database.last)

    def _do_all(self, database: Database) -> None:
        while True:
            try:
                work = self._work.get_nowait()
            except Empty:
                return
            try:
                work(database)
            except VnetError:
                if database.unusable is not None:
                    raise

    def _tell(self, now: Northbound) -> None:
        before, self._known = self._known, now
        if before is not None and before is not now:
            self._heard(before, now)
