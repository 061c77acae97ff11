"""Whether a guest can migrate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.rows.migration import Part, Readiness
from vnetmgr.render.documents.shape import (
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
)

if TYPE_CHECKING:
    from vnetmgr.model.rows.migration import MigrationCheck, MigrationItem

ITEM: Shape[MigrationItem] = Shape(
    "thing",
    {
        "object": Key(one_of(Part), lambda item: item.object, "What kind of thing the guest has."),
        "name": Key(TEXT, lambda item: item.name),
        "nic": Key(
            or_null(TEXT), lambda item: item.nic, "Its name or MAC; null: the domain itself."
        ),
        "status": Key(one_of(Readiness), lambda item: item.status, "How it is there."),
        "blocking": Key(
            YES_NO,
            lambda item: item.blocking,
            "Whether libvirt would refuse, or the guest lose its network.",
        ),
        "cause": Key(TEXT, lambda item: item.cause, "One sentence."),
        "remedy": Key(
            or_null(TEXT), lambda item: item.remedy, "The command that makes it so, for a shell."
        ),
    },
)
MIGRATION_CHECK: Document[MigrationCheck] = Document(
    "migration-check",
    "check-migration: each thing that the guest has of its host, and whether the other has it.",
    {
        "domain": Key(TEXT, lambda check: check.domain),
        "source": Key(TEXT, lambda check: check.source, "How the host is called that it is on."),
        "destination": Key(TEXT, lambda check: check.destination),
        "running": Key(YES_NO, lambda check: check.running, "Whether it would migrate live."),
        "items": each(ITEM, lambda check: check.items),
        "after": Key(
            TEXTS, lambda check: list(check.after), "Commands for when it is there, for a shell."
        ),
        "notes": notes(lambda check: check.notes),
    },
    # What is in the way.
    names=lambda found: dict.fromkeys(
        f"{item['object']}/{item['name']}" for item in found["items"] if item["blocking"]
    ),
)
