"""What libvirt and programs were asked and have not answered yet.

No call may wait for ever: `--timeout` says how long nothing at all may be answered. It is no limit
to what a command takes in all. Threads that work for another count with it; what else this process
does, as a program that asks several hosts, does not.
"""

from __future__ import annotations

import threading
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, TypeVar

from vnetmgr.problem import OpenCall

if TYPE_CHECKING:
    from collections.abc import Callable
    from queue import SimpleQueue

    from vnetmgr.problem import Service

T = TypeVar("T")
DEFAULT_TIMEOUT_S = 45.0
BRIEF_S = 4.0
"""How long OVN's databases are waited for by whoever can do without: a cluster that has lost its
leader has another one within some three seconds."""
SLICE_S = 0.1
"""How long a thread waits at a time: a signal that comes just before it waits does not wake it."""
STILL_S = 1.0
"""Who waits looks every SLICE_S. If it is so much later, this process did not run meanwhile: ^Z, a
frozen container, a machine that was suspended. What came then has not been read yet."""


class OverdueError(Exception):
    """Nothing was answered for too long."""


class Question:
    """One call that is under way."""

    __slots__ = ("drop", "ends_by_itself", "of", "since", "timeout_s", "what")

    def __init__(
        self,
        what: Callable[[], str],
        drop: Callable[[], None] | None,
        *,
        ends_by_itself: bool,
        timeout_s: float,
        of: Service | None,
    ) -> None:
        self.what, self.of = what, of
        """What is asked, in words, and whom; None: libvirt, or a program."""
        self.drop = drop
        """To be called when nobody waits for the answer any more."""
        self.ends_by_itself = ends_by_itself
        """Whether who asked looks at the clock."""
        self.timeout_s = timeout_s
        """0: for ever."""
        self.since = monotonic()


class Work:
    """What a thread does, and those that work for it: one of them waits, and looks at the clock."""

    def __init__(self) -> None:
        self.open: dict[int, Question] = {}
        self.last = 0.0
        """When something was answered; or from when on it is waited for anew."""
        self.looked = 0.0
        """When somebody looked last at how long it may still take."""
        self.hurry = False
        """Whether what merely waits is to wait no longer."""


def _end_of(question: Question, of: Work) -> float:
    """Until when it is waited for."""
    if not question.timeout_s or question.ends_by_itself:
        return inf
    return max(of.last, question.since) + question.timeout_s


_local = threading.local()


def work() -> Work:
    """This thread's."""
    mine: Work | None = getattr(_local, "work", None)
    if mine is None:
        mine = _local.work = Work()
    return mine


def work_for(other: Work) -> None:
    """From now on this thread works for another, which waits for it."""
    _local.work, _local.helps = other, True


def helps() -> bool:
    """Whether this thread works for another."""
    return getattr(_local, "helps", False)


class _Answers:
    """The questions of a work."""

    def __init__(self) -> None:
        self.timeout_s = DEFAULT_TIMEOUT_S
        """Where a question has none of its own. 0: for ever."""

    def ask(
        self,
        what: Callable[[], str],
        drop: Callable[[], None] | None = None,
        *,
        ends_by_itself: bool = False,
        timeout_s: float | None = None,
        of: Service | None = None,
    ) -> Question:
        """A call begins."""
        limit = self.timeout_s if timeout_s is None else timeout_s
        question = Question(what, drop, ends_by_itself=ends_by_itself, timeout_s=limit, of=of)
        work().open[id(question)] = question
        return question

    def answered(self, question: Question) -> None:
        """It has returned, or is given up."""
        mine = work()
        mine.last = monotonic()
        mine.open.pop(id(question), None)

    def left_s(self) -> float:
        """How long the next answer may still take. The time in which this process stood still is
        no time that anybody had to answer in."""
        mine, now = work(), monotonic()
        if now - mine.looked > STILL_S:
            mine.last = now  # first, for those that look at the same moment
        mine.looked = now
        return min(
            (_end_of(each, mine) - now for each in list(mine.open.values())),
            default=inf,
        )

    def open_since(self, moment: float) -> bool:
        """Whether something that was asked before then is not answered yet."""
        return any(each.since <= moment for each in list(work().open.values()))

    def give_up(self) -> tuple[list[OpenCall], float]:
        """Wait for none of it any more: what was asked, and how long nothing may be answered."""
        mine, now = work(), monotonic()
        questions = list(mine.open.values())
        mine.open.clear()  # or who goes on with another connection would wait for them
        for each in questions:
            if each.drop is not None:
                each.drop()
        limits = [each.timeout_s for each in questions if each.timeout_s]
        calls = [
            OpenCall(each.what(), each.of, is_late=_end_of(each, mine) <= now) for each in questions
        ]
        return calls, min(limits, default=self.timeout_s)


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
