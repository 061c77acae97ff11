"""list-networks and show-network as text and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.model.dhcp import INFINITE_S
from vnetmgr.model.network_attributes import default_of
from vnetmgr.model.options.network_parsers import PORTGROUP
from vnetmgr.model.options.networks import NETWORK_OPTIONS, OPTION_OF
from vnetmgr.model.show import show
from vnetmgr.render.blocks import Block, Line, Table, notes
from vnetmgr.render.columns import Column, Columns
from vnetmgr.render.leases import duration, lease_columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vnetmgr.model.network import Network, Portgroup
    from vnetmgr.model.rows.forwards import ForwardListing
    from vnetmgr.model.rows.networks import LeaseListing, NetworkListing, NetworkNicRow, NetworkRow
    from vnetmgr.render.blocks import Form
    from vnetmgr.render.documents.shape import Shape

_ELSEWHERE = frozenset({"mode", "bridge", "portgroups"})
_NICS = ("NIC", "MAC", "TARGET", "ADDRESSES", "STATE")
_PORTGROUP_PARTS = ("default", "vlan", "inbound", "outbound")
# What else show-network tells in lines; portgroups are a table.
_LINES = tuple(field for field in OPTION_OF if field not in _ELSEWHERE)


def render_networks(
    listing: NetworkListing, *, form: Form, columns: Sequence[Column[NetworkRow]] | None = None
) -> Iterator[Block]:
    """The networks; an empty table names the connection, since that is the usual mistake."""
    if form.for_programs:
        from vnetmgr.render.documents.networks import NETWORKS

        yield NETWORKS.whole(listing)
        return
    if listing.rows:
        colours = [_colour(row) for row in listing.rows]
        yield NETWORK_COLUMNS.table(listing.rows, columns, colours)
    else:
        yield Line(f"no networks on {listing.uri}")
    yield from notes((*(note for row in listing.rows for note in _remedy(row)), *listing.notes))


def render_one_network(
    row: NetworkRow,
    leases: LeaseListing,
    forwards: ForwardListing,
    *,
    form: Form,
    now_s: float | None = None,
) -> Iterator[Block]:
    """All of one network. `now_s` is what the leases' time left is counted from."""
    network = row.seen.any
    if form.for_programs:
        from vnetmgr.model.rows.networks import ShownNetwork
        from vnetmgr.render.documents.networks import SHOWN_NETWORK

        yield SHOWN_NETWORK.whole(ShownNetwork(row, leases, forwards))
        return
    for key, text in _lines(row):
        yield Line(f"{key}: {text}")
    yield from _nics(row)
    if leases.rows:
        yield Line()
        yield lease_columns(now_s).table(leases.rows)
    yield from _forwards(forwards)
    if network.portgroups:
        yield Line()
        yield _portgroups(network.portgroups)
    if network.records:
        yield Line()
        yield Table(("RECORDS",), [(str(record),) for record in network.records])
    yield from notes((*_remedy(row), *leases.notes, *_forward_notes(forwards)))


def _colour(row: NetworkRow) -> str:
    """Red for taps that have lost the bridge, yellow for a config that does not run yet."""
    if row.orphans:
        return "red"
    return "yellow" if row.pending else ""


def _count(row: NetworkRow) -> str:
    lost = f" ({row.orphans} orphan{'s' if row.orphans > 1 else ''})" if row.orphans else ""
    return f"{len(row.nics)}{lost}"


def _shape() -> Shape[NetworkRow]:
    from vnetmgr.render.documents.networks import NETWORK

    return NETWORK


NETWORK_COLUMNS: Columns[NetworkRow] = Columns(
    {
        "name": Column("NAME", lambda row: row.seen.name),
        "mode": Column("MODE", lambda row: row.seen.any.mode),
        "bridge": Column("BRIDGE", lambda row: row.bridge or "-"),
        "state": Column("STATE", lambda row: row.state),
        "subnets": Column("SUBNETS", lambda row: ", ".join(map(str, row.seen.any.subnets)) or "-"),
        "nics": Column("NICS", _count),
    },
    _shape,
)


def _remedy(row: NetworkRow) -> Iterator[str]:
    if row.orphans:
        whose = "a nic has" if row.orphans == 1 else f"{row.orphans} nics have"
        name = row.seen.name
        yield f"{name}: {whose} lost the bridge; {Command('start-network', name)} plugs in again"


def _lines(row: NetworkRow) -> Iterator[tuple[str, str]]:
    """(key, text) of what a network is; None of what it has not."""
    seen, network = row.seen, row.seen.any
    yield "name", seen.name
    yield "uuid", network.uuid or "-"
    yield "mode", network.mode + _running("mode", row)
    yield "bridge", (row.bridge or "-") + _running("bridge", row)
    yield "state", row.state
    for field in _LINES:
        text = _text(field, network) or (_unsaid(field) if field in row.pending else None)
        if text is not None:
            yield field, text + _running(field, row)
    if network.owned:
        yield "owned", "yes"
    if network.fleet is not None:
        yield "fleet", network.fleet
    if row.foreign_ports:
        yield "foreign_ports", ", ".join(row.foreign_ports)


def _running(field: str, row: NetworkRow) -> str:
    """What a field is until the network is restarted, where that differs from its config."""
    live = row.seen.live
    if live is None or field not in row.pending:
        return ""
    return f" (running: {_text(field, live) or _unsaid(field)})"


def _unsaid(field: str) -> str:
    return show(default_of(field)) or "-"


def _text(field: str, network: Network) -> str | None:
    """A field's value in words; None where that is what libvirt means anyway."""
    value = getattr(network, field)
    if value == default_of(field):
        return None
    if field == "lease_time":
        return "for ever" if value == INFINITE_S else duration(value)
    compound = NETWORK_OPTIONS[OPTION_OF[field]].compound
    if not isinstance(value, tuple):
        return show(value) if compound is None else compound.text(value)
    each_text = (show((each,)) if compound is None else compound.text(each) for each in value)
    return ", ".join(text for text in each_text if text) or None


def _nics(row: NetworkRow) -> Iterator[Block]:
    if not row.nics:
        yield Line("nics: none")
        return
    yield Line()
    colours = ["red" if nic.orphan else "" for nic in row.nics]
    yield Table(_NICS, [_nic_cells(nic) for nic in row.nics], colours)


def _forwards(forwards: ForwardListing) -> Iterator[Block]:
    if forwards.rows:
        from vnetmgr.render.forwards import FORWARD_COLUMNS

        yield Line()
        yield FORWARD_COLUMNS.table(forwards.rows)


def _forward_notes(forwards: ForwardListing) -> Iterator[str]:
    if forwards.rows:
        from vnetmgr.render.forwards import forward_notes

        yield from forward_notes(forwards)


def _nic_cells(nic: NetworkNicRow) -> tuple[str, ...]:
    return (
        nic.label,
        nic.mac or "-",
        nic.target or "-",
        ", ".join(nic.addresses) or "-",
        nic.state,
    )


def _portgroups(groups: Sequence[Portgroup]) -> Table:
    """A row a group; what is new has a column where some group has it."""
    said = [PORTGROUP.said(group) for group in groups]
    others = [part for part in PORTGROUP.parts if part != "name" and part not in _PORTGROUP_PARTS]
    parts = (*_PORTGROUP_PARTS, *(part for part in others if any(part in each for each in said)))
    headings = ("PORTGROUP", *(part.upper().replace("_", " ") for part in parts))
    return Table(
        headings,
        [
            (group.name, *(show(getattr(group, part) or None) or "-" for part in parts))
            for group in groups
        ],
    )
