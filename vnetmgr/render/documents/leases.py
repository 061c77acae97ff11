"""Leases and reservations."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from vnetmgr.render.documents.shape import (
    NUMBER,
    TEXT,
    TIME,
    YES_NO,
    Document,
    Key,
    Shape,
    each,
    notes,
    or_null,
)

if TYPE_CHECKING:
    from vnetmgr.model.rows.networks import LeaseListing, LeaseRow

LEASE: Shape[LeaseRow] = Shape(
    "lease",
    {
        "network": Key(TEXT, lambda row: row.network),
        "address": Key(TEXT, lambda row: str(row.address)),
        "prefix": Key(or_null(NUMBER), lambda row: row.prefix),
        "mac": Key(or_null(TEXT), lambda row: row.mac),
        "duid": Key(or_null(TEXT), lambda row: row.duid),
        "domain": Key(or_null(TEXT), lambda row: row.domain),
        "nic": Key(or_null(TEXT), lambda row: row.nic),
        "host": Key(
            or_null(TEXT),
            lambda row: row.host,
            "Where the domain is: this host; of an overlay's guest elsewhere the host that has its "
            "port, by OVN's southbound database. null: none has, or not checked.",
        ),
        "bound": Key(
            or_null(YES_NO),
            lambda row: row.bound,
            "Of an overlay's guest elsewhere: whether a host has its port. null: any other.",
        ),
        "hostname": Key(or_null(TEXT), lambda row: row.hostname),
        "expires": Key(
            or_null(TIME),
            lambda row: None if row.expires_s is None else _utc(row.expires_s),
            "null: never, or not leased.",
        ),
        "leased": Key(YES_NO, lambda row: row.leased),
        "reserved": Key(YES_NO, lambda row: row.reserved),
    },
)
LEASES: Document[LeaseListing] = Document(
    "leases",
    "list-leases.",
    {
        "items": each(LEASE, lambda listing: listing.rows),
        "notes": notes(lambda listing: listing.notes),
    },
    names=lambda found: (f"{each['network']}/{each['address']}" for each in found["items"]),
)


def _utc(seconds: int) -> str:
    """ISO 8601 with a Z, which is all that jq reads."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
