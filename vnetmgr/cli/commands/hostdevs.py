"""list-host-devices: devices of the host for guests."""

from __future__ import annotations

from vnetmgr.cli.options import Columns, How
from vnetmgr.render import console


def list_host_devices(*, columns: Columns = None, reading: How) -> None:
    """Show this machine's PCI network devices, which a guest can have, and why not the others.

    Example: vnetmgr list-host-devices --output json
    """
    from vnetmgr.render.hostdevs import DEVICE_COLUMNS, render_host_devices

    shown = DEVICE_COLUMNS.chosen(columns, reading.form)
    with reading.open(readonly=True) as host:
        found = host.host_devices()
    console.show(render_host_devices(found, form=reading.form, columns=shown))
