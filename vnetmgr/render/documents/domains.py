"""Domains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.render.documents.shape import (
    NUMBER,
    TEXT,
    YES_NO,
    Document,
    Key,
    Shape,
    each,
    notes,
    or_null,
)

if TYPE_CHECKING:
    from vnetmgr.model.rows.domains import DomainListing, DomainNic, DomainRow

_NIC: Shape[DomainNic] = Shape(
    "domain_nic",
    {
        "name": Key(or_null(TEXT), lambda nic: nic.name),
        "mac": Key(or_null(TEXT), lambda nic: nic.mac),
    },
)
DOMAIN: Shape[DomainRow] = Shape(
    "domain",
    {
        "name": Key(TEXT, lambda row: row.name),
        "uuid": Key(TEXT, lambda row: row.uuid),
        "id": Key(or_null(NUMBER), lambda row: row.run.id, "null: it does not run."),
        "state": Key(
            TEXT, lambda row: row.run.state, "As virsh calls it: running, paused, shut off, ..."
        ),
        "running": Key(YES_NO, lambda row: row.run.id is not None, "Also while it is paused."),
        "nics": each(_NIC, lambda row: row.nics),
    },
)
DOMAINS: Document[DomainListing] = Document(
    "domains",
    "list-domains.",
    {
        "items": each(DOMAIN, lambda listing: listing.rows),
        "notes": notes(lambda listing: listing.notes),
    },
    names=lambda found: (each["name"] for each in found["items"]),
)
