"""A watch that is at work while a test meddles."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.lab.process import child_of

if TYPE_CHECKING:
    from tests.lab import Machine

VNETMGR = (sys.executable, "-m", "vnetmgr")


class Watching:
    """A watch at work on a machine of the lab, with all that it says."""

    def __init__(
        self, machine: Machine, *options: str | Path, program: tuple[str, ...] = VNETMGR
    ) -> None:
        self._machine = machine
        self.process = machine.popen(
            [*program, "watch", "--interval", "1h", *options], stdin=subprocess.PIPE
        )
        self.out: list[str] = []
        self.err: list[str] = []
        self._readers: list[threading.Thread] = []
        for stream, lines in ((self.process.stdout, self.out), (self.process.stderr, self.err)):
            assert stream is not None
            reader = threading.Thread(target=lines.extend, args=(stream,), daemon=True)
            reader.start()
            self._readers.append(reader)

    def said(self, text: str) -> bool:
        """Whether some line of either stream has a text in it."""
        return any(text in line for line in (*self.out, *self.err))

    def times(self, text: str) -> int:
        """How many lines of standard error have a text in them."""
        return sum(text in line for line in self.err)

    def looks(self, domain: str = "q35") -> int:
        """How often a domain was looked at, for a watch that is --verbose."""
        return sum(f"lookupByName ('{domain}')" in line for line in self.err)

    def quiet(self, seconds: float = 1.5) -> None:
        """Wait until nothing has been said for a while, in which it had nothing to do either: on a
        loaded machine it may wait for its turn, and so may the libvirtd that it waits for."""
        at_work = (child_of(self.process.pid), *self._machine.processes("libvirtd --daemon"))
        seen, since = -1, time.monotonic()
        while time.monotonic() < since + seconds:
            if (now := len(self.out) + len(self.err)) != seen or any(map(_runs, at_work)):
                seen, since = now, time.monotonic()
            time.sleep(0.05)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Tell it to end; its exit code."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        """Its exit code, when all that it said has been read."""
        with self.process:
            code = self.process.wait(120)
            for reader in self._readers:
                reader.join(120)
            return code

    def kill(self) -> None:
        """End it, if it still runs."""
        self.process.kill_all()
        self.wait()


def _runs(pid: int | None) -> bool:
    """Whether a thread of a process is at work, or would be if it was its turn."""
    for thread in Path(f"/proc/{pid}/task").glob("*/stat"):
        try:
            state = thread.read_text().rpartition(")")[2].split()[0]
        except OSError:  # it has ended
            continue
        if state in ("R", "D"):
            return True
    return False
