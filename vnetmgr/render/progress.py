"""A sign of life on a terminal, for work that takes longer than two seconds."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from vnetmgr.render.console import is_quiet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

_SILENT_S = 2.0


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


@contextmanager
def counted(hosts: Sequence[str]) -> Iterator[Callable[[str], None]]:
    """Something to tell which of several hosts is done. On a terminal it shows how many are, and
    which are waited for, once that takes long. Without a thread: processes are made meanwhile."""
    if is_quiet() or not sys.stderr.isatty():
        yield lambda _: None
        return
    from vnetmgr.model.names import joined
    from vnetmgr.printable import printable

    left, started, shown = dict.fromkeys(hosts), time.monotonic(), [False]

    def tell(host: str) -> None:
        left.pop(host, None)
        if left and time.monotonic() - started >= _SILENT_S:
            shown[0] = True
            done = f"{len(hosts) - len(left)} of {len(hosts)} hosts"
            _over(printable(f"{done}; waiting for {joined(list(left), 4)}"))

    try:
        yield tell
    finally:
        if shown[0]:
            _over("")


def _over(text: str) -> None:
    """What stands in the terminal's last line."""
    sys.stderr.write(f"\r\033[K{text}")
    sys.stderr.flush()


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
