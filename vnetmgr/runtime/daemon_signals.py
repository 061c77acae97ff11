"""How what runs until somebody ends it is told to end, and to read its files again."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import FrameType, TracebackType


class DaemonSignals:
    """A context manager in which SIGTERM and SIGINT are noted as the wish for an end, and SIGHUP as
    the one to read files again; those that are ignored, as by nohup, stay so."""

    def __init__(self) -> None:
        self.ended: signal.Signals | None = None
        """The first one that is to end it."""
        self.reload = False
        self._before: dict[signal.Signals, signal._HANDLER] = {}

    def __enter__(self) -> Self:
        for number, heed in (
            (signal.SIGTERM, self._end),
            (signal.SIGINT, self._end),
            (signal.SIGHUP, self._hang_up),
        ):
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, heed)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _end(self, number: int, frame: FrameType | None) -> None:
        del frame
        self.ended = self.ended or signal.Signals(number)

    def _hang_up(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self.reload = True
