"""The host's PCI network devices."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    or_null,
    text_or_null,
)

if TYPE_CHECKING:
    from vnetmgr.model.seen.hostdev import HostDeviceListing, HostDeviceRow

DEVICE: Shape[HostDeviceRow] = Shape(
    "device",
    {
        "address": Key(TEXT, lambda row: str(row.device.address)),
        "link": Key(or_null(TEXT), lambda row: row.device.link),
        "driver": Key(or_null(TEXT), lambda row: row.device.driver),
        "vendor": Key(TEXT, lambda row: row.device.vendor),
        "product": Key(TEXT, lambda row: row.device.product),
        "vf": Key(YES_NO, lambda row: row.device.is_vf, "Whether it is a virtual function."),
        "pf": Key(or_null(TEXT), lambda row: text_or_null(row.device.pf)),
        "vfs": Key(TEXTS, lambda row: list(map(str, row.device.vfs))),
        "vfs_possible": Key(NUMBER, lambda row: row.device.vfs_possible),
        "iommu_group": Key(or_null(NUMBER), lambda row: row.device.iommu_group),
        "assignable": Key(YES_NO, lambda row: not row.problems),
        "reasons": Key(TEXTS, lambda row: list(row.problems), "Why a guest cannot have it."),
        "domain": Key(or_null(TEXT), lambda row: next(iter(row.domains), None)),
    },
)
HOST_DEVICES: Document[HostDeviceListing] = Document(
    "host-devices",
    "list-host-devices.",
    {
        "iommu": Key(YES_NO, lambda listing: listing.iommu, "Whether the host has one in use."),
        "items": each(DEVICE, lambda listing: listing.rows),
        "notes": notes(lambda listing: listing.notes),
    },
    names=lambda found: (each["address"] for each in found["items"]),
)
