"""Whether files have been changed, and are no longer being changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

POLL_S = 2.0
"""How often files are looked at."""


class Settled:
    """Some files, as they were when they were read last."""

    def __init__(self, fingerprint: Callable[[], object]) -> None:
        """Before they are read: what is written meanwhile counts as a change."""
        self._fingerprint = fingerprint
        self._read = self._seen = fingerprint()
        self.at = 0.0
        """When they are to be looked at again."""

    def due(self, now: float, *, asked: bool) -> bool:
        """Whether they are to be read again: they have changed, and change no more; or somebody has
        `asked`."""
        if not asked and now < self.at:
            return False
        self.at = now + POLL_S
        before, self._seen = self._seen, self._fingerprint()
        settled = before == self._seen != self._read
        if asked or settled:
            self._read = self._seen
        return asked or settled
