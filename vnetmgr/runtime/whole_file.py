"""Files that are written: regular ones are replaced as a whole, so that nobody reads half of one;
devices and FIFOs are written into, and never replaced."""

from __future__ import annotations

import errno
import os
import select
import stat
import time
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

_STUCK_S = 10.0
"""A FIFO that takes nothing for so long has no reader that counts."""
_LINKS = 8
# Where links may lead: to devices, and to what the caller's shell opened. /dev/shm is everybody's.
_DEVICES = frozenset({"/dev", "/dev/pts"})
_OPENED = frozenset({"/dev/fd", "/proc/self/fd"})


def write_whole(target: Path, text: str, *, mode: int) -> None:
    """Replace a regular file, or make it. Raises OSError, and then leaves everything as it was:
    also for what is there and no regular file, and for links."""
    refuse_other(target)
    made: Path | None = None
    try:
        with NamedTemporaryFile(
            "w", dir=target.parent, prefix=".vnetmgr-", delete=False, encoding="utf-8"
        ) as file:
            made = Path(file.name)
            file.write(text)
        made.chmod(mode)
        refuse_other(target)  # somebody may have been at work meanwhile
        made.replace(target)
        made = None
    finally:
        if made is not None:
            with suppress(OSError):
                made.unlink()


def write_into(path: str, text: str, *, mode: int) -> None:
    """Write where a user says: into a device, a FIFO or an open descriptor, else write_whole.
    Raises OSError."""
    found = _followed(path)
    number = _opened(found)
    if number is not None:
        # Not opened again: that would begin at the start of a file, and fails for a socket.
        _write(os.dup(number), text)
    elif _is_stream(found):
        _write(_open_stream(found), text)
    else:
        write_whole(Path(path), text, mode=mode)


def is_standard_output(path: str) -> bool:
    """Whether write_into would write where results are printed."""
    try:
        number = _opened(_followed(path))
        return number is not None and os.path.sameopenfile(number, 1)
    except OSError:
        return False


def refuse_unwritable(path: str) -> None:
    """Raise OSError for what write_into could not write, as far as can be told beforehand."""
    found = _followed(path)
    number = _opened(found)
    if number is not None:
        os.fstat(number)
    elif not _is_stream(found):
        target = Path(path)
        refuse_other(target)
        if not os.access(target.parent, os.W_OK | os.X_OK):
            missing = not target.parent.is_dir()
            raise _error(
                errno.ENOENT if missing else errno.EACCES,
                f"{target.parent} is no directory" if missing else "its directory is read-only",
            )
    elif not os.access(found, os.W_OK):
        raise _error(errno.EACCES)


def _followed(path: str) -> str:
    """Where a path leads, by links to devices and open descriptors alone."""
    found = Path(path).absolute()
    for _ in range(_LINKS):
        if _opened(str(found)) is not None or not found.is_symlink():
            return str(found)
        if found.lstat().st_uid not in (0, os.geteuid()):
            raise _error(errno.ELOOP, "it is a link that somebody else made; name the file")
        # Of directories, links are followed as everywhere.
        leads = Path(os.path.normpath(found.parent.resolve() / found.readlink()))
        if str(leads.parent) not in _DEVICES | _OPENED:
            raise _error(
                errno.ELOOP,
                f"it is a link to {leads}, and links are followed to devices alone; name the file",
            )
        found = leads
    raise _error(errno.ELOOP)


def _opened(path: str) -> int | None:
    """The open descriptor that a path names."""
    folder, name = os.path.split(path)
    own = (f"/proc/{os.getpid()}/fd", *_OPENED)
    return int(name) if folder in own and name.isascii() and name.isdigit() else None


def _is_stream(path: str) -> bool:
    """Whether it is written into. Raises OSError for what nothing is written into."""
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return False
    return stat.S_ISCHR(mode) or stat.S_ISFIFO(mode)


def _open_stream(path: str) -> int:
    flags = os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise _error(errno.ENXIO, "nobody reads from it") from None
        raise
    mode = os.fstat(descriptor).st_mode
    if not (stat.S_ISCHR(mode) or stat.S_ISFIFO(mode)):
        os.close(descriptor)
        raise _error(errno.EBUSY, "it was changed just now")
    return descriptor


def _write(descriptor: int, text: str) -> None:
    """All of it; a reader that takes nothing ends it."""
    left = memoryview(text.encode())
    try:
        while left:
            poll = select.poll()
            poll.register(descriptor, select.POLLOUT)
            if not poll.poll(_STUCK_S * 1000):
                raise _error(errno.ETIMEDOUT, f"nobody took anything for {_STUCK_S:g} s")
            try:
                left = left[os.write(descriptor, left[: select.PIPE_BUF]) :]
            except BlockingIOError:
                time.sleep(0.01)
    finally:
        os.close(descriptor)


def refuse_other(target: Path) -> None:
    """Raise OSError for what is there and is no regular file."""
    try:
        mode = target.lstat().st_mode
    except FileNotFoundError:
        return
    if stat.S_ISREG(mode):
        return
    if stat.S_ISDIR(mode):
        raise _error(errno.EISDIR)
    kinds = {
        stat.S_IFLNK: "it is a link",
        stat.S_IFSOCK: "it is a socket",
        stat.S_IFBLK: "it is a block device",
        stat.S_IFCHR: "it is a device",
        stat.S_IFIFO: "it is a FIFO",
    }
    raise _error(errno.EEXIST, kinds.get(stat.S_IFMT(mode), "it is no regular file"))


def _error(number: int, text: str | None = None) -> OSError:
    return OSError(number, text or os.strerror(number))
