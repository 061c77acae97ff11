"""How the last reconcile of a host ended, as it leaves word beside the lock, for metrics.

Each user writes a file of his own: the folder is sticky, and nobody replaces another's.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from vnetmgr.errors import VnetError
from vnetmgr.local.lock_folder import LockFolder, lock_folder
from vnetmgr.model.plan import Result
from vnetmgr.model.rows.last_run import LastRun
from vnetmgr.runtime.text_file import read_regular
from vnetmgr.runtime.whole_file import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def leave_last_run(key: str, run: LastRun, folder: LockFolder | None = None) -> None:
    """Leave word of it; where that cannot be done, the run is none the worse. `key`: the host's."""
    fields = {field: getattr(run, field) for field in LastRun.FIELDS}
    text = json.dumps({**fields, "changes": dict(run.changes)})
    with suppress(OSError, VnetError):
        place = folder or lock_folder()
        path = place.path / f"{_name(key)}{os.geteuid()}.json"
        write_whole(path, text + "\n", mode=place.mode & 0o644)
        if place.group not in (-1, path.stat().st_gid):
            os.chown(path, -1, place.group)


def read_last_run(key: str, folder: Path | None = None) -> LastRun | None:
    """The last one that anybody has left word of; None where there is none to be read."""
    try:
        found = list(_all(key, folder or lock_folder().path))
    except (OSError, VnetError):
        return None
    return max(found, key=lambda run: run.ended_s, default=None)


def _name(key: str) -> str:
    return f"vnetmgr-{key}.last-run-"


def _all(key: str, folder: Path) -> Iterator[LastRun]:
    for path in folder.iterdir():
        if path.name.startswith(_name(key)) and path.suffix == ".json":
            with suppress(OSError, ValueError, RecursionError):  # not a file, or not of ours
                yield _read(json.loads(read_regular(str(path))))


def _read(said: Any) -> LastRun:
    """Raises ValueError for what is no such thing: others may write into the folder."""
    if not isinstance(said, dict) or not isinstance(said.get("changes"), dict):
        raise ValueError("no object")
    return LastRun(
        host=str(said.get("host", "")),
        ended_s=_number(said.get("ended_s")),
        duration_s=_number(said.get("duration_s")),
        success=said.get("success") is True,
        errors=int(_number(said.get("errors"))),
        changes={each: int(_number(said["changes"].get(each, 0))) for each in map(str, Result)},
    )


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e15:
        raise ValueError("no number")
    return value
