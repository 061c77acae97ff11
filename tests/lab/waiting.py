"""Waiting for what happens in its own time."""

import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


def eventually(look: Callable[[], T], what: str, timeout: float = 60, every_s: float = 0.05) -> T:
    """Return what `look` returns as soon as that is true; raise AssertionError if it never is.

    The timeout is only there for failures: it says nothing about how fast something has to be.
    """
    deadline = time.monotonic() + timeout
    while not (seen := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout:g} s: {what} (last seen: {seen!r})")
        time.sleep(every_s)
    return seen


def listens(path: Path) -> bool:
    """Whether somebody takes connections on a socket: the file is there a moment before that."""
    with socket.socket(socket.AF_UNIX) as asked:
        try:
            asked.connect(str(path))
        except OSError:
            return False
    return True
