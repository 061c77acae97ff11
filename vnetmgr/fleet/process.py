"""A process of ours that works for one host: its three streams, and its end."""

from __future__ import annotations

import ctypes
import os
import select
import signal
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from vnetmgr.runtime import interrupts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_PR_SET_PDEATHSIG = 1  # include/uapi/linux/prctl.h
_CHUNK = 1 << 18
_LARGEST_SAID = 1 << 16
"""Bytes of standard error that are kept: who says more repeats himself."""


class _Pipes(NamedTuple):
    """Both ends of a process's standard input, output and error."""

    theirs: tuple[int, int, int]
    ours: tuple[int, int, int]

    @classmethod
    def make(cls) -> _Pipes:
        pairs: list[tuple[int, int]] = []
        try:
            for _ in range(3):
                pairs.append(os.pipe())
        except OSError:
            close(end for pair in pairs for end in pair)
            raise
        (in_read, in_write), (out_read, out_write), (err_read, err_write) = pairs
        return cls((in_read, out_write, err_write), (in_write, out_read, err_read))


def close(descriptors: Iterable[int]) -> None:
    """Close them, whatever they are."""
    for each in descriptors:
        with suppress(OSError):
            os.close(each)


class Process:
    """One that runs, in a session of its own: a terminal's ^C is not for it, and nothing that it
    starts can ask anybody for a password there."""

    def __init__(self, pid: int, ours: tuple[int, int, int]) -> None:
        self.pid = pid
        try:
            self.watched = os.pidfd_open(pid)
        except BaseException:
            close(ours)
            _kill(pid)
            raise
        """A descriptor that can be read when it has ended."""
        self.stdin, self.stdout, self.stderr = ours
        for each in ours:
            os.set_blocking(each, False)
        self.heard_at = monotonic()
        """When it has last written anything."""
        self.out = bytearray()
        self.said = bytearray()
        self._unwritten = bytearray()

    @property
    def wants(self) -> dict[int, int]:
        """What poll(2) is to look for."""
        wanted = dict.fromkeys((self.watched, self.stdout, self.stderr), select.POLLIN)
        if self._unwritten:
            wanted[self.stdin] = select.POLLOUT
        wanted.pop(-1, None)
        return wanted

    @property
    def descriptors(self) -> tuple[int, ...]:
        """All that it holds open here."""
        return tuple(
            each for each in (self.watched, self.stdin, self.stdout, self.stderr) if each >= 0
        )

    @classmethod
    def fork(cls, work: Callable[[], int], leave: Iterable[int]) -> Process:
        """Have this very program do something, with the pipes as its streams; it ends with the code
        that this returns. Signals are held back there until it lets them come. `leave`: descriptors
        of other processes, which are not its own."""
        pipes = _Pipes.make()
        parent = os.getpid()
        # A signal that comes between the fork and what the child makes of it would be the parent's.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, interrupts.ENDING)
        try:
            pid = os.fork()
            if pid == 0:
                _be(work, pipes, leave, parent)
        except OSError:
            close((*pipes.theirs, *pipes.ours))
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        close(pipes.theirs)
        return cls(pid, pipes.ours)

    @classmethod
    def spawn(cls, words: list[str]) -> Process:
        """Run a program. Raises OSError."""
        pipes = _Pipes.make()
        actions = [
            (os.POSIX_SPAWN_DUP2, theirs, number) for number, theirs in enumerate(pipes.theirs)
        ]
        try:
            pid = os.posix_spawnp(
                words[0],
                words,
                os.environ,
                file_actions=actions,
                setsid=True,
                setsigdef=(signal.SIGPIPE,),
                setsigmask=(),
            )
        except OSError:
            close((*pipes.theirs, *pipes.ours))
            raise
        close(pipes.theirs)
        return cls(pid, pipes.ours)

    def write(self, data: bytes = b"") -> bool:
        """Write this behind what is left over, as far as it goes; whether nothing is left."""
        self._unwritten += data
        while self._unwritten and self.stdin >= 0:
            try:
                count = os.write(self.stdin, self._unwritten[:_CHUNK])
            except BlockingIOError:
                return False
            except OSError:  # it reads no more
                self._unwritten.clear()
            else:
                del self._unwritten[:count]
        return True

    def end_input(self) -> None:
        """It is told nothing more."""
        if self.stdin >= 0:
            os.close(self.stdin)
            self.stdin = -1

    def read(self) -> bool:
        """Take some of what it has written; whether there was anything."""
        out, said = self._taken("stdout"), self._taken("stderr")
        self.out += out
        self.said += said[: max(0, _LARGEST_SAID - len(self.said))]
        if out or said:
            self.heard_at = monotonic()
        return bool(out or said)

    def _taken(self, name: str) -> bytes:
        descriptor: int = getattr(self, name)
        if descriptor < 0:
            return b""
        try:
            data = os.read(descriptor, _CHUNK)
        except BlockingIOError:
            return b""
        if not data:
            os.close(descriptor)
            setattr(self, name, -1)
        return data

    def signal(self, number: int) -> None:
        """Send it a signal; what it has started needs none, and it needs that to its end."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def reap(self) -> int:
        """It has ended: its exit code, negative by a signal. What it has left running (an ssh that
        still looks for its host) ends too."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)  # the number is still its own: nobody has asked
        while self.read():
            pass
        _, status = os.waitpid(self.pid, 0)
        close(self.descriptors)
        self.watched = self.stdin = self.stdout = self.stderr = -1
        return os.waitstatus_to_exitcode(status)


def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def _end_with(parent: int) -> None:
    """Have the kernel tell this process when its parent ends, however that comes about."""
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # it ended before this process could ask for that
        os.kill(os.getpid(), signal.SIGTERM)


def _be(work: Callable[[], int], pipes: _Pipes, leave: Iterable[int], parent: int) -> NoReturn:
    """In the new process."""
    code = 1
    try:
        os.setsid()
        _end_with(parent)
        for number, theirs in enumerate(pipes.theirs):
            os.dup2(theirs, number)
        close((*pipes.theirs, *pipes.ours, *leave))
        interrupts.forked()
        code = work()
    finally:
        os._exit(code)
