"""How a daemon is told to end, and to read its spec again."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Self

from vnetmgr.runtime.interrupts import tell

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType

_ENDING = (signal.SIGTERM, signal.SIGINT)


class EndedError(KeyboardInterrupt):
    """Somebody wants the daemon to end: raised where nothing is half done."""


class Signals:
    """A context manager in which SIGTERM and SIGINT end what can be left at once, and wait for
    the step under way where something is written (`busy`); a second one waits for nothing.
    SIGHUP is noted, and told by `wake`.
    """

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._before: dict[signal.Signals, signal._HANDLER] = {}
        self.busy = False
        self.reload = False
        self.ended: signal.Signals | None = None
        """The signal that ends the daemon."""

    def __enter__(self) -> Self:
        for number, handler in (
            *((each, self._end) for each in _ENDING),
            (signal.SIGHUP, self._hang_up),
        ):
            if signal.getsignal(number) is not signal.SIG_IGN:  # as by nohup
                self._before[number] = signal.signal(number, handler)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def checkpoint(self) -> None:
        """Between two steps. Raises EndedError."""
        if self.ended is not None:
            raise EndedError

    def _end(self, number: int, frame: FrameType | None) -> None:
        del frame
        again = self.ended is not None
        self.ended = self.ended or signal.Signals(number)
        if self.busy and tell(undo=False):
            return  # who writes has been told, and stops at the second
        if again or not self.busy:
            raise EndedError

    def _hang_up(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self.reload = True
        self._wake()
