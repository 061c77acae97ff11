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
_HEARD_S = 0.5
"""By when a pass's own writes have been heard."""


class Overlays:
    """What is known of them between two passes."""

    def __init__(self, rouse: Callable[[], None]) -> None:
        """`rouse` wakes up whoever asks for what is touched; from any thread."""
        self._rouse = rouse
        self._migrations = Migrations()
        self._listener: Listener | None = None
        self._name = ""
        """The host's."""
        self._is_here = False
        """Whether the host is this machine."""
        self._heard: dict[Key, float] = {}
        """What others have changed, and when it is to be looked at. The listener adds to it."""
        self._now: Northbound | None = None
        """What the listener has heard last."""
        self._seen: Northbound | None = None
        """What the last pass has seen or made."""
        self._compare_at = inf
        """When these two are compared: of what is made and taken away at once, or while nobody
        hears it, nothing is told."""
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
        if settings is None:
            return
        self._note_seen(seen_last(host))
        if self._listener and self._listener.settings == settings:
            return
        try:
            from vnetmgr.ovn.listener import Listener
        except VnetError:  # what it takes is not installed, as the pass has said
            return
        self.close()
        self._name, self._is_here = host.name, host.is_local
        fleet = settings.fleet or DEFAULT_FLEET

        def heard(before: Northbound, after: Northbound) -> None:
            from vnetmgr.watch.northbound_changes import freed_by

            self._now = after
            self._freed |= freed_by(before, after, fleet)
            if self._differ(before, after):
                self._rouse()

        def back() -> None:
            self._is_back = True
            self._compare_at = min(self._compare_at, time.monotonic() + _HEARD_S)
            self._rouse()

        self._listener = Listener(settings, heard, back=back, known=self._seen)

    def _note_seen(self, seen: Northbound | None) -> None:
        if seen is not None and seen is not self._seen:
            self._seen, self._compare_at = seen, time.monotonic() + _HEARD_S

    def _differ(self, before: Northbound, after: Northbound) -> bool:
        """Whether something is to be looked at that differs; it is noted, with its turn."""
        from vnetmgr.watch.northbound_changes import touched_by

        found = touched_by(before, after, self._name)
        for key, turn in found.items():
            at = time.monotonic() + min(turn * _TURN_S, _LAST_TURN_S)
            self._heard[key] = min(self._heard.get(key, inf), at)
        return bool(found)

    def close(self) -> None:
        """Hear no more."""
        if self._listener is not None:
            self._listener.close()
            self._listener = self._now = None

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
        return min((*self._heard.values(), *self._settling.values(), self._compare_at))

    def touched(self, desired: Desired, now: float) -> frozenset[Key]:
        """What is to be looked at by now, of a spec."""
        if self._compare_at <= now:
            self._compare_at = inf
            if self._seen is not None and self._now is not None:
                self._differ(self._seen, self._now)
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
