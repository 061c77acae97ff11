"""list-forwards as a table and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.forward import listen_text, port_text
from vnetmgr.render.blocks import Block, Line, notes
from vnetmgr.render.columns import Column, Columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vnetmgr.model.rows.forwards import ForwardListing, ForwardRow
    from vnetmgr.render.blocks import Form
    from vnetmgr.render.documents.shape import Shape


def render_forwards(
    listing: ForwardListing, *, form: Form, columns: Sequence[Column[ForwardRow]] | None = None
) -> Iterator[Block]:
    """Forwards, and what is in their way."""
    if form.for_programs:
        from vnetmgr.render.documents.forwards import FORWARDS

        yield FORWARDS.whole(listing)
        return
    if listing.rows:
        yield FORWARD_COLUMNS.table(listing.rows, columns)
    else:
        yield Line(f"no port forwards on {listing.uri}")
    yield from notes(forward_notes(listing))


def forward_notes(listing: ForwardListing) -> Iterator[str]:
    """What is in their way, and what could not be looked at; of both IP versions once."""
    problems = [
        f"{row.domain or 'no domain'}: {row.forward.name}: {problem}"
        for row in listing.rows
        for problem in row.problems
    ]
    yield from dict.fromkeys((*problems, *listing.notes))


def _guest(row: ForwardRow) -> str:
    address = listen_text(row.guest_address) or "?:"
    return f"{address}{port_text(row.forward.guest_port, row.forward.ports)}"


def _shape() -> Shape[ForwardRow]:
    from vnetmgr.render.documents.forwards import FORWARD

    return FORWARD


_ACTIVE = {True: "yes", False: "no", None: "?"}
FORWARD_COLUMNS: Columns[ForwardRow] = Columns(
    {
        "domain/nic": Column(
            "DOMAIN/NIC",
            lambda row: "-" if row.domain is None else f"{row.domain}/{row.forward.nic}",
        ),
        "forward": Column("HOST PORT", lambda row: row.forward.name),
        "guest": Column("GUEST", _guest),
        "allow_from": Column(
            "FROM", lambda row: " ".join(map(str, row.forward.allow_from)) or "everywhere"
        ),
        "active": Column("ACTIVE", lambda row: _ACTIVE[row.active]),
        "connections": Column(
            "CONNECTIONS", lambda row: "?" if row.connections is None else str(row.connections)
        ),
    },
    _shape,
)
