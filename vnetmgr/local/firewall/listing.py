"""All rules of this machine, as nft lists them in JSON; also where nft 1.0.6 cannot.

That version prints whatever lies in memory as the flags of a table that has any (dormant, owner),
so that the JSON may end in the middle. Those tables are then listed piece by piece.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from vnetmgr.errors import VnetError
from vnetmgr.local.programs import run, unreadable
from vnetmgr.nft_json.read import Listing

if TYPE_CHECKING:
    from collections.abc import Iterator

_TABLE = re.compile(r"^table (\S+) (\S+) \{$")
_FLAGS = re.compile(r"^\tflags ([a-z, ]+)$")
_OBJECT = re.compile(r"^\t(map|set|chain) (\S+) \{$")
_Table = tuple[str, str]
_BEGINS = '{"nftables": ['
_NAMES = {
    "table": ("family", "name"),
    **dict.fromkeys(("chain", "set", "map"), ("family", "table", "name")),
    "rule": ("family", "table", "chain"),
}
"""What each kind of object cannot be without."""


def read_listing() -> Listing:
    """What there is, as values. Raises VnetError."""
    return Listing(*read_ruleset())


def read_ruleset() -> tuple[list[dict[str, Any]], frozenset[_Table]]:
    """What there is, as nft's objects, and the tables that are dormant. Raises VnetError."""
    text = run("nft", "-j", "list", "ruleset")
    entries: list[dict[str, Any]] | None
    try:
        entries = json.loads(text)["nftables"]
        if not all(_is_object(kind, its) for each in entries for kind, its in each.items()):
            raise unreadable("nft")
        if not any("flags" in each.get("table", ()) for each in entries):
            return entries, frozenset()
    except ValueError:
        if not text.startswith(_BEGINS):  # which says nothing, and not that there is nothing
            raise unreadable("nft") from None
        entries = None
    except (AttributeError, KeyError, TypeError):
        raise unreadable("nft") from None
    flags, objects = _read_flags()
    dormant = frozenset(table for table, its in flags.items() if "dormant" in its)
    if entries is None:
        entries = [each for table in objects for each in _entries(table, flags, objects[table])]
    return entries, dormant


def _is_object(kind: str, its: Any) -> bool:
    return isinstance(its, dict) and all(
        isinstance(its.get(name), str) for name in _NAMES.get(kind, ())
    )


def _read_flags() -> tuple[dict[_Table, str], dict[_Table, list[tuple[str, str]]]]:
    """The tables with flags, and every table's objects: (kind, name)."""
    flags: dict[_Table, str] = {}
    objects: dict[_Table, list[tuple[str, str]]] = {}
    table: _Table = ("", "")
    for line in run("nft", "-t", "list", "ruleset").splitlines():
        if found := _TABLE.match(line):
            table = (found[1], found[2])
            objects[table] = []
        elif (found := _FLAGS.match(line)) and table in objects:
            flags[table] = found[1]
        elif (found := _OBJECT.match(line)) and table in objects:
            objects[table].append((found[1], found[2]))
    return flags, objects


def _entries(
    table: _Table, flags: dict[_Table, str], objects: list[tuple[str, str]]
) -> Iterator[dict[str, Any]]:
    family, name = table
    if table not in flags:
        yield from _listed("table", family, name)
        return
    yield {"table": {"family": family, "name": name, "handle": 0}}
    for kind, each in objects:
        yield from _listed(kind, family, name, each)


def _listed(kind: str, *names: str) -> list[dict[str, Any]]:
    try:
        found = json.loads(run("nft", "-j", "list", kind, *names)).get("nftables", [])
    except ValueError:
        raise VnetError(f"nft lists {kind} {' '.join(names)} in no way that can be read") from None
    return [each for each in found if "metainfo" not in each]
