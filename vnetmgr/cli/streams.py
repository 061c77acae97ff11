"""Standard input, output and error as a command finds them: there, harmless, and told apart."""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import Any


class OutputError(OSError):
    """What is printed cannot be written: a full disk, a reader that has gone."""


class _Output(io.TextIOWrapper):
    """A stream whose errors are told from those of all other files."""

    def write(self, text: str, /) -> int:
        try:
            return super().write(text)
        except OSError as error:
            self._failed(error)
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as error:
            self._failed(error)

    def _failed(self, error: OSError) -> None:
        raise OutputError(error.errno, error.strerror) from None


class _Messages(_Output):
    """Notes and errors: where they cannot be told, what is being done goes on."""

    def _failed(self, error: OSError) -> None:
        pass


def prepare_streams() -> None:
    """Open what our caller closed, so that no file of ours takes its place, and have characters
    written that the locale lacks."""
    for descriptor, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            # Reading from the first is an error, as is should be.
            setattr(sys, name, os.fdopen(to_nowhere(descriptor), mode))
    sys.stdout = _with_errors(sys.stdout, _Output)
    sys.stderr = _with_errors(sys.stderr, _Messages)


def _with_errors(stream: Any, kind: type[_Output]) -> _Output:
    # PYTHONUNBUFFERED has no buffer, and without one the rest of what is written in part is lost.
    by_line = stream.line_buffering or stream.write_through
    encoding, binary = stream.encoding, stream.detach()
    if isinstance(binary, io.RawIOBase):
        binary = io.BufferedWriter(binary)
    return kind(binary, encoding, errors="backslashreplace", line_buffering=by_line)


def to_nowhere(descriptor: int) -> int:
    """Lead a descriptor to /dev/null."""
    null = os.open(os.devnull, os.O_WRONLY)
    if null != descriptor:
        os.dup2(null, descriptor)
        os.close(null)
    return descriptor


def reason(error: Exception) -> tuple[str, str | None]:
    """What to say of an error that nobody expected, and the remedy."""
    if isinstance(error, UnicodeError):
        return _other_letters(error), "run it where the locale is UTF-8: LC_ALL=C.UTF-8"
    if not isinstance(error, OSError):
        return str(error) or type(error).__name__, "this machine is short of memory or threads"
    hints = {
        errno.ENOENT: "is the current directory gone? `cd` into one that is there",
        errno.EMFILE: "this process may open too few files: raise `ulimit -n`",
        errno.ENFILE: "this machine has no open files left",
        errno.ENOSPC: "make room on that disk",
        errno.ENOMEM: "this machine is short of memory",
        errno.EAGAIN: "this machine is short of threads",
    }
    name = f": {error.filename}" if error.filename is not None else ""
    return f"{error.strerror or error}{name}", hints.get(error.errno or 0)


def _other_letters(error: UnicodeError) -> str:
    """Of a name that the locale's encoding has no bytes for, or of bytes that are no text in it."""
    if isinstance(error, UnicodeEncodeError):
        return f"{error.object} cannot be named in this locale: its encoding is {error.encoding}"
    return f"what was read is no text in this locale: {error}"
