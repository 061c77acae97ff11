"""Text that users name, from files, pipes and standard input: reading it always ends."""

from __future__ import annotations

import errno
import os
import select
import stat
import sys

LARGEST = 32 * 1024 * 1024
"""Bytes. 100,000 nics are a third of it."""
UNWRITTEN_S = 10.0
"""So long a FIFO that was named may be without a writer."""
_CHUNK = 1 << 16


def read_text(path: str) -> str:
    """A file, device or FIFO as text; `<(command)` in a shell too. Raises OSError with a reason,
    also for what is not UTF-8, too large, or never written."""
    # A FIFO is opened without waiting for its writer, so that waiting can end.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        found = os.fstat(descriptor)
        if stat.S_ISDIR(found.st_mode):
            raise _error(errno.EISDIR)
        if found.st_size > LARGEST:
            raise _too_large()
        # One that the caller's shell opened (/dev/stdin, /dev/fd/63) has its writer.
        opened = os.path.realpath(path).startswith("/proc/")
        named = stat.S_ISFIFO(found.st_mode) and not opened
        return decoded(_read(descriptor, UNWRITTEN_S if named else None))
    finally:
        os.close(descriptor)


def read_regular(path: str) -> str:
    """A regular file alone. Raises OSError."""
    if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 - as the calls below
        raise _error(errno.EINVAL, "it is no regular file")
    return read_text(path)


def read_standard_input() -> str:
    """Everything that comes by standard input. Raises OSError as read_text does."""
    data: bytes = sys.stdin.buffer.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise _too_large()
    return decoded(data)


def decoded(data: bytes) -> str:
    """Bytes as text. Raises OSError."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        byte, line = data[error.start], data.count(b"\n", 0, error.start) + 1
        raise _error(errno.EILSEQ, f"it is not UTF-8: byte 0x{byte:02x} in line {line}") from None


def _read(descriptor: int, unwritten_s: float | None) -> bytes:
    data = bytearray()
    wait_s = unwritten_s
    while True:
        ready = _poll(descriptor, wait_s)
        if not ready:
            raise _error(errno.ETIMEDOUT, f"nobody wrote anything into it for {wait_s:g} s")
        try:
            chunk = os.read(descriptor, _CHUNK)
        except BlockingIOError:
            continue
        if not chunk:
            return bytes(data)
        data += chunk
        if len(data) > LARGEST:
            raise _too_large()


def _poll(descriptor: int, wait_s: float | None) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(None if wait_s is None else wait_s * 1000))


def _too_large() -> OSError:
    return _error(errno.EFBIG, f"it is larger than {LARGEST // 1024**2} MiB")


def _error(number: int, text: str | None = None) -> OSError:
    return OSError(number, text or os.strerror(number))
