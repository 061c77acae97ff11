"""vnetmgr that stumbles: `python -m tests.system.stumble ACTION WHEN N COMMAND...`.

At its N-th write, `before` or `after` doing it, or before its N-th `count` of the packets that a
guest has sent, it meets ACTION: `fail`, an error; `interrupt`, a
Ctrl-C; `kill`, a SIGKILL; `pause`, it says so on standard error and goes on when its standard
input ends. All else is the real thing. What this machine does counts as well as what libvirt does.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import TYPE_CHECKING

from vnetmgr.__main__ import main
from vnetmgr.engine.writes import Writes
from vnetmgr.errors import VnetError
from vnetmgr.host.connect import Host
from vnetmgr.runtime.interrupts import in_a_hurry

if TYPE_CHECKING:
    from vnetmgr.model.writes import Write

PAUSED = "paused\n"
LONGEST_S = 10.0


def _stumble(action: str, number: int) -> None:
    if action == "fail":
        raise VnetError(f"write {number} was made to fail", "it is a test")
    if action == "interrupt":
        os.kill(os.getpid(), signal.SIGINT)
        # Another thread heeds it; where something is being taken back, nobody would tell.
        end = time.monotonic() + LONGEST_S
        while not in_a_hurry() and time.monotonic() < end:
            time.sleep(0.005)
        return
    if action == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if action != "pause":
        raise ValueError(action)
    sys.stderr.write(PAUSED)
    sys.stderr.flush()
    sys.stdin.read()


def stumble_over(action: str, when: str, at: int) -> None:
    """Let every host be the real one but for its `at`-th write, or count."""
    if when == "count":
        _stumble_over_count(action, at)
        return
    real, done = Writes.do, 0

    def do(self: Writes, write: Write) -> None:
        nonlocal done
        done += 1
        number = done
        if number == at and when == "before":
            _stumble(action, at)
        real(self, write)
        if number == at and when == "after":
            _stumble(action, at)

    Writes.do = do  # type: ignore[method-assign]


def _stumble_over_count(action: str, at: int) -> None:
    real, done = Host.transmitted_packets, 0

    def transmitted_packets(self: Host, domain: str, target: str) -> int | None:
        nonlocal done
        done += 1
        if done == at:
            _stumble(action, at)
        return real(self, domain, target)

    Host.transmitted_packets = transmitted_packets  # type: ignore[method-assign]


if __name__ == "__main__":
    stumble_over(sys.argv[1], sys.argv[2], int(sys.argv[3]))
    sys.argv[1:4] = []
    main()
