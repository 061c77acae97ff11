"""The vnetmgr on another machine, as ssh starts it: whether it is one that can be used."""

from __future__ import annotations

import re
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any

from vnetmgr import __version__
from vnetmgr.errors import UsageError
from vnetmgr.fleet.process import Process
from vnetmgr.fleet.reading import error_of, read_document, read_object
from vnetmgr.runtime.session import LIFE_SIGN_S, SILENT_S, VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vnetmgr.errors import VnetError
    from vnetmgr.fleet.ssh import ControlFolder, SshTarget

_START_S = 10.0
"""How long a vnetmgr may take to begin, beyond what a host may take to answer anything: a machine
that is busy starts Python slowly."""
_LARGEST_UNGREETED = 1 << 20
_ENDING_S = 120.0
"""How long it may take to take back what it has done."""
_SSH_FAILED = 255
_LOST_HINT = "it ends there as by a signal; run the command again: it goes on from what is there"


class There:
    """One that does a task."""

    def __init__(
        self,
        command: Sequence[str],
        target: SshTarget,
        control: ControlFolder,
        *,
        connect_s: float,
        timeout_s: float,
    ) -> None:
        """`connect_s`, `timeout_s`: as `Task` has them. Raises OSError where there is no ssh."""
        self.process = Process.spawn(target.words(command, connect_s=connect_s, control=control))
        self.greeted = False
        """Whether it has said that it is one, and which."""
        self.instead: str | None = None
        """Why it cannot be used; it has done nothing."""
        self._target = target
        self._until = monotonic() + timeout_s + _START_S if timeout_s else None
        self._late = self._silent = self._ends = False
        self._silent_at = inf
        self._life_sign_at = monotonic()

    def hear(self) -> bool:
        """Whether it has greeted, just now. Raises ValueError for what is no answer of any kind."""
        out = self.process.out
        end = out.find(b"\n")
        if self.greeted or self.instead is not None:
            return False
        if end < 0 and len(out) > _LARGEST_UNGREETED:
            raise ValueError("much that is no answer")
        if end < 0:
            return False
        try:
            said = read_object(bytes(out[:end]))
        except ValueError:
            first = out[:end].decode(errors="replace")
            self.instead = f"what answers there is no vnetmgr, but says: {first:.60}"
            return False
        # Of another kind it is an error, which is looked at when it has ended.
        if said.get("kind") == "session":
            self.instead = _disagreement(said)
            self.greeted = self.instead is None
            del out[: end + 1]
        return self.greeted

    def is_late(self) -> bool:
        """Whether it should have greeted by now, or answered; else it is told, from time to time,
        that somebody still waits for it."""
        now = monotonic()
        if not self.greeted and self._until is not None and now > self._until:
            self._late = True
        elif self.greeted and now > self._life_sign_at + LIFE_SIGN_S:
            self._life_sign_at = now
            self.process.write(b"\n")
            # One whose input has ended takes back what it has done, and gives no sign meanwhile.
            if self.process.stdin >= 0:
                self._silent_at = self.process.heard_at + SILENT_S
            elif not self._ends:
                self._ends, self._silent_at = True, now + _ENDING_S
            self._silent = self._until is not None and now > self._silent_at
        return self._late or self._silent

    def failure(self, host: str, status: int) -> tuple[str, str] | None:
        """Why nothing is known of what it was asked, and the remedy, when ssh has ended so; None:
        it has answered, or it cannot be used."""
        if self.instead is not None:
            return None
        if self._late:
            return f"the vnetmgr on {host} did not begin in time", "--timeout TIME waits longer"
        if self._silent:
            text = f"the vnetmgr on {host} says nothing any more: what it has done is not known"
            return text, _LOST_HINT
        if status >= 0 and status != _SSH_FAILED:
            return None
        if self.greeted:
            text = f"the connection to {host} was lost: what the command has done is not known"
            return text, _LOST_HINT
        hint = f"try: {self._target.by_hand} vnetmgr --version"
        return f"ssh does not reach {host}", hint

    def refusal(self, last_said: str) -> VnetError | None:
        """What it has said instead of a greeting, where that is an error; else it is none that can
        be used, and `instead` says why."""
        try:
            found = read_document(bytes(self.process.out), frozenset({"error"}))
        except ValueError:
            self.instead = f"no vnetmgr answers there: {last_said}"
            return None
        error = error_of(found)
        if isinstance(error, UsageError):  # this one has read the same words
            self.instead = f"the vnetmgr there is an older one: {error.text:.120}"
            return None
        return error


def _disagreement(greeting: Mapping[str, Any]) -> str | None:
    """Why nothing can be done with a vnetmgr that says this of itself."""
    theirs = greeting.get("vnetmgr")
    if not isinstance(theirs, str) or not re.fullmatch(r"[0-9]+[0-9A-Za-z.+-]{0,40}", theirs):
        return "what answers there is no vnetmgr"
    if _major(theirs) != _major(__version__) or greeting.get("version") != VERSION:
        return f"the vnetmgr there is {theirs}, and this one {__version__}"
    return None


def _major(version: str) -> str:
    return version.partition(".")[0]
