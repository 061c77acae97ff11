"""A machine in namespaces of its own, and commands that run on it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tests.documents import read_document
from tests.lab.errors import LabError
from tests.lab.features import lab_unavailable
from tests.lab.forks import BusyError, Forks
from tests.lab.namespaces import Namespaces
from tests.lab.process import LabProcess, Stream, entering
from tests.lab.programs import need_program, search_path
from vnetmgr.cli.failures import form_asked_for
from vnetmgr.render.blocks import Form

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

REPOSITORY = Path(__file__).resolve().parents[2]

# Programs that tests use and that few machines lack, but some do.
BUSYBOX_STAND_INS = ("ping", "nc", "arping", "traceroute")


class Machine:
    """A context manager; inside it everything is up, after it nothing is left.

    Several can be open at the same time. The thread that opens one must outlive it.
    """

    directory: Path
    environment: dict[str, str]
    """That of the commands that run here."""

    def __enter__(self) -> Self:
        if reason := lab_unavailable():
            raise LabError(reason)
        self._namespaces = Namespaces()
        self._forks = Forks(self.popen)
        try:
            self.directory = self._namespaces.directory
            self.environment = self._make_environment()
            busybox = need_program("busybox")
            for name in BUSYBOX_STAND_INS:
                (self.directory / "bin" / name).symlink_to(busybox)
            self._bring_up()
        except BaseException:
            self._forks.close()
            self._namespaces.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._forks.close()
            self._disconnect()
        finally:
            self._namespaces.close()

    def _bring_up(self) -> None:
        """What is more than a machine."""

    def _disconnect(self) -> None:
        """Let go of what would be of no use when all has ended."""

    @property
    def pid(self) -> int:
        """Whoever has the machine's namespaces, seen from outside."""
        return self._namespaces.pid

    @property
    def forked(self) -> int | None:
        """The process that commands are forked from, if there is one."""
        return self._forks.pid

    def _make_environment(self) -> dict[str, str]:
        """Return this process's environment without its user's settings and traces."""
        ignored = (
            "NO_COLOR",
            "LIBVIRT_AUTH_FILE",
            "LIBVIRT_DEFAULT_URI",
            "VIRSH_DEFAULT_CONNECT_URI",
        )
        kept = {name: value for name, value in os.environ.items() if name not in ignored}
        xdg = {
            f"XDG_{kind}_HOME": str(self.directory / "xdg" / kind.lower())
            for kind in ("CACHE", "CONFIG", "DATA", "STATE")
        }
        return {
            **kept,
            **xdg,
            "PATH": f"{search_path()}:{self.directory / 'bin'}",
            "TMPDIR": str(self.directory / "tmp"),
        }

    def processes(self, *words: str) -> dict[int, str]:
        """The command lines of what runs here, by the number that it has outside; only those with
        one of some words in them, if any are given."""
        mine = Path(f"/proc/{self.pid}/ns/pid").readlink()
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                here = (folder / "ns/pid").readlink() == mine
                line = (folder / "cmdline").read_text(errors="replace").replace("\0", " ").strip()
            except OSError:  # it has ended
                continue
            if here and line and (not words or any(word in line for word in words)):
                found[int(folder.name)] = line
        return found

    def command_line(self, argv: Sequence[str | Path], *, cwd: Path = REPOSITORY) -> list[str]:
        """Return the command line that runs a command here when it is run outside."""
        return entering(argv, namespaces_of=self.pid, cwd=cwd)

    def popen(
        self,
        argv: Sequence[str | Path],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path = REPOSITORY,
        stdin: Stream = None,
        stdout: Stream = subprocess.PIPE,
        stderr: Stream = subprocess.PIPE,
    ) -> LabProcess:
        """Start a command here; its signals, kill() and return code are the command's own.

        `env` adds to the machine's environment.
        """
        return LabProcess(
            self.command_line(argv, cwd=cwd),
            env={**self.environment, **(env or {})},
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
        )

    def run(
        self,
        argv: Sequence[str | Path],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path = REPOSITORY,
        input: str | None = None,  # noqa: A002 - as subprocess.run calls it
        timeout: float = 120,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command here, whatever it exits with; TimeoutExpired if it does not end."""
        stdin = subprocess.PIPE if input is not None else None
        with self.popen(argv, env=env, cwd=cwd, stdin=stdin) as process:
            try:
                stdout, stderr = process.communicate(input, timeout)
            except BaseException:
                process.kill_all()
                raise
        return subprocess.CompletedProcess(list(argv), process.returncode, stdout, stderr)

    def sh(self, command: str, *, check: bool = True, timeout: float = 120) -> str:
        """Run a shell command here; return what it prints."""
        result = self.run(["sh", "-c", command], timeout=timeout)
        if check and result.returncode:
            raise LabError(f"{command}: exit {result.returncode}\n{result.stderr}{result.stdout}")
        return result.stdout

    def python(
        self,
        module: str,
        *arguments: str | Path,
        input: str | None = None,  # noqa: A002 - as subprocess.run calls it
        timeout: float = 300,
    ) -> subprocess.CompletedProcess[str]:
        """Run `python -m MODULE`, one that uses vnetmgr, without the time that imports take."""
        words = [str(each) for each in arguments]
        try:
            return self._forks.run(
                words, module=module, directory=REPOSITORY, input=input, timeout=timeout
            )
        except BusyError:
            argv = [sys.executable, "-m", module, *words]
            return self.run(argv, input=input, timeout=timeout)

    def vnetmgr(
        self,
        *arguments: str | Path,
        env: Mapping[str, str] | None = None,
        input: str | None = None,  # noqa: A002 - as subprocess.run calls it
        timeout: float = 300,
    ) -> subprocess.CompletedProcess[str]:
        """Run vnetmgr, as a user of this machine would. With --output json it has to print
        one document, as its schema says. With an environment of its own it is begun for that."""
        if env:
            argv = [sys.executable, "-m", "vnetmgr", *arguments]
            result = self.run(argv, env=env, input=input, timeout=timeout)
        else:
            result = self.python("vnetmgr", *arguments, input=input, timeout=timeout)
        if form_asked_for([str(each) for each in arguments]) is Form.JSON:
            read_document(result.stdout)
        return result
