"""What a spec says, read and checked: wants that know where in which file they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from vnetmgr.model.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable

    from vnetmgr.model.desired import NicWant
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.forward import ForwardsWant
    from vnetmgr.model.network_want import AddressWant, NetworkWant
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.state import Seen


class Place(Record):
    """Where something stands: lines and columns count from 1, as editors do."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Part(NamedTuple):
    """What of a spec can be left alone by itself."""

    kind: Literal["domain", "network", "file"]
    name: str


class Problem(Record):
    """Something wrong in a spec."""

    place: Place
    message: str
    about: tuple[Part, ...] = ()
    """The parts that it is a problem of: of several nobody knows which is wrong."""
    unread: bool = False
    """Whether it is that the file cannot be read."""

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


def problem_at(origin: str, message: str, *about: Part) -> Problem:
    """A problem at `FILE:LINE:COLUMN`."""
    file, line, column = origin.rsplit(":", 2)
    place = Place(file=file, line=int(line), column=int(column))
    return Problem(place=place, message=message, about=about)


class SpecDomain(Record):
    """What a spec wants of one domain."""

    name: str
    origin: str
    prune: bool = False
    """Whether its owned nics that are not in the spec go."""
    nics: tuple[NicWant, ...] = ()
    forwards: ForwardsWant | None = None
    """None: unmanaged; else all that it has."""


class Spec(Record):
    """One or several files, merged."""

    files: tuple[str, ...] = ()
    networks: tuple[NetworkWant, ...] = ()
    addresses: tuple[AddressWant, ...] = ()
    """Of nics; those that a network lists are in its patch."""
    domains: tuple[SpecDomain, ...] = ()
    prune: bool = False
    """Whether all owned things that are not in the spec go."""


def candidates(domain: SeenDomain, name: str | None, mac: object) -> list[Seen[Nic]]:
    """The nics that a spec's could be, by MAC, then owned alias, then plain alias; one, unless MAC
    and name disagree."""
    by_mac = _where(domain, lambda nic: nic.mac == mac)
    owned = _where(domain, lambda nic: nic.name == name and nic.owned)
    plain = _where(domain, lambda nic: nic.name == name and not nic.owned)
    return list({id(seen): seen for seen in (*by_mac, *(owned or plain))}.values())


def _where(domain: SeenDomain, fits: Callable[[Nic], bool]) -> list[Seen[Nic]]:
    return [
        seen
        for seen in domain.nics
        if any(nic is not None and fits(nic) for nic in (seen.config, seen.live))
    ]
