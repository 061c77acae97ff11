"""A sign of life on a terminal, for work that takes longer than two seconds."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from vnetmgr.render.console import is_quiet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
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
