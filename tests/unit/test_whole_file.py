"""A file is the former one or the new one, and nothing is left beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vnetmgr.whole_file import write_whole

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("before", [None, "old", "old and longer"])
@pytest.mark.parametrize("mode", [0o644, 0o755])
def test_it_is_replaced(tmp_path: Path, before: str | None, mode: int) -> None:
    target = tmp_path / "file"
    if before is not None:
        target.write_text(before)
    write_whole(target, "new \N{BULLET}", mode=mode)
    assert target.read_text() == "new \N{BULLET}"
    assert target.stat().st_mode & 0o7777 == mode
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    ("place", "text"),
    [("directory", "text"), ("missing/file", "text"), ("file", "\ud800")],
)
def test_what_cannot_be_written_leaves_nothing(tmp_path: Path, place: str, text: str) -> None:
    (tmp_path / "directory").mkdir()
    (tmp_path / "file").write_text("old")
    with pytest.raises((OSError, UnicodeEncodeError)):
        write_whole(tmp_path / place, text, mode=0o644)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["directory", "file"]
    assert (tmp_path / "file").read_text() == "old"
