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

    __slots__ = ("json", "texts")
    texts: frozenset[Any]
    """What columns.py has made of that; unset: nobody has asked for it."""

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

    def copy(self) -> Datum:
        """The same, of which the library may change one."""
        return super().copy() if self.json is None else Unparsed(self.type, self.json)

    def to_json(self) -> Any:
        """What the server is told."""
        return super().to_json() if self.json is None else self.json

    def is_default(self) -> bool:
        """Whether it need not be told of it."""
        json = self.json
        if json is None:
            return bool(super().is_default())
        if self.type.n_min == 0:
            return type(json) is list and json[1] == []
        return bool(json == self.type.key.type.default)


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

    def _Idl__apply_diff(  # noqa: N802
        self, table: Any, row: Any, changes: Mapping[str, Any]
    ) -> dict[str, Any]:
        """What has changed of a row, whose columns stay as they came; what they were."""
        data, before, others = row._data, {}, {}  # noqa: SLF001 - there is no other way to it
        for name, change in changes.items():
            have, column = data.get(name), table.columns.get(name)
            if column is None or not (have is None or is_as_it_came(have)):
                others[name] = change
                continue
            kind = column.type
            before[name] = have or Datum(kind, {})
            data[name] = Unparsed(kind, change_of(kind, have and have.json, change))
        return {**before, **super()._Idl__apply_diff(table, row, others)}


def is_as_it_came(datum: Any) -> bool:
    """Whether nobody has looked at a column by the library."""
    return type(datum) is Unparsed and datum.json is not None


def change_of(kind: Any, before: Any, change: Any) -> Any:
    """A column behind a change. Of one that may have several values it tells those that come and
    go, and a map's that are another (ovsdb-server(7), "update2")."""
    if kind.n_max == 1 or before is None:
        return change
    if kind.is_map():
        pairs = dict(before[1])
        for key, value in change[1]:
            if pairs.get(key) == value:
                del pairs[key]
            else:
                pairs[key] = value
        return ["map", list(map(list, pairs.items()))]
    values = {str(each): each for each in _several(before)}
    for each in _several(change):
        if values.pop(str(each), None) is None:
            values[str(each)] = each
    return ["set", list(values.values())]


def _several(json: Any) -> list[Any]:
    is_set = type(json) is list and json[0] == "set"
    return json[1] if is_set else [json]
