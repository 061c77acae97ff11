"""How ssh is called for a URI of libvirt's."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from vnetmgr.fleet.ssh import ControlFolder, SshTarget


@pytest.mark.parametrize(
    "uri",
    [
        "qemu:///system",
        "qemu+tcp://kvm1/system",
        "qemu+libssh2://kvm1/system",
        "qemu+ext:///system?command=/bin/true",
        "test+ssh://kvm1/default",
        "qemu+ssh:///system",
        "qemu+ssh://[::1/system",
        "qemu+ssh://kvm1:many/system",
        "",
    ],
)
def test_no_other_uri_leads_to_a_vnetmgr(uri: str) -> None:
    assert SshTarget.of_uri(uri) is None


@pytest.mark.parametrize(
    ("uri", "options", "host", "connect"),
    [
        ("qemu+ssh://kvm1/system", (), "kvm1", None),
        ("qemu+ssh://root@kvm1:2222/system", ("-p", "2222", "-l", "root"), "kvm1", None),
        ("qemu+ssh://a%40b@[fd00::1]/system", ("-l", "a@b"), "fd00::1", None),
        ("qemu+ssh://kvm1/session", (), "kvm1", "qemu:///session"),
        (
            "qemu+ssh://me@KVM1:22/system?KEYFILE=/a+b",
            ("-p", "22", "-l", "me", "-i", "/a+b"),
            "KVM1",
            None,
        ),
        (
            "qemu+ssh://kvm1/system?socket=/run/a%20b",
            (),
            "kvm1",
            "qemu+unix:///system?socket=/run/a%20b",
        ),
        ("qemu+ssh://kvm1/system?name=test:///default", (), "kvm1", "test:///default"),
        (
            "qemu+ssh://kvm1/system?keyfile=/k&no_verify=1",
            ("-i", "/k", "-o", "StrictHostKeyChecking=no"),
            "kvm1",
            None,
        ),
        ("qemu+ssh://kvm1/system?no_verify=0&netcat=/bin/nc", (), "kvm1", None),
    ],
)
def test_what_a_uri_says(
    uri: str, options: tuple[str, ...], host: str, connect: str | None
) -> None:
    expected = SshTarget(program="ssh", options=options, host=host, connect=connect)
    assert SshTarget.of_uri(uri) == expected


def test_how_somebody_gets_there_by_hand() -> None:
    target = SshTarget.of_uri("qemu+ssh://a%20b@kvm1:2222/system?keyfile=/k")
    assert target is not None
    assert target.by_hand == "ssh -p 2222 -l 'a b' -i /k kvm1"


TARGET = SshTarget(program="/bin/my-ssh", options=("-l", "root"), host="kvm1", connect=None)


def words(control: ControlFolder, connect_s: float = 10, target: SshTarget = TARGET) -> list[str]:
    return target.words(["vnetmgr", "list-nics", "a b"], connect_s=connect_s, control=control)


def test_nobody_is_asked_and_every_word_arrives(folder: Path) -> None:
    said = words(ControlFolder())
    assert (said[0], said[-3:]) == ("/bin/my-ssh", ["--", "kvm1", "vnetmgr list-nics 'a b'"])
    assert {"BatchMode=yes", "ConnectTimeout=10", "ServerAliveInterval=3"} <= set(said)
    assert "ConnectTimeout=1" in words(ControlFolder(), connect_s=0.2)
    assert not any(word.startswith("ConnectTimeout") for word in words(ControlFolder(), 0))


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where a user's sockets lie; pytest's own folders have names that are too long for them."""
    with tempfile.TemporaryDirectory(prefix="v") as base:
        monkeypatch.setattr("vnetmgr.fleet.ssh._RUN", Path(base))
        monkeypatch.setenv("XDG_RUNTIME_DIR", base)
        yield Path(base) / f"vnetmgr-ssh-{os.getuid()}"


def path(said: list[str]) -> str:
    (found,) = [word for word in said if word.startswith("ControlPath=")]
    return found.removeprefix("ControlPath=")


def test_connections_are_shared_in_a_folder_of_ones_own(folder: Path) -> None:
    control = ControlFolder()
    assert path(words(control)).startswith(f"{folder}/{os.getpid()}-")
    assert folder.stat().st_mode & 0o777 == 0o700
    other_key = SshTarget(program="ssh", options=("-i", "/k"), host="kvm1", connect=None)
    assert path(words(control)) != path(words(control, target=other_key))
    control.close()


def test_in_none_that_others_can_use(folder: Path) -> None:
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    assert path(words(ControlFolder())) == "none"
    folder.rmdir()
    folder.symlink_to(folder.parent)
    assert path(words(ControlFolder())) == "none"


def test_in_none_whose_name_ssh_would_read_otherwise(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a b", "%h", "x" * 80):
        other = folder.parent / name
        other.mkdir()
        monkeypatch.setattr("vnetmgr.fleet.ssh._RUN", other)
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(other))
        assert path(words(ControlFolder())) == "none"
