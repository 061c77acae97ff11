"""Work on independent things side by side: the one pool of threads."""

from __future__ import annotations

from collections import deque
from threading import Thread
from typing import TYPE_CHECKING, Generic, TypeVar

from vnetmgr.runtime.answers import Work, work_for
from vnetmgr.runtime.answers import work as own_work

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from queue import SimpleQueue

R = TypeVar("R")
T = TypeVar("T")

CALLS_AT_ONCE = 5
"""libvirtd's max_client_requests: it works on so many calls of one connection at a time."""
THREADS = CALLS_AT_ONCE + 1
"""One more keeps it supplied."""


class Pool(Generic[T, R]):
    """Threads that work on all items; they do not hold up the end of the process."""

    def __init__(
        self, work: Callable[[T], R], items: Sequence[T], *, threads: int = THREADS
    ) -> None:
        from queue import SimpleQueue

        self._todo = deque(items)
        self.done: SimpleQueue[tuple[T, R | None, BaseException | None]] = SimpleQueue()
        """Each item with what came of it, or with the error."""
        for _ in range(min(threads, len(items))):
            arguments = (own_work(), work, self._todo, self.done)
            Thread(target=_work_off, args=arguments, daemon=True, name="pool").start()

    def drop(self) -> None:
        """Begin nothing more."""
        self._todo.clear()


def _work_off(
    whose: Work,
    work: Callable[[T], R],
    todo: deque[T],
    done: SimpleQueue[tuple[T, R | None, BaseException | None]],
) -> None:
    work_for(whose)
    while True:
        try:
            item = todo.popleft()
        except IndexError:
            return
        try:
            done.put((item, work(item), None))
        except BaseException as error:
            done.put((item, None, error))
