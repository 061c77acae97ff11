"""Which nics are asked for: `DOMAIN`, or `DOMAIN/NIC`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.engine.called import choose_some
from vnetmgr.errors import NotFoundError, RefusedError, UsageError
from vnetmgr.model.names import domain_uuid, is_pattern, matching
from vnetmgr.model.record import Row
from vnetmgr.model.values import Mac

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vnetmgr.host.connect import Host
    from vnetmgr.model.path.domains import DomainFacts
    from vnetmgr.model.path.facts import PathFacts


class Target(Row):
    """A domain, or one of its nics."""

    domain: str
    nic: str | None = None
    """Its name, MAC, target or PCI address."""


def parse_targets(words: Iterable[str]) -> tuple[Target, ...]:
    """What words mean; libvirt takes no domain with a slash in its name. Raises UsageError."""
    return tuple(_target(word) for word in dict.fromkeys(words))


def _target(word: str) -> Target:
    domain, slash, nic = word.partition("/")
    if not domain or (slash and not nic):
        raise UsageError(f"{word!r} names no domain, and no nic of one", "write web1, or web1/lan")
    return Target(domain, nic or None)


def found_targets(host: Host, targets: Iterable[Target]) -> tuple[Target, ...]:
    """The same of domains by their names: words may be UUIDs, ids and patterns, too. Raises
    NotFoundError for a pattern that none fits, RefusedError for a word that leads to two."""
    return tuple(
        Target(name, each.nic)
        for each in targets
        for name in choose_some(host, [each.domain]).names
    )


def saved_targets(facts: PathFacts, targets: Iterable[Target]) -> tuple[Target, ...]:
    """The same in what was saved, which has no ids. What is not there stays as it is."""
    return tuple(
        Target(name, each.nic) for each in targets for name in _saved_names(facts, each.domain)
    )


def _saved_names(facts: PathFacts, word: str) -> list[str]:
    if is_pattern(word) and facts.domain(word) is None:
        return matching(word, facts.asked) or [word]
    return [saved_name(facts, word)]


def saved_name(facts: PathFacts, word: str) -> str:
    """A domain's name, by its name or UUID, in what was saved."""
    uuid = domain_uuid(word)
    found = [each.name for each in facts.domains if word == each.name or uuid == each.uuid]
    if len(found) > 1:
        raise RefusedError(f"{word} leads to two domains: {', '.join(found)}", "name one of them")
    return found[0] if found else word


def domains_of(targets: Iterable[Target]) -> tuple[str, ...]:
    """The domains, each once."""
    return tuple(dict.fromkeys(each.domain for each in targets))


def nics_of(facts: PathFacts, targets: Iterable[Target]) -> frozenset[tuple[str, str]]:
    """(domain, nic's key) of the nics that are asked for one by one. Raises NotFoundError for what
    is not there, and RefusedError for what leads to several."""
    every = tuple(targets)
    whole = {each.domain for each in every if each.nic is None}
    found: set[tuple[str, str]] = set()
    for each in every:
        domain = facts.domain(each.domain)
        if domain is None or each.domain not in facts.asked:
            there = ", ".join(sorted(facts.asked)) or "none"
            raise NotFoundError(f"domain {each.domain} is not there", f"there are: {there}")
        if each.nic is not None and each.domain not in whole:
            found.add((each.domain, _key(domain, each.nic)))
    return frozenset(found)


def _key(domain: DomainFacts, address: str) -> str:
    try:
        found = domain.nics_called(Mac.normalise(address)) or domain.nics_called(address)
    except ValueError:
        found = domain.nics_called(address)
    if len(found) == 1:
        return found[0].key
    there = ", ".join(each.key for each in found or domain.nics) or "none"
    if found:
        raise RefusedError(
            f"domain {domain.name}: {address} leads to several nics: {there}", "name one of them"
        )
    raise NotFoundError(f"domain {domain.name} has no nic {address}", f"there are: {there}")
