"""What a reconcile leaves word of, and what others leave there."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from vnetmgr.local.last_run import leave_last_run, read_last_run
from vnetmgr.local.lock_folder import LockFolder
from vnetmgr.model.plan import Result
from vnetmgr.model.record import replace
from vnetmgr.model.rows.last_run import LastRun

KEY = "qemu-system-host"
RUN = LastRun(
    host="host",
    ended_s=1000.5,
    duration_s=2.25,
    success=False,
    errors=3,
    changes={**dict.fromkeys(map(str, Result), 0), "done": 7},
)


def leave(folder: Path, run: LastRun, key: str = KEY) -> None:
    leave_last_run(key, run, LockFolder(folder, -1, 0o660))


def test_it_is_read_as_it_was_left(tmp_path: Path) -> None:
    assert read_last_run(KEY, tmp_path) is None
    leave(tmp_path, RUN)
    assert read_last_run(KEY, tmp_path) == RUN
    assert [path.stat().st_mode & 0o777 for path in tmp_path.iterdir()] == [0o640]


def test_the_last_of_all_users_counts_and_of_this_host_alone(tmp_path: Path) -> None:
    leave(tmp_path, RUN)
    other = tmp_path / f"vnetmgr-{KEY}.last-run-{os.geteuid() + 1}.json"
    other.write_text(json.dumps(vars(replace(RUN, ended_s=2000.0))))
    leave(tmp_path, replace(RUN, ended_s=3000.0), key="qemu-system-other")
    assert read_last_run(KEY, tmp_path) == replace(RUN, ended_s=2000.0)


@pytest.mark.parametrize(
    "changes",
    [
        {"ended_s": "x"},
        {"ended_s": None},
        {"ended_s": True},
        {"duration_s": -1},
        {"errors": 1e300},
        {"errors": float("nan")},
        {"changes": []},
        {"changes": {"done": "7"}},
    ],
)
def test_what_is_none_is_passed_over(tmp_path: Path, changes: dict[str, Any]) -> None:
    path = tmp_path / f"vnetmgr-{KEY}.last-run-0.json"
    path.write_text(json.dumps({**vars(RUN), **changes}))
    assert read_last_run(KEY, tmp_path) is None


@pytest.mark.parametrize("text", ["", "[]", "null", "{", "[" * 10_000, "\ud800"])
def test_what_is_no_object_is(tmp_path: Path, text: str) -> None:
    path = tmp_path / f"vnetmgr-{KEY}.last-run-0.json"
    path.write_text(text, errors="surrogatepass")
    assert read_last_run(KEY, tmp_path) is None


def test_what_is_no_file_is(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / f"vnetmgr-{KEY}.last-run-0.json")
    (tmp_path / f"vnetmgr-{KEY}.last-run-1.json").mkdir()
    assert read_last_run(KEY, tmp_path) is None


def test_where_it_cannot_be_left_nothing_is_said(tmp_path: Path) -> None:
    leave(tmp_path / "nowhere", RUN)
    (tmp_path / f"vnetmgr-{KEY}.last-run-{os.geteuid()}.json").mkdir()
    leave(tmp_path, RUN)
