"""Pure: which hosts have what a command names, by what they have answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from vnetmgr.command import Command
from vnetmgr.errors import NotFoundError, RefusedError, VnetError, listing
from vnetmgr.fleet.place import domains_of, meant_host
from vnetmgr.model.names import domain_id, domain_uuid, is_pattern, joined, matching
from vnetmgr.problem import About, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vnetmgr.fleet.answer import Answer

    Items = Sequence[Mapping[str, Any]]


class There(NamedTuple):
    """The things of each host that has answered, and who has not."""

    what: str
    """domain, or network."""
    by_host: Mapping[str, Items]
    silent: tuple[str, ...]

    @classmethod
    def of(cls, what: str, answers: Sequence[Answer]) -> There:
        """As they have listed them."""
        found: dict[str, Any] = {
            each.host: each.document["items"] for each in answers if each.document is not None
        }
        silent = tuple(each.host for each in answers if each.document is None)
        return cls(what, found, silent)

    def called(self, word: str) -> dict[str, Items]:
        """What each host has that a word means: by name, by UUID, by a running domain's id, or by a
        pattern of names."""
        numbers = self.what == "domain"
        found = {
            host: _meant_by(word, items, numbers=numbers) for host, items in self.by_host.items()
        }
        return {host: items for host, items in found.items() if items}

    def words_on(self, words: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """What to ask of each host that has any of it. Raises NotFoundError for words that mean
        nothing on any, where all have answered; else nobody knows."""
        called = {word: self.called(word) for word in dict.fromkeys(words)}
        nowhere = [word for word, found in called.items() if not found]
        if nowhere:
            raise self._not_found(nowhere)
        hosts = [host for host in self.by_host if any(host in each for each in called.values())]
        return {
            host: tuple(word for word, found in called.items() if host in found) for host in hosts
        }

    def host_of(self, word: str) -> tuple[str, tuple[str, ...]]:
        """The one host where a domain is, and what to say besides. Raises NotFoundError, or
        RefusedError where nothing tells which is meant."""
        found = self.called(word)
        if not found:
            raise self._not_found([word])
        domains = {host: domains_of({"items": items}) for host, items in found.items()}
        names = {each.name for every in domains.values() for each in every}
        single = {host: every[0] for host, every in domains.items()}
        host = meant_host(single) if len(names) == 1 else None
        if host is None:
            raise RefusedError(
                f"domain {word} is on {joined(list(found))}, and nothing tells which is meant",
                f"name the host: {' or '.join(f'--host {name}' for name in found)}",
                about=About("domain", word),
            )
        return host, tuple(self._beside(next(iter(names)), host, list(found)))

    def _beside(self, name: str, host: str, hosts: Sequence[str]) -> list[str]:
        others = [each for each in hosts if each != host]
        notes = []
        if others:
            notes.append(
                f"domain {name} is meant where it runs, on {host}; also on {joined(others)}"
            )
        if self.silent:
            notes.append(f"domain {name} was not looked for on {joined(self.silent)}: no answer")
        return notes

    def _not_found(self, words: Sequence[str]) -> VnetError:
        where = joined(list(self.by_host))
        problems = [
            Problem(About("domain" if self.what == "domain" else "network", word), text)
            for word in words
            for text in [f"no {self.what} {word} on {where}"]
        ]
        if self.silent:
            hint = f"{joined(self.silent)} did not answer, and may have it"
            return listing(VnetError, problems, hint)
        hint = f"{Command(f'list-{self.what}s')} shows what there is"
        return listing(NotFoundError, problems, hint)


def _meant_by(word: str, items: Items, *, numbers: bool) -> Items:
    named = [each for each in items if each["name"] == word]
    if named or not numbers:
        return named
    if is_pattern(word):
        names = set(matching(word, [each["name"] for each in items]))
        return [each for each in items if each["name"] in names]
    number, uuid = domain_id(word), domain_uuid(word)
    return [
        each
        for each in items
        if (number is not None and each.get("id") == number)
        or (uuid is not None and each["uuid"] == uuid)
    ]
