"""A task over libvirt, in a fork of this very program: everything is imported already, and whatever
hangs in there, hangs alone."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from io import TextIOWrapper
from typing import TYPE_CHECKING

from vnetmgr.command import called, called_as
from vnetmgr.errors import ConnectionLostError, ExitCode, NotConnectedError, VnetError
from vnetmgr.problem import About
from vnetmgr.render import console
from vnetmgr.render.blocks import Form
from vnetmgr.render.documents.error import ERROR, ShownError
from vnetmgr.runtime import interrupts
from vnetmgr.runtime.answers import ANSWERS
from vnetmgr.runtime.interrupts import Interrupted
from vnetmgr.runtime.session import Session, no_input

if TYPE_CHECKING:
    from vnetmgr.fleet.hosts import ManagedHost
    from vnetmgr.fleet.task import Task

_KEEPALIVE = (3, 3)
_ASKING = ("DISPLAY", "WAYLAND_DISPLAY", "SSH_ASKPASS")
"""By which libvirt's ssh would ask somebody for a password, in a window."""
_HINT = "run the command again: it goes on from what is there"


class _Told(TextIOWrapper):
    """A stream to the process that asks. When that has gone, what is under way here is brought to
    its end all the same."""

    def write(self, text: str, /) -> int:
        try:
            return super().write(text)
        except OSError:
            return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            super().flush()


def do_here(task: Task, host: ManagedHost) -> int:
    """Do a task in this new process, whose standard streams are the asking one's, and where signals
    are still held back; its exit code."""
    from vnetmgr.host.connect import Host

    if task.streams:
        Session.of_fork()
    else:
        no_input()
    for name in _ASKING:
        os.environ.pop(name, None)
    sys.stdout, sys.stderr = (
        _Told(open(number, "wb", closefd=False), "utf-8", errors="backslashreplace")  # noqa: SIM115
        for number in (1, 2)
    )
    console.begin()
    console.settle(Form.JSON)
    ANSWERS.timeout_s = task.timeout_s
    Host.keepalive, Host.connect_timeout_s = _KEEPALIVE, task.connect_s
    code = _done(task, host)
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def _done(task: Task, host: ManagedHost) -> int:
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, interrupts.ENDING)
        with called_as(called().on(host.name)):
            task.local(host)
        interrupts.no_more()
    except VnetError as error:
        return _failed(error, host, error.exit_code)
    except KeyboardInterrupt as interrupt:
        lines = interrupt.lines if isinstance(interrupt, Interrupted) else ()
        return _failed(VnetError("interrupted", _HINT, items=lines), host, ExitCode.INTERRUPTED)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else ExitCode.DONE
    except Exception as raised:
        if (code := _exit(raised)) is not None:
            return code
        return _failed(VnetError(f"{type(raised).__name__}: {raised}"), host, ExitCode.FAILED)
    return ExitCode.DONE


def _exit(how: object) -> int | None:
    """The code of what ends a command without an error, as click has it."""
    code = getattr(how, "exit_code", None)
    return code if isinstance(code, int) else None


def _failed(error: VnetError, host: ManagedHost, code: ExitCode) -> int:
    if isinstance(error, NotConnectedError | ConnectionLostError):
        error = error.of(About("connection", host.connect))
    interrupts.no_more()
    console.out_error_data(ERROR.whole(ShownError(error, code)))
    return code
