"""What apply makes of an answer at a terminal, and of none."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

SPEC = "version: 1\ndomains: {test: {nics: {lan: {network: default}}}}\n"


# The first of a session that opens a terminal gets its ^C.
START = (
    "import os, sys\n"
    "os.close(os.open(os.ttyname(0), os.O_RDWR))\n"
    "os.execv(sys.executable, [sys.executable, '-m', 'vnetmgr', *sys.argv[1:]])\n"
)


def answered(keys: bytes, spec: str, number: signal.Signals | None = None) -> tuple[int, str]:
    """The exit code, and what a terminal shows, where that is typed, or a signal sent."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", START, "apply", spec, "-c", "test:///default"]
    shown = b""
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
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


@pytest.mark.parametrize(
    ("keys", "code", "said"),
    [
        (b"y\n", 0, "1 added, 0 changed, 0 waiting"),
        (b"maybe\nYES\n", 0, "1 added, 0 changed, 0 waiting"),
        (b"\xff\ny\n", 0, "1 added, 0 changed, 0 waiting"),
        (b"n\n", 0, "nothing was changed"),
        (b"\n", 0, "nothing was changed"),
        (b"\x03", 130, "vnetmgr: interrupted"),
        (b"y\x03", 130, "vnetmgr: interrupted"),
        (b"what\n\x03", 130, "vnetmgr: interrupted"),
        (b"\x04", 1, "vnetmgr: nobody answered; nothing was changed"),
    ],
)
def test_an_answer(keys: bytes, code: int, said: str, tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text(SPEC)
    found, shown = answered(keys, str(tmp_path / "spec.yaml"))
    assert (found, "Traceback" in shown) == (code, False)
    assert "planned: 1 added, 0 changed, 0 waiting" in shown
    behind = shown.rpartition("[y/N]: ")[2]
    assert said in behind
    assert (code == 130) == ("nothing was changed" in behind and "interrupted" in behind)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal(number: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text(SPEC)
    code, shown = answered(b"", str(tmp_path / "spec.yaml"), number)
    assert code == 130
    assert "nothing was changed" in shown
