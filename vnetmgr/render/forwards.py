"""list-forwards as a table and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.forward import listen_text, port_text
from vnetmgr.render.blocks import Block, Line, Table, notes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.rows.forwards import ForwardListing, ForwardRow
    from vnetmgr.render.blocks import Form

_HEADINGS = ("DOMAIN/NIC", "HOST PORT", "GUEST", "FROM", "ACTIVE", "CONNECTIONS")


def render_forwards(listing: ForwardListing, *, form: Form) -> Iterator[Block]:
    """Forwards, and what is in their way."""
    if form.for_programs:
        from vnetmgr.render.documents.forwards import FORWARDS

        yield FORWARDS.whole(listing)
        return
    if listing.rows:
        yield forward_table(listing)
    else:
        yield Line(f"no port forwards on {listing.uri}")
    yield from notes(forward_notes(listing))


def forward_table(listing: ForwardListing) -> Table:
    """Forwards alone."""
    return Table(_HEADINGS, [_cells(row) for row in listing.rows])


def forward_notes(listing: ForwardListing) -> Iterator[str]:
    """What is in their way, and what could not be looked at; of both IP versions once."""
    problems = [
        f"{row.domain or 'no domain'}: {row.forward.name}: {problem}"
        for row in listing.rows
        for problem in row.problems
    ]
    yield from dict.fromkeys((*problems, *listing.notes))


def _cells(row: ForwardRow) -> tuple[str, ...]:
    forward = row.forward
    guest = listen_text(row.guest_address) or "?:"
    active = {True: "yes", False: "no", None: "?"}[row.active]
    return (
        "-" if row.domain is None else f"{row.domain}/{forward.nic}",
        forward.name,
        f"{guest}{port_text(forward.guest_port, forward.ports)}",
        " ".join(map(str, forward.allow_from)) or "everywhere",
        active,
        "?" if row.connections is None else str(row.connections),
    )
