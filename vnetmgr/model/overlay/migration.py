"""A guest's migration, as its logical port is told of it.

While a guest is copied, its nic is on two hosts, and both would claim its port in turn: packets
come twice, or to the guest that is not running yet. A port that knows of both gives each its part.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from vnetmgr.model.overlay.options import is_word
from vnetmgr.model.record import Record, replace

if TYPE_CHECKING:
    from collections.abc import Mapping

Stage: TypeAlias = Literal["ready", "open", "settled"]
"""ready: the target has the port as well, and nothing passes there before the guest announces
itself; open: the source has stopped, and what comes waits at the target; settled: one has it."""
REQUESTED, STRATEGY = "requested-chassis", "activation-strategy"
_RARP = "rarp"
_SETTLES_S = 10.0
"""How long the host that a guest has left may take to let go of its nic."""
_WAITS_S = 3600.0
"""How long a migration that was prepared is waited for."""


class Migration(Record):
    """From which chassis to which, and how far it has come."""

    source: str
    target: str
    since_s: int
    """When this stage began: seconds since 1970."""
    stage: Stage = "ready"

    def at(self, stage: Stage, now_s: float) -> Migration:
        """The same, so far now."""
        return replace(self, stage=stage, since_s=int(now_s))

    def settled_on(self, chassis: str, now_s: float) -> Migration:
        """Over: this one alone has it, and the other is let go of first."""
        other = self.source if chassis == self.target else self.target
        return Migration(source=other, target=chassis, since_s=int(now_s), stage="settled")

    def is_over(self, here: str | None, now_s: float) -> bool:
        """Whether nothing of it is needed any more, by what is seen where the guest runs. `here`:
        that chassis, None where its name cannot be seen."""
        passed_s = now_s - self.since_s
        if self.stage == "settled":
            return not 0 <= passed_s <= _SETTLES_S  # a clock that was put back is none
        has_left = here not in (None, self.source)  # to whichever other one
        return has_left or not 0 <= passed_s <= _WAITS_S

    def __str__(self) -> str:
        return (
            f"settles on {self.target}"
            if self.stage == "settled"
            else (f"{self.source} to {self.target}")
        )

    @property
    def options(self) -> Mapping[str, str]:
        """What OVN is told by the port's options (ovn-nb(5))."""
        if self.stage == "settled":
            return {REQUESTED: self.target}
        requested = {REQUESTED: f"{self.source},{self.target}"}
        return requested | ({STRATEGY: _RARP} if self.stage == "ready" else {})

    @property
    def text(self) -> str:
        """As it stands in the port's external_ids: who put these options there, and since when."""
        return f"{self.stage} {self.since_s} {self.source} {self.target}"

    @classmethod
    def parse(cls, text: str) -> Migration | None:
        """None: somebody else has written something there."""
        words = text.split()
        if len(words) != 4 or words[0] not in get_args(Stage):
            return None
        stage, since, source, target = words
        if not re.fullmatch(r"[0-9]{1,12}", since) or not (is_word(source) and is_word(target)):
            return None
        (known,) = (each for each in get_args(Stage) if each == stage)
        return cls(source=source, target=target, since_s=int(since), stage=known)
