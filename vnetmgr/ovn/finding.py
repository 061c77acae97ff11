"""Which rows are vnetmgr's, and what each is for.

A row is where it says so, in a role that its table has, and where it hangs at a row of the same
overlay: what says so anywhere else is a copy of these words, and somebody else's. A row of a name
that vnetmgr alone gives is the one for its purpose whatever it says, as no second one may have it.
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING, Any, TypeAlias

from vnetmgr.model.overlay.row_names import INSIDE, LOCALNET, OUTSIDE, row_name
from vnetmgr.ovn import marks
from vnetmgr.ovn.columns import count_of, is_being_made, map_of, text_of, texts_of
from vnetmgr.ovn.rows import SWITCH
from vnetmgr.ovn.schema import is_root, sets_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from vnetmgr.ovn.copying import Tables
    from vnetmgr.ovn.rows import Key

Whose: TypeAlias = tuple[str, str]
"""A fleet, and one of its networks."""
Found: TypeAlias = "dict[Whose, dict[Key, Any]]"
"""The rows that are an overlay's, by what they are for."""


def _is_subnet(role: str) -> bool:
    try:
        return str(ip_network(role)) == role
    except ValueError:
        return False


_ROLES: dict[str, Callable[[str], bool]] = {
    "Logical_Switch": {marks.SWITCH, OUTSIDE}.__contains__,
    "Logical_Router": {marks.ROUTER}.__contains__,
    "DHCP_Options": _is_subnet,
    "DNS": {marks.RECORDS, marks.NAMES}.__contains__,
    "Port_Group": {marks.ISOLATED}.__contains__,
    "Logical_Switch_Port": {INSIDE, OUTSIDE, LOCALNET}.__contains__,
    "Logical_Router_Port": {INSIDE, OUTSIDE}.__contains__,
    "Gateway_Chassis": bool,
    "NAT": _is_subnet,
    "Logical_Router_Static_Route": _is_subnet,
    "ACL": {marks.ISOLATED}.__contains__,
}
"""What a row of each table may be for; a table comes behind those that refer to it."""
_BY_PORTS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "Logical_Switch": (OUTSIDE, "Logical_Switch_Port", (OUTSIDE, LOCALNET)),
    "Logical_Router": (marks.ROUTER, "Logical_Router_Port", (INSIDE, OUTSIDE)),
}
"""Rows that are known by the ports on them: what for, and those ports' table and roles."""
_REMOVED_BY = {"Logical_Switch": "ls-del", "Logical_Router": "lr-del"}
_NAMED = ("Port_Group", "Logical_Switch_Port", "Logical_Router_Port", "Gateway_Chassis")
"""Where no two rows have one name."""


def find(tables: Tables) -> Found:
    """The rows that are vnetmgr's. Of two for one purpose it is always the same one."""
    found: Found = {}
    for table in _ROLES:
        named = _named(tables, table, found) if table in _NAMED else {}
        taken = {row.uuid for row in named.values()}
        for whose, (role, row) in _marked(tables, table, found):
            if row.uuid not in taken and (whose, role) not in named:
                place = found.setdefault(whose, {})
                other = place.get((table, role))
                if other is None or _rank(row, whose, role, place) < _rank(
                    other, whose, role, place
                ):
                    place[table, role] = row
        for (whose, role), row in named.items():
            found[whose][table, role] = row
        for whose, role, row in _unmarked(tables, table, found):
            found[whose].setdefault((table, role), row)
    return found


def _unmarked(tables: Tables, table: str, found: Found) -> Iterator[tuple[Whose, str, Any]]:
    """Those that say nothing of whose they are any more, and are an overlay's all the same: by
    their own name, and that of a port on them, which no other row can have."""
    if table not in _BY_PORTS:
        return
    role, ports, sides = _BY_PORTS[table]
    rows = [
        row
        for row in tables[table].rows.values()
        if text_of(row, "name").startswith("vnetmgr-")
        and marks.FLEET not in map_of(row, "external_ids")
    ]
    if not rows:
        return
    named = {text_of(row, "name"): uuid for uuid, row in tables[ports].rows.items()}
    for whose, place in found.items():
        name = row_name(table, role, whose[1])
        own = {named.get(row_name(ports, side, whose[1])) for side in sides}
        for row in rows if SWITCH in place else ():
            if text_of(row, "name") == name and not own.isdisjoint(texts_of(row, "ports")):
                yield whose, role, row


def look_alikes(tables: Tables, found: Found) -> dict[str, tuple[str, ...]]:
    """By their names, the rows that are called as one of vnetmgr's, and neither say nor show whose
    they are: the commands that take them away."""
    ours = {row.uuid for place in found.values() for row in place.values()}
    alike: dict[str, tuple[str, ...]] = {}
    for table, command in _REMOVED_BY.items():
        for row in tables[table].rows.values():
            name = text_of(row, "name")
            if not name.startswith("vnetmgr-") or row.uuid in ours:
                continue
            if marks.FLEET not in map_of(row, "external_ids"):
                alike[name] = (*alike.get(name, ()), f"{command} {row.uuid}")
    return alike


def on_several(tables: Tables) -> dict[Any, list[Any]]:
    """The ports that somebody has put on several switches, of which OVN takes one, whichever; with
    the rows of these, first where it says to be."""
    switches = [row for row in tables["Logical_Switch"].rows.values() if not is_being_made(row)]
    ports = tables["Logical_Switch_Port"].rows.values()
    there = sum(not is_being_made(row) for row in ports)
    if sum(count_of(row, "ports") for row in switches) == there:  # a port is on one at least
        return {}
    seen: set[Any] = set()
    twice: set[Any] = set()
    for row in switches:
        its = texts_of(row, "ports")
        twice |= seen & its
        seen |= its
    return {uuid: _by_home(uuid, switches, tables) for uuid in twice}


def _by_home(uuid: Any, switches: Iterable[Any], tables: Tables) -> list[Any]:
    port = tables["Logical_Switch_Port"].rows.get(uuid)
    said = {} if port is None else map_of(port, "external_ids")
    keys = (marks.FLEET, marks.NETWORK)

    def rank(row: Any) -> tuple[bool, str, Any]:
        texts = map_of(row, "external_ids")
        is_home = all(key in said and texts.get(key) == said[key] for key in keys)
        return not is_home, text_of(row, "name"), row.uuid

    return sorted((row for row in switches if uuid in texts_of(row, "ports")), key=rank)


def _marked(tables: Tables, table: str, found: Found) -> Iterator[tuple[Whose, tuple[str, Any]]]:
    """Those that say so, and hang where they have to."""
    fits, held = _ROLES[table], {}
    for row in tables[table].rows.values():
        texts = map_of(row, "external_ids")
        role = texts.get(marks.ROLE)
        if marks.FLEET not in texts or role is None or not fits(role):
            continue
        whose = (texts[marks.FLEET], texts.get(marks.NETWORK, ""))
        if not is_root(table):
            if whose not in held:
                held[whose] = _held(table, found.get(whose, {}))
            if row.uuid not in held[whose]:
                continue
        yield whose, (role, row)


def _held(table: str, place: Mapping[Key, Any]) -> frozenset[Any]:
    """The rows of a table that hang at an overlay's own: those that stay by themselves by a weak
    reference, and the others by a strong one."""
    return frozenset[Any]().union(
        *(
            texts_of(row, each.column)
            for each in sets_of(table)
            for (kind, _), row in place.items()
            if kind == each.table and each.is_strong is not is_root(table)
        )
    )


def _named(tables: Tables, table: str, found: Found) -> dict[tuple[Whose, str], Any]:
    """Those that have a name which is an overlay's own, by whose they are and what for."""
    by_name = {
        name: row
        for row in tables[table].rows.values()
        if (name := text_of(row, "name")).startswith("vnetmgr")
    }
    named: dict[tuple[Whose, str], Any] = {}
    for whose, place in found.items():
        if SWITCH in place and place[SWITCH].name == whose[1]:
            for role in _roles(table, whose[1], by_name):
                row = by_name.get(row_name(table, role, whose[1]))
                if row is not None:
                    named[whose, role] = row
    return named


def _roles(table: str, network: str, by_name: Iterable[str]) -> Iterable[str]:
    if table != "Gateway_Chassis":
        return [role for role in _SIDES if _ROLES[table](role)]
    before = row_name(table, "", network)
    return [name.removeprefix(before) for name in by_name if name.startswith(before)]


_SIDES = (INSIDE, OUTSIDE, LOCALNET, marks.ISOLATED)


def _rank(row: Any, whose: Whose, role: str, place: Mapping[Key, Any]) -> tuple[bool, bool, Any]:
    """The lowest of several is taken: one that has the name for it, and is referred to."""
    table = row._table.name  # noqa: SLF001 - the library has no other way to it
    name = row_name(table, role, whose[1])
    switch = place.get(SWITCH)
    unlinked = table == "DNS" and switch is not None and row.uuid not in _held(table, place)
    misnamed = name != "" and text_of(row, "name") != name
    return misnamed, unlinked, row.uuid
