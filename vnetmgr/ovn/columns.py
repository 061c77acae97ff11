"""Columns of rows as the database has them, whatever a transaction under way does to them.

The library's own way to a column takes ten times as long: it makes and checks each value anew, and
10,000 ports have 100,000 of them.
"""

from __future__ import annotations

from typing import Any


def text_of(row: Any, column: str) -> str:
    """One text."""
    return next(iter(_values(row, column))).value  # type: ignore[no-any-return]  # no types there


def texts_of(row: Any, column: str) -> frozenset[str]:
    """Any number of texts, or the UUIDs of the rows that it refers to."""
    return frozenset([atom.value for atom in _values(row, column)])


def some_of(row: Any, column: str) -> Any:
    """One value or None."""
    for atom in _values(row, column):
        return atom.value
    return None


def map_of(row: Any, column: str) -> dict[str, str]:
    """A map."""
    return {key.value: value.value for key, value in _values(row, column).items()}


def _values(row: Any, column: str) -> Any:
    return row._data[column].values  # noqa: SLF001 - see above
