"""watch --hosts, over libvirt's test driver: each host is a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab import eventually
from vnetmgr.cli.watching.hosts import _Say
from vnetmgr.errors import LeftOutError
from vnetmgr.problem import Place, Problem
from vnetmgr.render import console

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

HOSTS = """\
version: 1
hosts:
  kvm1: {connect: "test:///default"}
  kvm2: {connect: "test:///default"}
"""
OFF = '  off: {connect: "qemu+tcp://127.0.0.1:1/system"}\n'
SPEC = """\
version: 1
networks:
  lab: {mode: nat, subnet: 192.168.150.0/24, hosts: [kvm1]}
domains:
  test: {host: kvm2, nics: {lan: {bridge: br0}}}
"""


class Watching:
    """A watch at work, and what it says."""

    def __init__(self, folder: Path, *options: str) -> None:
        argv = [sys.executable, "-m", "vnetmgr", "watch", str(folder / "spec.yaml")]
        self.process = subprocess.Popen(
            [*argv, "--hosts", str(folder / "hosts.yaml"), *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.out: list[str] = []
        self.err: list[str] = []
        self._readers = [
            threading.Thread(target=lines.extend, args=(stream,), daemon=True)
            for stream, lines in ((self.process.stdout, self.out), (self.process.stderr, self.err))
        ]
        for reader in self._readers:
            reader.start()

    def says(self, *texts: str) -> None:
        """Wait until it has said something, a line each."""

        def said() -> bool:
            return all(any(text in line for line in (*self.out, *self.err)) for text in texts)

        try:
            eventually(said, str(texts))
        except AssertionError as error:
            raise AssertionError("".join((*self.out, *self.err))) from error

    def workers(self) -> list[int]:
        """The processes that it has made, which are as many as it has threads alone."""
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        with open(path) as file:  # noqa: PTH123
            return [int(each) for each in file.read().split()]

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Its exit code; nothing that it has made is left."""
        workers = self.workers()
        self.process.send_signal(number)
        code = self.process.wait(30)
        for reader in self._readers:
            reader.join(30)
        eventually(lambda: not any(map(runs, workers)), f"{workers} have ended")
        return code


def runs(pid: int) -> bool:
    """Whether a process does, and is not only waited for by nobody."""
    try:
        with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def watch(tmp_path: Path) -> Iterator[Callable[..., Watching]]:
    """Start one, on two hosts."""
    (tmp_path / "spec.yaml").write_text(SPEC)
    (tmp_path / "hosts.yaml").write_text(HOSTS)
    (tmp_path / "hosts.yaml").chmod(0o644)
    started: list[Watching] = []

    def start(*options: str) -> Watching:
        started.append(Watching(tmp_path, *options))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        with each.process:
            pass


ADDED = ("kvm1: network lab: added", "kvm2: nic test/lan: added")


def test_each_host_has_its_part_and_one_that_dies_is_back(
    watch: Callable[..., Watching], tmp_path: Path
) -> None:
    with (tmp_path / "hosts.yaml").open("a") as file:
        file.write(OFF)
    watching = watch()
    watching.says("keeping kvm1, kvm2, off as ", *ADDED, "off: cannot connect")
    workers = watching.workers()
    assert len(workers) == 2
    os.kill(workers[0], signal.SIGKILL)
    watching.says("has ended by signal 9", ": it is back")
    (tmp_path / "hosts.yaml").write_text(HOSTS.replace("kvm2", "kvm3"))
    watching.process.send_signal(signal.SIGHUP)
    watching.says("spec.yaml:5:")  # which still names kvm2
    (tmp_path / "spec.yaml").write_text(SPEC.replace("kvm2", "kvm3"))
    watching.process.send_signal(signal.SIGHUP)
    watching.says("the spec and the hosts were read again", "kvm3: nic test/lan: added")
    assert watching.end() == 0


def test_for_programs_each_change_is_a_document_with_its_host(
    watch: Callable[..., Watching],
) -> None:
    watching = watch("--output", "json", "--host", "kvm*", "--quiet")
    watching.says('"host": "kvm1"', '"host": "kvm2"')
    assert watching.end(signal.SIGINT) == 130
    documents = [json.loads(line) for line in watching.out]
    kinds = {item["host"]: item["result"]["kind"] for each in documents for item in each["items"]}
    assert kinds == {"kvm1": "report", "kvm2": "report"}
    assert {each["kind"] for each in documents} == {"fleet"}
    assert watching.err == []


def test_a_dry_run_shows_what_each_host_lacks(watch: Callable[..., Watching]) -> None:
    watching = watch("--dry-run")
    assert watching.process.wait(30) == 3
    watching.says("kvm1:", "+ network lab", "kvm2:", "+ nic test/lan")


def test_nothing_is_left_of_one_that_is_killed(watch: Callable[..., Watching]) -> None:
    watching = watch()
    watching.says(*ADDED)
    assert watching.end(signal.SIGKILL) == -signal.SIGKILL


# What is said


def report(**keys: Any) -> dict[str, Any]:
    """What a host's watch says."""
    common = {"kind": "report", "version": 1, "host": "there", "changes": [], "facts": []}
    return {**common, "notes": [], **keys}


def error(text: str, line: int | None) -> dict[str, Any]:
    """Something that is wrong in a spec."""
    problem = {"about": None, "text": text, "hint": None, "file": "a.yaml", "line": line}
    return {
        "message": f"a.yaml:{line}: {text}",
        "hint": None,
        "about": None,
        "problems": [{**problem, "column": None}],
    }


def test_what_is_wrong_in_the_spec_is_said_once_and_not_by_each_host(
    capsys: pytest.CaptureFixture[str],
) -> None:
    console.begin()
    say = _Say()
    say.left_out(LeftOutError([Problem(None, "what is this?").at(Place("a.yaml", 3))]))
    for host in ("kvm1", "kvm2"):
        say.report(host, report(errors=[error("what is this?", 3)]))
        say.report(host, report(errors=[error("its version knows no such key", 4)]))
        say.report(host, report(notes=["domain web1 is held"]))
    assert [line for line in capsys.readouterr().err.splitlines() if "left alone" not in line] == [
        "a.yaml:3: what is this?",
        "vnetmgr: kvm1: a.yaml:4: its version knows no such key",
        "vnetmgr: kvm1: domain web1 is held",
        "vnetmgr: kvm2: a.yaml:4: its version knows no such key",
        "vnetmgr: kvm2: domain web1 is held",
    ]


def test_what_a_host_says_is_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    console.begin()
    _Say().report("kvm1", report(notes=["\x1b[2J\nvnetmgr: all is well"]))
    assert "\x1b" not in (said := capsys.readouterr().err)
    assert len(said.splitlines()) == 1
