"""Work that must not be left half done, in a thread of its own, while this one waits for it.

Python runs signals' handlers in the main thread, between bytecodes: inside a libvirt call none
would run, and an exception that it raises could come between any two of them. So the work goes on
in another thread, which looks between its calls whether somebody wants an end; this thread waits
for it, for signals, and for the clock.
"""

from __future__ import annotations

from math import inf
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING, TypeAlias

from vnetmgr.runtime.answers import ANSWERS, SLICE_S, Work, work_for
from vnetmgr.runtime.answers import work as own_work
from vnetmgr.runtime.interrupts import Asked, Interrupted, hurry, listening

if TYPE_CHECKING:
    from collections.abc import Callable

CALL_S = 10.0
"""How long a call that is under way when somebody wants an end may still take."""
_SLACK_S = 1.0
"""Who waits in the other thread notices first that nothing is answered, and says it better."""
_Message: TypeAlias = "Asked | _Ended"


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

    def __init__(self, open_calls: list[str], limit_s: float, *, interrupted: bool) -> None:
        super().__init__(*open_calls)
        self.open_calls, self.limit_s = open_calls, limit_s
        self.interrupted = interrupted


class _Ended:
    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def supervised(work: Callable[[], None], stop: Stop) -> None:
    """Do it. Raises what it raises; GivenUpError when libvirt does not answer, when a call is not
    over soon after the first signal, or at the second; Interrupted when a signal came too late."""
    messages: SimpleQueue[_Message] = SimpleQueue()
    asked_at = inf
    with listening(messages):  # type: ignore[arg-type]  # it takes them, and others
        arguments = (own_work(), work, messages)
        Thread(target=_run, args=arguments, daemon=True, name="apply").start()
        while not isinstance(message := _next(messages), _Ended):
            if message is not None:
                if asked_at != inf:
                    raise _give_up(stop, interrupted=True)
                asked_at = monotonic()
                if message.undo:
                    stop.interrupted = True
                    hurry(on=not stop.undoing)
            if monotonic() >= asked_at + CALL_S and ANSWERS.open_since(asked_at):
                raise _give_up(stop, interrupted=True)
            if ANSWERS.left_s() + _SLACK_S <= 0:
                raise _give_up(stop, interrupted=asked_at != inf)
    try:
        if message.error is not None:
            raise message.error
    finally:
        del message  # its traceback has this frame: a cycle that keeps a connection open
    while not messages.empty():
        late = messages.get()
        if isinstance(late, Asked) and late.undo:
            raise Interrupted


def _next(messages: SimpleQueue[_Message]) -> _Message | None:
    """What happens next; None when it is time to look at the clock."""
    try:
        return messages.get(timeout=SLICE_S)
    except Empty:
        return None
    except KeyboardInterrupt:  # in a program that has not installed our handlers
        return Asked(undo=True)


def _give_up(stop: Stop, *, interrupted: bool) -> GivenUpError:
    stop.left = True
    return GivenUpError(*ANSWERS.give_up(), interrupted=interrupted)


def _run(whose: Work, work: Callable[[], None], messages: SimpleQueue[_Message]) -> None:
    work_for(whose)
    error: BaseException | None = None
    try:
        work()
    except BaseException as raised:
        error = raised
    messages.put(_Ended(error))
