"""Pure: what libvirt's events tell of guests that migrate to this host, or from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from vnetmgr.host.events import Event
    from vnetmgr.planner.overlays.migrations import Happened

_ENDED = frozenset({"stopped", "crashed"})


class Migrations:
    """Which of the two hosts this is to each guest that is under way."""

    def __init__(self) -> None:
        self._sides: dict[str, Literal["source", "target"]] = {}

    def heed(self, event: Event) -> Happened | None:
        """What an event says of one; None: nothing."""
        if event.uuid is None:
            return None
        if not event.by_migration:
            if event.what in _ENDED:
                self._sides.pop(event.uuid, None)  # as it came, or before it went
            return None
        match event.what:
            case "started":
                self._sides[event.uuid] = "target"
                return "coming"
            case "suspended":
                self._sides[event.uuid] = "source"
                return "leaving"
            case "resumed":
                # Who began to watch in between knows neither.
                side = self._sides.pop(event.uuid, None)
                return None if side is None else "arrived" if side == "target" else "stayed"
            case "stopped":
                self._sides.pop(event.uuid, None)
                return "left"
        return None
