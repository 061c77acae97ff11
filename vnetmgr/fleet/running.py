"""A task that is under way on one host, and what comes of it."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING

from vnetmgr.command import called
from vnetmgr.errors import ExitCode, VnetError
from vnetmgr.fleet.answer import Answer
from vnetmgr.fleet.reading import LARGEST, error_of, exit_code_of, read_document
from vnetmgr.problem import About
from vnetmgr.runtime.session import CALLED, VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vnetmgr.fleet.hosts import ManagedHost
    from vnetmgr.fleet.process import Process
    from vnetmgr.fleet.task import Task
    from vnetmgr.fleet.there import There

_LONGEST = 500
"""Characters of a line that was said."""
_LINES = 5
"""Of what was said, with an error: the last ones tell why."""


class Running:
    """One of them. `Workers` makes it, and reads what it writes."""

    process: Process

    def __init__(self, host: ManagedHost, task: Task) -> None:
        self.host, self.task = host, task
        self.ends = 0
        """How often somebody has wanted an end of it."""
        self._there: There | None = None
        self._unsent: list[Mapping[str, object]] = []
        self._way: str | None = None
        self._wrong: str | None = None
        self._last: Mapping[str, object] | None = None
        """The error that it has told of; of a task that does not stream, its document."""

    def be_there(self, there: There) -> None:
        """The vnetmgr on that machine does it."""
        self._there, self.process = there, there.process

    def be_here(self, process: Process, way: str | None = None) -> None:
        """A fork of this process does it. `way`: as `Answer` has it."""
        self._there, self.process, self._way = None, process, way
        self._send_unsent()

    @property
    def instead(self) -> str | None:
        """Why the vnetmgr there cannot be used: nothing was done."""
        return None if self._there is None else self._there.instead

    @property
    def way(self) -> str | None:
        """As `Answer` has it."""
        return self._way

    def send(self, line: Mapping[str, object]) -> None:
        """Tell it something, by its standard input."""
        self._unsent.append(line)
        if self._there is None or self._there.greeted:
            self._send_unsent()

    def _send_unsent(self) -> None:
        for line in self._unsent:
            self.process.write(json.dumps(line).encode() + b"\n")
        self._unsent.clear()

    def end(self) -> None:
        """Have it end what it does: all undone, or all done. Who asks again does not wait for that,
        and who asks a third time not for anything."""
        self.ends += 1
        if self.ends > 2:
            self.process.signal(signal.SIGKILL)
        elif self.ends == 1 and self._there is not None and self._there.greeted:
            self.process.end_input()
        else:
            self.process.signal(signal.SIGTERM)

    def tick(self) -> None:
        """Time goes by."""
        if self._there is not None and self._there.is_late():
            self.process.signal(signal.SIGKILL)

    def lines(self) -> list[Mapping[str, object]]:
        """What it has printed for programs since, where that is a line for each thing."""
        if self._there is not None and not self._there.greeted:
            self._hear_greeting(self._there)
            if not self._there.greeted:
                return []
        return self._streamed()

    def _hear_greeting(self, there: There) -> None:
        try:
            if there.hear():
                said = {CALLED: called().on(self.host.name)._asdict()}
                given = self.task.given(self.host)
                self._unsent.insert(0, {"version": VERSION, **said, **given})
                self._send_unsent()
        except ValueError as error:
            self._refuse(str(error))
        if there.instead is not None:
            self.process.signal(signal.SIGTERM)

    def _streamed(self) -> list[Mapping[str, object]]:
        found: list[Mapping[str, object]] = []
        out = self.process.out
        while self.task.streams and (end := out.find(b"\n")) >= 0:
            line = bytes(out[:end])
            del out[: end + 1]
            document = self._read(line)
            if document is not None and document["kind"] == "error":
                self._last = document
            elif document is not None:
                found.append(document)
        if len(out) > LARGEST:
            self._refuse(f"more than {LARGEST // 1024**2} MiB")
        return found

    def _read(self, data: bytes) -> Mapping[str, object] | None:
        try:
            return read_document(data, self.task.kinds)
        except ValueError as error:
            self._refuse(str(error))
            return None

    def _refuse(self, why: str) -> None:
        """It is none of ours, or what it says makes no sense: nothing more of it is wanted."""
        self.process.out.clear()
        if self._wrong is None:
            self._wrong = why
            self.process.signal(signal.SIGKILL)

    def answer(self, status: int) -> Answer | None:
        """It has ended so, and `lines` have been taken: what it comes to. None: nothing has been
        begun."""
        if self.ends and self._there is not None and not self._there.greeted:
            return None  # it has not been told what to do
        if self._wrong is None and self._there is not None:
            if (failure := self._there.failure(self.host.name, status)) is not None:
                return self._failed(*failure)
            if not self._there.greeted:
                return self._refused(self._there, status)
        rest = bytes(self.process.out)
        if rest and self._wrong is None:
            self._last = self._read(rest)
        code = exit_code_of(status)
        if self._wrong is not None:
            return self._failed(f"{self.host.name} has answered with {self._wrong}")
        if code is None or (self._last is None and not self.task.streams):
            text = f"the command on {self.host.name} has ended {_how(status)} without an answer"
            return self._failed(text)
        if self._last is None or self._last["kind"] != "error":
            return Answer(
                host=self.host.name,
                code=code,
                document=self._last,
                notes=tuple(self._said()),
                way=self._way,
            )
        return self._told(error_of(self._last))

    def _refused(self, there: There, status: int) -> Answer | None:
        last = self._said()[-1:] or [f"it ended {_how(status)}"]
        error = None if there.instead is not None else there.refusal(last[0])
        return None if error is None else self._told(error)

    def _told(self, error: VnetError) -> Answer:
        unreachable = error.about is not None and error.about.kind == "connection"
        about = self._about if unreachable else None
        return self._without_document(error.of(about), unreachable=unreachable)

    def _failed(self, text: str, hint: str | None = None) -> Answer:
        """What is no answer says nothing of the host."""
        error = VnetError(text, hint, about=self._about, items=self._said()[-_LINES:])
        if self.ends:
            error.exit_code = ExitCode.INTERRUPTED
        return self._without_document(error, unreachable=True)

    def _without_document(self, error: VnetError, *, unreachable: bool) -> Answer:
        return Answer(
            host=self.host.name,
            code=error.exit_code,
            error=error,
            way=self._way,
            unreachable=unreachable,
        )

    @property
    def _about(self) -> About:
        return About("host", self.host.name)

    def _said(self) -> list[str]:
        """What it has said for people, a line each."""
        lines = self.process.said.decode(errors="replace").splitlines()
        return [line if len(line) < _LONGEST else f"{line[:_LONGEST]}..." for line in lines if line]


def _how(status: int) -> str:
    return f"by signal {-status}" if status < 0 else f"with exit code {status}"
