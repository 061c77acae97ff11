"""The lab's cache: things that are slow to make and the same for every lab."""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

KEPT = 3
# How the names begin of what is not whole: not yet, or no longer.
_UNFINISHED = ".building-"
in_use: dict[Path, int] = {}
"""Directory -> the open file by which this process has it locked, so that nobody clears it away."""


def cache_root() -> Path:
    """Return ${XDG_CACHE_HOME:-~/.cache}/vnetmgr, made if missing."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    root = Path(base) / "vnetmgr"
    root.mkdir(parents=True, exist_ok=True)
    return root


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file; the kernel releases it however the holder ends."""
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def digest(parts: Iterable[bytes]) -> str:
    """Return a short digest of all parts, their borders included."""
    total = hashlib.sha256()
    for part in parts:
        total.update(hashlib.sha256(part).digest())
    return total.hexdigest()[:12]


def cached_directory(kind: str, key: str, build: Callable[[Path], None]) -> Path:
    """Return the directory `kind/key` of the cache, calling `build` if it does not exist yet.

    It is built under another name and renamed, so whoever sees it sees all of it; before it is
    cleared away it is renamed, too. A second builder of the same kind waits for the first and
    then finds the work done. Of old keys only the last ones used are kept, and those that some
    process uses: until it ends, one that has called this does.
    """
    parent = cache_root() / kind
    final = parent / key
    while not _use(final):
        parent.mkdir(parents=True, exist_ok=True)
        with locked(parent / ".lock"):
            if not final.is_dir():
                _build(final, build)
    return final


def _use(directory: Path) -> bool:
    """Have a directory in use until this process ends; False: there is none."""
    if directory in in_use and directory.is_dir():
        return True
    try:
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return False
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    if os.fstat(descriptor).st_nlink == 0 or not directory.is_dir():  # cleared away meanwhile
        os.close(descriptor)
        return False
    os.utime(directory)
    in_use[directory] = descriptor
    return True


def use_after_exec() -> None:
    """Have in use what is, also by the program that this process is about to become."""
    for descriptor in in_use.values():
        os.set_inheritable(descriptor, True)  # noqa: FBT003 - takes no keyword


def _build(final: Path, build: Callable[[Path], None]) -> None:
    """Build a directory, and clear away what is too much; the kind's lock is held."""
    parent = final.parent
    # So an unfinished directory is the wreck of a builder that was killed.
    for wreck in parent.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(wreck)
    unfinished = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=parent))
    unfinished.chmod(0o755)
    try:
        build(unfinished)
        unfinished.rename(final)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    others = [path for path in parent.iterdir() if path.is_dir() and path != final]
    for old in sorted(others, key=_last_used, reverse=True)[KEPT - 1 :]:
        _clear_away(old)


def _clear_away(directory: Path) -> None:
    """Remove a directory unless somebody uses it."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(directory.rename(directory.parent / f"{_UNFINISHED}{directory.name}"))
    except BlockingIOError:
        return
    finally:
        os.close(descriptor)


@contextmanager
def scratch_beside(target: Path) -> Iterator[Path]:
    """A temporary directory of a build that writes to `target`; that of one which is killed goes
    with the rest of the wreck."""
    with tempfile.TemporaryDirectory(prefix=_UNFINISHED, dir=target.parent) as name:
        yield Path(name)


def _last_used(path: Path) -> float:
    return path.stat().st_mtime
