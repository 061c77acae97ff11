"""Writes of the model as transactions: each is checked against what the database has in the very
transaction, and then done whole or not at all.

Two of vnetmgr never write at once: each transaction counts NB_Global's nb_cfg up, and is run again
where another has done so since it was read. Of what others change meanwhile, each column that is
written over is verified.
"""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from vnetmgr.errors import OvertakenError, RefusedError
from vnetmgr.model.overlay.southbound import Written
from vnetmgr.model.record import replace
from vnetmgr.ovn.columns import is_being_made, map_of, text_of, texts_of
from vnetmgr.ovn.fields import written
from vnetmgr.ovn.finding import find, on_several
from vnetmgr.ovn.ports import columns_of, dhcp_subnets, names_of
from vnetmgr.ovn.rows import GROUP, NAMES, SWITCH, owns, rows_of
from vnetmgr.ovn.schema import is_root, sets_of
from vnetmgr.ovn.telling import tell, tell_row
from vnetmgr.printable import shell_word
from vnetmgr.problem import About

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from collections.abc import Set as AbstractSet
    from uuid import UUID

    from vnetmgr.model.overlay.northbound import LogicalPort, Northbound, Overlay, PortChange
    from vnetmgr.model.writes import SetOverlay, SetPorts
    from vnetmgr.ovn.copying import Tables
    from vnetmgr.ovn.finding import Found
    from vnetmgr.ovn.rows import Key, Value

_AGAIN = "somebody else changed it at the same moment; run the command again"


class Writing:
    """One run of one transaction."""

    def __init__(self, txn: Any, tables: Tables, now: Northbound) -> None:
        self._txn, self._tables = txn, tables
        self._have: dict[str, list[tuple[Any, str, AbstractSet[Any]]]] = {}
        self.now = now
        """What the database has, before this transaction writes anything."""
        self.written = _count_up(txn, tables)
        """By what the hosts say that they have followed it."""

    @cached_property
    def _several(self) -> AbstractSet[UUID]:
        """The ports that somebody has put on several switches."""
        return on_several(self._tables).keys()

    def overlay(self, write: SetOverlay) -> None:
        """Carry it out. Raises RefusedError where what it builds on is gone."""
        before, after = write.before, write.after
        known = after or before
        if known is None:
            raise ValueError(f"nothing is to be done to the logical switch of {write.name}")
        fleet = known.fleet
        if fleet is None:
            raise _foreign(write.name)
        now = self._current(write, fleet)
        if after is None:
            if now is not None:
                self._delete(write, now)
            return
        had = before.hosts if before else frozenset()
        hosts = ((now.hosts if now else frozenset()) - (had - after.hosts)) | (after.hosts - had)
        if had - after.hosts and not hosts:  # the others have left it meanwhile
            raise _overtaken(write.name)
        self._make(replace(after, hosts=hosts), fleet)

    def _current(self, write: SetOverlay, fleet: str) -> Overlay | None:
        """The overlay as it is now, if it still is what the write builds on."""
        now = self.now.overlay(write.name, fleet)
        same_name = [each for each in self.now.overlays if each.network.name == write.name]
        if any(each is not now for each in same_name):
            raise _foreign(write.name)
        ground = write.before or (write.after if now is not None else None)
        if _ground(now) != _ground(ground):
            raise _overtaken(write.name)
        return now

    def _make(self, after: Overlay, fleet: str) -> None:
        network = after.network
        try:
            wanted = rows_of(after)
        except ValueError as error:
            about = About("network", network.name)
            raise RefusedError(f"network {network.name}: {error}", about=about) from None
        rows = find(self._tables).get((fleet, network.name), {})
        self._drop(rows.keys() - wanted.keys(), rows)
        made = {key: self._row(key[0], rows.get(key), wanted[key].columns) for key in wanted}
        for key, want in wanted.items():
            if want.parent is not None:
                self._refer(key, made[want.parent], want.column, made[key], is_new=key not in rows)
        ports = [port for port in self.now.ports_of(network.name) if port.owner is not None]
        linked = {row.name: row for row in getattr(made[SWITCH], "ports", ())}
        for port in ports:
            _link(linked[port.name], port, after, made, is_new=False)
        _set_keys(made[NAMES], "records", names_of(network, ports), own=_every)

    def _row(self, table: str, row: Any, columns: Mapping[str, Value]) -> Any:
        """A row as it is to be; None: there is none yet."""
        if row is not None:
            _set_all(row, table, columns)
            return row
        row = self._txn.insert(self._tables[table])
        for column, value in columns.items():
            if value not in _EMPTY:
                tell(row, column, value)
        return row

    def _drop(self, keys: AbstractSet[Key], rows: Mapping[Key, Any]) -> None:
        """Take rows away, from whatever refers to them."""
        for key in keys:
            self._take_off(rows[key], key[0])
        for key in sorted(keys):
            if is_root(key[0]):
                rows[key].verify("external_ids")
                rows[key].delete()

    def _delete(self, write: SetOverlay, now: Overlay) -> None:
        about = About("network", write.name)
        stay = [port.name for port in self.now.ports_of(write.name)]
        if stay or now.others or now.hosts - (write.before.hosts if write.before else frozenset()):
            raise OvertakenError(
                f"network {write.name}: its logical switch is in use meanwhile",
                _AGAIN,
                about=about,
                items=stay[:10],
            )
        rows = find(self._tables)[now.fleet or "", write.name]
        rows[SWITCH].verify("ports")
        self._drop(rows.keys(), rows)

    def ports(self, write: SetPorts) -> None:
        """Carry it out. Raises RefusedError where what it builds on is gone."""
        changes = [each for each in write.changes if not self._is_gone(each)]
        self._check(changes)
        found = find(self._tables)
        switches = {
            each.network.name: (each, found[each.fleet, each.network.name])
            for each in self.now.overlays
            if any(change.after and _is_on(change.after, each) for change in changes)
            and each.fleet is not None
        }
        rows = {
            text_of(row, "name"): row for row in self._tables["Logical_Switch_Port"].rows.values()
        }
        for change in changes:
            before, after = change.before, change.after
            row = None if before is None else rows[before.name]
            if before is not None and (after is None or after.switch != before.switch):
                self._take_off(row)
            if after is not None:
                overlay, its = switches[after.switch]
                made = self._port(row, before, after, its)
                if row is not None and row.uuid in self._several:
                    self._take_off(row, but=its[SWITCH])
                _link(made, after, overlay, its, is_new=row is None)
        self._name(changes, found)

    def _is_gone(self, change: PortChange) -> bool:
        """Whether a port that is to go has gone: whoever took it away, nothing is left to do."""
        before = change.before
        return change.after is None and (before is None or self.now.port(before.name) is None)

    def _take_off(self, row: Any, table: str = "Logical_Switch_Port", *, but: Any = None) -> None:
        """Take a row from whatever has it among others, whosever that is. `but`: where it stays."""
        for parent, column, rows in self._those_with(table):
            if parent is not but and row.uuid in rows:
                parent.delvalue(column, row)

    def _those_with(self, table: str) -> list[tuple[Any, str, AbstractSet[Any]]]:
        """What the database has that has rows of a table among others, in which column, and which.
        It is the same throughout a transaction."""
        found = self._have.get(table)
        if found is None:
            found = self._have[table] = [
                (parent, each.column, texts_of(parent, each.column))
                for each in sets_of(table)
                for parent in self._tables[each.table].rows.values()
                if not is_being_made(parent)
            ]
        return found

    def _refer(self, key: Key, parent: Any, column: str, row: Any, *, is_new: bool) -> None:
        """Have a row where it has to hang, and nowhere else."""
        if not is_new and row in getattr(parent, column, ()):
            if row.uuid in self._several:
                self._take_off(row, key[0], but=parent)
            return
        if not (is_new or is_root(key[0])):
            self._take_off(row, key[0])
        parent.addvalue(column, row)

    def _port(
        self, row: Any, before: LogicalPort | None, after: LogicalPort, its: Mapping[Key, Any]
    ) -> Any:
        columns = columns_of(after)
        if before is not None and before.migration is None and after.migration is None:
            del columns["options"]  # where it may be bound is what somebody else says
        row = self._row("Logical_Switch_Port", row, columns)
        if before is None or before.switch != after.switch:
            its[SWITCH].addvalue("ports", row)
        return row

    def _name(self, changes: Iterable[PortChange], found: Found) -> None:
        """Have the switches' DNS answer for the ports as they are then."""
        gone = {each.before.name for each in changes if each.before is not None}
        touched = {port.switch for each in changes for port in _both(each)}
        for overlay in self.now.overlays:
            name = overlay.network.name
            row = found.get((overlay.fleet or "", name), {}).get(NAMES)
            if name not in touched or overlay.fleet is None or row is None:
                continue
            ports = [port for port in self.now.ports_of(name) if port.name not in gone]
            ports += [each.after for each in changes if each.after and each.after.switch == name]
            ours = [port for port in ports if port.owner is not None]
            _set_keys(row, "records", names_of(overlay.network, ours), own=_every)

    def _check(self, changes: Iterable[PortChange]) -> None:
        """Refuse what was planned for another state than this."""
        gone = {each.before.name for each in changes if each.before is not None}
        taken: dict[object, LogicalPort] = {
            (port.switch, address): port
            for port in self.now.ports
            if port.name not in gone
            for address in port.addresses
        }
        for each in changes:
            some = each.after or each.before
            if some is None:
                continue
            now = self.now.port(some.name)
            if _port_ground(now) != _port_ground(each.before):
                raise _stale_port(some, "is not what it was any more")
            if each.before is not None and each.before.owner is None:
                raise _stale_port(each.before, "it is somebody else's")
            if each.after is None:
                continue
            overlays = [one for one in self.now.overlays if one.network.name == each.after.switch]
            if len(overlays) != 1 or not _is_on(each.after, overlays[0]):
                raise _stale_port(
                    each.after, f"switch {each.after.switch} is not there, or not its"
                )
            for address in each.after.addresses:
                other = taken.setdefault((each.after.switch, address), each.after)
                if other is not each.after:
                    raise _stale_port(each.after, f"{address} is another port's: {other.name}")


def _is_on(port: LogicalPort, overlay: Overlay) -> bool:
    """Whether a port may be on a switch: where both are of one fleet."""
    fleet = None if port.owner is None else port.owner.fleet
    return overlay.network.name == port.switch and fleet is not None and overlay.fleet == fleet


def _every(_: str) -> bool:
    return True


_EMPTY: tuple[Value, ...] = ("", frozenset(), {})
"""What a column of a new row has anyway."""
_LARGE = "records"
"""Of DNS: it has a name for each port. Nobody builds on what it has: all of it is computed."""


def _both(change: PortChange) -> Iterable[LogicalPort]:
    return (port for port in (change.before, change.after) if port is not None)


def _count_up(txn: Any, tables: Tables) -> Written:
    """As `ovn-nbctl --wait=hv` does; a database in which nothing was ever written has no row."""
    row = next(iter(tables["NB_Global"].rows.values()), None)
    if row is None:
        row = txn.insert(tables["NB_Global"])
        row.nb_cfg = 1
        return Written(before=0, before_ms=None, number=1)
    row.verify("nb_cfg")
    before = int(row.nb_cfg)
    # ovn-northd notes when it has passed on what sb_cfg counts.
    came_ms = int(row.nb_cfg_timestamp) if int(row.sb_cfg) >= before else None
    row.nb_cfg = before + 1
    return Written(before=before, before_ms=came_ms, number=before + 1)


def _ground(overlay: Overlay | None) -> object:
    """What a change of an overlay builds on: what is written of it. Lists come back in another
    order than they were given in."""
    if overlay is None:
        return None
    records = sorted((each.name.lower(), str(each.address)) for each in overlay.network.records)
    return written(overlay.network), records, overlay.fleet, overlay.revision


def _port_ground(port: LogicalPort | None) -> object:
    """What a change of a port builds on; whether it is up now is none of it."""
    return None if port is None else replace(port, up=None, requested_chassis=(), flaws=())


def _overtaken(name: str) -> OvertakenError:
    return OvertakenError(
        f"network {name}: its logical switch is not what it was any more",
        _AGAIN,
        about=About("network", name),
    )


def _foreign(name: str) -> RefusedError:
    return RefusedError(
        f"network {name}: OVN has a logical switch of that name that is somebody else's",
        "choose another name, or see whose it is: ovn-nbctl list logical_switch "
        f"{shell_word(name)}",
        about=About("network", name),
    )


def _stale_port(port: LogicalPort, why: str) -> OvertakenError:
    owner, about = port.owner, About("network", port.switch)
    if owner is not None and owner.nic and owner.domain_name:
        about = About("nic", owner.nic, owner.domain_name)
    return OvertakenError(f"port of {port.label}: {why}", _AGAIN, about=about)


def _native(value: Value) -> Any:
    return list(value) if isinstance(value, frozenset) else value


def _set_all(row: Any, table: str, columns: Mapping[str, Value]) -> None:
    for column, value in columns.items():
        if isinstance(value, dict):
            _set_keys(row, column, value, own=partial(owns, table, column))
        else:
            _set(row, column, value)


def _set(row: Any, column: str, value: Value) -> None:
    """Have a column so, where it is not."""
    have = getattr(row, column)
    several = isinstance(value, frozenset)
    if not several and isinstance(have, list):  # one or none
        have = have[0] if have else None
    if (frozenset(have) if several else have) != value:
        row.verify(column)
        setattr(row, column, _native(value))


def _set_keys(row: Any, column: str, value: dict[str, str], *, own: Callable[[str], bool]) -> None:
    """The same of a map: of what is in there only what is vnetmgr's, and each key by itself."""
    have: dict[str, str] = {} if is_being_made(row) else map_of(row, column)
    gone = [part for part in have if part not in value and own(part)]
    new = [part for part, text in value.items() if have.get(part) != text]
    if column == _LARGE and len(gone) + len(new) > len(value) / 2:
        tell(row, column, value)
        return
    if (gone or new) and column != _LARGE:
        row.verify(column)
    for part in gone:
        row.delkey(column, part)
    for part in new:
        row.setkey(column, part, value[part])


def _link(
    row: Any, port: LogicalPort, overlay: Overlay, its: Mapping[Key, Any], *, is_new: bool
) -> None:
    """Have a port refer to what answers its DHCP, and its port group to it."""
    subnets = dhcp_subnets(overlay.network, port)
    for column in ("dhcpv4_options", "dhcpv6_options"):
        subnet = subnets.get(column)
        want = None if subnet is None else its.get(("DHCP_Options", str(subnet)))
        have = None if is_new else (getattr(row, column) or [None])[0]
        if want is not None and is_new:
            tell_row(row, column, want)
        elif have is not want:
            row.verify(column)
            setattr(row, column, [] if want is None else [want])
    if (group := its.get(GROUP)) is not None:
        group.addvalue("ports", row)  # it is a set: once more changes nothing
