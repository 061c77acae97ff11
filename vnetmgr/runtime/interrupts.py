"""SIGINT, SIGTERM and SIGHUP: all three end a command, with exit code 130.

Where nothing is written they end it at once, as KeyboardInterrupt. Where something is written
they are only told to who listens: what is under way is not left half done.
"""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager
from threading import current_thread, main_thread
from typing import TYPE_CHECKING, ClassVar

from vnetmgr.runtime.answers import work

if TYPE_CHECKING:
    from collections.abc import Iterator
    from queue import SimpleQueue
    from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PATIENCE_S = 1.0
_SOON_S = 0.01


class Interrupted(KeyboardInterrupt):
    """Somebody ended the command; `lines` say what became of what was under way."""

    def __init__(self, *lines: str) -> None:
        super().__init__(*lines)
        self.lines = lines


class Asked:
    """Somebody wants an end."""

    def __init__(self, *, undo: bool) -> None:
        self.undo = undo
        """Whether what is under way is to be taken back, and not to be brought to its end."""


class _State:
    listeners: ClassVar[list[SimpleQueue[Asked]]] = []
    seen: int | None = None
    held = False
    waits = False
    over = False


def install() -> None:
    """Heed the signals from now on; those that are ignored, as by nohup, stay so."""
    _State.over = False
    sys.unraisablehook = _heed_again
    for number in ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _heed)


def forked() -> None:
    """This is a new process, of which nobody has wanted an end yet; who listens does so in the
    other."""
    _State.listeners.clear()
    _State.seen, _State.held, _State.waits = None, False, False
    install()


def _heed(number: int, frame: FrameType | None) -> None:
    del frame
    again = number == signal.SIGALRM
    if not again:
        _State.seen = number
    if _State.over or tell(undo=True):
        return
    if not _State.held or (_State.waits and again):
        raise KeyboardInterrupt
    if not _State.waits:
        _State.waits = True
        _come_again(_PATIENCE_S)


def _come_again(after_s: float) -> None:
    signal.signal(signal.SIGALRM, _heed)
    signal.setitimer(signal.ITIMER_REAL, after_s)


def _heed_again(ignored: sys.UnraisableHookArgs) -> None:
    """A signal that comes while Python frees an object (libvirt-python's have a `__del__`, imports
    let go of locks) would be printed and forgotten: raise it once more, where it counts."""
    if issubclass(ignored.exc_type, KeyboardInterrupt):
        _come_again(_SOON_S)  # at once would be still in here, and forgotten too
    else:
        sys.__unraisablehook__(ignored)


@contextmanager
def later() -> Iterator[None]:
    """A signal waits for the end of what is short, such as writing a document; where that blocks,
    since nobody reads, not for long."""
    outer, _State.held = _State.held, True
    try:
        yield
    finally:
        _State.held = outer
        waited = _State.waits and not outer
        if waited:
            _State.waits = False
            signal.setitimer(signal.ITIMER_REAL, 0)
    if waited and not _State.over:
        raise KeyboardInterrupt


def no_more() -> None:
    """It has been said what the program ends with: signals change nothing about it."""
    _State.over = True


def seen() -> int | None:
    """The last signal that has come."""
    return _State.seen


def tell(*, undo: bool) -> bool:
    """Tell those who listen, from a signal's handler; False: nobody does."""
    for listener in _State.listeners:
        listener.put(Asked(undo=undo))  # a SimpleQueue's put may interrupt its get
    return bool(_State.listeners)


@contextmanager
def listening(listener: SimpleQueue[Asked]) -> Iterator[None]:
    """Signals are only told to this queue meanwhile, and to those of other threads."""
    _State.listeners.append(listener)
    try:
        yield
    finally:
        _State.listeners.remove(listener)
        work().hurry = False


@contextmanager
def told_alone(listener: SimpleQueue[Asked]) -> Iterator[None]:
    """The same in a program that has not installed our handlers: its ^C would come between any two
    steps, and one of them may be the one that knows of a process."""
    ours = signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    with listening(listener):
        if ours or current_thread() is not main_thread():
            yield
            return
        signal.signal(signal.SIGINT, lambda *_: tell(undo=True))
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, signal.default_int_handler)


def hurry(*, on: bool) -> None:
    """Whether what merely waits (for a guest to let go of a device) is to wait no longer."""
    work().hurry = on


def in_a_hurry() -> bool:
    """Whether somebody wants an end, and nothing is being taken back."""
    return work().hurry
