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
    then finds the work done. Of old keys only the last few are kept.
    """
    parent = cache_root() / kind
    final = parent / key
    if final.is_dir():
        return final
    parent.mkdir(parents=True, exist_ok=True)
    with locked(parent / ".lock"):
        if final.is_dir():
            return final
        # The lock is held, so an unfinished directory is the wreck of a builder that was killed.
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
        newest_first = sorted(_directories(parent), key=_modified, reverse=True)
        for old in newest_first[KEPT:]:
            shutil.rmtree(old.rename(parent / f"{_UNFINISHED}{old.name}"))
    return final


@contextmanager
def scratch_beside(target: Path) -> Iterator[Path]:
    """A temporary directory of a build that writes to `target`; that of one which is killed goes
    with the rest of the wreck."""
    with tempfile.TemporaryDirectory(prefix=_UNFINISHED, dir=target.parent) as name:
        yield Path(name)


def _directories(parent: Path) -> list[Path]:
    return [path for path in parent.iterdir() if path.is_dir()]


def _modified(path: Path) -> float:
    return path.stat().st_mtime
