"""Work on independent things side by side, in a way that somebody can end."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from queue import SimpleQueue

    from vnetmgr.engine.supervised import Stop

T = TypeVar("T")

# libvirtd works on max_client_requests (5) calls of one connection at a time; one more keeps it
# supplied.
_THREADS = 6


def side_by_side(work: Callable[[T], None], items: Sequence[T], *, stop: Stop) -> None:
    """Work on all items, several at a time; the first error is raised when all have ended.

    What is under way ends as soon as it looks at `stop`, and then no other is begun.
    """
    from queue import SimpleQueue  # few commands have so much to do
    from threading import Thread

    todo: SimpleQueue[T] = SimpleQueue()
    for item in items:
        todo.put(item)
    ended: SimpleQueue[BaseException | None] = SimpleQueue()
    threads = min(_THREADS, len(items))
    for _ in range(threads):
        arguments = (work, todo, ended, stop)
        Thread(target=_serve, args=arguments, daemon=True, name="apply").start()
    errors = [error for _ in range(threads) if (error := ended.get()) is not None]
    if errors:
        raise errors[0]


def _serve(
    work: Callable[[T], None],
    todo: SimpleQueue[T],
    ended: SimpleQueue[BaseException | None],
    stop: Stop,
) -> None:
    """What each thread does."""
    from queue import Empty

    error: BaseException | None = None
    try:
        while not stop.interrupted:
            work(todo.get_nowait())
    except Empty:
        pass
    except BaseException as raised:
        error = raised
        stop.interrupted |= isinstance(raised, KeyboardInterrupt)
    ended.put(error)
