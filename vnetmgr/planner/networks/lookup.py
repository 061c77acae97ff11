"""Whose reservations and leases are whose, found without looking through all of them: a spec may
have hundreds of wants, and each asks."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from vnetmgr.model.dhcp import Lease, Reservation, mac_of_duid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

T = TypeVar("T", Reservation, Lease)


class Exchange(NamedTuple):
    """One reservation in place of some; None: they just go."""

    gone: tuple[Reservation, ...]
    """Of those present."""
    new: Reservation | None

    def of(self, present: tuple[Reservation, ...]) -> tuple[Reservation, ...]:
        """All of them afterwards."""
        gone = set(map(id, self.gone))
        left = tuple(each for each in present if id(each) not in gone) if gone else present
        return left if self.new is None else (*left, self.new)


class Lookup(Generic[T]):
    """Reservations or leases by all that tells whose they are."""

    def __init__(self, each: Iterable[T]) -> None:
        self._numbers = count()
        self._found: dict[object, dict[int, T]] = {}
        for one in each:
            self.add(one)

    def add(self, one: T) -> None:
        """One more, the last."""
        number = next(self._numbers)
        for key in _keys(one):
            self._found.setdefault(key, {})[number] = one

    def remove(self, one: T) -> None:
        """It, however often it is there."""
        for key in _keys(one):
            left = {number: each for number, each in self._found[key].items() if each != one}
            self._found[key] = left

    def near(self, *keys: object) -> list[T]:
        """Those that have one of these MACs, DUIDs, names or addresses, in their order."""
        found: dict[int, T] = {}
        for key in keys:
            if key is not None:
                found |= self._found.get(_plain(key), {})
        return [found[number] for number in sorted(found)]


def _keys(one: Reservation | Lease) -> Iterator[object]:
    keys = (one.mac, one.duid, mac_of_duid(one.duid), one.hostname, one.address)
    yield from {_plain(key) for key in keys if key is not None}


def _plain(key: object) -> object:
    return key.lower() if isinstance(key, str) else key
