"""list-domains as a table and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.render.blocks import Block, Line, notes
from vnetmgr.render.columns import Column, Columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vnetmgr.model.rows.domains import DomainListing, DomainRow
    from vnetmgr.render.blocks import Form
    from vnetmgr.render.documents.shape import Shape


def render_domains(
    listing: DomainListing, *, form: Form, columns: Sequence[Column[DomainRow]] | None = None
) -> Iterator[Block]:
    """The domains; an empty table names the connection, since that is the usual mistake."""
    if form.for_programs:
        from vnetmgr.render.documents.domains import DOMAINS

        yield DOMAINS.whole(listing)
        return
    if listing.rows:
        yield DOMAIN_COLUMNS.table(listing.rows, columns)
    else:
        yield Line(f"no domains on {listing.uri}")
    yield from notes(listing.notes)


def _nics(row: DomainRow) -> str:
    return ", ".join(str(nic.name or nic.mac or "-") for nic in row.nics) or "-"


def _shape() -> Shape[DomainRow]:
    from vnetmgr.render.documents.domains import DOMAIN

    return DOMAIN


DOMAIN_COLUMNS: Columns[DomainRow] = Columns(
    {
        "id": Column("ID", lambda row: "-" if row.run.id is None else str(row.run.id)),
        "name": Column("NAME", lambda row: row.name),
        "state": Column("STATE", lambda row: row.run.state),
        "uuid": Column("UUID", lambda row: row.uuid),
        "nics": Column("NICS", _nics),
    },
    _shape,
)
