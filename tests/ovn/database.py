"""One ovsdb-server with a schema of OVN's."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from tests.lab.waiting import eventually, listens
from vnetmgr.runtime.closing import Closing

SCHEMAS = {
    "OVN_Northbound": Path("/usr/share/ovn/ovn-nb.ovsschema"),
    "OVN_Southbound": Path("/usr/share/ovn/ovn-sb.ovsschema"),
}
CONTROLS = {"OVN_Northbound": "ovn-nbctl", "OVN_Southbound": "ovn-sbctl"}
WITH_TESTS = ("setpriv", "--pdeathsig", "KILL", "--")
"""What is started goes with whoever started it, however that ends."""


def databases_unavailable() -> str | None:
    """Why there can be no databases of OVN here; None: there can."""
    missing = [name for name in ("ovsdb-server", "ovn-nbctl", "setpriv") if not shutil.which(name)]
    if missing or not all(schema.exists() for schema in SCHEMAS.values()):
        return f"OVN's databases need the package ovn-central (missing: {', '.join(missing)})"
    return None


class Server:
    """An ovsdb-server that can be killed and started again; its files are kept."""

    def __init__(self, directory: Path, name: str, schema: str) -> None:
        self.directory, self.name, self.schema = directory, name, schema
        self.file = directory / f"{name}.db"
        self.socket = directory / f"{name}.sock"
        self.more_remotes: list[str] = []
        """Where it listens as well: `pssl:0:127.0.0.1`."""
        self.options: list[str] = []
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def remote(self) -> str:
        """Where it is, for OVN's programs and for `OvnSettings.northbound`."""
        return f"unix:{self.socket}"

    def start(self) -> None:
        """Start it, and wait until it listens."""
        self.socket.unlink(missing_ok=True)
        remotes = [f"punix:{self.socket}", *self.more_remotes]
        with (self.directory / f"{self.name}.log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(*WITH_TESTS, "ovsdb-server", str(self.file)),
                    *(f"--remote={remote}" for remote in remotes),
                    *(f"--unixctl={self.directory}/{self.name}.ctl", *self.options),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        eventually(self._listens, f"ovsdb-server {self.name} listens")

    def _listens(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.directory / f"{self.name}.log").read_text()
        return listens(self.socket)

    @property
    def pid(self) -> int:
        """Of the server; for signals."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """As `kill -9` does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """As `kill` does; the leader of a cluster hands over first."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None

    def appctl(self, command: str) -> str:
        """Ask the server itself: `cluster/status OVN_Northbound`."""
        return run(f"ovs-appctl -t {self.directory}/{self.name}.ctl {command}")


class Database(Server, Closing):
    """A database of its own, in a short directory of its own: a socket's path has 107 bytes."""

    def __init__(self, schema: str = "OVN_Northbound", *, directory: Path | None = None) -> None:
        self._kept = ExitStack()
        where = directory or new_directory(self._kept)
        super().__init__(where, CONTROLS[schema][4:6], schema)

    def __enter__(self) -> Self:
        run(f"ovsdb-tool create {self.file} {SCHEMAS[self.schema]}")
        self.start()
        self.ctl("init")
        return self

    def close(self) -> None:
        """End it."""
        self.kill()
        self._kept.close()

    def ctl(self, command: str) -> str:
        """Run ovn-nbctl (or ovn-sbctl) with these words, as a shell would read them; what it
        prints. Raises AssertionError."""
        return run(f"{CONTROLS[self.schema]} --timeout=30 --db={self.remote} {command}")


def new_directory(kept: ExitStack) -> Path:
    """A directory with a short path, which goes when `kept` closes."""
    path = Path(tempfile.mkdtemp(prefix="ovn-", dir="/tmp"))
    kept.callback(shutil.rmtree, path, ignore_errors=True)
    return path


def run(command: str) -> str:
    """Run a program without a shell. Raises AssertionError with what it printed."""
    # Where a command of the tester's own would look must not matter.
    env = {key: value for key, value in os.environ.items() if not key.startswith(("OVN_", "OVS_"))}
    done = subprocess.run(
        shlex.split(command), capture_output=True, text=True, env=env, check=False, timeout=120
    )
    assert done.returncode == 0, f"{command[:500]}: {done.stdout}{done.stderr}"
    return done.stdout
