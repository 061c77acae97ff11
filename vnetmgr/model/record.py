"""Immutable values with named fields: what frozen dataclasses and named tuples are elsewhere.

Both of those are put together from source text that is compiled at every start: 0.3 to 0.6 ms for a
dataclass, 0.15 for a named tuple, 0.01 for one of these; with a hundred of them that was a quarter
of a command's time. Here the same few methods serve every class, and type checkers see a dataclass
all the same (PEP 681).
"""

from __future__ import annotations

from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Generic,
    NoReturn,
    TypeVar,
    dataclass_transform,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

R = TypeVar("R", bound="Row")
T = TypeVar("T")


@dataclass_transform(frozen_default=True)
class Row:
    """Derive from it and annotate the fields, which are given by their places or by name; for
    values of few fields, and the rows of tables. A default is shared, so it must be immutable."""

    FIELDS: ClassVar[tuple[str, ...]] = ()
    _names: ClassVar[frozenset[str]] = frozenset()
    """FIELDS, to compare with: a command makes thousands of records."""
    _defaults: ClassVar[dict[str, object]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()  # Generic's, where a record has a type parameter
        own = tuple(cls.__annotations__)
        cls.FIELDS = (*cls.FIELDS, *own)
        cls.__match_args__ = cls.FIELDS  # type: ignore[attr-defined, misc]  # theirs
        cls._names = frozenset(cls.FIELDS)
        cls._defaults = cls._defaults | {
            name: cls.__dict__[name] for name in own if name in cls.__dict__
        }

    def __init__(self, *given: Any, **named: Any) -> None:
        if given:  # else two dicts less to make
            named = dict(zip(self.FIELDS, given, strict=False)) | named
        fields = self._defaults | named
        if fields.keys() != self._names or len(given) > len(self.FIELDS):
            raise self._wrong(fields, given)
        self.__dict__.update(fields)

    @classmethod
    def _wrong(cls, fields: dict[str, object], given: tuple[object, ...] = ()) -> TypeError:
        wrong = sorted(fields.keys() ^ cls._names) or [repr(given[-1])]
        return TypeError(f"{cls.__name__}: missing or unknown fields: {', '.join(wrong)}")

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be changed")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__}.{name} cannot be deleted")

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.__dict__ == self.__dict__

    def __hash__(self) -> int:
        return hash(tuple(self.__dict__[name] for name in self.FIELDS))

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={self.__dict__[name]!r}" for name in self.FIELDS)
        return f"{type(self).__name__}({values})"


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Record(Row):
    """The same with fields that are given by name alone: for values of many fields."""

    def __init__(self, **values: Any) -> None:
        fields = self._defaults | values
        if fields.keys() != self._names:
            raise self._wrong(fields)
        self.__dict__.update(fields)


class Listing(Record, Generic[T]):
    """What a list shows: its rows, over which it iterates, and what could not be looked at."""

    uri: str
    rows: tuple[T, ...]
    notes: tuple[str, ...] = ()
    is_whole: bool = True
    """Whether all domains could be read; else a note names each that could not."""

    def __iter__(self) -> Iterator[T]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def replace(record: R, /, **changes: Any) -> R:
    """The same record with other values in some of its fields."""
    kind, before = type(record), record.__dict__
    values = before | changes
    if len(values) != len(before):
        return kind(**values)  # raises: a field that no such record has
    new = object.__new__(kind)
    new.__dict__.update(values)
    return new
