"""Many commands one after the other, for tests that want more of them than `lab.vnetmgr` has:
another vnetmgr, another directory, both streams as one."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Self

from tests.documents import read_document
from tests.lab.forks import Forks
from tests.lab.machine import REPOSITORY

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from tests.lab import Machine


class Quick:
    """Runs commands in a lab as `lab.vnetmgr` does, by a process of its own that is forked."""

    def __init__(self, lab: Machine, *prepare: str) -> None:
        """`prepare`: modules whose `prepare()` makes something else of vnetmgr before."""
        self._forks = Forks(lab.popen, *prepare)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._forks.close()

    @property
    def pid(self) -> int | None:
        """The process that is forked, as the machine around sees it."""
        return self._forks.pid

    def __call__(
        self, *words: object, directory: Path | None = None, together: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Run one, in a directory. With --output json (-o json) it has to print one document, as
        its schema says. `together`: standard error is among what it prints, as on a terminal."""
        argv = [str(word) for word in words]
        done = self._forks.run(argv, directory=directory or REPOSITORY, together=together)
        if "json" in argv and not together:
            read_document(done.stdout)
        return subprocess.CompletedProcess(argv, done.returncode, done.stdout, done.stderr)
