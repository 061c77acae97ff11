"""Where the locks lie: who may write to libvirt's socket may lock, and nobody else.

A lock that anybody may take is one with which anybody can stop all changes.
"""

from __future__ import annotations

import os
import re
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from vnetmgr.errors import VnetError
from vnetmgr.model.record import Row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_RUN = Path("/run")
_DAEMONS = (
    (Path("/run/libvirt/libvirt-sock"), Path("/etc/libvirt/libvirtd.conf")),
    (Path("/run/libvirt/virtqemud-sock"), Path("/etc/libvirt/virtqemud.conf")),
)
_NO_AUTHENTICATION = r"""(?m)^\s*auth_unix_rw\s*=\s*["']none["']"""
_GROUP = "libvirt"
_NAMES = ("vnetmgr", *(f"vnetmgr.{number}" for number in range(1, 8)))
_OTHERS = 0o007


class LockFolder(Row):
    """A folder for locks, and who may use what is in it."""

    path: Path
    group: int
    mode: int
    """Of each lock."""


def lock_folder(run: Path = _RUN, daemons: Sequence[tuple[Path, Path]] = _DAEMONS) -> LockFolder:
    """The folder that this user shares with all who may change things; where there is none for
    him, one of his own. Raises VnetError.

    A name that is taken by what root has not made is passed over, by everybody alike.
    """
    group, mode = _who_may_write(daemons)
    for name in _NAMES:
        path = run / name
        if os.geteuid() == 0:
            with suppress(OSError):
                path.mkdir(mode=0o700)
        try:
            status = path.lstat()
        except OSError:
            break  # only root makes it
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != 0:
            continue
        if os.geteuid() == 0:
            _open_to(path, group, mode)
            return LockFolder(path, group, mode & 0o666)
        if status.st_mode & _OTHERS & ~mode or not os.access(path, os.W_OK | os.X_OK):
            break  # not for this user; or for too many, which root's next run mends
        return LockFolder(path, status.st_gid, status.st_mode & 0o666)
    return _own()


def _who_may_write(daemons: Sequence[tuple[Path, Path]]) -> tuple[int, int]:
    """The group of libvirt's socket, and the mode of a folder for those who may write to that.

    A socket that everybody may write to is mostly polkit's to guard (as systemd has it, also on
    Debian), which then lets a group in.
    """
    for path, configuration in daemons:
        try:
            status = path.lstat()
        except OSError:
            continue
        if not stat.S_ISSOCK(status.st_mode):
            continue
        if not status.st_mode & stat.S_IWOTH:
            return status.st_gid, 0o770 if status.st_mode & stat.S_IWGRP else 0o700
        if _asks_nobody(configuration):
            return status.st_gid, 0o777
        group = _group_of_polkit()
        return (0, 0o700) if group is None else (group, 0o770)
    return 0, 0o700


def _asks_nobody(configuration: Path) -> bool:
    try:
        return bool(re.search(_NO_AUTHENTICATION, configuration.read_text("utf-8", "replace")))
    except OSError:
        return False


def _group_of_polkit() -> int | None:
    from grp import getgrnam

    try:
        return getgrnam(_GROUP).gr_gid
    except KeyError:
        return None


def _open_to(path: Path, group: int, mode: int) -> None:
    """Sticky: nobody puts another lock in the place of somebody else's."""
    with suppress(OSError):  # without CAP_CHOWN it stays root's alone
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            status = os.fstat(descriptor)
            if status.st_gid != group:
                os.fchown(descriptor, -1, group)
            if stat.S_IMODE(status.st_mode) != mode | stat.S_ISVTX:
                os.fchmod(descriptor, mode | stat.S_ISVTX)
        finally:
            os.close(descriptor)


def _own() -> LockFolder:
    """Locks of one user's: those hold off only his own runs."""
    for path in _own_paths():
        with suppress(OSError):
            with suppress(FileExistsError):
                path.mkdir(mode=0o700)
            status = path.lstat()
            if stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid():
                path.chmod(0o700)
                return LockFolder(path, -1, 0o600)
    raise VnetError(
        "there is no place for a lock",
        "set XDG_RUNTIME_DIR to a directory of your own",
    )


def _own_paths() -> Iterator[Path]:
    user = os.geteuid()
    given = Path(os.environ.get("XDG_RUNTIME_DIR") or "."), Path(f"/run/user/{user}")
    for folder in (each for each in given if each.is_absolute()):
        with suppress(OSError):
            status = folder.stat()
            if status.st_uid == user and not status.st_mode & 0o022:
                yield folder / "vnetmgr"
    from tempfile import gettempdir

    yield Path(gettempdir()) / f"vnetmgr-{user}"
