"""Work that must not be left half done, in a thread of its own, while this one waits for it.

Python runs signals' handlers in the main thread, between bytecodes: inside a libvirt call none
would run, and an exception that it raises could come between any two of them. So the work goes on
in another thread, which looks between its calls whether somebody wants an end; this thread waits
for it, for signals, and for the clock.
"""

from __future__ import annotations

from functools import partial
from math import inf
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from vnetmgr.runtime.answers import ANSWERS, SLICE_S, Work, work_for
from vnetmgr.runtime.answers import work as own_work
from vnetmgr.runtime.interrupts import Asked, Interrupted, hurry, listening

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vnetmgr.problem import OpenCall

CALL_S = 10.0
"""How long a call that is under way when somebody wants an end may still take."""
_SLACK_S = 1.0
"""Who waits in the other thread notices first that nothing is answered, and says it better."""


class Stop:
    """Why nothing more is begun."""

    lost = False
    """libvirt is gone."""
    interrupted = False
    """Somebody wants an end: what is under way is taken back."""
    undoing = False
    """Something is being taken back."""
    left = False
    """Nobody waits for this any more: a call that returns now is the last."""
    asked_at = inf
    """When somebody wanted an end first."""

    def look(self) -> None:
        """Between two calls. Raises LeftError, Interrupted."""
        if self.left:
            raise LeftError
        if self.interrupted:
            raise Interrupted


class LeftError(BaseException):
    """Ends work that nobody waits for."""


class GivenUpError(Exception):
    """The work goes on, perhaps, and nobody waits for it. `open_calls`: what was not answered, for
    `limit_s` if that is why."""

    def __init__(self, open_calls: list[OpenCall], limit_s: float, *, interrupted: bool) -> None:
        super().__init__(*open_calls)
        self.open_calls, self.limit_s = open_calls, limit_s
        self.interrupted = interrupted


class _Ended(NamedTuple):
    """The work is over."""

    error: BaseException | None


def supervised(work: Callable[[], None], stop: Stop) -> None:
    """Do it. Raises what it raises; GivenUpError when libvirt does not answer, when a call is not
    over soon after the first signal, or at the second; Interrupted when a signal came too late."""
    messages: SimpleQueue[Asked | None] = SimpleQueue()
    ended: list[_Ended] = []
    todo: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
    with listening(messages):  # type: ignore[arg-type]  # it takes them, and None
        try:
            run = partial(_run, own_work(), todo, ended, messages)
            Thread(target=run, daemon=True, name="apply").start()
            _wait(partial(todo.put, work), messages, ended, stop)
        except KeyboardInterrupt:  # before it waits; nothing has begun
            todo.put(None)
            raise
    try:
        if ended[0].error is not None:
            raise ended[0].error
    finally:
        ended.clear()  # its traceback has this frame: a cycle that keeps a connection open
    while not messages.empty():
        late = messages.get()
        if late is not None and late.undo:
            raise Interrupted


def _wait(
    begin: Callable[[], None],
    messages: SimpleQueue[Asked | None],
    ended: Sequence[_Ended],
    stop: Stop,
) -> None:
    """Let it begin, and wait until it is over. Raises GivenUpError."""
    while not ended:
        try:
            begin()  # once more has no effect
            _watch(messages, ended, stop)
        except KeyboardInterrupt:
            # In a program that has not installed our handlers, between any two steps of this one.
            messages.put(Asked(undo=True))


def _watch(messages: SimpleQueue[Asked | None], ended: Sequence[_Ended], stop: Stop) -> None:
    while not ended:
        try:
            message = messages.get(timeout=SLICE_S)
        except Empty:
            message = None
        if message is not None:
            if stop.asked_at != inf:
                raise _give_up(stop, interrupted=True)
            stop.asked_at = monotonic()
            if message.undo:
                stop.interrupted = True
                hurry(on=not stop.undoing)
        if monotonic() >= stop.asked_at + CALL_S and ANSWERS.open_since(stop.asked_at):
            raise _give_up(stop, interrupted=True)
        if ANSWERS.left_s() + _SLACK_S <= 0:
            raise _give_up(stop, interrupted=stop.asked_at != inf)


def _give_up(stop: Stop, *, interrupted: bool) -> GivenUpError:
    stop.left = True
    return GivenUpError(*ANSWERS.give_up(), interrupted=interrupted)


def _run(
    whose: Work,
    todo: SimpleQueue[Callable[[], None] | None],
    ended: list[_Ended],
    messages: SimpleQueue[Asked | None],
) -> None:
    if (work := todo.get()) is None:
        return
    work_for(whose)
    error: BaseException | None = None
    try:
        work()
    except BaseException as raised:
        error = raised
    ended.append(_Ended(error))
    messages.put(None)  # which wakes who waits
