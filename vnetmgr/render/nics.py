"""list-nics as a table and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.show import show
from vnetmgr.render.blocks import Block, Line, notes
from vnetmgr.render.columns import Column, Columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vnetmgr.model.rows.nics import NicListing, NicRow
    from vnetmgr.render.blocks import Form
    from vnetmgr.render.documents.shape import Shape

LEAST = ("MODEL", "TARGET", "MODE", "MAC", "SOURCE", "LINK", "ADDRESSES")
"""The columns that go first where there is no room."""


def render_nics(
    listing: NicListing, *, form: Form, columns: Sequence[Column[NicRow]] | None = None
) -> Iterator[Block]:
    """The nics; an empty table names the connection, since that is the usual mistake."""
    if form.for_programs:
        from vnetmgr.render.documents.nics import NIC, NICS, ShownNics

        yield NICS.whole(ShownNics(list(map(NIC.json, listing.rows)), listing.notes))
        return
    if listing.rows:
        colours = [_colour(row) for row in listing.rows]
        yield NIC_COLUMNS.table(listing.rows, columns, colours, LEAST)
    else:
        yield Line(f"no nics on {listing.uri}")
    yield from notes(listing.notes)


def _colour(row: NicRow) -> str:
    """Red for what is broken, yellow for what is not the same in config and live."""
    if row.orphan or row.missing or row.port or row.same_mac or row.dropped:
        return "red"
    differs = row.pending or not row.in_config or (row.running and not row.in_live)
    return "yellow" if differs else ""


def _source(row: NicRow) -> str:
    nic = row.nic
    source = nic.source.name or ""
    if nic.portgroup:
        source += f"/{nic.portgroup}"
    if nic.vlan:
        source += f" vlan {show(nic.vlan)}"
    return source or "-"


def _addresses(row: NicRow) -> str:
    # Every IPv6 link has a link-local address; it tells a person nothing.
    telling = [each for each in row.addresses if not each.address.startswith("fe80:")]
    return ", ".join(f"{each.address} ({each.origin})" for each in telling) or "-"


def _shape() -> Shape[NicRow]:
    from vnetmgr.render.documents.nics import NIC

    return NIC


NIC_COLUMNS: Columns[NicRow] = Columns(
    {
        "domain": Column("DOMAIN", lambda row: row.domain),
        "name": Column("NIC", lambda row: row.nic.name or "-"),
        "mac": Column("MAC", lambda row: row.nic.mac or "-"),
        "mode": Column("MODE", lambda row: row.nic.source.mode),
        "source": Column("SOURCE", _source),
        "model": Column("MODEL", lambda row: row.nic.model or "-"),
        "target": Column("TARGET", lambda row: row.target or "-"),
        "link": Column("LINK", lambda row: row.link),
        "addresses": Column("ADDRESSES", _addresses),
        "state": Column("STATE", lambda row: row.state),
    },
    _shape,
)
