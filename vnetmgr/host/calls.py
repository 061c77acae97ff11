"""The one door to libvirt: every call is traced, interruptible, and fails with our errors."""

from __future__ import annotations

import threading
from functools import partial
from math import inf
from os import getpid
from time import monotonic
from typing import TYPE_CHECKING, ParamSpec, Self, TypeVar

import libvirt

from vnetmgr.errors import ConnectionLostError, UsageError, VnetError, no_answer
from vnetmgr.problem import OpenCall
from vnetmgr.runtime.answers import ANSWERS, OverdueError, helps, next_of, next_until, work_for
from vnetmgr.runtime.answers import work as own_work

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from queue import SimpleQueue

    from vnetmgr.problem import About
    from vnetmgr.runtime.answers import Work

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


def silence() -> None:
    """Keep libvirt from printing each error itself; every one is raised as well."""
    libvirt.registerErrorHandler(lambda _context, _error: None, None)


class _Worker:
    """A thread that makes calls on behalf of another.

    Python runs signal handlers in the main thread, between bytecodes: while that thread is
    inside a libvirt call, Ctrl-C does nothing until the call returns, which a hung daemon
    never lets it do. Waiting for another thread, on the other hand, is interruptible, and can look
    at the clock. Daemonic: an abandoned call does not hold up the end of the process.
    """

    def __init__(self) -> None:
        from queue import SimpleQueue

        self._todo: SimpleQueue[tuple[Work, Callable[[], object]] | None] = SimpleQueue()
        self._done: SimpleQueue[tuple[object, BaseException | None]] = SimpleQueue()
        threading.Thread(target=self._serve, daemon=True, name="libvirt").start()

    def _serve(self) -> None:
        while (given := self._todo.get()) is not None:
            whose, work = given
            work_for(whose)
            self._done.put(_outcome(work))
            del given, work  # or an idle thread would keep the last call's connection open

    def run(self, work: Callable[[], object], meanwhile: Callable[[], object]) -> object:
        """Make one call and wait for it. Raises OverdueError when it is not answered."""
        self._todo.put((own_work(), work))
        meanwhile()
        value, error = next_of(self._done)
        try:
            if error is not None:
                raise error
        finally:
            del error  # its traceback has this frame: a cycle that keeps the connection open
        return value

    def stop(self) -> None:
        """End the thread, once the call that it may be in returns."""
        self._todo.put(None)


def _outcome(work: Callable[[], R]) -> tuple[R, None] | tuple[None, BaseException]:
    try:
        return work(), None
    except BaseException as error:
        return None, error


def _translated(error: libvirt.libvirtError, *, what: About | str) -> VnetError:
    from vnetmgr.host.translate import translate

    return translate(error, what=what)


def _other_bytes(call: str) -> VnetError:
    """What a guest or a file of libvirt's says is passed on as it is; Python takes UTF-8 alone."""
    hint = (
        "virsh prints what is there: a guest's agent or a file of libvirt's has other bytes in it"
    )
    return VnetError(f"{call}: this is no UTF-8", hint)


def _nothing() -> None:
    """Nothing is left to do meanwhile."""


class Calls:
    """How one connection's calls are made."""

    def __init__(
        self,
        trace: Callable[[str], None] | None = None,
        meanwhile: Callable[[], object] | None = None,
        timeout_s: float | None = None,
    ) -> None:
        self._trace = trace
        self._process = getpid()
        self._timeout_s = timeout_s
        self._meanwhile = meanwhile or _nothing
        """What is done while the first call is under way."""
        self._trace_lock = threading.Lock()
        self._idle: list[_Worker] = []
        """A thread that asks takes one, and brings it back."""
        self.abandoned = False
        """Whether a call was given up and may still be running in its thread."""
        self.closed = False
        self._unanswered: str | None = None

    def __call__(
        self, what: About | str, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Make one call. `what` is whose it is, and so an error's; or what of the host."""
        return self.attempt(partial(_translated, what=what), call, *args, **kwargs)

    def attempt(
        self,
        as_ours: Callable[[libvirt.libvirtError], VnetError],
        call: Callable[P, R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Make one call and raise its failure as `as_ours` has it; NoAnswerError when there is no
        answer for too long, and then at once at each later call."""
        self._refuse_unusable()
        if self._unanswered is not None:
            raise no_answer([OpenCall(self._unanswered)], self.timeout_s)
        if self._trace:
            self.note(describe(call, args))
        what = partial(_name, call, args)
        question = ANSWERS.ask(what, lambda: self._drop(what()), timeout_s=self._timeout_s)
        try:
            if helps():
                return call(*args, **kwargs)
            return self._interruptible(lambda: call(*args, **kwargs))
        except libvirt.libvirtError as error:
            raise as_ours(error) from error
        except UnicodeDecodeError:
            raise _other_bytes(what()) from None
        except ValueError:  # a program's; the command line has none of these
            raise UsageError(
                f"{what()}: libvirt takes no text with a NUL, or with half a surrogate pair"
            ) from None
        except OverdueError:
            raise self._overdue() from None
        finally:
            ANSWERS.answered(question)

    def note(self, text: str) -> None:
        """Have it traced, as a call is."""
        if self._trace:
            with self._trace_lock:
                self._trace(text)

    def together(self, work: Callable[[], R]) -> R:
        """Do what makes some short calls in the thread that makes them: to hand over each by itself
        takes longer than they do. It must not write: whoever is interrupted does not wait for it.
        """
        self._refuse_unusable()
        if helps():
            return work()
        try:
            value, error = self._interruptible(lambda: _outcome(work))
        except OverdueError:
            raise self._overdue() from None
        try:
            if error is not None:
                raise error
        finally:
            del error  # as in _Worker.run
        return value  # type: ignore[return-value]  # there is one where no error is

    def _refuse_unusable(self) -> None:
        """Raise ConnectionLostError for a connection that is closed, or another process's: a fork
        has none of the threads, and answers would be taken away from where they belong."""
        if self.closed:
            raise ConnectionLostError("this connection to libvirt is closed", "connect again")
        if self._process != getpid():
            text = "this connection to libvirt is that of the process before a fork"
            raise ConnectionLostError(text, "connect anew in this process")

    def _overdue(self) -> VnetError:
        return no_answer(*ANSWERS.give_up())

    def _drop(self, what: str) -> None:
        """Nobody waits for an answer any more: nothing else is asked over this connection."""
        self.abandoned = True
        self._unanswered = self._unanswered or what

    def _interruptible(self, work: Callable[[], R]) -> R:
        worker = self._taken()
        meanwhile, self._meanwhile = self._meanwhile, _nothing
        try:
            # One worker for all types.
            value: R = worker.run(work, meanwhile)  # type: ignore[assignment]
        except (KeyboardInterrupt, SystemExit, OverdueError, VnetError):  # the last: of `meanwhile`
            self.abandoned = True
            worker.stop()  # or its thread would keep what the call returns: a connection
            raise
        except BaseException:
            self._idle.append(worker)
            raise
        self._idle.append(worker)
        return value

    def _taken(self) -> _Worker:
        try:
            return self._idle.pop()
        except IndexError:
            return _Worker()

    def stop(self) -> None:
        """Let go of the threads; the next call would start another."""
        while self._idle:
            self._taken().stop()

    def wait_for(self, timeout_s: float | None) -> None:
        """From now on nothing may be answered for so long; None: as for all of this process."""
        self._timeout_s = timeout_s

    @property
    def timeout_s(self) -> float:
        """How long nothing may be answered; 0: for ever."""
        return ANSWERS.timeout_s if self._timeout_s is None else self._timeout_s

    def fan_out(
        self,
        work: Callable[[T], R],
        items: Sequence[T],
        *,
        threads: int | None = None,
        timeout_s: float | None = None,
    ) -> Iterator[tuple[T, R]]:
        """Work on all items in threads; yield (item, result) as they come.

        After `timeout_s` it stops, and the items that are not done are never yielded. The
        first error ends it.
        """
        from vnetmgr.runtime.pool import THREADS, Pool

        pool = Pool(work, items, threads=threads or THREADS)
        until = inf if timeout_s is None else monotonic() + timeout_s
        finished = 0
        try:
            while finished < len(items):
                got = next_until(pool.done, until)
                if got is None:
                    break
                item, value, error = got
                finished += 1
                if error is not None:
                    raise error
                yield item, value  # type: ignore[misc] # there is a value where no error is
                del item, value
        except OverdueError:
            raise self._overdue() from None
        finally:
            got = error = None  # as in _Worker.run
            pool.drop()
            self.abandoned |= finished < len(items)


def _shown(arg: object) -> str:
    return str(arg.name()) if isinstance(arg, libvirt.virDomain) else repr(arg)


def _name(call: Callable[..., object], args: tuple[object, ...] = ()) -> str:
    """A call and its object: virNetwork.destroy of lab, virConnect.lookupByName of web1."""
    owner = getattr(call, "__self__", None)
    name = str(getattr(call, "__qualname__", "libvirt call"))
    if isinstance(owner, libvirt.virDomain | libvirt.virNetwork | libvirt.virInterface):
        return f"{name} of {owner.name()}"
    if "lookup" in name.lower() and args:
        return f"{name} of {args[0]}"
    return name


class WithSecrets(str):
    """A document as it is handed to libvirt, with passwords; `shown` is without them."""

    __slots__ = ("shown",)
    shown: str

    def __new__(cls, document: str, *, shown: str) -> Self:
        """The document, and what may be seen of it."""
        new = super().__new__(cls, document)
        new.shown = shown
        return new

    def __repr__(self) -> str:
        """What a report of a crash may show of a variable."""
        return repr(self.shown)


def describe(call: Callable[..., object], args: tuple[object, ...]) -> str:
    """A call as text: its name, the object, the arguments, and below it the XML, exact but for
    passwords."""
    documents = [arg for arg in args if isinstance(arg, str) and arg.lstrip().startswith("<")]
    shown = ("<xml>" if arg in documents else _shown(arg) for arg in args)
    return "\n".join(
        (f"{_name(call)} ({', '.join(shown)})", *(_seen(text).rstrip() for text in documents))
    )


def _seen(document: str) -> str:
    return document.shown if isinstance(document, WithSecrets) else document
