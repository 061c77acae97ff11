"""list-leases as a table and as JSON."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING

from vnetmgr.render.blocks import Block, Line, notes
from vnetmgr.render.columns import Column, Columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vnetmgr.model.rows.networks import LeaseListing, LeaseRow
    from vnetmgr.render.blocks import Form
    from vnetmgr.render.documents.shape import Shape


def render_leases(
    listing: LeaseListing,
    *,
    form: Form,
    columns: Sequence[Column[LeaseRow]] | None = None,
    now_s: float | None = None,
) -> Iterator[Block]:
    """Leases and reservations. `now_s` is what the time left is counted from."""
    if form.for_programs:
        from vnetmgr.render.documents.leases import LEASES

        yield LEASES.whole(listing)
        return
    if listing.rows:
        yield lease_columns(now_s).table(listing.rows, columns)
    else:
        yield Line(f"no leases and no reservations on {listing.uri}")
    yield from notes(listing.notes)


def lease_columns(now_s: float | None = None) -> Columns[LeaseRow]:
    """What can be shown of them; at another time than now."""
    return Columns(
        {
            "network": Column("NETWORK", lambda row: row.network),
            "address": Column("ADDRESS", lambda row: str(row.address)),
            "mac": Column("MAC", lambda row: row.mac or row.duid or "-"),
            "domain/nic": Column("DOMAIN/NIC", lambda row: row.label or "-"),
            "hostname": Column("HOSTNAME", lambda row: row.hostname or "-"),
            "expires": Column("EXPIRES", lambda row: _time_left(row, now_s)),
            "state": Column("STATE", lambda row: row.state),
        },
        _shape,
    )


def _shape() -> Shape[LeaseRow]:
    from vnetmgr.render.documents.leases import LEASE

    return LEASE


LEASE_COLUMNS = lease_columns()


def _time_left(row: LeaseRow, now_s: float | None) -> str:
    if not row.leased:
        return "-"
    if row.expires_s is None:
        return "never"
    left = int(row.expires_s - (time() if now_s is None else now_s))
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
