"""A lab leaves nothing behind, however it ends."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab import Lab, eventually, lab_unavailable
from tests.lab.machine import REPOSITORY

pytestmark = pytest.mark.skipif(bool(lab_unavailable()), reason=str(lab_unavailable()))

# Opens a lab with a guest, says where it is, and is then killed.
OPEN_AND_WAIT = """
import sys
from tests.lab import Lab
with Lab() as lab:
    lab.guest("doomed", paused=True)
    print(lab.directory, flush=True)
    sys.stdin.read()
"""


def processes_in(directory: Path) -> list[str]:
    """Return who is in the namespaces of a lab: they see its mounts."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str(directory) in (process / "mountinfo").read_text():
                found.append((process / "cmdline").read_text())
        except OSError:  # it has ended, or is a zombie
            continue
    return found


def machine() -> dict[str, object]:
    """Return what a lab could have changed of the machine around it."""
    links = json.loads(subprocess.check_output(["ip", "-j", "link"]))
    return {
        "mounts": Path("/proc/mounts").read_text(),
        "links": [link["ifname"] for link in links],
        # Those of systemd are made by tests beside this one, which boot a container.
        "run": sorted(each for each in Path("/run").glob("*/*") if "systemd" not in each.parts),
        "libvirt": sorted(Path("/etc/libvirt").rglob("*")),
        "ip_forward": Path("/proc/sys/net/ipv4/ip_forward").read_text(),
    }


def test_nothing_is_left(lab: Lab) -> None:
    before = machine()
    with Lab() as second:
        directory = second.directory
        second.guest("vm1", paused=True)
        second.sh("ip link add left-behind type bridge; ip netns add left-behind")
        sleeper = second.popen(["sleep", "1234"])
        assert any("libvirtd" in command for command in processes_in(directory))
        # The lab beside it has domains and links of its own.
        assert lab.run(["virsh", "domid", "vm1"]).returncode != 0
        assert "left-behind" not in lab.sh("ip link; ip netns")
    # Who has entered it from outside ends when what runs there for it has.
    eventually(lambda: not processes_in(directory), "nobody is in it")
    assert not directory.exists()
    eventually(lambda: machine() == before, f"it is as before: {before}")
    assert lab.conn.isAlive()
    sleeper.communicate()
    assert sleeper.returncode == -signal.SIGKILL


def test_nothing_is_left_when_the_test_run_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OPEN_AND_WAIT],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stdout
        directory = Path(run.stdout.readline().strip())
        assert any("doomed" in command for command in processes_in(directory))
        run.kill()
    eventually(lambda: not directory.exists(), "the lab's directory is gone")
    eventually(lambda: not processes_in(directory), "nobody is in it")


def test_an_error_in_it_ends_a_lab() -> None:
    directories = []

    def fail() -> None:
        with Lab() as lab:
            directories.append(lab.directory)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not directories[0].exists()
