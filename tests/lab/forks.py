"""vnetmgr on a machine of the lab, imported once: each command is a fork.

What a command does, and how it ends, is the real thing's; but the tenth of a second that Python and
the imports take, four fifths of a short command, is spent once a machine.
"""

from __future__ import annotations

import gc
import json
import os
import pkgutil
import runpy
import select
import subprocess
import sys
import tempfile
import traceback
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import IO, TYPE_CHECKING, Any

from tests.lab.process import child_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.lab.process import LabProcess

PROGRAM = "tests.lab.forks"
# What few commands use, no module, and what runs as one that nobody has imported.
NOT_BEFORE = ("vnetmgr.metrics", "vnetmgr.templates", "vnetmgr.__main__")


class BusyError(Exception):
    """Another thread's command runs."""


class Forks:
    """One process of a machine's, begun at the first command; close() ends it."""

    def __init__(self, begin: Callable[..., LabProcess], *prepare: str) -> None:
        """`begin` starts a command there, as `Machine.popen` does; `prepare`: modules whose
        `prepare()` makes something else of vnetmgr before."""
        self._begin = begin
        self._prepare = prepare
        self._process: LabProcess | None = None
        self._lock = Lock()

    @property
    def pid(self) -> int | None:
        """The process that is forked, as the machine around sees it."""
        return child_of(self._process.pid) if self._process else None

    def run(
        self,
        argv: Sequence[str],
        *,
        directory: Path,
        module: str = "vnetmgr",
        input: str | None = None,  # noqa: A002 - as subprocess.run calls it
        together: bool = False,
        timeout: float | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run `python -m MODULE ARGV`; BusyError while another thread does. `together`: standard
        error is among what it prints, as on a terminal. TimeoutExpired if it does not end."""
        shown = [sys.executable, "-m", module, *argv]
        asked = {
            "module": module,
            "argv": list(argv),
            "directory": str(directory),
            "stdin": input or "",
            "together": together,
        }
        if not self._lock.acquire(blocking=False):
            raise BusyError
        try:
            code, out, err = self._answer(json.dumps(asked) + "\n", timeout)
        except subprocess.TimeoutExpired:
            self.close()
            raise subprocess.TimeoutExpired(shown, timeout or 0) from None
        except BaseException:  # its answer would be taken for the next one's
            self.close()
            raise
        finally:
            self._lock.release()
        return subprocess.CompletedProcess(shown, code, out, err)

    def _answer(self, asked: str, timeout: float | None) -> tuple[int, str, str]:
        process = self._at_work()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(asked)
        process.stdin.flush()
        # An answer is a line, and nothing is said unasked: no part of one is in Python's buffer.
        if not select.select([process.stdout], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired([], timeout or 0)
        code, out, err = json.loads(process.stdout.readline())
        return code, out, err

    def _at_work(self) -> LabProcess:
        if self._process and self._process.poll() is not None:  # its machine's power was cut
            self.close()
        if self._process is None:
            self._process = self._begin(
                [sys.executable, "-m", PROGRAM, *self._prepare],
                stdin=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        return self._process

    def close(self) -> None:
        """End it, with what it runs."""
        process, self._process = self._process, None
        if process:
            process.kill_all()
            with process, suppress(BrokenPipeError):
                assert process.stdin is not None
                process.stdin.close()


def _import_all() -> None:
    import vnetmgr
    from vnetmgr.errors import VnetError

    for module in pkgutil.walk_packages(vnetmgr.__path__, "vnetmgr."):
        if not module.name.startswith(NOT_BEFORE):
            with suppress(ImportError, VnetError):  # of what only extras bring
                import_module(module.name)


def _run(asked: dict[str, Any]) -> tuple[int, str, str]:
    with (
        tempfile.TemporaryFile() as stdin,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
    ):
        stdin.write(asked["stdin"].encode())
        stdin.seek(0)
        child = os.fork()
        if child == 0:
            _become(asked, stdin, out, out if asked["together"] else err)
        _, status = os.waitpid(child, 0)
        said = []
        for file in (out, err):
            file.seek(0)
            said.append(file.read().decode(errors="replace"))
    return os.waitstatus_to_exitcode(status), said[0], said[1]


def _become(asked: dict[str, Any], *streams: IO[bytes]) -> None:
    """Be the command, in a process of its own; does not return."""
    code: object = 0
    try:
        for number, file in enumerate(streams):
            os.dup2(file.fileno(), number)
        if asked["together"]:
            sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
        os.chdir(asked["directory"])
        sys.argv[1:] = asked["argv"]
        runpy.run_module(asked["module"], run_name="__main__", alter_sys=True)
        sys.stdout.flush()
    except SystemExit as end:  # vnetmgr itself ends without any
        code = end.code
    except BaseException:  # as Python shows it
        traceback.print_exc()
        code = 1
    finally:
        os._exit(code if isinstance(code, int) else bool(code))


def _serve() -> None:
    # What the commands have at these numbers is their own.
    questions, answers = os.fdopen(os.dup(0)), os.fdopen(os.dup(1), "w")
    _import_all()
    for name in sys.argv[1:]:
        import_module(name).prepare()
    gc.freeze()
    for line in questions:
        print(json.dumps(_run(json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    _serve()
