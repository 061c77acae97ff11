"""The lock of a host, between real processes and real users."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vnetmgr.errors import LockedError, VnetError
from vnetmgr.local.lock import HostLock

_CHECKOUT = str(Path(__file__).resolve().parents[3])
_HOLDER = (
    "import sys; from vnetmgr.local.lock import HostLock; from pathlib import Path\n"
    "with HostLock('host', 5, Path(sys.argv[1])):\n"
    "    print('held', flush=True); sys.stdin.read()\n"
)
_AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="changes its user")


def _hold(directory: Path, *, user: int | None = None) -> subprocess.Popen[str]:
    """Another process that holds the lock until its standard input is closed."""
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(directory)],
        cwd=_CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        user=user,
        group=user,
        extra_groups=None if user is None else [],
        env={"PYTHONPATH": _CHECKOUT},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def _take(directory: Path, *, timeout_s: float = 0) -> None:
    with HostLock("host", timeout_s, directory):
        pass


def test_a_held_lock_is_refused_at_once_and_names_its_holder(tmp_path: Path) -> None:
    with _hold(tmp_path) as holder:
        started = time.monotonic()
        with pytest.raises(LockedError, match=f"process {holder.pid} .*-c") as caught:
            _take(tmp_path)
        assert time.monotonic() - started < 1
        assert caught.value.exit_code == 75
        holder.communicate("")
    _take(tmp_path)


def test_a_killed_holder_lets_go(tmp_path: Path) -> None:
    with _hold(tmp_path) as holder:
        holder.kill()
        holder.communicate()
    _take(tmp_path, timeout_s=1)


def test_waiting_ends_when_the_holder_does(tmp_path: Path) -> None:
    with _hold(tmp_path) as holder:
        assert holder.stdin is not None
        holder.stdin.close()
        _take(tmp_path, timeout_s=10)


def test_waiting_ends_with_the_time_given(tmp_path: Path) -> None:
    with _hold(tmp_path) as holder:
        started = time.monotonic()
        with pytest.raises(LockedError):
            _take(tmp_path, timeout_s=0.3)
        assert 0.3 <= time.monotonic() - started < 2
        holder.communicate("")


def test_two_hosts_have_two_locks(tmp_path: Path) -> None:
    with HostLock("one", 0, tmp_path), HostLock("two", 0, tmp_path):
        pass


@_AS_ROOT
def test_users_share_a_lock_in_a_sticky_directory(tmp_path: Path) -> None:
    for parent in (tmp_path, *tmp_path.parents):
        if parent.stat().st_mode & 0o005 != 0o005:
            parent.chmod(parent.stat().st_mode | 0o005)
    tmp_path.chmod(0o1777)
    old = os.umask(0o077)
    try:
        _take(tmp_path)
    finally:
        os.umask(old)
    with _hold(tmp_path, user=65534) as holder:
        with pytest.raises(LockedError):
            _take(tmp_path)
        holder.communicate("")
    (tmp_path / "vnetmgr-host.lock").unlink()
    with _hold(tmp_path, user=65534) as holder:
        with pytest.raises(LockedError):
            _take(tmp_path)
        holder.communicate("")
    _take(tmp_path)


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "vnetmgr-host.lock").symlink_to(victim)
    with pytest.raises(VnetError, match="lock "):
        _take(tmp_path)
    assert victim.read_text() == "precious"


def test_other_things_in_its_place_are_errors_and_do_not_hang(tmp_path: Path) -> None:
    (tmp_path / "vnetmgr-host.lock").mkdir()
    with pytest.raises(VnetError, match="Is a directory"):
        _take(tmp_path)
    with pytest.raises(VnetError, match="No such file"):
        _take(tmp_path / "missing")


def test_a_second_name_of_another_file_is_not_written_to(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "vnetmgr-host.lock").hardlink_to(victim)
    with pytest.raises(VnetError, match="not a file of its own"):
        _take(tmp_path)
    assert victim.read_text() == "precious"


@pytest.mark.parametrize("garbage", [b"", b"\xff\x1b[2J\n", b"x" * 100_000])
def test_garbage_in_the_file_is_tolerated(tmp_path: Path, garbage: bytes) -> None:
    with _hold(tmp_path) as holder:
        (tmp_path / "vnetmgr-host.lock").write_bytes(garbage)
        with pytest.raises(LockedError) as caught:
            _take(tmp_path)
        assert caught.value.message.isprintable()
        assert len(caught.value.message) < 1000
        holder.communicate("")
