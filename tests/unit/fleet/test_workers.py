"""Processes that work for hosts: real ones, with tasks that do what commands do."""

from __future__ import annotations

import gc
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from vnetmgr.errors import ExitCode, NoAnswerError, RefusedError
from vnetmgr.fleet.answer import Answer
from vnetmgr.fleet.hosts import ManagedHost
from vnetmgr.fleet.task import Task
from vnetmgr.fleet.workers import Ended, Said, Workers
from vnetmgr.host.connect import Host
from vnetmgr.problem import About, Problem
from vnetmgr.render import console
from vnetmgr.render.blocks import Data
from vnetmgr.runtime.session import Session

# pytest-xdist has a thread of its own, which 3.12 and later warn of; no lock of it is needed here.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")

MODELS = {"kind": "models", "version": 1, "items": []}


def hosts(*names: str) -> list[ManagedHost]:
    return [ManagedHost(name=name, connect="test:///default") for name in names]


def ask(local: Callable[[ManagedHost], object], *names: str) -> tuple[Answer, ...]:
    with Workers() as workers:
        return workers.ask_all(hosts(*(names or ("kvm1",))), Task(local=local))


def models(host: ManagedHost) -> None:
    console.out_data(Data(MODELS | {"host": host.name}))


def test_each_host_answers_for_itself_in_their_order() -> None:
    names = [f"kvm{number}" for number in range(70)]
    answers = ask(models, *names)
    assert [answer.host for answer in answers] == names
    assert [(answer.document or {})["host"] for answer in answers] == names
    assert {answer.code for answer in answers} == {ExitCode.DONE}


def refuse(host: ManagedHost) -> None:
    about = About("nic", "lan", domain="web1")
    raise RefusedError(
        "2 problems:",
        "look",
        items=["a\nb", "c"],
        problems=[Problem(about, "a\nb"), Problem(about, "c")],
    )


def test_what_it_failed_by_is_the_same_error_here() -> None:
    (answer,) = ask(refuse)
    error = answer.error
    assert isinstance(error, RefusedError)
    assert (answer.code, answer.document, answer.unreachable) == (ExitCode.REFUSED, None, False)
    assert error.lines == ("2 problems:", r"a\nb", "c")
    assert (error.hint, error.about) == ("look", About("nic", "lan", domain="web1"))
    assert [problem.text for problem in error.problems] == ["a\nb", "c"]


def silent(host: ManagedHost) -> None:
    raise NoAnswerError("libvirt has not answered")


def crash(host: ManagedHost) -> None:
    raise ZeroDivisionError("of something")


def vanish(host: ManagedHost) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def say_nothing(host: ManagedHost) -> None:
    pass


def speak_other(host: ManagedHost) -> None:
    print("hello")


def speak_much(host: ManagedHost) -> None:
    os.set_blocking(1, True)
    while True:
        sys.stdout.write(" " * (1 << 20))


def end_oddly(host: ManagedHost) -> None:
    models(host)
    sys.stdout.flush()
    os._exit(77)


@pytest.mark.parametrize(
    ("local", "unknown", "text"),
    [
        (silent, True, "libvirt has not answered"),
        (crash, False, "ZeroDivisionError: of something"),
        (vanish, True, "the command on kvm1 has ended by signal 9 without an answer"),
        (say_nothing, True, "the command on kvm1 has ended with exit code 0 without an answer"),
        (speak_other, True, "kvm1 has answered with what is no JSON"),
        (speak_much, True, "kvm1 has answered with more than 64 MiB"),
        (end_oddly, True, "the command on kvm1 has ended with exit code 77 without an answer"),
    ],
)
def test_a_host_that_fails_is_told_from_one_of_which_nothing_is_known(
    local: Callable[[ManagedHost], object], unknown: object, text: str
) -> None:
    failed, other = ask(lambda host: (local if host.name == "kvm1" else models)(host), "kvm1", "b")
    assert (failed.code, failed.document, failed.unreachable) == (ExitCode.FAILED, None, unknown)
    assert failed.error is not None
    assert str(failed.error) == text
    if unknown:
        assert failed.error.about == About("host", "kvm1")
    assert other.document is not None


@contextmanager
def room_for(files: int) -> Iterator[None]:
    """No more than so many can be opened: a limit is of a file's number, so no lower one is free.

    What others have left behind would make room when it is collected.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    gc.collect()
    gc.disable()
    first = max(int(each.name) for each in Path("/proc/self/fd").iterdir()) + 1
    held = [os.open(os.devnull, os.O_RDONLY)]
    while held[-1] < first:
        held.append(os.open(os.devnull, os.O_RDONLY))
    resource.setrlimit(resource.RLIMIT_NOFILE, (held[-1] + 1 + files, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        gc.enable()
        for each in held:
            os.close(each)


@pytest.mark.parametrize(("files", "code"), [(18, ExitCode.DONE), (2, ExitCode.FAILED)])
def test_where_there_is_too_little_for_all_at_once_one_waits_for_another(
    files: int, code: ExitCode
) -> None:
    names = [f"kvm{number}" for number in range(12)]
    with room_for(files):
        answers = ask(models, *names)
    assert {answer.code for answer in answers} == {code}
    assert {answer.unreachable for answer in answers} == {code is ExitCode.FAILED}


def noted(host: ManagedHost) -> None:
    print("a note", file=sys.stderr)
    models(host)


def test_what_is_said_for_people_comes_with_the_answer() -> None:
    (answer,) = ask(noted)
    assert answer.notes == ("a note",)


def wait_for_the_end(host: ManagedHost) -> None:
    if host.name == "kvm1":
        os.kill(os.getppid(), signal.SIGINT)
    time.sleep(60)


def test_a_signal_is_passed_on_and_all_answer() -> None:
    with Workers() as workers:
        names = [f"kvm{number}" for number in range(40)]
        answers = workers.ask_all(hosts(*names), Task(local=wait_for_the_end))
        assert workers.interrupted
    assert [answer.host for answer in answers] == names
    assert {answer.code for answer in answers} == {ExitCode.INTERRUPTED}


def answer_each_line(host: ManagedHost) -> None:
    heard: SimpleQueue[dict[str, Any]] = SimpleQueue()
    assert Session.current is not None
    Session.current.heard_by(heard.put)
    while "end" not in (line := heard.get()):
        console.out_next_data(Data(MODELS | {"heard": line}))


def test_a_task_that_streams_hears_and_is_heard() -> None:
    heard: list[Said | Ended] = []
    with Workers() as workers:
        running = workers.start(hosts("kvm1")[0], Task(local=answer_each_line, streams=True))
        running.send({"number": 1})
        while not heard:
            heard += workers.wait(1)
        running.send({"number": 2})
        running.send({"end": True})
        while not isinstance(heard[-1], Ended):
            heard += workers.wait(1)
    said = [each.document["heard"] for each in heard if isinstance(each, Said)]
    assert said == [{"number": 1}, {"number": 2}]
    assert heard[-1].answer == Answer(host="kvm1", code=ExitCode.DONE)


def children() -> str:
    return Path(f"/proc/self/task/{os.getpid()}/children").read_text()


def test_nothing_is_left_open_or_running() -> None:
    before = (sorted(Path("/proc/self/fd").iterdir()), children())
    ask(models, "kvm1", "kvm2")
    with Workers() as workers:
        workers.start(hosts("kvm1")[0], Task(local=lambda _: time.sleep(60)))
    assert (sorted(Path("/proc/self/fd").iterdir()), children()) == before


def connect(host: ManagedHost) -> None:
    with Host.connect(host.connect):
        models(host)


def test_a_libvirt_that_never_answers_holds_up_no_other(tmp_path: Path) -> None:
    path = tmp_path / "sock"
    with socket.socket(socket.AF_UNIX) as listening, Workers() as workers:
        listening.bind(str(path))
        listening.listen()
        uri = f"qemu+unix:///system?socket={path}"
        silent = ManagedHost(name="kvm1", connect=uri)
        task = Task(local=connect, timeout_s=0.3)
        unknown, other = workers.ask_all([silent, *hosts("kvm2")], task)
    assert unknown.unreachable
    assert str(unknown.error) == f"cannot connect to {uri}: no answer within 0.3 s"
    assert other.document is not None


PARENT = """
import time
from vnetmgr.fleet.hosts import ManagedHost
from vnetmgr.fleet.task import Task
from vnetmgr.fleet.workers import Workers

def work(host):
    print(open("/proc/self/stat").read().split()[0], file=open("/dev/stdout", "w"), flush=True)
    try:
        time.sleep(60)
    finally:
        open({marker!r}, "w").write("undone")
with Workers() as workers:
    running = workers.start(ManagedHost(name="kvm1", connect="test:///default"), Task(local=work))
    while not running.process.out:
        running.process.read()
    print("ready", flush=True)
    workers.wait(60)
"""


def test_a_worker_does_not_outlive_who_was_killed(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT.format(marker=str(marker))], stdout=subprocess.PIPE
    )
    with parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"ready\n"
        parent.kill()
    until = time.monotonic() + 30
    while not marker.exists() or not marker.read_text():
        assert time.monotonic() < until
        time.sleep(0.01)
