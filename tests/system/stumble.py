"""vnetmgr that stumbles: `python -m tests.system.stumble ACTION WHEN N COMMAND...`.

At its N-th write, before or after doing it, it meets ACTION: `fail`, an error; `interrupt`, a
Ctrl-C; `kill`, a SIGKILL; `pause`, it says so on standard error and goes on when its standard
input ends. All else is the real thing.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

from vnetmgr.cli.app import main
from vnetmgr.errors import VnetError
from vnetmgr.host import connect

if TYPE_CHECKING:
    from vnetmgr.model.plan import HostWrite

PAUSED = "paused\n"


def _stumble(action: str, number: int) -> None:
    if action == "fail":
        raise VnetError(f"write {number} was made to fail", "it is a test")
    if action == "interrupt":
        raise KeyboardInterrupt
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if action != "pause":
        raise ValueError(action)
    sys.stderr.write(PAUSED)
    sys.stderr.flush()
    sys.stdin.read()


def stumbling_host(action: str, when: str, at: int) -> type[connect.Host]:
    """A host that is the real one but for its `at`-th write."""

    class StumblingHost(connect.Host):
        number = 0

        def do(self, write: HostWrite) -> None:
            self.number += 1
            if self.number == at and when == "before":
                _stumble(action, at)
            super().do(write)
            if self.number == at and when == "after":
                _stumble(action, at)

    return StumblingHost


if __name__ == "__main__":
    host = stumbling_host(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    connect.Host = host  # type: ignore[misc]  # the commands look it up there
    sys.argv[1:4] = []
    main()
