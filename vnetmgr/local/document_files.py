"""The files in which this machine's libvirt keeps its documents: only whether they have changed.

libvirt 9.0 has no event for a link that is set down, be it live or in the config; but it writes
each change to a file. Whoever may not look there is told nothing.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeAlias

_SUFFIX = ".xml"
# The running ones' state, then the configs (src/qemu/qemu_conf.c, src/network/bridge_driver.c).
_DOMAINS = (Path("/run/libvirt/qemu"), Path("/etc/libvirt/qemu"))
_NETWORKS = (Path("/run/libvirt/network"), Path("/etc/libvirt/qemu/networks"))

Stamp: TypeAlias = tuple[tuple[str, int, int], ...]
"""What is another after each change."""


def domain_stamps() -> dict[str, Stamp]:
    """By domain."""
    return stamps(_DOMAINS)


def network_stamps() -> dict[str, Stamp]:
    """By network."""
    return stamps(_NETWORKS)


def stamps(folders: tuple[Path, ...]) -> dict[str, Stamp]:
    """By the name of the object, of all these folders."""
    found: dict[str, Stamp] = {}
    for folder in folders:
        try:
            with os.scandir(folder) as entries:
                files = [entry for entry in entries if entry.name.endswith(_SUFFIX)]
        except OSError:
            continue
        for entry in files:
            try:
                status = entry.stat()
            except OSError:  # replaced at this moment, or nothing that may be looked at
                continue
            name = entry.name.removesuffix(_SUFFIX)
            stamp = (str(folder), status.st_ino, status.st_mtime_ns)
            found[name] = (*found.get(name, ()), stamp)
    return found
