"""Pure: say a thing once, and again only when it was no longer so."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vnetmgr.errors import VnetError
    from vnetmgr.watch.agenda import Due
    from vnetmgr.watch.touched import Key


class Told:
    """What was said of each object when it was looked at last."""

    def __init__(self) -> None:
        self._errors: dict[Key, frozenset[str]] = {}
        self._notes: frozenset[str] = frozenset()

    def errors(self, due: Due, found: Mapping[Key, Sequence[VnetError]]) -> list[VnetError]:
        """Those of a pass that are news."""
        known = {text for texts in self._errors.values() for text in texts}
        news: dict[str, VnetError] = {}
        for errors in found.values():
            for error in errors:
                if error.message not in known:
                    news.setdefault(error.message, error)
        for key in set(self._errors) if due.full else due.keys:
            self._errors.pop(key, None)
        for key, errors in found.items():
            self._errors[key] = frozenset(error.message for error in errors)
        return list(news.values())

    def notes(self, due: Due, found: Iterable[str]) -> tuple[str, ...]:
        """Those of a pass that are news. Only a full pass shows which are no longer so."""
        texts = tuple(dict.fromkeys(found))
        news = tuple(text for text in texts if text not in self._notes)
        self._notes = frozenset(texts) if due.full else self._notes.union(texts)
        return news
