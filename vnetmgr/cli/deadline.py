"""An end to a command that takes too long."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

from vnetmgr.errors import VnetError

if TYPE_CHECKING:
    from collections.abc import Iterator


class _LateError(KeyboardInterrupt):
    """An interrupt by the clock: what is under way is undone as for Ctrl-C."""


@contextmanager
def deadline(seconds: float | None) -> Iterator[None]:
    """Interrupt what is inside after so many seconds, and raise VnetError; None: never."""
    if not seconds:
        yield
        return

    def late(*_: object) -> NoReturn:
        raise _LateError

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except _LateError:
        raise VnetError(
            f"not done within {seconds:g} s; what was under way is undone",
            "the next run goes on from what is there",
        ) from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
