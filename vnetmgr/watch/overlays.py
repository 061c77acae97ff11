"""OVN's side of a host that is watched: what others change there is heard, and the ports of guests
that migrate are told at once. Nothing of it is begun before an overlay has been looked at.
"""

from __future__ import annotations

import time
from math import inf
from typing import TYPE_CHECKING

from vnetmgr.errors import VnetError
from vnetmgr.model.overlay.settings import DEFAULT_FLEET
from vnetmgr.planner.restrict import Key
from vnetmgr.watch.migrations import Migrations

if TYPE_CHECKING:
    from collections.abc import Callable

    from vnetmgr.host.connect import Host
    from vnetmgr.host.events import Event
    from vnetmgr.model.desired import Desired
    from vnetmgr.model.overlay.northbound import Northbound
    from vnetmgr.ovn.database import Database
    from vnetmgr.ovn.listener import Listener

_SETTLED_S = 12.0
"""When a migration is looked at again, after the guest has begun to run where it is to stay: by
then nothing of it is needed any more."""
_TURN_S, _LAST_TURN_S = 0.5, 10.0
"""How long each host has to mend an overlay before the next one looks."""


class Overlays:
    """What is known of them between two passes."""

    def __init__(self, rouse: Callable[[], None]) -> None:
        """`rouse` wakes up whoever asks for what is touched; from any thread."""
        self._rouse = rouse
        self._migrations = Migrations()
        self._listener: Listener | None = None
        self._is_here = False
        """Whether the host is this machine."""
        self._heard: dict[Key, float] = {}
        """What others have changed, and when it is to be looked at. The listener adds to it."""
        self._is_back = False
        """Whether the database has come back; the listener says so."""
        self._freed: set[Key] = set()
        """Overlays whose names are free now. The listener adds to it."""
        self._settling: dict[Key, float] = {}
        """Domains that have just come, likewise; the thread of libvirt's events adds to it."""

    def follow(self, host: Host) -> None:
        """After a pass: hear the database that it has looked at, if it has."""
        from vnetmgr.engine.northbound import looked_at, seen_last

        settings = looked_at(host)
        if settings is None or (self._listener and self._listener.settings == settings):
            return
        try:
            from vnetmgr.ovn.listener import Listener
        except VnetError:  # what it takes is not installed, as the pass has said
            return
        self.close()
        name, self._is_here = host.name, host.is_local
        fleet = settings.fleet or DEFAULT_FLEET

        def heard(before: Northbound, after: Northbound) -> None:
            from vnetmgr.watch.northbound_changes import freed_by, touched_by

            self._freed |= freed_by(before, after, fleet)
            for key, turn in touched_by(before, after, name).items():
                at = time.monotonic() + min(turn * _TURN_S, _LAST_TURN_S)
                self._heard[key] = min(self._heard.get(key, inf), at)
                self._rouse()

        def back() -> None:
            self._is_back = True
            self._rouse()

        self._listener = Listener(settings, heard, back=back, known=seen_last(host))

    def close(self) -> None:
        """Hear no more."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def heed(self, event: Event) -> None:
        """An event of libvirt's: whoever it tells of waits for nothing that is done here. In the
        thread of libvirt's events."""
        happened, listener = self._migrations.heed(event), self._listener
        if happened is None or event.uuid is None:
            return
        if event.name is not None and happened in ("arrived", "stayed"):
            self._settling[Key("domain", event.name)] = time.monotonic() + _SETTLED_S
        if listener is not None:
            from vnetmgr.engine.migrating import tell_ports

            uuid, settings, is_here = event.uuid, listener.settings, self._is_here

            def tell(database: Database) -> None:
                tell_ports(database, settings, uuid, happened, is_here=is_here)

            listener.do(tell)

    @property
    def at(self) -> float:
        """When something is to be looked at."""
        return min((*self._heard.values(), *self._settling.values()), default=inf)

    def touched(self, desired: Desired, now: float) -> frozenset[Key]:
        """What is to be looked at by now, of a spec."""
        due: set[Key] = set()
        for known in (self._heard, self._settling):
            for key in [key for key, at in tuple(known.items()) if at <= now]:
                at = known.pop(key)
                if at > now:  # it has changed again meanwhile
                    known[key] = at
                due.add(key)
        return _of_spec(due, desired)

    def is_back(self) -> bool:
        """Whether the database is there that was not, since this was asked last."""
        back, self._is_back = self._is_back, False
        return back

    def freed(self, desired: Desired) -> frozenset[Key]:
        """What need not wait any longer, as nobody is in its way any more, of a spec."""
        return _of_spec({self._freed.pop() for _ in range(len(self._freed))}, desired)


def _of_spec(keys: set[Key], desired: Desired) -> frozenset[Key]:
    named = {want.name for want in desired.networks}
    return frozenset(key for key in keys if key.kind != "network" or key.name in named)
