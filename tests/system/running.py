"""Commands that are at work while a test meddles."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.system.conftest import refused
from tests.system.stumble import PAUSED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.lab import Lab

NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
"""Before a command: as another user than root."""


class Running:
    """A vnetmgr that is at work in the lab, with its standard error line by line."""

    def __init__(self, lab: Lab, argv: Sequence[str]) -> None:
        self._process = lab.popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        self._said: list[str] = []

    def until(self, text: str, *, times: int = 1) -> bool:
        """Read its standard error until a line with the text has come; False: it never came."""
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._said.append(line)
            times -= text in line
            if not times:
                return True
        return False

    @property
    def is_at_work(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.poll() is None

    def interrupt(self) -> None:
        """Ctrl-C."""
        self._process.send_signal(signal.SIGINT)

    def signal(self, number: signal.Signals) -> None:
        """Any signal."""
        self._process.send_signal(number)

    def go_on(self) -> None:
        """Let a command go on that was held."""
        assert self._process.stdin is not None
        self._process.stdin.close()

    def kill(self) -> None:
        """SIGKILL."""
        self._process.kill()

    def end(self) -> subprocess.CompletedProcess[str]:
        """Let it go on to its end. Its errors are what it says from the first `vnetmgr:` on."""
        with self._process as process:
            assert process.stdin is not None
            assert process.stderr is not None
            process.stdin.close()
            said = "".join((*self._said, *process.stderr))
            process.wait()
        found = said.find("vnetmgr: ")
        errors = said[found:] if found >= 0 else said
        return subprocess.CompletedProcess(process.args, process.returncode, "", errors)


def tracing(lab: Lab, command: str, domain: str, *options: str) -> Running:
    """A command that says each call of libvirt's as it makes it."""
    return Running(lab, [sys.executable, "-m", "vnetmgr", command, domain, *options, "--verbose"])


def held(
    lab: Lab, *command: str, user: Sequence[str] = (), when: tuple[str, str] = ("before", "1")
) -> Running:
    """A command that holds the lock, has planned, and waits just before its first write; `when`
    is another place to wait at."""
    stumble = [sys.executable, "-m", "tests.system.stumble", "pause", *when]
    running = Running(lab, [*user, *stumble, *command])
    assert running.until(PAUSED.strip())
    return running


def one_error(result: subprocess.CompletedProcess[str], code: int) -> str:
    """The only error of a command."""
    said = refused(result, code)
    assert said.count("vnetmgr: ") == 1, said
    return said
