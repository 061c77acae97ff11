"""Which domains the words of a list mean, by their names; what a change's mean tells `by_name`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.errors import NotFoundError, listing
from vnetmgr.model.names import is_pattern
from vnetmgr.model.record import Record
from vnetmgr.problem import About, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vnetmgr.host.connect import Host


class Chosen(Record):
    """The domains that are asked for."""

    named: tuple[str, ...]
    matched: tuple[str, ...]
    """By patterns alone."""
    unmatched: tuple[str, ...]
    """Patterns that no domain's name fits."""

    @property
    def everyone(self) -> bool:
        """Whether nobody was asked for: then it is about all that there are."""
        return not (self.named or self.matched or self.unmatched)

    @property
    def names(self) -> tuple[str, ...]:
        """All that were asked for."""
        return (*self.named, *self.matched)

    @property
    def notes(self) -> tuple[str, ...]:
        """What to say of those."""
        return tuple(map(_unmatched, self.unmatched))


def choose(host: Host, words: Iterable[str]) -> Chosen:
    """By names, UUIDs, ids and patterns."""
    found = host.domains_called(tuple(dict.fromkeys(words)))
    patterns = {word for word, names in found.items() if is_pattern(word) and names != (word,)}
    named = dict.fromkeys(found[word][0] for word in found if word not in patterns)
    matched = dict.fromkeys(name for word in found if word in patterns for name in found[word])
    return Chosen(
        named=tuple(named),
        matched=tuple(name for name in matched if name not in named),
        unmatched=tuple(word for word, names in found.items() if not names),
    )


def choose_some(host: Host, words: Iterable[str]) -> Chosen:
    """The same, where to look at none would say that all is well. Raises NotFoundError."""
    found = choose(host, words)
    if found.unmatched:
        wrong = [Problem(About("domain", each), _unmatched(each)) for each in found.unmatched]
        raise listing(NotFoundError, wrong, f"{Command('list-nics')} shows the domains")
    return found


def _unmatched(pattern: str) -> str:
    return f"no domain's name matches {pattern}"
