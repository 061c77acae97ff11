"""Runs the program of an inventory, which may hang, print for ever, or leave children behind."""

from __future__ import annotations

import os
import select
import signal
import subprocess
from contextlib import suppress
from time import monotonic
from typing import IO

from vnetmgr.errors import UsageError
from vnetmgr.printable import printable
from vnetmgr.problem import About
from vnetmgr.runtime.trusted_file import NotTrustedError, check_program

LARGEST = 16 * 1024 * 1024
TIMEOUT_S = 30.0
_CHUNK = 1 << 16
_MOST_SAID = 500


def run_inventory(program: str) -> str:
    """What `PROGRAM --list` prints. Raises UsageError."""
    try:
        check_program(program)
        process = subprocess.Popen(
            (program, "--list"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            process_group=0,  # a terminal's ^C is for vnetmgr, which ends it
        )
    except NotTrustedError as error:
        raise _failed(program, f"is not run: {error.strerror}", error.remedy) from None
    except OSError as error:
        raise _failed(program, f"cannot be run: {error.strerror}") from None
    try:
        out, said = _read(process, program)
    finally:
        _end(process)
    if code := process.returncode:
        text = " ".join(said.decode("utf-8", "replace").split())[-_MOST_SAID:]
        raise _failed(program, f"--list: {printable(text) or 'it says nothing'} (exit code {code})")
    try:
        return out.decode("utf-8")
    except UnicodeDecodeError:
        raise _failed(program, "--list: what it prints is not UTF-8") from None


def _read(process: subprocess.Popen[bytes], program: str) -> tuple[bytes, bytes]:
    """All of its output and the end of its complaints."""
    data = {stream: bytearray() for stream in _streams(process)}
    out, complaints = data
    until = monotonic() + TIMEOUT_S
    waiting = [out, complaints]
    while out in waiting or not _ended(process):
        left = until - monotonic()
        ready = select.select(waiting, [], [], min(left, 0.1))[0] if left > 0 else []
        if left <= 0:
            raise _failed(program, f"--list: it did not end within {TIMEOUT_S:g} s")
        for stream in ready:
            chunk = os.read(stream.fileno(), _CHUNK)
            data[stream] += chunk
            if not chunk:
                waiting.remove(stream)
        if len(data[out]) > LARGEST:
            raise _failed(program, f"--list: it prints more than {LARGEST // 1024**2} MiB")
        del data[complaints][:-_CHUNK]
    return bytes(data[out]), bytes(data[complaints])


def _ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether it has. Its id stays its own until `_end` has ended what it has started."""
    flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
    return os.waitid(os.P_PID, process.pid, flags) is not None


def _end(process: subprocess.Popen[bytes]) -> None:
    """With all that it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    for stream in _streams(process):
        stream.close()
    process.wait()


def _streams(process: subprocess.Popen[bytes]) -> list[IO[bytes]]:
    return [each for each in (process.stdout, process.stderr) if each is not None]


def _failed(program: str, text: str, remedy: str | None = None) -> UsageError:
    hint = remedy or f"try it: {program} --list"
    return UsageError(f"inventory {program} {text}", hint, about=About("file", program))
