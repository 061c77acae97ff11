"""Standard input that belongs to another vnetmgr, which runs this one on another machine.

That one is told who answers, in a line of its own; then it says what it gives, and perhaps more
later, an object of JSON a line. The end of its lines is the end of what is done for it, as a signal
would end it. An empty line says that it is still there: what is cut off without a word is silent.
It is answered with one on standard error, where it disturbs no document.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
from contextlib import suppress
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from vnetmgr.runtime import interrupts

if TYPE_CHECKING:
    from collections.abc import Callable

VERSION = 1
LIFE_SIGN_S = 5.0
"""How often who asks says that it is still there."""
CONNECT_S = 10.0
"""How long one of several hosts may take to be reached, where nobody has said how long."""
SILENT_S = 20.0
"""Who has said nothing for so long, on either side, is taken for gone."""
CALLED = "called"
"""In what is given: what the command line was told that the other one carries out."""
_LARGEST = 64 * 1024 * 1024
_CHUNK = 1 << 16
_Told: TypeAlias = dict[str, Any]


def no_input() -> None:
    """Nothing comes by standard input any more."""
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    os.close(nowhere)


class Session:
    """The one of this process, and what it has been told."""

    current: ClassVar[Session | None] = None
    """None: who has started this process wants nothing of the kind."""

    def __init__(self, lines: _Lines, given: _Told, *, is_all: bool) -> None:
        """`is_all`: whether its end ends this process."""
        self.given = given
        """What it has been told first."""
        self._is_all = is_all
        self._lines = lines
        self._lock = Lock()
        self._waiting: list[_Told] = []
        self._hear: Callable[[_Told], None] = self._waiting.append
        Thread(target=self._follow, daemon=True, name="session").start()
        Session.current = self

    @classmethod
    def begin(cls, version: str) -> Session:
        """Say who answers, and wait for what is given. Raises ValueError where that makes no sense,
        and KeyboardInterrupt where nothing comes."""
        greeting = {"kind": "session", "version": VERSION, "vnetmgr": version}
        sys.stdout.write(json.dumps(greeting) + "\n")
        sys.stdout.flush()
        lines = _Lines(SILENT_S)
        first = lines.next()
        if first is None:
            raise KeyboardInterrupt
        return cls(lines, _object(first), is_all=True)

    @classmethod
    def of_fork(cls) -> Session:
        """In a process that the kernel ends together with who has forked it."""
        return cls(_Lines(None), {}, is_all=False)

    def heard_by(self, hear: Callable[[_Told], None]) -> None:
        """Have each line that comes, and those that have come already, told to this, in another
        thread."""
        with self._lock:
            for each in self._waiting:
                hear(each)
            self._hear = hear

    def _follow(self) -> None:
        while (line := self._lines.next()) is not None:
            try:
                told = _object(line)
            except ValueError:
                break  # no other line of it can be trusted
            with self._lock:
                self._hear(told)
        if self._is_all and interrupts.seen() is None:  # a second one would be impatience
            os.kill(os.getpid(), signal.SIGTERM)


class _Lines:
    """What comes by standard input, which nothing else here reads any more."""

    def __init__(self, silent_s: float | None) -> None:
        self._descriptor = os.dup(0)
        no_input()
        self._data = bytearray()
        self._wait_ms = None if silent_s is None else silent_s * 1000

    def next(self) -> bytes | None:
        """The next line with something in it; None: there is none, or nobody there any more."""
        searched = 0
        while True:
            end = self._data.find(b"\n", searched)
            if end < 0:
                searched = len(self._data)
                if not self._more():
                    return None
                continue
            line = bytes(self._data[:end])
            del self._data[: end + 1]
            searched = 0
            if line.strip():
                return line
            with suppress(OSError):
                os.write(2, b"\n")

    def _more(self) -> bool:
        poll = select.poll()
        poll.register(self._descriptor, select.POLLIN)
        if not poll.poll(self._wait_ms):
            return False
        data = os.read(self._descriptor, _CHUNK)
        self._data += data
        return bool(data) and len(self._data) <= _LARGEST


def _object(line: bytes) -> _Told:
    try:
        found = json.loads(line)
    except RecursionError:
        found = None
    if not isinstance(found, dict):
        raise ValueError("a line of it is no object of JSON")
    return found
