"""Pure: what is said only when it lasts, and once. While a domain moves, it is on two hosts or on
none for a moment."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from vnetmgr.errors import VnetError

LASTING_S = 5.0


class Doubts:
    """What is not as it should be, and since when."""

    def __init__(self) -> None:
        self._found: Mapping[Hashable, VnetError | str] = {}
        self._since: dict[Hashable, float] = {}
        self._said: set[Hashable] = set()

    def are(self, found: Mapping[Hashable, VnetError | str], now: float, *, at_once: bool) -> None:
        """All that there are now, by what makes two the same. `at_once`: they may have lasted for
        long, as nobody has looked before."""
        since = now - LASTING_S if at_once else now
        self._found = found
        self._since = {each: self._since.get(each, since) for each in found}
        self._said &= found.keys()

    @property
    def at(self) -> float:
        """When the next one has lasted."""
        unsaid = (since for each, since in self._since.items() if each not in self._said)
        return min(unsaid, default=inf) + LASTING_S

    def lasting(self, now: float) -> list[VnetError | str]:
        """Those that have lasted, and were not said yet."""
        due = [
            each
            for each, since in self._since.items()
            if each not in self._said and since + LASTING_S <= now
        ]
        self._said.update(due)
        return [self._found[each] for each in due]
