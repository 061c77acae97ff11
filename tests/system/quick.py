"""Many commands one after the other, quickly: vnetmgr is imported once, and each command is a fork.

`python -m tests.system.quick` reads a command line a line, as JSON, and answers with a line each.
"""

from __future__ import annotations

import json
import os
import pkgutil
import subprocess
import sys
import tempfile
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Self

import vnetmgr
from tests.documents import read_document
from tests.lab.machine import REPOSITORY
from tests.lab.process import child_of

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from tests.lab import Machine


class Quick:
    """Runs commands in a lab as `lab.vnetmgr` does, but for the time that imports take."""

    def __init__(self, lab: Machine, *prepare: str) -> None:
        """`prepare`: modules whose `prepare()` makes something else of vnetmgr before."""
        self._process = lab.popen(
            [sys.executable, "-m", "tests.system.quick", *prepare],
            stdin=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._process as process:
            assert process.stdin is not None
            process.stdin.close()

    @property
    def pid(self) -> int | None:
        """The process that is forked, as the machine around sees it."""
        return child_of(self._process.pid)

    def __call__(
        self, *words: object, directory: Path | None = None, together: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Run one, in a directory. With --output json (-o json) it has to print one document, as
        its schema says. `together`: standard error is among what it prints, as on a terminal."""
        argv = [str(word) for word in words]
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = {
            "argv": argv,
            "directory": str(directory or REPOSITORY),
            "together": together,
        }
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        code, out, err = json.loads(self._process.stdout.readline())
        if "json" in argv and not together:
            read_document(out)
        return subprocess.CompletedProcess(argv, code, out, err)


def _import_all() -> None:
    for module in pkgutil.walk_packages(vnetmgr.__path__, "vnetmgr."):
        if not module.name.startswith(("vnetmgr.templates", "vnetmgr.metrics")):
            with suppress(ImportError):  # of what only extras bring
                import_module(module.name)


def _run(argv: list[str], directory: str, *, together: bool) -> tuple[int, str, str]:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if child == 0:
            for file, number in ((out, 1), (out if together else err, 2)):
                os.dup2(file.fileno(), number)
            if together:
                sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
            os.close(0)
            os.chdir(directory)
            sys.argv[1:] = argv
            from vnetmgr.__main__ import main

            main()
        _, status = os.waitpid(child, 0)
        said = []
        for file in (out, err):
            file.seek(0)
            said.append(file.read().decode())
    return os.waitstatus_to_exitcode(status), said[0], said[1]


if __name__ == "__main__":
    _import_all()
    for name in sys.argv[1:]:
        import_module(name).prepare()
    for line in sys.stdin:
        print(json.dumps(_run(**json.loads(line))), flush=True)
