"""How a daemon is told to end, and to read its spec again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.runtime.daemon_signals import DaemonSignals
from vnetmgr.runtime.interrupts import tell

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType


class EndedError(KeyboardInterrupt):
    """Somebody wants the daemon to end: raised where nothing is half done."""


class Signals(DaemonSignals):
    """SIGTERM and SIGINT end what can be left at once, and wait for the step under way where
    something is written (`busy`); a second one waits for nothing. SIGHUP is told by `wake`.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        super().__init__()
        self._wake = wake
        self.busy = False

    def checkpoint(self) -> None:
        """Between two steps. Raises EndedError."""
        if self.ended is not None:
            raise EndedError

    def _end(self, number: int, frame: FrameType | None) -> None:
        again = self.ended is not None
        super()._end(number, frame)
        if self.busy and tell(undo=False):
            return  # who writes has been told, and stops at the second
        if again or not self.busy:
            raise EndedError

    def _hang_up(self, number: int, frame: FrameType | None) -> None:
        super()._hang_up(number, frame)
        self._wake()
