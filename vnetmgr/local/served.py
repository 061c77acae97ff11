"""Directories that networks serve by TFTP, and the files in them that guests are told to boot."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING

from vnetmgr.model.seen.served import Access, ServedFolder

if TYPE_CHECKING:
    from collections.abc import Iterable


def read_served(roots: Iterable[str], files: Iterable[str]) -> dict[str, ServedFolder]:
    """Each directory, with whether each of the files is in it. Raises nothing."""
    names = list(files)
    return {
        root: ServedFolder(
            access=_access(Path(root), folder=True),
            files={name: _access(_inside(root, name), folder=False) for name in names},
        )
        for root in roots
    }


def _inside(root: str, name: str) -> Path:
    """Where dnsmasq looks for a file: one that begins with the root is meant as it stands (tftp.c,
    "Absolute pathnames OK if they match prefix")."""
    prefix = root if root.endswith("/") else f"{root}/"
    return Path(name if name.startswith(prefix) else prefix + name.removeprefix("/"))


def _access(path: Path, *, folder: bool) -> Access:
    try:
        real = path.resolve()
        mode = real.stat().st_mode
        ways = [parent.stat().st_mode for parent in real.parents]
    except PermissionError:
        return Access.UNSEEN
    except (OSError, RuntimeError):  # a loop of links
        return Access.MISSING
    if not (stat.S_ISDIR(mode) if folder else stat.S_ISREG(mode)):
        return Access.OTHER
    needed = stat.S_IROTH | stat.S_IXOTH if folder else stat.S_IROTH
    is_open = mode & needed == needed and all(way & stat.S_IXOTH for way in ways)
    return Access.OPEN if is_open else Access.CLOSED
