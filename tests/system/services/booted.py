"""This machine's system, booted once more in a container: services run under a real systemd."""

import os
import shlex
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.lab.errors import LabError
from tests.lab.features import lab_unavailable
from tests.lab.namespaces import SCRIPTS
from tests.lab.programs import find_program, search_path

REPOSITORY = Path(__file__).resolve().parents[3]
PROGRAM = REPOSITORY / ".venv/bin/vnetmgr"
# It takes one or two; nothing depends on that.
_PATIENCE_S = 60.0


def why_not_booted() -> str | None:
    """Why no such container can be had on this machine, None when one can."""
    if reason := lab_unavailable():
        return reason
    installed = find_program("systemd-nspawn")
    return None if installed else "no systemd-nspawn (apt install systemd-container)"


class Booted:
    """A context manager; afterwards nothing is left. Its files are the machine's, as copies."""

    def __enter__(self) -> Self:
        with tempfile.TemporaryDirectory() as name, _listening(f"{name}/notify") as channel:
            environment = {**os.environ, "PATH": search_path(), "NOTIFY_SOCKET": f"{name}/notify"}
            die_with_us = ["setpriv", "--pdeathsig", "TERM", "unshare", "--mount", "sh"]
            self._boot = subprocess.Popen(
                [*die_with_us, SCRIPTS / "boot", REPOSITORY],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                text=True,
            )
            try:
                self._pid = self._until_ready(channel)
            except BaseException:
                self.close()
                raise
        return self

    def _until_ready(self, channel: socket.socket) -> int:
        """Its PID 1, when that has started what it is to start (systemd-nspawn(1))."""
        told: dict[str, str] = {}
        deadline = time.monotonic() + _PATIENCE_S
        while "READY" not in told:
            try:
                lines = channel.recv(1 << 16).decode().splitlines()
            except TimeoutError:
                if self._boot.poll() is None and time.monotonic() < deadline:
                    continue
                raise LabError(f"it did not boot: {self.close()}") from None
            told |= dict(line.partition("=")[::2] for line in lines)
        return int(told["X_NSPAWN_LEADER_PID"])

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> str:
        """End it, and return when nothing is left; what it said."""
        self._boot.terminate()
        return self._boot.communicate()[0]

    def run(self, *argv: str | Path, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command in there."""
        enter = ["nsenter", "--target", str(self._pid), "--all", "--", "env", "-C", "/"]
        return subprocess.run(
            [*enter, *map(str, argv)],
            input=stdin,
            env={"PATH": search_path(), "HOME": "/root", "LANG": "C.UTF-8"},
            capture_output=True,
            text=True,
        )

    def sh(self, script: str) -> str:
        """What a script prints that has to work."""
        done = self.run("sh", "-ec", script)
        if done.returncode:
            raise LabError(f"{script}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout

    def vnetmgr(self, *arguments: str) -> str:
        """What a vnetmgr prints that has to work, outside of any service."""
        return self.sh(shlex.join([str(PROGRAM), *arguments]))


def _listening(path: str) -> socket.socket:
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    channel.settimeout(1.0)
    channel.bind(path)
    return channel
