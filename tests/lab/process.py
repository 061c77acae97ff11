"""Processes inside a lab's namespaces, started from outside."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO

Stream = int | IO[str] | None


class LabProcess(subprocess.Popen[str]):
    """A command inside a lab, with signals that reach it.

    Nobody can move into a pid namespace, only have children there: nsenter forks, waits, and
    ends as its child did, but passes no signals on.
    """

    def __init__(
        self,
        command_line: list[str],
        *,
        env: Mapping[str, str],
        stdin: Stream = None,
        stdout: Stream = subprocess.PIPE,
        stderr: Stream = subprocess.PIPE,
    ) -> None:
        super().__init__(
            command_line,
            env=dict(env),
            stdin=subprocess.DEVNULL if stdin is None else stdin,
            stdout=stdout,
            stderr=stderr,
            text=True,
            errors="replace",
            # A process group of its own, for kill_all().
            start_new_session=True,
        )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """A test that has failed waits for nothing that would never end."""
        if kind is not None:
            self.kill_all()
        super().__exit__(kind, value, trace)

    def send_signal(self, sig: int) -> None:
        """Send a signal to the command, as terminate() and kill() do."""
        while self.poll() is None:
            if command := child_of(self.pid):
                os.kill(command, sig)
                return
            time.sleep(0.001)

    def kill_all(self) -> None:
        """Kill the command and its children, as far as they did not leave its process group."""
        if self.poll() is None:
            os.killpg(self.pid, signal.SIGKILL)


def entering(argv: Sequence[str | Path], *, namespaces_of: int, cwd: Path) -> list[str]:
    """Return the command line that runs `argv` in the namespaces of another process."""
    # `nsenter --wd` opens the directory before it enters: getcwd() would then fail inside.
    enter = ["nsenter", "--target", str(namespaces_of), "--mount", "--net", "--pid", "--uts"]
    return [*enter, "env", "-C", str(cwd), *map(str, argv)]


def child_of(pid: int) -> int | None:
    """Return the first child of a process, None when it has none or is gone."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return int(children[0]) if children else None
