"""What somebody wants of an object: each of its settable fields wanted, cleared or left alone."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from vnetmgr.model.record import Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Unset(Enum):
    """The type of UNSET: nobody manages this field, keep what is there."""

    UNSET = "unset"
    # Enum's own is a Python function, and patches are hashed by the hundred.
    __hash__ = object.__hash__


UNSET = Unset.UNSET
T = TypeVar("T")
Setting: TypeAlias = T | Unset | None

Differences: TypeAlias = tuple[tuple[str, object, object], ...]
"""(field, present, wanted)."""


class Patch(Record):
    """Derive from it; every field is a Setting of the object's field of the same name."""

    def items(self) -> Iterator[tuple[str, object]]:
        """The managed fields: (name, wanted value or None to clear)."""
        values = self.__dict__  # getattr takes three times as long, and specs have thousands
        return ((name, value) for name in self.FIELDS if (value := values[name]) is not UNSET)


def compare(value: Record, patch: Patch, normal: Callable[[str, object], object]) -> Differences:
    """The managed fields in which an object differs; `normal` makes two spellings equal."""
    present = value.__dict__
    return tuple(
        (field, before, after)
        for field, wanted in patch.items()
        if present[field] != wanted  # as few are, where thousands are compared
        and (before := normal(field, present[field])) != (after := normal(field, wanted))
    )


def given(setting: tuple[T, ...] | Unset | None) -> tuple[T, ...]:
    """What a patch says of a list; nothing where it does not, or clears it."""
    return setting if isinstance(setting, tuple) else ()
