"""How who keeps several hosts is told to end, and to read its files again."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from vnetmgr.runtime.interrupts import ENDING, install

if TYPE_CHECKING:
    from types import FrameType, TracebackType


class Signals:
    """A context manager in which signals are only noted: whatever is under way goes on to its next
    wait, which ends at once. SIGHUP has the files read again."""

    def __init__(self) -> None:
        self.ended: signal.Signals | None = None
        """The first one that is to end it."""
        self.times = 0
        """How often somebody has wanted that."""
        self.reload = False
        self._before: dict[signal.Signals, signal._HANDLER] = {}

    def __enter__(self) -> Self:
        self.descriptor, self._wakes = os.pipe()
        for end in (self.descriptor, self._wakes):
            os.set_blocking(end, False)
        self._woken = signal.set_wakeup_fd(self._wakes, warn_on_full_buffer=False)
        for number in ENDING:
            if signal.getsignal(number) is not signal.SIG_IGN:  # as by nohup
                heed = self._hang_up if number is signal.SIGHUP else self._end
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
        signal.set_wakeup_fd(self._woken)
        os.close(self.descriptor)
        os.close(self._wakes)

    def heard(self) -> None:
        """A wait has ended by them, perhaps."""
        with suppress(BlockingIOError):
            os.read(self.descriptor, 4096)

    def in_a_child(self) -> None:
        """In a process that was made meanwhile signals are its own, as in every command. Raises
        KeyboardInterrupt for one that has come already."""
        signal.set_wakeup_fd(-1)
        install()
        os.close(self.descriptor)
        os.close(self._wakes)
        if self.times:
            raise KeyboardInterrupt

    def _end(self, number: int, frame: FrameType | None) -> None:
        del frame
        self.ended = self.ended or signal.Signals(number)
        self.times += 1

    def _hang_up(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self.reload = True
