"""What libvirt and programs were asked and have not answered yet, in this whole process.

No call may wait for ever: `--timeout` says how long nothing at all may be answered. It is no limit
to what a command takes in all.
"""

from __future__ import annotations

from math import inf
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from queue import SimpleQueue

T = TypeVar("T")
DEFAULT_TIMEOUT_S = 45.0
SLICE_S = 0.1
"""How long a thread waits at a time: a signal that comes just before it waits does not wake it."""


class OverdueError(Exception):
    """Nothing was answered for too long."""


class Question:
    """One call that is under way."""

    __slots__ = ("drop", "ends_by_itself", "since", "what")

    def __init__(
        self, what: Callable[[], str], drop: Callable[[], None] | None, *, ends_by_itself: bool
    ) -> None:
        self.what = what
        """What is asked, in words."""
        self.drop = drop
        """To be called when nobody waits for the answer any more."""
        self.ends_by_itself = ends_by_itself
        """Whether who asked looks at the clock."""
        self.since = monotonic()


class _Answers:
    """All questions of all threads."""

    def __init__(self) -> None:
        self.timeout_s = DEFAULT_TIMEOUT_S
        """0: for ever."""
        self._open: dict[int, Question] = {}
        self._last = 0.0

    def ask(
        self,
        what: Callable[[], str],
        drop: Callable[[], None] | None = None,
        *,
        ends_by_itself: bool = False,
    ) -> Question:
        """A call begins."""
        question = Question(what, drop, ends_by_itself=ends_by_itself)
        self._open[id(question)] = question
        return question

    def answered(self, question: Question) -> None:
        """It has returned, or is given up."""
        self._last = monotonic()
        self._open.pop(id(question), None)

    def left_s(self) -> float:
        """How long the next answer may still take."""
        since = [each.since for each in list(self._open.values()) if not each.ends_by_itself]
        if not since or not self.timeout_s:
            return inf
        return max(self._last, min(since)) + self.timeout_s - monotonic()

    def open_since(self, moment: float) -> bool:
        """Whether something that was asked before then is not answered yet."""
        return any(each.since <= moment for each in list(self._open.values()))

    def give_up(self) -> list[str]:
        """Wait for none of it any more: what was asked."""
        questions = list(self._open.values())
        for each in questions:
            if each.drop is not None:
                each.drop()
        return [each.what() for each in questions]


ANSWERS = _Answers()


def next_of(queue: SimpleQueue[T]) -> T:
    """The next thing from a queue that threads with questions fill. Raises OverdueError."""
    found = next_until(queue, inf)
    if found is None:
        raise OverdueError
    return found


def next_until(queue: SimpleQueue[T], until: float) -> T | None:
    """The same; None when nothing has come until then."""
    from queue import Empty

    while True:
        end = min(ANSWERS.left_s(), until - monotonic(), SLICE_S)
        try:
            return queue.get(timeout=max(0.0, end))
        except Empty:
            if monotonic() >= until:
                return None
            if ANSWERS.left_s() <= 0:
                raise OverdueError from None
