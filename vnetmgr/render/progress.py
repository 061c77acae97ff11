"""A sign of life on a terminal, for work that takes longer than two seconds."""

from __future__ import annotations

import os
import sys
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from vnetmgr.render.console import is_quiet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from types import TracebackType
    from typing import Self

_SILENT_S = 2.0
_FEW = 80
"""Columns of a terminal that does not say how many it has."""


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Something to tell what is being done. It shows on a terminal, once that takes long."""
    if is_quiet() or not sys.stderr.isatty():
        yield lambda _: None
        return
    from threading import Timer

    from rich.console import Console  # 40 ms, spent only where somebody looks
    from rich.text import Text

    from vnetmgr.printable import printable

    status = Console(stderr=True).status("connected to libvirt")
    started = time.monotonic()
    timer = Timer(_SILENT_S, status.start)  # also when one call blocks for long
    timer.daemon = True
    timer.start()
    try:
        yield lambda text: status.update(
            Text(printable(f"{text} ({time.monotonic() - started:.0f} s)"))
        )
    finally:
        timer.cancel()
        status.stop()


class Counted:
    """How many of several hosts are done, on a terminal, and which are waited for, once that takes
    long. Without a thread: processes are made meanwhile. --quiet and what is no terminal have
    none."""

    def __init__(self, hosts: Sequence[str]) -> None:
        self._count, self._left = len(hosts), dict.fromkeys(hosts)
        self._started, self._shown = time.monotonic(), ""
        self._silent = is_quiet() or not sys.stderr.isatty()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._show("")

    def done(self, host: str) -> None:
        """One is."""
        self._left.pop(host, None)

    def waits(self) -> None:
        """The others are not yet."""
        if self._silent or not self._left or time.monotonic() < self._started + _SILENT_S:
            return
        from vnetmgr.model.names import joined
        from vnetmgr.printable import printable

        done = f"{self._count - len(self._left)} of {self._count} hosts"
        text = printable(f"{done}; waiting for {joined(list(self._left), 4)}")
        self._show(text[: _columns() - 1])  # in one line, so that it can be taken back

    def _show(self, text: str) -> None:
        if text != self._shown:
            self._shown = text
            sys.stderr.write(f"\r\033[K{text}")
            sys.stderr.flush()


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or _FEW
    except OSError:
        return _FEW


@contextmanager
def begun_late(
    show: Callable[[], AbstractContextManager[Callable[[str], None]]],
) -> Iterator[Callable[[str], None]]:
    """The same, from the first thing that is told on."""
    with ExitStack() as stack:
        shown: list[Callable[[str], None]] = []

        def tell(text: str) -> None:
            if not shown:
                shown.append(stack.enter_context(show()))
            shown[0](text)

        yield tell
