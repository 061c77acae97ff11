"""list-nics as a table and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.show import show
from vnetmgr.render.blocks import Block, Line, Table, notes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.rows.nics import NicListing, NicRow
    from vnetmgr.render.blocks import Form

_HEADINGS = (
    "DOMAIN", "NIC", "MAC", "MODE", "SOURCE", "MODEL", "TARGET", "LINK", "ADDRESSES", "STATE",
)  # fmt: skip

_LEAST = ("MODEL", "TARGET", "MODE", "MAC", "SOURCE", "LINK", "ADDRESSES")
"""The columns that go first where there is no room."""


def render_nics(listing: NicListing, *, form: Form) -> Iterator[Block]:
    """The nics; an empty table names the connection, since that is the usual mistake."""
    if form.for_programs:
        from vnetmgr.render.documents.nics import NIC, NICS, ShownNics

        yield NICS.whole(ShownNics(list(map(NIC.json, listing.rows)), listing.notes))
        return
    if listing.rows:
        colours = [_colour(row) for row in listing.rows]
        yield Table(_HEADINGS, [_cells(row) for row in listing.rows], colours, _LEAST)
    else:
        yield Line(f"no nics on {listing.uri}")
    yield from notes(listing.notes)


def _colour(row: NicRow) -> str:
    """Red for what is broken, yellow for what is not the same in config and live."""
    if row.orphan or row.missing or row.same_mac or row.dropped:
        return "red"
    differs = row.pending or not row.in_config or (row.running and not row.in_live)
    return "yellow" if differs else ""


def _cells(row: NicRow) -> tuple[str, ...]:
    nic = row.nic
    # Every IPv6 link has a link-local address; it tells a person nothing.
    telling = [each for each in row.addresses if not each.address.startswith("fe80:")]
    addresses = ", ".join(f"{each.address} ({each.origin})" for each in telling)
    source = nic.source.name or ""
    if nic.portgroup:
        source += f"/{nic.portgroup}"
    if nic.vlan:
        source += f" vlan {show(nic.vlan)}"
    return (
        row.domain,
        nic.name or "-",
        nic.mac or "-",
        nic.source.mode,
        source or "-",
        nic.model or "-",
        row.target or "-",
        row.link,
        addresses or "-",
        row.state,
    )
