"""list-host-devices as a table and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.render.blocks import Block, Line, Table, notes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.seen.hostdev import HostDeviceListing, HostDeviceRow
    from vnetmgr.render.blocks import Form

_HEADINGS = ("ADDRESS", "LINK", "DRIVER", "ID", "KIND", "GROUP", "DOMAIN", "ASSIGNABLE")


def render_host_devices(listing: HostDeviceListing, *, form: Form) -> Iterator[Block]:
    """The devices, with what stands in the way of each."""
    if form.for_programs:
        from vnetmgr.render.documents.hostdevs import HOST_DEVICES

        yield HOST_DEVICES.whole(listing)
        return
    if listing.rows:
        yield Table(_HEADINGS, [_cells(row) for row in listing.rows])
    else:
        yield Line("no PCI network devices on this machine")
    yield from notes(listing.notes)


def _cells(row: HostDeviceRow) -> tuple[str, ...]:
    device = row.device
    kind = f"VF of {device.pf}" if device.is_vf else "-"
    if device.vfs_possible:
        kind = f"PF, {len(device.vfs)} of {device.vfs_possible} VFs"
    return (
        str(device.address),
        ", ".join(device.links) or "-",
        device.driver or "-",
        f"{device.vendor}:{device.product}",
        kind,
        "-" if device.iommu_group is None else str(device.iommu_group),
        ", ".join(row.domains) or "-",
        "no: " + "; ".join(row.problems) if row.problems else "yes",
    )
