"""list-host-devices and create-network: devices of the host for guests."""

from __future__ import annotations

from typing import Annotated

import typer

from vnetmgr.cli.change import carry_out
from vnetmgr.cli.options import How
from vnetmgr.cli.wants import network_desired
from vnetmgr.model.desired import Policy


def list_host_devices(*, reading: How) -> None:
    """Show this machine's PCI network devices, which a guest can have, and why not the others.

    Example: vnetmgr list-host-devices --output json
    """
    from vnetmgr.listing import list_host_devices as listing
    from vnetmgr.render.hostdevs import show_host_devices

    with reading.host(readonly=True) as host:
        show_host_devices(listing(host), as_json=reading.as_json)


def create_network(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The new network's name.")],
    *,
    mode: Annotated[str, typer.Option("--mode", metavar="MODE", help="hostdev.")],
    pf: Annotated[
        str | None,
        typer.Option("--pf", metavar="LINK", help="The card whose virtual functions it hands out."),
    ] = None,
    how: How,
) -> None:
    """Make a network and start it, now and with the host: a pool of an SR-IOV card's functions.

    Example: vnetmgr create-network vfs --mode hostdev --pf enp3s0f0
    """
    carry_out(network_desired(name, mode=mode, pf=pf), Policy(), how)
