"""Pure: say a thing once, and again only when it was no longer so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.plan import Outcome, Result
from vnetmgr.planner.restrict import key_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vnetmgr.errors import VnetError
    from vnetmgr.watch.agenda import Due
    from vnetmgr.watch.touched import Key


_NOT_DONE = frozenset({Result.FAILED, Result.UNDONE, Result.SKIPPED})


class News:
    """What was said of each object when it was looked at last."""

    def __init__(self) -> None:
        self._errors: dict[Key, frozenset[object]] = {}
        self._notes: frozenset[str] = frozenset()
        self._failed: dict[Key, frozenset[Outcome]] = {}

    def errors(self, due: Due, found: Mapping[Key, Sequence[VnetError]]) -> list[VnetError]:
        """Those of a pass that are news."""
        known = {each for every in self._errors.values() for each in every}
        news: dict[object, VnetError] = {}
        for errors in found.values():
            for error in errors:
                if error.problems not in known:
                    news.setdefault(error.problems, error)
        for key in set(self._errors) if due.full else due.keys:
            self._errors.pop(key, None)
        for key, errors in found.items():
            self._errors[key] = frozenset(error.problems for error in errors)
        return list(news.values())

    def outcomes(self, due: Due, found: Iterable[Outcome]) -> tuple[Outcome, ...]:
        """What was done in a pass, and of what failed what is news: it is tried again and again."""
        found = tuple(found)
        known = {each for outcomes in self._failed.values() for each in outcomes}
        for key in set(self._failed) if due.full else due.keys:
            self._failed.pop(key, None)
        failed: dict[Key, set[Outcome]] = {}
        for each in found:
            if each.result in _NOT_DONE:
                failed.setdefault(key_of(each.change.about), set()).add(each)
        self._failed.update({key: frozenset(outcomes) for key, outcomes in failed.items()})
        return tuple(each for each in found if each not in known)

    def notes(self, due: Due, found: Iterable[str]) -> tuple[str, ...]:
        """Those of a pass that are news. Only a full pass shows which are no longer so."""
        texts = tuple(dict.fromkeys(found))
        news = tuple(text for text in texts if text not in self._notes)
        self._notes = frozenset(texts) if due.full else self._notes.union(texts)
        return news
