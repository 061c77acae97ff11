"""doctor's looks at a host, one after another in a thread and over a connection of its own: nobody
who asks for metrics waits for one, or sets one off."""

from __future__ import annotations

from threading import Thread
from time import monotonic, sleep, time
from typing import TYPE_CHECKING

from vnetmgr.doctor.observe import observe_paths
from vnetmgr.doctor.walk import walk
from vnetmgr.errors import VnetError
from vnetmgr.metrics.facts import Examined

if TYPE_CHECKING:
    from collections.abc import Callable

    from vnetmgr.host.connect import Host


class Rounds:
    """A look every `interval_s`, until the process ends."""

    def __init__(self, open_host: Callable[[], Host], *, interval_s: float) -> None:
        self._open_host, self._interval_s = open_host, interval_s
        self.latest: Examined | None = None
        """What the last one has found; None: it has not ended yet."""

    def start(self) -> None:
        """Begin."""
        Thread(target=self._go, daemon=True, name="doctor").start()

    def _go(self) -> None:
        while True:
            self.latest = self.look()
            sleep(self._interval_s)

    def look(self) -> Examined:
        """One look at everything."""
        began = monotonic()
        findings = None
        try:
            with self._open_host() as host:
                paths = walk(observe_paths(host, ()))
                findings = tuple(each for path in paths for each in path.findings)
        except VnetError:
            pass  # that libvirt does not answer is said by who asks for metrics
        return Examined(
            ended_s=time(),
            duration_s=monotonic() - began,
            success=findings is not None,
            findings=findings or (),
        )
