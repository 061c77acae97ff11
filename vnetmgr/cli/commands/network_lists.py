"""list-networks, show-network, list-leases."""

from __future__ import annotations

from typing import Annotated

import typer

from vnetmgr.cli.options import Columns, How, Network
from vnetmgr.render import console

Networks = Annotated[
    list[str] | None,
    typer.Argument(metavar="[NETWORK]...", help="Networks; all when left out."),
]


def list_networks(networks: Networks = None, *, columns: Columns = None, reading: How) -> None:
    """Show every network: what it does, whether it runs, and how many nics are on it.

    Example: vnetmgr list-networks --output json
    """
    from vnetmgr.cli.change import end_whole
    from vnetmgr.render.networks import NETWORK_COLUMNS, render_networks

    shown = NETWORK_COLUMNS.chosen(columns, reading.form)
    with reading.open(readonly=True) as host:
        found = host.networks(*(networks or ()))
    console.show(render_networks(found, form=reading.form, columns=shown))
    end_whole(found)


def show_network(network: Network, *, reading: How) -> None:
    """Show all of one network: settings, who is on it, leases, port forwards, DNS records.

    Example: vnetmgr show-network lab
    """
    from vnetmgr.render.networks import render_one_network

    with reading.open(readonly=True) as host:
        row, leases, forwards = host.network(network)
    console.show(render_one_network(row, leases, forwards, form=reading.form))


def list_leases(networks: Networks = None, *, columns: Columns = None, reading: How) -> None:
    """Show the addresses that networks have leased or keep reserved, and whose they are.

    Example: vnetmgr list-leases lab
    """
    from vnetmgr.cli.change import end_whole
    from vnetmgr.render.leases import LEASE_COLUMNS, render_leases

    shown = LEASE_COLUMNS.chosen(columns, reading.form)
    with reading.open(readonly=True) as host:
        found = host.leases(*(networks or ()))
    console.show(render_leases(found, form=reading.form, columns=shown))
    end_whole(found)
