"""Pure: how far a pass has come, and whether it goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from vnetmgr.model.plan import Plan, Step
    from vnetmgr.watch.signals import Signals


class Progress:
    """How far a pass has come."""

    def __init__(self, signals: Signals, ping: Callable[[], None]) -> None:
        self._signals, self._ping = signals, ping
        self._steps: tuple[Step, ...] = ()
        self._begun = 0
        self.done: tuple[Step, ...] = ()
        """The steps that were tried, of a pass that was ended behind them."""

    @property
    def total(self) -> int:
        """How many there are."""
        return len(self._steps)

    def begin(self, plan: Plan) -> bool:
        """The plan will be carried out."""
        self._steps = plan.steps
        return True

    def step(self, title: str) -> None:
        """Before each step. Raises EndedError when it is not to be done any more."""
        del title
        self._signals.busy = True
        self._ping()
        if self._signals.ended is not None:
            self.done = self._steps[: self._begun]
        self._signals.checkpoint()
        self._begun += 1
