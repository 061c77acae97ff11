"""What a spec says, read and checked: wants that know where in which file they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.record import Record

if TYPE_CHECKING:
    from vnetmgr.model.desired import NicWant
    from vnetmgr.model.network_want import AddressWant, NetworkWant


class Place(Record):
    """Where something stands: lines and columns count from 1, as editors do."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Problem(Record):
    """Something wrong in a spec."""

    place: Place
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class SpecDomain(Record):
    """What a spec wants of one domain."""

    name: str
    origin: str
    prune: bool = False
    """Whether its owned nics that are not in the spec go."""
    nics: tuple[NicWant, ...] = ()


class Spec(Record):
    """One or several files, merged."""

    files: tuple[str, ...] = ()
    networks: tuple[NetworkWant, ...] = ()
    addresses: tuple[AddressWant, ...] = ()
    """Of nics; those that a network lists are in its patch."""
    domains: tuple[SpecDomain, ...] = ()
    prune: bool = False
    """Whether all owned things that are not in the spec go."""
