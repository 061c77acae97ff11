"""Files that say which programs are run: no one but root and the user may have written them."""

from __future__ import annotations

import errno
import os
import stat

from vnetmgr.runtime.text_file import decoded

LARGEST = 4 * 1024 * 1024
"""Bytes. 10,000 hosts are a quarter of it."""


class NotTrustedError(OSError):
    """Others may have written it."""

    def __init__(self, text: str, remedy: str) -> None:
        super().__init__(errno.EPERM, text)
        self.remedy = remedy


def read_trusted(path: str) -> str:
    """A regular file as text, of whom its opened self says that nobody else can write it. Raises
    OSError with a reason."""
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    descriptor = os.open(path, flags)
    try:
        _check(os.fstat(descriptor), path)
        with open(descriptor, "rb", closefd=False) as file:
            data = file.read(LARGEST + 1)
    finally:
        os.close(descriptor)
    if len(data) > LARGEST:
        raise OSError(errno.EFBIG, f"it is larger than {LARGEST // 1024**2} MiB")
    return decoded(data)


def check_program(path: str) -> None:
    """Raise OSError where a program is none, or others can write it, or put another in its place
    before it is run."""
    real = os.path.realpath(path)
    found = os.stat(real)  # noqa: PTH116 - as the calls above
    _check(found, real)
    if not found.st_mode & 0o111:
        raise OSError(errno.EACCES, "it cannot be executed")
    folder = os.path.dirname(real)  # noqa: PTH120
    around = os.stat(folder)  # noqa: PTH116
    if not around.st_mode & stat.S_ISVTX:
        _check_who(around, folder, "its folder")


def _check(found: os.stat_result, path: str) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "it is no regular file")
    _check_who(found, path, "it")


def _check_who(found: os.stat_result, path: str, what: str) -> None:
    from vnetmgr.printable import shell_word

    me = os.geteuid()
    if found.st_uid not in (0, me):
        text = f"{what} is user {found.st_uid}'s, and has to be root's" + (
            " or yours" if me else ""
        )
        raise NotTrustedError(text, f"sudo chown root {shell_word(path)}")
    if found.st_mode & 0o022:
        text = f"others can write {what} (mode {stat.S_IMODE(found.st_mode):04o})"
        raise NotTrustedError(text, f"chmod go-w {shell_word(path)}")
