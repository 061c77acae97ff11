"""Port forwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.forward import Protocol
from vnetmgr.render.documents.shape import (
    NUMBER,
    TEXT,
    TEXTS,
    YES_NO,
    Document,
    Key,
    Shape,
    each,
    notes,
    one_of,
    or_null,
    text_or_null,
)

if TYPE_CHECKING:
    from vnetmgr.model.rows.forwards import ForwardListing, ForwardRow

FORWARD: Shape[ForwardRow] = Shape(
    "forward",
    {
        "domain": Key(or_null(TEXT), lambda row: row.domain),
        "nic": Key(or_null(TEXT), lambda row: row.forward.nic),
        "protocol": Key(one_of(Protocol), lambda row: row.forward.protocol),
        "listen": Key(or_null(TEXT), lambda row: text_or_null(row.forward.listen)),
        "host_port": Key(NUMBER, lambda row: row.forward.host_port),
        "guest_address": Key(or_null(TEXT), lambda row: text_or_null(row.guest_address)),
        "guest_port": Key(NUMBER, lambda row: row.forward.guest_port),
        "ports": Key(NUMBER, lambda row: row.forward.ports, "How many, from these two on."),
        "allow_from": Key(TEXTS, lambda row: list(map(str, row.forward.allow_from))),
        "loopback": Key(YES_NO, lambda row: row.forward.loopback),
        "active": Key(or_null(YES_NO), lambda row: row.active, "null: cannot be seen from here."),
        "connections": Key(or_null(NUMBER), lambda row: row.connections),
        "problems": Key(TEXTS, lambda row: list(row.problems), "What keeps it from working."),
    },
)
FORWARDS: Document[ForwardListing] = Document(
    "forwards",
    "list-forwards.",
    {
        "items": each(FORWARD, lambda listing: listing.rows),
        "notes": notes(lambda listing: listing.notes),
    },
    names=lambda listing: (
        row.forward.name if row.domain is None else f"{row.domain}/{row.forward.name}"
        for row in listing.rows
    ),
)
