"""Pure: when what is due. Bursts of events become one pass; what fails is tried again later and
later, while everything else goes on. Times are seconds of a clock that only goes forward.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from vnetmgr.model.record import Record, replace
from vnetmgr.watch.touched import HOST

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vnetmgr.watch.touched import Key

QUIET_S = 0.2
"""A burst of events is over when nothing has come for so long, ..."""
LONGEST_S = 0.7
"""... or when it has lasted so long: what an event touches is looked at within a second."""
FIRST_RETRY_S = 1.0
LAST_RETRY_S = 300.0


def next_delay(before_s: float | None, *, first_s: float, last_s: float) -> float:
    """How long to wait after another failure."""
    return first_s if before_s is None else min(before_s * 2, last_s)


class Due(Record):
    """What to reconcile now: everything, or some objects."""

    full: bool = False
    keys: frozenset[Key] = frozenset()


class _Retry(Record):
    at: float
    delay_s: float | None
    """What was waited for; None: what it failed for may be over, and the next failure is the
    first."""
    by_itself: bool
    """Whether it is tried by itself: it failed together with others, and nobody knows whose fault
    that was."""

    def hurried(self, now: float) -> _Retry:
        """The same, at once."""
        return replace(self, at=min(self.at, now + QUIET_S), delay_s=None)


class Agenda:
    """What is due and when. A full pass is due at the start."""

    def __init__(self, *, interval_s: float) -> None:
        self._interval_s = interval_s
        self._full_at = -inf
        self._burst: set[Key] = set()
        self._first = self._last = inf
        self._retries: dict[Key, _Retry] = {}
        self._not_before = -inf
        self._put_off_s: float | None = None

    def reset(self) -> None:
        """Forget everything but that a full pass is due: the spec or the connection is another."""
        self._full_at = self._not_before = -inf
        self._put_off_s = None
        self._retries.clear()
        self._clear_burst()

    def touch(self, keys: Iterable[Key], now: float, *, started: bool = False) -> None:
        """An event touched these. What backs off waits for its turn, as the event may well be of
        its own making: only a start of the domain never is (`started`)."""
        for key in keys:
            retry = self._retries.get(key)
            if retry is None:
                self._burst.add(key)
                self._first = min(self._first, now)
                self._last = now
            elif started:
                self._retries[key] = retry.hurried(now)

    def hurry(self, now: float) -> None:
        """What many failed for may be over: all that backs off is tried at once."""
        self._retries = {key: retry.hurried(now) for key, retry in self._retries.items()}

    def next_at(self) -> float:
        """When something is due."""
        retries = (retry.at for retry in self._retries.values())
        earliest = min(self._full_at, self._burst_at(), *retries, inf)
        return max(earliest, self._not_before)

    def take(self, now: float) -> Due | None:
        """What is due now, which `ended` or `put_off` has to follow."""
        if now < self._not_before:
            return None
        due = {key: retry for key, retry in self._retries.items() if retry.at <= now}
        if self._full_at <= now or HOST in due:
            self._clear_burst()
            return Due(full=True)
        for key, retry in due.items():
            if retry.by_itself:
                return Due(keys=frozenset({key}))
        keys = frozenset(due)
        if self._burst_at() <= now:
            keys |= self._burst
            self._clear_burst()
        return Due(keys=keys) if keys else None

    def ended(self, due: Due, failed: Iterable[Key], now: float, *, together: bool = False) -> None:
        """A pass is over. `together`: it failed as a whole."""
        failed = set(failed)
        tried = set(self._retries) if due.full else due.keys
        for key in tried - failed:
            self._retries.pop(key, None)
        for key in failed:
            before = self._retries.get(key)
            before_s = before.delay_s if before is not None else None
            delay_s = next_delay(before_s, first_s=FIRST_RETRY_S, last_s=LAST_RETRY_S)
            by_itself = together and len(failed) > 1
            self._retries[key] = _Retry(at=now + delay_s, delay_s=delay_s, by_itself=by_itself)
        if due.full:
            self._full_at = now + self._interval_s
        self._put_off_s = None

    def put_off(self, due: Due, now: float) -> None:
        """Somebody else is at work: nothing is done for a while."""
        if due.full:
            self._full_at = -inf
        self._burst |= due.keys - self._retries.keys()
        self._first = self._last = now
        delay_s = next_delay(self._put_off_s, first_s=0.5, last_s=10.0)
        self._put_off_s = delay_s
        self._not_before = now + delay_s

    def _burst_at(self) -> float:
        return min(self._last + QUIET_S, self._first + LONGEST_S) if self._burst else inf

    def _clear_burst(self) -> None:
        self._burst.clear()
        self._first = self._last = inf
