"""The watches of several hosts: each in a process of its own, here or there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import VnetError
from vnetmgr.problem import About
from vnetmgr.watch.settled import POLL_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetmgr.fleet.hosts import ManagedHost
    from vnetmgr.fleet.running import Running
    from vnetmgr.fleet.task import Task
    from vnetmgr.fleet.watching.signals import Signals
    from vnetmgr.fleet.workers import Ended, Said, Workers


class Crew:
    """Who starts them, and hears them."""

    def __init__(self, workers: Workers, task: Task, signals: Signals) -> None:
        self._workers, self._task, self._signals = workers, task, signals

    def start(self, host: ManagedHost) -> Running:
        """A watch of a host. Raises VnetError."""
        try:
            return self._workers.start(host, self._task)
        except OSError as error:
            text = f"host {host.name}: no watch can be started: {error.strerror}"
            raise VnetError(text, about=About("host", host.name)) from None

    def wait(self, seconds: float) -> Sequence[Said | Ended]:
        """Until something happens, a signal among it, or so long at most."""
        found = self._workers.wait(min(seconds, POLL_S), also=(self._signals.descriptor,))
        self._signals.heard()
        return found
