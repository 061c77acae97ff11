"""Reading ends, whatever is named."""

from __future__ import annotations

import os
import socket
import threading
from typing import TYPE_CHECKING

import pytest

from vnetmgr.runtime import text_file
from vnetmgr.runtime.text_file import LARGEST, read_regular, read_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def bound(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


@pytest.mark.parametrize("text", ["", "version: 1\n", "größe", "x" * 200_000])
def test_a_file_and_a_pipe(tmp_path: Path, text: str) -> None:
    path, fifo = tmp_path / "file", tmp_path / "fifo"
    path.write_text(text)
    os.mkfifo(fifo)
    assert read_text(str(path)) == read_regular(str(path)) == text
    writing = threading.Thread(target=fifo.write_text, args=(text,))
    writing.start()
    assert read_text(str(fifo)) == text
    writing.join()


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: None, "No such file"),
        (lambda path: path.mkdir(), "Is a directory"),
        (lambda path: path.symlink_to("/dev/zero"), "larger than 32 MiB"),
        (lambda path: path.write_bytes(b"\xff"), "it is not UTF-8"),
        (lambda path: os.truncate(os.open(path, os.O_CREAT | os.O_RDWR), LARGEST + 1), "larger"),
        (lambda path: os.mkfifo(path), "nobody wrote anything into it for"),
        (lambda path: path.symlink_to(path.name), "symbolic links"),
        (bound, "No such device"),
    ],
)
def test_what_cannot_be_read_says_why(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[[Path], object],
    reason: str,
) -> None:
    monkeypatch.setattr(text_file, "UNWRITTEN_S", 0.01)
    path = tmp_path / "path"
    make(path)
    with pytest.raises(OSError, match=reason):
        read_text(str(path))


def test_a_pipe_that_is_open_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `<(command)` and `command | vnetmgr apply /dev/stdin` are."""
    monkeypatch.setattr(text_file, "UNWRITTEN_S", 0.01)
    for form in ("/dev/fd/{}", "/proc/self/fd/{}"):
        reader, writer = os.pipe()

        def write(end: int = writer) -> None:
            os.write(end, b"late")
            os.close(end)

        later = threading.Timer(0.3, write)
        later.start()
        assert read_text(form.format(reader)) == "late"
        later.join()
        os.close(reader)


@pytest.mark.parametrize("path", ["/dev/null", "/dev/zero", "/"])
def test_nothing_but_a_regular_file(path: str) -> None:
    with pytest.raises(OSError, match="no regular file"):
        read_regular(path)
