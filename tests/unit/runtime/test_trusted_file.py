"""Which files are trusted with what is run."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from vnetmgr.runtime import trusted_file
from vnetmgr.runtime.trusted_file import NotTrustedError, check_program, read_trusted

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """One that only its owner can write."""
    path = tmp_path / "a 'file"
    path.write_text("text")
    path.chmod(0o644)
    return path


@pytest.mark.parametrize("mode", [0o644, 0o600, 0o400, 0o755])
def test_who_alone_can_write_it(file: Path, mode: int) -> None:
    file.chmod(mode)
    assert read_trusted(str(file)) == "text"


@pytest.mark.parametrize("mode", [0o664, 0o646, 0o666, 0o777])
def test_others_can_write_it(file: Path, mode: int) -> None:
    file.chmod(mode)
    with pytest.raises(NotTrustedError) as caught:
        read_trusted(str(file))
    assert f"(mode {mode:04o})" in str(caught.value.strerror)
    assert caught.value.remedy.startswith("chmod go-w '")


@pytest.mark.parametrize(
    ("owner", "me", "trusted"),
    [(0, 0, True), (0, 1000, True), (1000, 1000, True), (1000, 0, False), (1000, 1001, False)],
)
def test_whose_it_is(
    monkeypatch: pytest.MonkeyPatch, owner: int, me: int, *, trusted: bool
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: me)
    found = os.stat_result((stat.S_IFREG | 0o755, 1, 1, 1, owner, 0, 4, 0, 0, 0))
    monkeypatch.setattr(os, "stat", lambda _path: found)
    if trusted:
        check_program("/p")
        return
    with pytest.raises(NotTrustedError, match="it is user 1000's") as caught:
        check_program("/p")
    assert ("or yours" in str(caught.value)) == bool(me)


def test_what_is_no_file(tmp_path: Path, file: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path, tmp_path / "fifo", "/dev/null"):
        with pytest.raises(OSError, match=r"regular file|directory"):
            read_trusted(str(path))
    (tmp_path / "link").symlink_to(file)
    assert read_trusted(str(tmp_path / "link")) == "text"


def test_what_is_too_large_or_no_text(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_bytes(b"ok\n\xff")
    with pytest.raises(OSError, match="not UTF-8: byte 0xff in line 2"):
        read_trusted(str(file))
    monkeypatch.setattr(trusted_file, "LARGEST", 3)
    with pytest.raises(OSError, match="larger than"):
        read_trusted(str(file))


def test_programs(file: Path) -> None:
    with pytest.raises(OSError, match="cannot be executed"):
        check_program(str(file))
    file.chmod(0o755)
    check_program(str(file))


def test_programs_that_others_can_replace(file: Path) -> None:
    file.chmod(0o755)
    file.parent.chmod(0o777)
    with pytest.raises(NotTrustedError, match="others can write its folder") as caught:
        check_program(str(file))
    assert caught.value.remedy == f"chmod go-w {file.parent}"
    file.parent.chmod(0o1777)  # as /tmp: what is there is safe from others
    check_program(str(file))
    link = file.parent / "safe"
    link.mkdir()
    (link / "link").symlink_to(file)
    file.parent.chmod(0o777)
    with pytest.raises(NotTrustedError):
        check_program(str(link / "link"))
