"""list-host-devices as a table and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.render.blocks import Block, Line, notes
from vnetmgr.render.columns import Column, Columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vnetmgr.model.seen.hostdev import HostDeviceListing, HostDeviceRow
    from vnetmgr.render.blocks import Form
    from vnetmgr.render.documents.shape import Shape


def render_host_devices(
    listing: HostDeviceListing,
    *,
    form: Form,
    columns: Sequence[Column[HostDeviceRow]] | None = None,
) -> Iterator[Block]:
    """The devices, with what stands in the way of each."""
    if form.for_programs:
        from vnetmgr.render.documents.hostdevs import HOST_DEVICES

        yield HOST_DEVICES.whole(listing)
        return
    if listing.rows:
        yield DEVICE_COLUMNS.table(listing.rows, columns)
    else:
        yield Line("no PCI network devices on this machine")
    yield from notes(listing.notes)


def _kind(row: HostDeviceRow) -> str:
    device = row.device
    if device.vfs_possible:
        return f"PF, {len(device.vfs)} of {device.vfs_possible} VFs"
    return f"VF of {device.pf}" if device.is_vf else "-"


def _group(row: HostDeviceRow) -> str:
    group = row.device.iommu_group
    return "-" if group is None else str(group)


def _shape() -> Shape[HostDeviceRow]:
    from vnetmgr.render.documents.hostdevs import DEVICE

    return DEVICE


DEVICE_COLUMNS: Columns[HostDeviceRow] = Columns(
    {
        "address": Column("ADDRESS", lambda row: str(row.device.address)),
        "link": Column("LINK", lambda row: ", ".join(row.device.links) or "-"),
        "driver": Column("DRIVER", lambda row: row.device.driver or "-"),
        "id": Column("ID", lambda row: f"{row.device.vendor}:{row.device.product}"),
        "kind": Column("KIND", _kind),
        "iommu_group": Column("GROUP", _group),
        "domain": Column("DOMAIN", lambda row: ", ".join(row.domains) or "-"),
        "assignable": Column(
            "ASSIGNABLE", lambda row: "no: " + "; ".join(row.problems) if row.problems else "yes"
        ),
    },
    _shape,
)
