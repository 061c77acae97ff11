"""All hosts at once: a process for each, and this one thread that waits for them."""

from __future__ import annotations

import select
from collections import deque
from functools import partial
from importlib import import_module
from math import inf
from queue import SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple, Self

from vnetmgr.errors import ExitCode, VnetError
from vnetmgr.fleet.answer import Answer
from vnetmgr.fleet.fork import do_here
from vnetmgr.fleet.process import Process
from vnetmgr.fleet.running import Running
from vnetmgr.fleet.ssh import ControlFolder, SshTarget
from vnetmgr.fleet.there import There
from vnetmgr.problem import About
from vnetmgr.runtime.answers import DEFAULT_TIMEOUT_S, SLICE_S
from vnetmgr.runtime.interrupts import told_alone

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from types import TracebackType

    from vnetmgr.fleet.hosts import ManagedHost
    from vnetmgr.fleet.task import Task
    from vnetmgr.render.progress import Counted
    from vnetmgr.runtime.interrupts import Asked

AT_ONCE = 32
_PATIENCE_S = 30.0
"""How long those may take to end that nobody waits for any more."""


class Said(NamedTuple):
    """A host has printed a line of a task that streams."""

    running: Running
    document: Mapping[str, object]


class Ended(NamedTuple):
    """A host is done, or cannot be worked on."""

    running: Running
    answer: Answer


class Workers:
    """The processes that work for hosts. Leaving the `with` ends those that still do."""

    def __init__(self) -> None:
        self._running: list[Running] = []
        self._control = ControlFolder()
        self._only_libvirt: dict[str, str] = {}
        """Hosts without a vnetmgr that can be used, and why."""
        self.interrupted = False
        """Whether somebody has wanted an end meanwhile: nothing more is to be begun."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        insist_at = -inf
        while self._running:
            if monotonic() > insist_at:
                self.end()
                insist_at = monotonic() + _PATIENCE_S
            self.wait(SLICE_S)
        self._control.close()

    def ask_all(
        self,
        hosts: Iterable[ManagedHost],
        task: Task,
        counted: Counted | None = None,
    ) -> tuple[Answer, ...]:
        """Do a task on each host, on some of them at once; the answers, in the order of the hosts.

        `counted` is told of each as it comes. A signal is passed on: each host then ends all undone
        or all done, and has an answer all the same; `interrupted` says so.
        """
        waiting = deque(hosts)
        order = [host.name for host in waiting]
        answers: dict[str, Answer] = {}
        asked: SimpleQueue[Asked] = SimpleQueue()
        with told_alone(asked):
            while len(answers) < len(order):
                for answer in self._advance(waiting, task, asked):
                    answers[answer.host] = answer
                    if counted is not None:
                        counted.done(answer.host)
                if counted is not None:
                    counted.waits()
        return tuple(answers[name] for name in order)

    def _advance(
        self, waiting: deque[ManagedHost], task: Task, asked: SimpleQueue[Asked]
    ) -> list[Answer]:
        """Begin what there is room for, and wait a while: what has been answered meanwhile."""
        found = self._begin(waiting, task)
        found += [each.answer for each in self.wait(SLICE_S) if isinstance(each, Ended)]
        while not asked.empty():
            asked.get()
            self.interrupted = True
            self.end()
        if self.interrupted:
            found += map(_not_begun, waiting)
            waiting.clear()
        return found

    def _begin(self, waiting: deque[ManagedHost], task: Task) -> list[Answer]:
        """Begin as many as there is room for. Where this machine has too little for one more, that
        waits for the others; where there are none, it is not done."""
        while waiting and not self.interrupted and len(self._running) < AT_ONCE:
            try:
                self.start(waiting[0], task)
            except OSError as error:
                return [] if self._running else [_no_process(waiting.popleft(), error)]
            waiting.popleft()
        return []

    def start(self, host: ManagedHost, task: Task) -> Running:
        """Begin a task on one host: by the vnetmgr there, or over libvirt where there is none.
        Raises OSError where this machine has too little for one more process."""
        running = Running(host, task)
        if not self._start_there(running):
            self._start_here(running)
        self._running.append(running)
        return running

    def _start_there(self, running: Running) -> bool:
        host, task = running.host, running.task
        target = SshTarget.of_uri(host.connect)
        if target is None or task.words is None or host.name in self._only_libvirt:
            return False
        if (why := task.here()) is not None:
            self._only_libvirt[host.name] = why
            return False
        words = _whole(task.words(host), host, target, task.timeout_s)
        bounds = {"connect_s": task.connect_s, "timeout_s": task.timeout_s}
        try:
            running.be_there(There(words, target, self._control, **bounds))
        except (FileNotFoundError, PermissionError) as error:
            self._only_libvirt[host.name] = f"{target.program} cannot be run: {error.strerror}"
            return False
        return True

    def _start_here(self, running: Running) -> None:
        host, task = running.host, running.task
        for module in ("vnetmgr.host.connect", *task.modules):
            import_module(module)
        others = [each for other in self._running for each in other.process.descriptors]
        process = Process.fork(partial(do_here, task, host), others)
        why = self._only_libvirt.get(host.name)
        running.be_here(process, None if why is None else f"done over libvirt alone: {why}")

    def end(self) -> None:
        """Have all end what they do, as a signal would."""
        for running in self._running:
            running.end()

    def wait(self, timeout_s: float, also: Iterable[int] = ()) -> Sequence[Said | Ended]:
        """What comes next, within a time; all that has come by then. `also`: descriptors of others
        that end the wait when they can be read."""
        poll = select.poll()
        for descriptor in also:
            poll.register(descriptor, select.POLLIN)
        for running in self._running:
            running.tick()
            for descriptor, events in running.process.wants.items():
                poll.register(descriptor, events)
        ready = {descriptor for descriptor, _ in poll.poll(timeout_s * 1000)}
        return [event for each in list(self._running) for event in self._looked_at(each, ready)]

    def _looked_at(self, running: Running, ready: set[int]) -> list[Said | Ended]:
        process = running.process
        if not ready.isdisjoint(process.descriptors):
            process.write()
            process.read()
        status = process.reap() if process.watched in ready else None
        found: list[Said | Ended] = [Said(running, each) for each in running.lines()]
        if status is not None:
            found += self._ended(running, status)
        return found

    def _ended(self, running: Running, status: int) -> list[Ended]:
        self._running.remove(running)
        answer = running.answer(status)
        if answer is None and not running.ends:
            self._only_libvirt[running.host.name] = running.instead or ""
            self._start_here(running)
            self._running.append(running)
            return []
        return [Ended(running, answer or _not_begun(running.host))]


def _whole(
    command: Sequence[str], host: ManagedHost, target: SshTarget, timeout_s: float
) -> list[str]:
    """The command line of the vnetmgr there. What only this one knows comes first: behind the
    command's own words there may be others'."""
    name, *own = command
    words = ["vnetmgr", name, f"--this-host={host.name}"]
    if target.connect is not None:
        words.append(f"--connect={target.connect}")
    if timeout_s != DEFAULT_TIMEOUT_S:
        words.append(f"--timeout={timeout_s:g}")
    return [*words, "--output=json", "--session", *own]


def _no_process(host: ManagedHost, error: OSError) -> Answer:
    text = f"no process can be started for {host.name}: {error.strerror}"
    failed = VnetError(text, "`ulimit -a` shows the limits", about=About("host", host.name))
    return Answer(host=host.name, code=ExitCode.FAILED, error=failed, unreachable=True)


def _not_begun(host: ManagedHost) -> Answer:
    error = VnetError("interrupted before anything was begun", about=About("host", host.name))
    error.exit_code = ExitCode.INTERRUPTED
    return Answer(host=host.name, code=ExitCode.INTERRUPTED, error=error)
