"""systemd's journal: whether a stream goes there, and how much a line matters (sd-daemon(3))."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO


def is_journal(stream: TextIO) -> bool:
    """Whether what is written there becomes entries of the journal: it is the very stream that
    systemd gave a service, and not a file or a pipe that took its place."""
    given = os.environ.get("JOURNAL_STREAM")
    if not given:
        return False
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):  # closed, or no file
        return False
    return given == f"{status.st_dev}:{status.st_ino}"


def prioritised(text: str, priority: int) -> str:
    """A text whose every line, an entry of its own, says how much it matters. None of them is
    left to begin as it likes: `<0>` would be shouted on every terminal."""
    return "\n".join(f"<{priority}>{line}" for line in text.split("\n"))
