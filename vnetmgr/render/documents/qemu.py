"""Nics in QEMU's own words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.render.documents.nics import names_of_nics
from vnetmgr.render.documents.shape import TEXT, TEXTS, Document, Key, Shape, each, or_null

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetmgr.model.rows.qemu_args import QemuNic

_NIC: Shape[QemuNic] = Shape(
    "nic",
    {
        "domain": Key(TEXT, lambda item: item.domain),
        "name": Key(or_null(TEXT), lambda item: item.nic.name),
        "mac": Key(or_null(TEXT), lambda item: item.nic.mac),
        "arguments": Key(TEXTS, lambda item: list(item.arguments.modern)),
        "legacy": Key(
            or_null(TEXTS),
            lambda item: None if item.arguments.legacy is None else list(item.arguments.legacy),
            "The old -net form; null: it cannot say that.",
        ),
        "notes": Key(TEXTS, lambda item: list(item.arguments.notes)),
    },
)
QEMU_ARGUMENTS: Document[Sequence[QemuNic]] = Document(
    "qemu-args",
    "show-qemu-args.",
    {"items": each(_NIC, lambda nics: nics)},
    names=names_of_nics,
)
