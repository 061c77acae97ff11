"""Port forwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vnetmgr.model.forward import Protocol, port_text
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
    from collections.abc import Mapping

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


def place_of(address: str | None, port: int, ports: int) -> str:
    """An address, whatever is written in its place, and the ports there."""
    where = "" if address is None else f"[{address}]:" if ":" in address else f"{address}:"
    return f"{where}{port_text(port, ports)}"


def forward_name_of(found: Mapping[str, Any]) -> str:
    """What tells it from the host's others: `10.0.0.1:8080/tcp`."""
    return f"{place_of(found['listen'], found['host_port'], found['ports'])}/{found['protocol']}"


def _name(found: Mapping[str, Any]) -> str:
    """The same with its domain."""
    name = forward_name_of(found)
    return name if found["domain"] is None else f"{found['domain']}/{name}"


FORWARDS: Document[ForwardListing] = Document(
    "forwards",
    "list-forwards.",
    {
        "items": each(FORWARD, lambda listing: listing.rows),
        "notes": notes(lambda listing: listing.notes),
    },
    names=lambda found: map(_name, found["items"]),
)
