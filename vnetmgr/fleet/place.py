"""Pure: on which host each domain of a spec is, by what the hosts say that they have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vnetmgr.errors import NotFoundError, RefusedError
from vnetmgr.model.names import joined
from vnetmgr.model.record import Record
from vnetmgr.model.spec import Placed
from vnetmgr.model.values import Mac
from vnetmgr.problem import About

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vnetmgr.errors import VnetError
    from vnetmgr.model.spec import SpecDomain


class HostDomain(Record):
    """A domain as its host lists it."""

    name: str
    uuid: str
    active: bool = False
    running: bool = False
    """Whether it is not paused, either, as it is where it is about to arrive."""
    macs: tuple[tuple[str | None, Mac], ...] = ()
    """(name, MAC) of each nic."""


_RUNNING = frozenset({"running", "idle"})


def domains_of(document: Mapping[str, Any]) -> tuple[HostDomain, ...]:
    """Those that a host has listed, in a document that is known to be of that form. Raises
    ValueError for a MAC that is none."""
    return tuple(
        HostDomain(
            name=item["name"],
            uuid=item["uuid"],
            active=item["running"],
            running=item["running"] and item["state"] in _RUNNING,
            macs=tuple(
                (nic["name"], Mac.normalise(nic["mac"]))
                for nic in item["nics"]
                if nic["mac"] is not None
            ),
        )
        for item in document["items"]
    )


class Placement(Record):
    """Where all of a spec's domains are."""

    placed: Mapping[str, Placed]
    notes: tuple[str, ...] = ()
    errors: tuple[VnetError, ...] = ()


def place(
    domains: Iterable[SpecDomain],
    hosts: Sequence[str],
    found: Mapping[str, Iterable[HostDomain]],
    *,
    before: Mapping[str, Iterable[HostDomain]] | None = None,
    strict: bool = False,
) -> Placement:
    """Where the domains are. `hosts` have been asked, and of those that have answered, `found` has
    the domains. `before`: what was known earlier, which those that are silent may still have.
    `strict`: a domain that is on none of them is an error."""
    placing = _Placing(hosts, found, before or {}, strict=strict)
    placed = {each.name: placing.place(each) for each in domains}
    return Placement(placed=placed, notes=placing.notes, errors=tuple(placing.errors))


class _Placing:
    def __init__(
        self,
        hosts: Sequence[str],
        found: Mapping[str, Iterable[HostDomain]],
        before: Mapping[str, Iterable[HostDomain]],
        *,
        strict: bool,
    ) -> None:
        self.errors: list[VnetError] = []
        self._hosts, self._strict = hosts, strict
        self._silent = [host for host in hosts if host not in found]
        self._notes: list[str] = []
        self._unknown: list[str] = []
        self._by_name = _by_name(hosts, found)
        self._before = _by_name(self._silent, before)

    @property
    def notes(self) -> tuple[str, ...]:
        """What to say besides."""
        if not self._unknown:
            return tuple(self._notes)
        did_not = "has not answered" if len(self._silent) == 1 else "have not answered"
        return (
            *self._notes,
            f"{joined(self._silent)} {did_not}, and no other host has {joined(self._unknown)}: "
            "nothing is done for that",
        )

    def place(self, named: SpecDomain) -> Placed:
        """Where one is. The spec decides, where it says so."""
        there = self._by_name.get(named.name, {})
        if named.host is not None:
            return _placed(named.host.name, there.get(named.host.name))
        if not there:
            self._nowhere(named)
            return Placed()
        meant = meant_host(there)
        if meant is None:
            self.errors.append(_ambiguous(named, there))
            return Placed()
        had = self._before.get(named.name, {})
        if any(_may_be_meant(each, there[meant]) for each in had.values()):
            do_not = "does not answer" if len(had) == 1 else "do not answer"
            self._notes.append(
                f"domain {named.name} is on {meant}, and {joined(list(had))}, which had it, "
                f"{do_not}: it is left alone"
            )
            return Placed()
        return _placed(meant, there[meant])

    def _nowhere(self, named: SpecDomain) -> None:
        if self._silent:
            self._unknown.append(named.name)
            return
        text = f"domain {named.name} is on none of the hosts ({joined(self._hosts)})"
        if self._strict:
            hint = "take it out of the spec, or leave --strict out"
            absent = NotFoundError(text, hint, about=About("domain", named.name))
            self.errors.append(absent.at(named.origin))
        else:
            self._notes.append(f"{text}: skipped")


def _by_name(
    hosts: Iterable[str], found: Mapping[str, Iterable[HostDomain]]
) -> dict[str, dict[str, HostDomain]]:
    named: dict[str, dict[str, HostDomain]] = {}
    for host in hosts:
        for domain in found.get(host, ()):
            named.setdefault(domain.name, {})[host] = domain
    return named


def _may_be_meant(before: HostDomain, seen: HostDomain) -> bool:
    """Whether one that a silent host had may be meant, and not the one that is seen: that is what a
    migration has left, or another's."""
    return before.uuid != seen.uuid or not seen.active


def _placed(host: str, domain: HostDomain | None) -> Placed:
    if domain is None:
        return Placed(host=host)
    return Placed(host=host, uuid=domain.uuid, macs=domain.macs)


def meant_host(there: Mapping[str, HostDomain]) -> str | None:
    """The host that is meant of those which have a domain of one name: of one UUID, where it runs;
    what others have of it a migration has left, or is about to bring. None: that is not clear."""
    if len(there) == 1:
        return next(iter(there))
    if len({domain.uuid for domain in there.values()}) > 1:
        return None
    running = [host for host, domain in there.items() if domain.running]
    active = [host for host, domain in there.items() if domain.active]
    first = running or active
    return first[0] if len(first) == 1 else None


def _ambiguous(named: SpecDomain, there: Mapping[str, HostDomain]) -> RefusedError:
    running = [host for host, domain in there.items() if domain.active]
    hosts = joined(list(there))
    remedy = "take away what is not it"
    if len({domain.uuid for domain in there.values()}) > 1:
        why = "they are not the same, and have different UUIDs"
    elif running:
        why = f"it runs on {joined(running)}"
        remedy = "have one name alone for each machine in the hosts file; while it moves, wait"
    else:
        why = "it runs on none of them"
    error = RefusedError(
        f"domain {named.name} is on {hosts}: {why}, so that nothing tells which is meant; it is "
        "left alone",
        f"say so in the spec: host: {next(iter(there))}; or {remedy}",
        about=About("domain", named.name),
    )
    return error.at(named.origin)
