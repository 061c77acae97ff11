"""Hears of what others change in the northbound database, in a thread with a connection of its
own."""

from __future__ import annotations

import threading
from time import monotonic
from typing import TYPE_CHECKING

from vnetmgr.errors import VnetError
from vnetmgr.ovn.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable

    from vnetmgr.model.overlay.northbound import Northbound
    from vnetmgr.model.overlay.settings import OvnSettings

_TURN_S = 0.5
_QUIET_S = 0.02
"""What comes at once is told of at once."""
_LOST_S = 3.0
"""For how long it may be away without a word: a leader changes, a server starts anew."""
_FIRST_S, _LAST_S = 0.25, 15.0


class Listener:
    """Calls back with what the database has, at first and whenever it has changed; and with why it
    does not, when it has gone for a while. It connects again by itself.

        listener = Listener(OvnSettings(northbound=at), queue.put)
        ...
        listener.close()

    The callback is called in the listener's thread. nb_cfg and what the hosts have followed is no
    change.
    """

    def __init__(
        self, settings: OvnSettings, heard: Callable[[Northbound | VnetError], None]
    ) -> None:
        self._settings, self._heard = settings, heard
        self._ended = threading.Event()
        self._database: Database | None = None
        self._thread = threading.Thread(target=self._run, daemon=True, name="ovn-events")
        self._thread.start()

    def close(self) -> None:
        """Hear of nothing more; the thread is over."""
        self._ended.set()
        if self._database is not None:
            self._database.give_up()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        delay_s, told = _FIRST_S, False
        while not self._ended.is_set():
            try:
                self._database = Database.connect(self._settings)
                delay_s, told = _FIRST_S, False
                self._listen(self._database)
            except VnetError as error:
                if not (told or self._ended.is_set()):
                    self._heard(error)
                told = True
            finally:
                if self._database is not None:
                    self._database.close()
                    self._database = None
            self._ended.wait(delay_s)
            delay_s = min(2 * delay_s, _LAST_S)

    def _listen(self, database: Database) -> None:
        """Raises VnetError."""
        self._heard(database.read())
        away_since: float | None = None
        told = False
        while not self._ended.is_set():
            changed = database.wait_for_change(_TURN_S)
            if not database.connected:
                away_since = away_since or monotonic()
                if not told and monotonic() >= away_since + _LOST_S:
                    self._heard(database.lost())
                    told = True
                continue
            back, away_since, told = told, None, False
            if changed or back:
                database.wait_for_change(_QUIET_S)
                self._heard(database.held())
