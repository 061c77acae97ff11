"""Columns that stay as they came until somebody wants more of them.

The library makes each value an object of its own as it comes in, which is most of what connecting
costs: 10,000 ports have 200,000 of them, and what is read of a port once it is known to be as it
was is nothing. Here a new row keeps its columns as JSON; they become what the library has them
for as soon as the library looks at them, and columns.py reads what is JSON still.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vnetmgr.ovn.library import Atom, Datum, Error, connection

if TYPE_CHECKING:
    from collections.abc import Mapping

_VALUES = Datum.__dict__["values"]
"""Where the library has a column's values."""


class Unparsed(Datum):  # type: ignore[misc]  # the library has no types
    """A column of a row, as RFC 7047 (section 5.1) writes it."""

    __slots__ = ("json",)

    def __init__(self, kind: Any, json: Any) -> None:
        self.type = kind  # type: ignore[misc]  # a slot of the library's
        self.json = json
        """None: the library has looked at it, and may have changed it since."""

    @property
    def values(self) -> Any:
        """What the library has in its place."""
        if self.json is not None:
            try:
                values = Datum.from_json(self.type, self.json).values
            except Error:  # another kind of column than the schema has: it says nothing
                values = _nothing(self.type)
            _VALUES.__set__(self, values)
            self.json = None
        return _VALUES.__get__(self)

    @values.setter
    def values(self, values: Any) -> None:
        _VALUES.__set__(self, values)
        self.json = None


def _nothing(kind: Any) -> dict[Atom, None]:
    one = kind.key.type
    return {} if kind.n_min == 0 else {Atom(one, one.default): None}


class UnparsedCopy(connection.OvsdbIdl):  # type: ignore[misc]  # the library has no types
    """The library's copy of a database, which takes in new rows so. Where a version of the library
    does not come by here, it does as ever."""

    def __init__(self, *args: Any, **others: Any) -> None:
        self._defaults: dict[str, dict[str, Any]] = {}
        """By table, its columns' defaults."""
        super().__init__(*args, **others)

    def _Idl__row_update(self, table: Any, row: Any, columns: Mapping[str, Any]) -> bool:  # noqa: N802
        data = row._data  # noqa: SLF001 - there is no other way to it
        if data or not columns.keys() <= table.columns.keys():
            return bool(super()._Idl__row_update(table, row, columns))
        for name, json in columns.items():
            data[name] = Unparsed(table.columns[name].type, json)
        return True

    def _Idl__add_default(self, table: Any, columns: dict[str, Any]) -> None:  # noqa: N802
        """What has its default was not sent; the library works that out for each row anew."""
        defaults = self._defaults.get(table.name)
        if defaults is None:
            defaults = self._defaults[table.name] = {}
            super()._Idl__add_default(table, defaults)
        for name, json in defaults.items():
            columns.setdefault(name, json)
