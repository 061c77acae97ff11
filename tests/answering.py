"""Somebody at a terminal, who is asked something."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import signal
    from collections.abc import Sequence

# The first of a session that opens a terminal gets its ^C.
_START = (
    "import os, sys\n"
    "os.close(os.open(os.ttyname(0), os.O_RDWR))\n"
    "os.execv(sys.executable, [sys.executable, '-m', 'vnetmgr', *sys.argv[1:]])\n"
)


def answered(
    words: Sequence[str], keys: bytes, number: signal.Signals | None = None
) -> tuple[int, str]:
    """The exit code of a vnetmgr, and what its terminal shows, where that is typed when it asks
    first, or a signal is sent."""
    ours, theirs = pty.openpty()
    shown = b""
    with subprocess.Popen(
        [sys.executable, "-c", _START, *words],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        try:
            while chunk := os.read(ours, 4096):
                shown += chunk
                if shown.endswith(b"[y/N]: ") and shown.count(b"[y/N]: ") == 1:
                    os.write(ours, keys)
                    if number is not None:
                        process.send_signal(number)
        except OSError:  # EIO: the other end is closed
            pass
    os.close(ours)
    return process.returncode, shown.decode(errors="replace")
