"""What a program that stands for ssh brings, and what is made of it."""

from __future__ import annotations

import json
import os
import shlex
import sys
from pathlib import Path

import pytest

from vnetmgr import __version__
from vnetmgr.cli.called import told
from vnetmgr.command import Called, called_as
from vnetmgr.errors import ExitCode, RefusedError, UsageError, VnetError
from vnetmgr.fleet.answer import Answer
from vnetmgr.fleet.hosts import ManagedHost
from vnetmgr.fleet.task import Task
from vnetmgr.fleet.workers import Ended, Said, Workers
from vnetmgr.problem import About
from vnetmgr.render import console
from vnetmgr.render.blocks import Data
from vnetmgr.render.documents.error import ERROR, ShownError

pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")

MODELS = {"kind": "models", "version": 1, "items": []}
GREETING = json.dumps({"kind": "session", "version": 1, "vnetmgr": __version__})
ANSWER = json.dumps(MODELS | {"where": "there"})
HEAR = 'read line; echo "$line" > heard'


class Ssh:
    """A host that is reached by a program of the test's."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.program = directory / "ssh"

    def does(self, script: str) -> ManagedHost:
        """`$command` is the last argument."""
        take = 'for command; do :; done; cd "$(dirname "$0")"; echo "$@" > arguments'
        self.program.write_text(f"#!/bin/sh\n{take}\n{script}\n")
        self.program.chmod(0o755)
        uri = f"qemu+ssh://root@kvm1/system?command={self.program}"
        return ManagedHost(name="kvm1", connect=uri)


@pytest.fixture
def ssh(tmp_path: Path) -> Ssh:
    return Ssh(tmp_path)


def here(host: ManagedHost) -> None:
    console.out_data(Data(MODELS | {"where": "here"}))


TASK = Task(local=here, words=lambda _: ["list-models", "--", "a b"], given=lambda _: {"files": []})


def ask(host: ManagedHost, task: Task = TASK) -> Answer:
    with Workers() as workers:
        (answer,) = workers.ask_all([host], task)
    return answer


def says(*lines: str) -> str:
    return "; ".join(f"echo {shlex.quote(line)}" for line in lines)


def error(error: VnetError) -> str:
    return json.dumps(ERROR.whole(ShownError(error, error.exit_code)))


def test_the_vnetmgr_there_is_told_what_it_needs_and_answers(ssh: Ssh) -> None:
    answer = ask(ssh.does(f"{says(GREETING)}; {HEAR}; {says(ANSWER)}; echo a note >&2; exit 3"))
    assert answer == Answer(
        host="kvm1", code=ExitCode.PENDING, document=json.loads(ANSWER), notes=("a note",)
    )
    heard = json.loads((ssh.directory / "heard").read_text())
    assert heard == {"version": 1, "called": Called()._asdict() | {"hosts": []}, "files": []}
    arguments = (ssh.directory / "arguments").read_text()
    assert "-l root" in arguments
    assert "BatchMode=yes" in arguments
    command = "vnetmgr list-models --this-host=kvm1 --output=json --session -- 'a b'"
    assert arguments.endswith(f"-- kvm1 {command}\n")


def test_it_is_told_how_its_host_is_called_in_commands(ssh: Ssh) -> None:
    with called_as(Called(hosts_file="my hosts.yaml", hosts=("kvm*",), ovn_nb="tcp:x:1")):
        ask(ssh.does(f"{says(GREETING)}; {HEAR}; {says(ANSWER)}"))
    heard = json.loads((ssh.directory / "heard").read_text())["called"]
    assert told(heard) == Called(hosts_file="my hosts.yaml", hosts=("kvm1",), ovn_nb="tcp:x:1")


@pytest.mark.parametrize(
    ("script", "why"),
    [
        (
            "echo sh: vnetmgr: not found >&2; exit 127",
            "no vnetmgr answers there: sh: vnetmgr: not found",
        ),
        ("exit 1", "no vnetmgr answers there: it ended with exit code 1"),
        ("echo Welcome", "what answers there is no vnetmgr, but says: Welcome"),
        (
            f"echo Welcome; {says(GREETING)}; cat",
            "what answers there is no vnetmgr, but says: Welcome",
        ),
        ("yes hello", "what answers there is no vnetmgr, but says: hello"),
        (
            says(error(UsageError("No such option: --session"))) + "; exit 2",
            "the vnetmgr there is an older one: No such option: --session",
        ),
        (
            says('{"kind": "session", "version": 1, "vnetmgr": "999.1"}') + "; cat",
            f"the vnetmgr there is 999.1, and this one {__version__}",
        ),
        (
            says('{"kind": "session", "version": 2, "vnetmgr": "0.9"}') + "; cat",
            f"the vnetmgr there is 0.9, and this one {__version__}",
        ),
        (
            says('{"kind": "session", "version": 1, "vnetmgr": "0\\u001b[2J"}') + "; cat",
            "what answers there is no vnetmgr",
        ),
        (
            says('{"kind": "session", "version": 1}') + "; cat",
            "what answers there is no vnetmgr",
        ),
    ],
)
def test_without_one_it_is_done_over_libvirt(ssh: Ssh, script: str, why: str) -> None:
    host = ssh.does(script)
    with Workers() as workers:
        (first,) = workers.ask_all([host], TASK)
        (second,) = workers.ask_all([host], TASK)
    for answer in (first, second):
        assert (answer.document or {})["where"] == "here"
        assert answer.code is ExitCode.DONE
        assert answer.way == f"done over libvirt alone: {why}"


def test_of_a_flood_a_line_is_shown(ssh: Ssh) -> None:
    flood = "head -c 100000 /dev/zero | tr '\\0' x >&2; exit 255"
    answer = ask(ssh.does(flood))
    assert answer.error is not None
    assert [len(item) for item in answer.error.items] == [503]


def test_without_an_ssh_too() -> None:
    host = ManagedHost(name="kvm1", connect="qemu+ssh://kvm1/system?command=/nowhere/ssh")
    answer = ask(host)
    why = "/nowhere/ssh cannot be run: No such file or directory"
    assert answer.way == f"done over libvirt alone: {why}"


@pytest.mark.parametrize(
    ("script", "text"),
    [
        (
            "echo ssh: no route >&2; exit 255",
            "ssh does not reach kvm1\n  - ssh: no route",
        ),
        ("kill -9 $$", "ssh does not reach kvm1"),
        (
            f"{says(GREETING)}; {HEAR}; echo Timeout, server not responding >&2; exit 255",
            "the connection to kvm1 was lost: what the command has done is not known\n"
            "  - Timeout, server not responding",
        ),
        (
            f"{says(GREETING)}; {HEAR}",
            "the command on kvm1 has ended with exit code 0 without an answer",
        ),
        (
            f"{says(GREETING)}; {HEAR}; echo '{{}}'",
            "kvm1 has answered with a document of kind None",
        ),
        (
            f"{says(GREETING)}; {HEAR}; {says(ANSWER, ANSWER)}",
            "kvm1 has answered with what is no JSON",
        ),
        (
            f"{says(GREETING)}; {HEAR}; cat /dev/zero",
            "kvm1 has answered with more than 64 MiB",
        ),
        ("cat /dev/zero", "kvm1 has answered with much that is no answer"),
    ],
)
def test_what_is_no_answer_says_nothing_of_the_host(ssh: Ssh, script: str, text: str) -> None:
    answer = ask(ssh.does(script))
    assert str(answer.error) == text
    assert answer.error is not None
    assert answer.error.about == About("host", "kvm1")
    assert (answer.code, answer.unreachable) == (ExitCode.FAILED, True)


def test_one_that_does_not_begin_is_not_waited_for(
    ssh: Ssh, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vnetmgr.fleet.there._START_S", 0.1)
    task = Task(local=here, words=TASK.words, timeout_s=0.1)
    answer = ask(ssh.does("sleep 60"), task)
    assert str(answer.error) == "the vnetmgr on kvm1 did not begin in time"


@pytest.mark.parametrize(
    ("silent_s", "signs", "text"),
    [
        (
            0.3,
            "sleep 60",
            "the vnetmgr on kvm1 says nothing any more: what it has done is not known",
        ),
        (60, "for _ in 1 2 3; do read line; echo >&2; done; " + says(ANSWER), None),
    ],
)
def test_one_that_gives_no_sign_of_life_is_not_waited_for(
    ssh: Ssh, monkeypatch: pytest.MonkeyPatch, silent_s: float, signs: str, text: str | None
) -> None:
    monkeypatch.setattr("vnetmgr.fleet.there.LIFE_SIGN_S", 0.1)
    monkeypatch.setattr("vnetmgr.fleet.there.SILENT_S", silent_s)
    answer = ask(ssh.does(f"{says(GREETING)}; {HEAR}; {signs}"))
    assert (answer.error and str(answer.error)) == text
    assert (answer.unreachable, answer.notes) == (text is not None, ())


@pytest.mark.parametrize(
    "script",
    [
        says(error(RefusedError("not for you"))) + "; exit 4",
        f"{says(GREETING)}; {HEAR}; {says(error(RefusedError('not for you')))}; exit 4",
    ],
)
def test_an_error_there_is_one_here(ssh: Ssh, script: str) -> None:
    answer = ask(ssh.does(script))
    assert (str(answer.error), answer.code) == ("not for you", ExitCode.REFUSED)
    assert not answer.unreachable


def test_a_libvirt_that_does_not_run_there_is_unknown(ssh: Ssh) -> None:
    lost = UsageError("cannot connect", about=About("connection", "qemu:///system"))
    answer = ask(ssh.does(f"{says(GREETING)}; {HEAR}; {says(error(lost))}; exit 1"))
    assert answer.unreachable
    assert answer.error is not None
    assert answer.error.about == About("host", "kvm1")


def test_a_signal_ends_its_input_and_its_answer_is_awaited(ssh: Ssh) -> None:
    interrupted = error(UsageError("undone"))
    host = ssh.does(
        f"{says(GREETING)}; {HEAR}; kill -INT {os.getpid()}; cat > /dev/null; "
        f"{says(interrupted)}; exit 130"
    )
    with Workers() as workers:
        (answer,) = workers.ask_all([host], TASK)
        assert workers.interrupted
    assert str(answer.error) == "undone"


def test_one_that_has_not_begun_is_ended_at_once(ssh: Ssh) -> None:
    with Workers() as workers:
        (answer,) = workers.ask_all([ssh.does(f"kill -INT {os.getpid()}; exec sleep 60")], TASK)
    assert str(answer.error) == "interrupted before anything was begun"
    assert answer.code is ExitCode.INTERRUPTED


def test_one_that_does_not_end_is_not_waited_for(ssh: Ssh, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vnetmgr.fleet.there.LIFE_SIGN_S", 0.1)
    monkeypatch.setattr("vnetmgr.fleet.there._ENDING_S", 0.3)
    hangs = f"{says(GREETING)}; {HEAR}; kill -INT {os.getpid()}; exec sleep 60"
    with Workers() as workers:
        (answer,) = workers.ask_all([ssh.does(hangs)], TASK)
    assert answer.error is not None
    assert "says nothing any more" in answer.error.text
    assert answer.code is ExitCode.INTERRUPTED


def test_a_task_that_streams_is_told_everything_in_order(ssh: Ssh) -> None:
    """Also over libvirt, when no vnetmgr is there after all."""
    task = Task(local=here, words=TASK.words, streams=True)
    line = json.dumps(MODELS)
    host = ssh.does(f"sleep 0.2; {says(GREETING)}; {HEAR}; {says(line)}; read more; {says(line)}")
    with Workers() as workers:
        running = workers.start(host, task)
        running.send({"number": 1})
        events: list[Said | Ended] = []
        while not events or not isinstance(events[-1], Ended):
            events += workers.wait(1)
    assert [each.running for each in events] == [running] * 3
    assert events[-1] == Ended(running, Answer(host="kvm1", code=ExitCode.DONE))


def test_a_real_one(ssh: Ssh) -> None:
    host = ssh.does(
        f'vnetmgr() {{ {sys.executable} -m vnetmgr "$@" -c test:///default; }}; eval $command'
    )
    task = Task(local=here, words=lambda _: ["list-nics", "test"])
    answer = ask(host, task)
    assert answer.error is None
    assert (answer.document or {})["kind"] == "nics"
