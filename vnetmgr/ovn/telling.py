"""Columns that a transaction writes as a whole, as the server is told them.

The library makes each value an object, checks it, and takes it apart again when the transaction is
sent: of 1,000 new ports that is most of the work. What the server is told it checks itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from vnetmgr.ovn.unparsed import Unparsed

if TYPE_CHECKING:
    from vnetmgr.ovn.rows import Value

    Json: TypeAlias = Any


def tell(row: Any, column: str, value: Value) -> None:
    """Have the transaction under way write a column, whatever stands there now."""
    _tell(row, column, json_of(value))


def tell_row(row: Any, column: str, other: Any) -> None:
    """The same of a column that refers to a row, which may be a new one."""
    _tell(row, column, ["uuid", str(other.uuid)])


def json_of(value: Value) -> Json:
    """A value in the database's own form (RFC 7047, section 5.1)."""
    if isinstance(value, frozenset):
        return next(iter(value)) if len(value) == 1 else ["set", sorted(value)]
    if isinstance(value, dict):
        return ["map", list(map(list, value.items()))]
    return value


def _tell(row: Any, column: str, json: Json) -> None:
    datum = Unparsed(row._table.columns[column].type, json)  # noqa: SLF001 - there is no other way
    row._idl.txn._write(row, row._table.columns[column], datum)  # noqa: SLF001 - see above
