"""Work on independent things side by side, in a way that Ctrl-C can end."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from queue import SimpleQueue

T = TypeVar("T")

# libvirtd works on max_client_requests (5) calls of one connection at a time; one more keeps it
# supplied.
_THREADS = 6


class Stop:
    """Why nothing more is begun: libvirt is gone, or the user interrupts."""

    lost = False
    interrupted = False


def side_by_side(work: Callable[[T], None], items: Sequence[T], *, stop: Stop) -> None:
    """Work on all items, several at a time; the first error is raised when all have ended.

    A Ctrl-C, which only this thread gets, is passed on by `stop`: each item under way ends as
    soon as it looks there, and the others are not begun.
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
    errors: list[BaseException] = []
    while threads:
        try:
            error = ended.get()
        except KeyboardInterrupt as interrupt:
            if stop.interrupted:
                raise  # twice: the user waits no longer
            stop.interrupted = True
            errors.insert(0, interrupt)
            continue
        threads -= 1
        errors += [error] if error is not None else []
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
    ended.put(error)
