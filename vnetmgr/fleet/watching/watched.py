"""What is known of one host that is kept, and when its watch is started again."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, TypeAlias

from vnetmgr.watch.agenda import next_delay

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vnetmgr.errors import VnetError
    from vnetmgr.fleet.hosts import ManagedHost
    from vnetmgr.fleet.running import Running
    from vnetmgr.problem import Problem

FIRST_RETRY_S = 1.0
LAST_RETRY_S = 60.0
_LASTING_S = 60.0
"""A watch that lasted so long worked."""
Document: TypeAlias = "Mapping[str, object]"
"""A document that a watch has printed."""


class Watched:
    """One host."""

    def __init__(self, host: ManagedHost) -> None:
        self.host = host
        self.watch: Running | None = None
        self.domains: Document | None = None
        """Which it has, by its own word. None: nothing is known of it."""
        self._told: Mapping[str, object] = {}
        """What its watch was told last."""
        self.tried = False
        """Whether it has answered, or not, at least once."""
        self.at = -inf
        """When its watch is started, or given up where it has said nothing."""
        self._began = -inf
        self._delay_s: float | None = None
        self._said: set[tuple[Problem, ...]] = set()

    @property
    def name(self) -> str:
        """What the host is called."""
        return self.host.name

    @property
    def is_lost(self) -> bool:
        """Whether somebody was told that it is."""
        return bool(self._said)

    def began(self, watch: Running, now: float, bound_s: float) -> None:
        """Its watch was started, and has so long to say something."""
        self.watch, self._told = watch, {}
        self._began, self.at = now, now + bound_s if bound_s else inf

    def tell(self, watch: Running, told: Mapping[str, object]) -> None:
        """Tell its watch what it has not been told: a spec is long, and changes more seldom than
        the places of its domains."""
        news = {key: value for key, value in told.items() if self._told.get(key) != value}
        self._told = told
        if news:
            watch.send(news)

    def has(self, domains: Document) -> bool:
        """It has said which domains it has; whether it had been lost before."""
        self.domains, self.tried, self.at = domains, True, inf
        back, self._said = self.is_lost, set()
        return back

    def is_gone(self, error: VnetError, now: float) -> bool:
        """Its watch has ended, or was given up: whether that is news."""
        if self.domains is not None and now > self._began + _LASTING_S:
            self._delay_s = None
        self._delay_s = next_delay(self._delay_s, first_s=FIRST_RETRY_S, last_s=LAST_RETRY_S)
        self.at = now + self._delay_s
        self.watch = self.domains = None
        self.tried = True
        news = error.problems not in self._said
        self._said.add(error.problems)
        return news
