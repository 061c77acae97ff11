"""A lab leaves nothing behind, however it ends."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab import Lab, eventually, lab_unavailable
from tests.lab.lab import REPOSITORY

pytestmark = pytest.mark.skipif(bool(lab_unavailable()), reason=str(lab_unavailable()))

KINDS = ("mnt", "net", "pid")

# Opens a lab with a guest, says which, and is then killed.
OPEN_AND_WAIT = """
import json, sys
from tests.lab import Lab
from tests.lab.test_teardown import namespaces_of
with Lab() as lab:
    lab.guest("doomed", paused=True)
    print(json.dumps([str(lab.directory), sorted(namespaces_of(lab))]), flush=True)
    sys.stdin.read()
"""


def namespaces_of(lab: Lab) -> set[str]:
    show = "; ".join(f"readlink /proc/self/ns/{kind}" for kind in KINDS)
    shown = [lab.sh(show), *(lab.lan(bridge).sh(show) for bridge in lab.bridges)]
    return set("".join(shown).split())


def processes_in(namespaces: set[str]) -> list[int]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        for kind in KINDS:
            try:
                inside = str((process / "ns" / kind).readlink()) in namespaces
            except OSError:  # it has ended, or is a zombie
                inside = False
            if inside:
                found.append(int(process.name))
                break
    return found


def machine() -> dict[str, object]:
    """Return what a lab could have changed of the machine around it."""
    links = json.loads(subprocess.check_output(["ip", "-j", "link"]))
    return {
        "mounts": Path("/proc/mounts").read_text(),
        "links": [link["ifname"] for link in links],
        "netns": sorted(os.listdir("/run/netns")) if Path("/run/netns").exists() else None,
        "libvirt": sorted(os.listdir("/etc/libvirt/qemu/networks")),
        "ip_forward": Path("/proc/sys/net/ipv4/ip_forward").read_text(),
    }


def test_nothing_is_left(lab: Lab) -> None:
    before = machine()
    with Lab() as second:
        second.guest("vm1", paused=True)
        second.sh("ip link add left-behind type bridge; ip netns add left-behind")
        second.popen(["sleep", "1234"])
        directory, namespaces = second.directory, namespaces_of(second)
        # A lab beside it has domains, bridges and files of its own.
        assert not namespaces & namespaces_of(lab)
        assert lab.run(["virsh", "domid", "vm1"]).returncode != 0
        assert processes_in(namespaces)
    assert processes_in(namespaces) == []
    assert not directory.exists()
    assert machine() == before
    assert lab.conn.isAlive()


def test_nothing_is_left_when_the_test_run_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", OPEN_AND_WAIT],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stdout
        directory, namespaces = json.loads(run.stdout.readline())
        assert processes_in(set(namespaces))
        run.kill()
    eventually(lambda: not Path(directory).exists(), "the lab's directory is gone")
    assert processes_in(set(namespaces)) == []


def test_an_error_in_it_ends_a_lab() -> None:
    with pytest.raises(ZeroDivisionError), Lab() as lab:
        directory = lab.directory
        raise ZeroDivisionError
    assert not directory.exists()
