"""One run of vnetmgr at a time for each managed host.

`flock` on a file: the kernel lets go of it when the process ends, however it ends.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Self

from vnetmgr.errors import LockedError, VnetError
from vnetmgr.local.lock_folder import LockFolder, lock_folder

if TYPE_CHECKING:
    from types import TracebackType

_POLL_S = 0.05
_MAX_NOTE = 400


class HostLock:
    """A context manager that holds the lock of one managed host.

    `timeout_s` is how long to wait for it, 0 not at all. Raises LockedError that names the
    holder; VnetError when the lock file cannot be used.
    """

    def __init__(self, key: str, timeout_s: float, directory: Path | None = None) -> None:
        # One that is given is its caller's, and for all users that get there.
        folder = LockFolder(directory, -1, 0o666) if directory else lock_folder()
        self._group, self._mode = folder.group, folder.mode
        self.path = folder.path / f"vnetmgr-{key}.lock"
        self._timeout_s = timeout_s
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        descriptor = self._open()
        try:
            self._check(descriptor)
            self._wait(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        _write_note(descriptor)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # The file stays: removing it would let a waiter and a newcomer lock two different files.
        if self._descriptor is not None:
            _truncate(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = None

    def _open(self) -> int:
        """The lock file, made where it is missing.

        First without O_CREAT: with fs.protected_regular (Linux 4.19) opening another user's
        file in a sticky directory with O_CREAT is refused, to root too.
        """
        flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        for _ in range(3):
            try:
                descriptor = os.open(self.path, flags)
                if os.geteuid() == 0:  # it may be from before libvirt's socket had another group
                    self._let_others(descriptor)
                return descriptor
            except FileNotFoundError:
                pass
            except OSError as error:
                raise self._unusable(error) from error
            try:
                descriptor = os.open(self.path, flags | os.O_CREAT | os.O_EXCL, 0o666)
            except FileExistsError:
                continue  # another run was faster
            except OSError as error:
                raise self._unusable(error) from error
            self._let_others(descriptor)
            return descriptor
        raise VnetError(f"lock {self.path}: it comes and goes")

    def _let_others(self, descriptor: int) -> None:
        """For all who may use the folder, whatever the umask is, and nobody else."""
        status = os.fstat(descriptor)
        if status.st_nlink > 1 or not stat.S_ISREG(status.st_mode):
            return  # which is refused
        with suppress(PermissionError):  # without CAP_CHOWN it stays its maker's alone
            if self._group not in (-1, status.st_gid):
                os.fchown(descriptor, -1, self._group)
            if stat.S_IMODE(status.st_mode) != self._mode:
                os.fchmod(descriptor, self._mode)

    def _check(self, descriptor: int) -> None:
        """The note is written into the file: it must not be a device or a second name of
        somebody's file."""
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
            raise self._unusable(OSError(errno.EINVAL, "not a file of its own"))

    def _unusable(self, error: OSError) -> VnetError:
        return VnetError(
            f"lock {self.path}: {error.strerror}",
            "it has to be a plain file that you may write; remove it if it is not",
        )

    def _wait(self, descriptor: int) -> None:
        end = monotonic() + self._timeout_s
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if monotonic() >= end:
                    raise self._locked(descriptor) from None
            else:
                return
            sleep(min(_POLL_S, max(0.0, end - monotonic())))

    def _locked(self, descriptor: int) -> LockedError:
        note = _read_note(descriptor)
        return LockedError(
            f"another run of vnetmgr is at work on this host: {note}",
            "wait for it, or give --lock-timeout TIME",
        )


def _write_note(descriptor: int) -> None:
    """Leave a note for those who wait; the lock itself does not depend on it."""
    command = " ".join([Path(sys.argv[0]).name, *sys.argv[1:]])
    note = f"process {os.getpid()} ({command})"
    _truncate(descriptor)
    try:
        os.pwrite(descriptor, note.encode(errors="replace")[:_MAX_NOTE], 0)
    except OSError:
        return  # a full disk


def _truncate(descriptor: int) -> None:
    try:
        os.ftruncate(descriptor, 0)
    except OSError:
        return


def _read_note(descriptor: int) -> str:
    """The holder's note, safe to print whatever is in the file."""
    try:
        text = os.pread(descriptor, _MAX_NOTE, 0).decode(errors="replace")
    except OSError:
        text = ""
    shown = "".join(char if char.isprintable() else "?" for char in text.strip())
    return shown or "it did not leave its name"
