"""A file is the former one or the new one, and nothing is left beside it; devices, FIFOs and open
descriptors are written into, and stay what they are."""

from __future__ import annotations

import os
import socket
import stat
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from vnetmgr.runtime.whole_file import refuse_unwritable, write_into, write_whole

if TYPE_CHECKING:
    from collections.abc import Callable

NULL, FULL = os.makedev(1, 3), os.makedev(1, 7)


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
    [("directory", "text"), ("missing/file", "text"), ("file", "\ud800"), ("file/x", "text")],
)
def test_what_cannot_be_written_leaves_nothing(tmp_path: Path, place: str, text: str) -> None:
    (tmp_path / "directory").mkdir()
    (tmp_path / "file").write_text("old")
    with pytest.raises((OSError, UnicodeEncodeError)):
        write_whole(tmp_path / place, text, mode=0o644)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["directory", "file"]
    assert (tmp_path / "file").read_text() == "old"


def test_a_long_name_is_as_good_as_any(tmp_path: Path) -> None:
    target = tmp_path / ("x" * 255)
    write_into(str(target), "new", mode=0o644)
    assert target.read_text() == "new"


def node(kind: int, device: int) -> Callable[[Path], object]:
    def make(path: Path) -> None:
        try:
            os.mknod(path, kind | 0o666, device)
        except PermissionError:
            pytest.skip("device nodes are root's to make")

    return make


def bound(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


@pytest.mark.parametrize(
    "target", ["/dev/null", "/proc/self/fd/{fd}", "/dev/fd/{fd}", "{folder}/null", "{folder}/pts"]
)
def test_a_device_is_written_into_also_by_a_link(tmp_path: Path, target: str) -> None:
    (tmp_path / "null").symlink_to("/dev/null")
    (tmp_path / "pts").symlink_to("/dev/../dev/null")
    reader, writer = os.pipe()
    path = target.format(fd=writer, folder=tmp_path)
    refuse_unwritable(path)
    write_into(path, "text", mode=0o644)
    os.close(writer)
    assert os.read(reader, 10) == (b"text" if "{fd}" in target else b"")
    os.close(reader)
    assert Path("/dev/null").is_char_device()
    assert (tmp_path / "null").is_symlink()


def test_what_a_shell_opened_goes_on_where_it_is(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    descriptor = os.open(kept, os.O_WRONLY | os.O_CREAT, 0o600)
    os.write(descriptor, b"before ")
    write_into(f"/dev/fd/{descriptor}", "text", mode=0o644)
    os.close(descriptor)
    assert kept.read_text() == "before text"


def test_a_socket_that_is_open_is_written_into() -> None:
    """As standard output is under systemd."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        write_into(f"/proc/self/fd/{theirs.fileno()}", "text", mode=0o644)
        assert ours.recv(10) == b"text"


def test_a_device_node_stays_one(tmp_path: Path) -> None:
    path = tmp_path / "node"
    node(stat.S_IFCHR, NULL)(path)
    try:
        write_into(str(path), "x", mode=0o644)
    except PermissionError:
        pytest.skip("a file system without devices")
    assert stat.S_ISCHR(path.lstat().st_mode)
    with pytest.raises(OSError, match="it is a device"):
        write_whole(path, "x", mode=0o644)


def test_a_fifo_is_written_into(tmp_path: Path) -> None:
    path, read = tmp_path / "fifo", []
    os.mkfifo(path)
    with pytest.raises(OSError, match="nobody reads"):
        write_into(str(path), "x", mode=0o644)
    held = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    text = "x" * 300_000  # more than a pipe holds
    reading = threading.Thread(target=lambda: read.append(path.read_text()))
    reading.start()
    write_into(str(path), text, mode=0o644)
    os.close(held)
    reading.join()
    assert read == [text]
    assert stat.S_ISFIFO(path.lstat().st_mode)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: path.mkdir(), "directory"),
        (bound, "it is a socket"),
        (node(stat.S_IFBLK, os.makedev(7, 99)), "it is a block device"),
        (lambda path: path.symlink_to("/etc/hostname"), "it is a link to /etc/hostname"),
        (lambda path: path.symlink_to("kept"), "it is a link to"),
        (lambda path: path.symlink_to("/dev/shm/x"), "it is a link to"),  # noqa: S108
        (lambda path: path.symlink_to("/dev/no-such"), "it is a link"),
        (lambda path: path.symlink_to("nowhere"), "it is a link to"),
        (lambda path: path.symlink_to(path.name), "it is a link|symbolic links"),
        (lambda path: path.symlink_to("/proc/self/fd/987"), "Bad file descriptor"),
    ],
)
def test_what_is_refused_stays_as_it_is(
    tmp_path: Path, make: Callable[[Path], object], reason: str
) -> None:
    (tmp_path / "kept").write_text("kept")
    path = tmp_path / "path"
    make(path)
    before = path.lstat()
    for refuse in (refuse_unwritable, lambda path: write_into(path, "text", mode=0o644)):
        with pytest.raises(OSError, match=reason):
            refuse(str(path))
    assert path.lstat() == before
    assert sorted(each.name for each in tmp_path.iterdir()) == ["kept", "path"]
    assert (tmp_path / "kept").read_text() == "kept"


def test_a_link_of_somebody_else_is_not_followed(tmp_path: Path) -> None:
    if os.geteuid():
        pytest.skip("only root can make a link of somebody else's")
    path = tmp_path / "link"
    path.symlink_to("/dev/null")
    os.lchown(path, 65534, 65534)
    with pytest.raises(OSError, match="somebody else made"):
        write_into(str(path), "text", mode=0o644)
