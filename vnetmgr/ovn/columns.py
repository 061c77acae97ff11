"""Columns of rows as the database has them, whatever a transaction under way does to them.

The library's own way to a column takes ten times as long: it makes and checks each value anew, and
10,000 ports have 100,000 of them. What it has not looked at yet is read as it came (unparsed.py).
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from vnetmgr.ovn.unparsed import Unparsed, is_as_it_came


def text_of(row: Any, column: str) -> str:
    """One text."""
    datum = _datum(row, column)
    if datum is None:
        return ""
    if type(datum) is Unparsed and type(datum.json) is str:
        return datum.json
    return next(iter(datum.values)).value  # type: ignore[no-any-return]  # no types there


def texts_of(row: Any, column: str) -> frozenset[Any]:
    """Any number of texts, or the UUIDs of the rows that it refers to."""
    datum = _datum(row, column)
    if not is_as_it_came(datum):
        return frozenset(_several(datum))
    found: frozenset[Any] | None = getattr(datum, "texts", None)
    if found is None:  # a switch's ports are asked for often
        found = datum.texts = frozenset(_several(datum))
    return found


def count_of(row: Any, column: str) -> int:
    """How many those are: they are not made for that."""
    datum = _datum(row, column)
    if datum is None:
        return 0
    json = datum.json if type(datum) is Unparsed else None
    if json is None:
        return len(datum.values)
    return len(json[1]) if type(json) is list and json[0] == "set" else 1


def some_of(row: Any, column: str) -> Any:
    """One value or None."""
    return next(iter(_several(_datum(row, column))), None)


def map_of(row: Any, column: str) -> dict[str, str]:
    """A map."""
    datum = _datum(row, column)
    if datum is None:
        return {}
    json = datum.json if type(datum) is Unparsed else None
    if type(json) is list and json[0] == "map":
        return dict(json[1])
    return {key.value: value.value for key, value in datum.values.items()}


def is_being_made(row: Any) -> bool:
    """Whether a row is made by the transaction under way, so that the database has none of it."""
    return row._data is None  # noqa: SLF001 - see above


def _several(datum: Any) -> list[Any]:
    if datum is None:
        return []
    json = datum.json if type(datum) is Unparsed else None
    if json is None:
        return [atom.value for atom in datum.values]
    if type(json) is not list:  # one alone stands for itself
        return [json]
    kind, inside = json
    if kind == "uuid":
        return [UUID(inside)]
    return [UUID(each[1]) if type(each) is list else each for each in inside]


def _datum(row: Any, column: str) -> Any:
    """None: it is empty, and was not even sent. (By its key it would be made, each time.)"""
    return row._data.get(column)  # noqa: SLF001 - see above
