"""A session's libvirt has a user's own rights: what its guests could not start with is refused."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.lab.machine import REPOSITORY
from tests.system.conftest import ok, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from subprocess import CompletedProcess

    from tests.lab import Lab

NOBODY = 65534
DOMAIN = (
    "<domain type='qemu'><name>own</name><memory unit='MiB'>32</memory>"
    "<os><type arch='x86_64' machine='q35'>hvm</type></os></domain>"
)


@pytest.fixture
def user(lab: Lab) -> Iterator[Callable[..., CompletedProcess[str]]]:
    """Runs a program as a user who has a session, and a domain that is off in it."""
    home = lab.directory / "tmp/home"
    (home / "run").mkdir(parents=True)
    (home / "own.xml").write_text(DOMAIN)
    for folder in (lab.directory, home.parent):
        folder.chmod(0o755)
    lab.sh(f"chown -R {NOBODY} {home}")
    rights = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    names = ("CONFIG", "CACHE", "DATA", "STATE")
    places = [f"HOME={home}", f"XDG_RUNTIME_DIR={home}/run", "LIBVIRT_DEFAULT_URI=qemu:///session"]
    places += [f"XDG_{name}_HOME={home}/{name.lower()}" for name in names]
    places += [f"PYTHONPATH={REPOSITORY}", f"TMPDIR={home}"]

    def run(*argv: str) -> CompletedProcess[str]:
        return lab.run([*rights, "env", *places, *argv])

    ok(run("virsh", "define", f"{home}/own.xml"))
    yield run
    lab.sh(f"read -r pid < {home}/run/libvirt/libvirtd.pid && kill $pid", check=False)


def test_bridges_that_the_helper_does_not_give(
    lab: Lab, user: Callable[..., CompletedProcess[str]]
) -> None:
    def vnetmgr(*arguments: str) -> CompletedProcess[str]:
        return user(sys.executable, "-m", "vnetmgr", *arguments)

    ok(vnetmgr("attach-nic", "own", "--user", "--name", "out"))
    before = ok(user("virsh", "dumpxml", "own"))
    for source in (("--bridge", "br0"), ("--direct", "br0")):
        assert "would not start" in refused(vnetmgr("attach-nic", "own", *source), 4)
        assert "would not start" in refused(vnetmgr("update-nic", "own", "out", *source), 4)
    assert "qemu:///system" in refused(vnetmgr("create-network", "lab"), 1)
    assert ok(user("virsh", "dumpxml", "own")) == before
    assert "lab" not in ok(user("virsh", "net-list", "--all"))
    started = user("virsh", "start", "own")
    assert started.returncode == 0, started.stderr
    ok(user("virsh", "destroy", "own"))
