"""Where locks lie: root's folder, for those who may write to libvirt's socket, and nobody else."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from vnetmgr.local.lock_folder import lock_folder

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="is about root's folder")
_CHECKOUT = str(Path(__file__).resolve().parents[3])
NOBODY, GROUP = 65534, 4242
_ASK = (
    "import sys; from pathlib import Path; from vnetmgr.local.lock_folder import lock_folder\n"
    "print(lock_folder(Path(sys.argv[1]), [(Path(sys.argv[2]), Path('/dev/null'))]).path)\n"
)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A /run."""
    for parent in (tmp_path, *tmp_path.parents):
        if parent.stat().st_mode & 0o005 != 0o005:
            parent.chmod(parent.stat().st_mode | 0o005)
    return tmp_path


@pytest.fixture
def libvirt(run: Path) -> Iterator[Path]:
    """libvirt's socket, as Debian has it."""
    path = run / "sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        os.chown(path, 0, GROUP)
        path.chmod(0o660)
        yield path


def daemons(sock: Path, configuration: str = "") -> list[tuple[Path, Path]]:
    """A libvirtd's socket and its configuration."""
    path = sock.parent / "libvirtd.conf"
    path.write_text(configuration)
    return [(sock, path)]


def asked_by(run: Path, sock: Path, *groups: int, own: Path | None = None) -> str:
    """The folder of an unprivileged user, by its name."""
    env = {"PYTHONPATH": _CHECKOUT, "TMPDIR": str(run / "tmp")}
    if own is not None:
        env["XDG_RUNTIME_DIR"] = str(own)
    done = subprocess.run(
        [sys.executable, "-c", _ASK, str(run), str(sock)],
        cwd=_CHECKOUT,
        env=env,
        user=NOBODY,
        group=NOBODY,
        extra_groups=groups,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip() or done.stderr


@pytest.mark.parametrize(
    ("mode", "folder", "lock"),
    [(0o660, 0o1770, 0o660), (0o700, 0o1700, 0o600)],
)
def test_it_is_open_to_whom_libvirt_is(
    run: Path, libvirt: Path, mode: int, folder: int, lock: int
) -> None:
    libvirt.chmod(mode)
    found = lock_folder(run, daemons(libvirt))
    status = found.path.stat()
    assert (found.path, found.mode) == (run / "vnetmgr", lock)
    assert (status.st_uid, status.st_gid) == (0, GROUP)
    assert stat.S_IMODE(status.st_mode) == folder


@pytest.mark.parametrize("group", ["libvirt", None])
def test_a_socket_for_everybody_is_polkits_to_guard(
    run: Path, libvirt: Path, monkeypatch: pytest.MonkeyPatch, group: str | None
) -> None:
    """As systemd makes it, and Debian: who is in its group is let in."""

    def getgrnam(name: str) -> SimpleNamespace:
        if name != group:
            raise KeyError(name)
        return SimpleNamespace(gr_gid=GROUP)

    monkeypatch.setattr("grp.getgrnam", getgrnam)
    libvirt.chmod(0o666)
    os.chown(libvirt, 0, 0)
    found = lock_folder(run, daemons(libvirt, '#auth_unix_rw = "none"\n'))
    status = found.path.stat()
    wanted = (GROUP, 0o1770, 0o660) if group else (0, 0o1700, 0o600)
    assert (status.st_gid, stat.S_IMODE(status.st_mode), found.mode) == wanted


def test_a_libvirt_that_asks_nobody_is_everybodys(run: Path, libvirt: Path) -> None:
    libvirt.chmod(0o777)
    found = lock_folder(run, daemons(libvirt, 'log_level = 3\nauth_unix_rw = "none"\n'))
    assert stat.S_IMODE(found.path.stat().st_mode) == 0o1777
    assert found.mode == 0o666


def test_it_follows_libvirt(run: Path, libvirt: Path) -> None:
    libvirt.chmod(0o660)
    lock_folder(run, daemons(libvirt))
    libvirt.chmod(0o600)
    assert (
        lock_folder(run, [(run / "none", run), *daemons(libvirt)]).path.stat().st_mode & 0o777
        == 0o700
    )


def test_the_group_shares_it_and_others_have_their_own(run: Path, libvirt: Path) -> None:
    lock_folder(run, daemons(libvirt))
    own = run / "user"
    own.mkdir(mode=0o700)
    os.chown(own, NOBODY, NOBODY)
    assert asked_by(run, libvirt, GROUP) == str(run / "vnetmgr")
    assert asked_by(run, libvirt, own=own) == str(own / "vnetmgr")


def test_without_root_there_is_none_to_share(run: Path, libvirt: Path) -> None:
    (run / "tmp").mkdir()
    (run / "tmp").chmod(0o1777)
    assert asked_by(run, libvirt, GROUP) == str(run / f"tmp/vnetmgr-{NOBODY}")
    assert not (run / "vnetmgr").exists()


@pytest.mark.parametrize("kind", ["directory", "link", "file"])
def test_what_somebody_else_made_beforehand_is_not_used(
    run: Path, libvirt: Path, kind: str
) -> None:
    bad = run / "vnetmgr"
    if kind == "directory":
        bad.mkdir(mode=0o777)
        os.chown(bad, NOBODY, NOBODY)
    elif kind == "link":
        (run / "elsewhere").mkdir()
        bad.symlink_to(run / "elsewhere")
    else:
        bad.write_text("x")
    assert lock_folder(run, daemons(libvirt)).path == run / "vnetmgr.1"
    assert asked_by(run, libvirt, GROUP) == str(run / "vnetmgr.1")


def test_a_runtime_directory_of_somebody_else_is_not_used(run: Path, libvirt: Path) -> None:
    lock_folder(run, daemons(libvirt))
    foreign = run / "foreign"
    foreign.mkdir(mode=0o755)
    (run / "tmp").mkdir()
    (run / "tmp").chmod(0o1777)
    assert asked_by(run, libvirt, own=foreign) == str(run / f"tmp/vnetmgr-{NOBODY}")
    (run / f"tmp/vnetmgr-{NOBODY}").rmdir()
    (run / f"tmp/vnetmgr-{NOBODY}").mkdir()
    assert "there is no place for a lock" in asked_by(run, libvirt, own=foreign)
