"""list-leases as a table and as JSON."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING

from vnetmgr.render.blocks import Block, Line, Table, notes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vnetmgr.model.rows.networks import LeaseListing, LeaseRow
    from vnetmgr.render.blocks import Form

_HEADINGS = ("NETWORK", "ADDRESS", "MAC", "DOMAIN/NIC", "HOSTNAME", "EXPIRES", "STATE")


def render_leases(
    listing: LeaseListing, *, form: Form, now_s: float | None = None
) -> Iterator[Block]:
    """Leases and reservations. `now_s` is what the time left is counted from."""
    if form.for_programs:
        from vnetmgr.render.documents.leases import LEASES

        yield LEASES.whole(listing)
        return
    if listing.rows:
        yield lease_table(listing.rows, now_s=now_s)
    else:
        yield Line(f"no leases and no reservations on {listing.uri}")
    yield from notes(listing.notes)


def lease_table(rows: Sequence[LeaseRow], *, now_s: float | None = None) -> Table:
    """The rows as a table."""
    now_s = time() if now_s is None else now_s
    return Table(_HEADINGS, [_cells(row, now_s) for row in rows])


def _cells(row: LeaseRow, now_s: float) -> tuple[str, ...]:
    return (
        row.network,
        str(row.address),
        row.mac or row.duid or "-",
        row.label or "-",
        row.hostname or "-",
        _time_left(row, now_s),
        row.state,
    )


def _time_left(row: LeaseRow, now_s: float) -> str:
    if not row.leased:
        return "-"
    if row.expires_s is None:
        return "never"
    left = int(row.expires_s - now_s)
    return duration(left) if left > 0 else "expired"


def duration(seconds: int) -> str:
    """A time in its two largest units: `45 s`, `23 min`, `1 h 5 min`, `2 d 3 h`."""
    if seconds < 60:
        return f"{seconds} s"
    minutes = seconds // 60
    if minutes < 60:
        return f"{minutes} min"
    hours = minutes // 60
    large = (
        (hours // 24, "d", hours % 24, "h") if hours >= 24 else (hours, "h", minutes % 60, "min")
    )
    count, unit, rest, small = large
    return f"{count} {unit} {rest} {small}" if rest else f"{count} {unit}"
