"""Whether the files of a spec have changed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Fingerprint: TypeAlias = tuple[tuple[str, int, int, int], ...]
"""(path, inode, size, time of the last change in ns) of each file."""


def fingerprint(paths: Sequence[str]) -> Fingerprint:
    """What changes with any of the files, and with what is in the directories."""
    return tuple(sorted(one for path in paths for one in _look(path)))


def _look(path: str) -> Iterator[tuple[str, int, int, int]]:
    names = [path]
    try:
        if os.path.isdir(path):  # noqa: PTH112 - every few seconds
            names += (entry.path for entry in os.scandir(path))
    except OSError:
        names = [path]
    for name in names:
        try:
            found = os.stat(name)  # noqa: PTH116 - the same
        except OSError:
            yield name, 0, 0, 0
        else:
            yield name, found.st_ino, found.st_size, found.st_mtime_ns
