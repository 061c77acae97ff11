"""A task that is under way on one host, and what comes of it."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING

from vnetmgr.errors import ExitCode, VnetError
from vnetmgr.fleet.answer import Answer
from vnetmgr.fleet.reading import LARGEST, error_of, exit_code_of, read_document
from vnetmgr.problem import About

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vnetmgr.fleet.hosts import ManagedHost
    from vnetmgr.fleet.process import Process
    from vnetmgr.fleet.task import Task


class Running:
    """One of them. `Workers` makes it, and reads what it writes."""

    def __init__(self, host: ManagedHost, task: Task, process: Process) -> None:
        self.host, self.task, self.process = host, task, process
        self._wrong: str | None = None
        self._last: Mapping[str, object] | None = None
        """The error that it has told of; of a task that does not stream, its document."""

    def send(self, line: Mapping[str, object]) -> None:
        """Tell it something, by its standard input."""
        self.process.write(json.dumps(line).encode() + b"\n")

    def end(self) -> None:
        """Have it end what it does: all undone, or all done."""
        self.process.signal(signal.SIGTERM)

    def lines(self) -> list[Mapping[str, object]]:
        """What it has printed for programs since, where that is a line for each thing."""
        found: list[Mapping[str, object]] = []
        while self.task.streams and (end := self.process.out.find(b"\n")) >= 0:
            line = bytes(self.process.out[:end])
            del self.process.out[: end + 1]
            document = self._read(line)
            if document is not None and document["kind"] == "error":
                self._last = document
            elif document is not None:
                found.append(document)
        if len(self.process.out) > LARGEST:
            self._refuse(f"more than {LARGEST // 1024**2} MiB")
            self.process.out.clear()
        return found

    def _read(self, data: bytes) -> Mapping[str, object] | None:
        try:
            return read_document(data, self.task.kinds)
        except ValueError as error:
            self._refuse(str(error))
            return None

    def _refuse(self, why: str) -> None:
        """It is none of ours, or what it says makes no sense: nothing more of it is wanted."""
        if self._wrong is None:
            self._wrong = why
            self.process.signal(signal.SIGKILL)

    def answer(self, status: int) -> Answer:
        """It has ended so, and `lines` have been taken: what it comes to."""
        rest = bytes(self.process.out)
        if rest and self._wrong is None:
            self._last = self._read(rest)
        code = exit_code_of(status)
        if self._wrong is not None:
            return self._failed(f"it has answered with {self._wrong}")
        if code is None or (self._last is None and not self.task.streams):
            return self._failed(f"it has ended {_how(status)} without an answer")
        if self._last is None or self._last["kind"] != "error":
            said = tuple(self._said())
            return Answer(host=self.host.name, code=code, document=self._last, notes=said)
        return self._told(self._last, code)

    def _told(self, document: Mapping[str, object], code: ExitCode) -> Answer:
        error = error_of(document, code)
        unreachable = error.about is not None and error.about.kind == "connection"
        if unreachable:
            error = error.of(self._about)
        return Answer(host=self.host.name, code=code, error=error, unreachable=unreachable)

    def _failed(self, how: str) -> Answer:
        """What is no answer says nothing of the host."""
        hint = "; ".join(self._said()) or None
        error = VnetError(f"host {self.host.name}: {how}", hint, about=self._about)
        return Answer(host=self.host.name, code=ExitCode.FAILED, error=error, unreachable=True)

    @property
    def _about(self) -> About:
        return About("host", self.host.name)

    def _said(self) -> list[str]:
        """What it has said for people, a line each."""
        return [line for line in self.process.said.decode(errors="replace").splitlines() if line]


def _how(status: int) -> str:
    return f"by signal {-status}" if status < 0 else f"with exit code {status}"
