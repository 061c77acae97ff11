"""How who keeps several hosts is told to end, and to read its files again."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from vnetmgr.runtime.daemon_signals import DaemonSignals
from vnetmgr.runtime.interrupts import install

if TYPE_CHECKING:
    from types import FrameType, TracebackType


class Signals(DaemonSignals):
    """Signals are only noted: whatever is under way goes on to its next wait, which ends at once:
    it also waits for `descriptor`."""

    def __init__(self) -> None:
        super().__init__()
        self.times = 0
        """How often somebody has wanted an end."""

    def __enter__(self) -> Self:
        self.descriptor, self._wakes = os.pipe()
        for end in (self.descriptor, self._wakes):
            os.set_blocking(end, False)
        self._woken = signal.set_wakeup_fd(self._wakes, warn_on_full_buffer=False)
        return super().__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, trace)
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
        super()._end(number, frame)
        self.times += 1
