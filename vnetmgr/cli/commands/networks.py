"""create-, update-, delete-, start-, stop- and restart-network."""

from __future__ import annotations

from typing import Annotated

import typer

from vnetmgr.cli.change import Changing
from vnetmgr.cli.options import How, IfExists, Network, NetworkValues, States
from vnetmgr.model.desired import Policy

NewName = Annotated[str, typer.Argument(metavar="NAME", help="The new network's name.")]
Autostart = Annotated[
    bool | None,
    typer.Option("--autostart/--no-autostart", help="Start it with the host (a new one does)."),
]
Start = Annotated[bool, typer.Option("--start/--no-start", help="Start it at once.")]
Template = Annotated[
    str | None,
    typer.Option("--template", metavar="FILE", help="Network document to start from."),
]
RemovePortgroups = Annotated[
    list[str] | None,
    typer.Option("--remove-portgroup", metavar="NAME", help="Portgroup to take away; repeatable."),
]
Renew = Annotated[
    bool, typer.Option("--renew", help="Flap the guests' links, so that they ask for addresses.")
]
Force = Annotated[
    bool, typer.Option("--force", help="Go on although running guests use it and are cut off.")
]


def create_network(
    name: NewName,
    *,
    network_values: NetworkValues,
    autostart: Autostart = None,
    start: Start = True,
    template: Template = None,
    making: How,
) -> None:
    """Make a virtual network and start it, now and with the host.

    Without --subnet a private /24 is chosen that is free of networks, routes and addresses.

    Example: vnetmgr create-network lab --mode nat --subnet 192.168.150.0/24

    Example: vnetmgr create-network blue --mode overlay --subnet 10.66.0.0/24
    """
    Changing(making).create_network(
        name, autostart=autostart, start=start, template=template, **network_values
    )


def update_network(
    name: Network,
    *,
    network_values: NetworkValues,
    remove_portgroup: RemovePortgroups = None,
    autostart: Autostart = None,
    renew: Renew = False,
    states: States,
    policy: Policy,
    how: How,
) -> None:
    """Change a network while guests use it; `none` clears a setting.

    Portgroups are named one by one, subnets and DHCP ranges by IP version; the rest stays. What
    libvirt cannot change in place needs --allow restart: the network is restarted in one step,
    and every running guest is plugged in again without losing its device.

    Example: vnetmgr update-network lab --dhcp-range 192.168.150.50-192.168.150.99
    """
    Changing(how).update_network(
        name,
        remove_portgroup=remove_portgroup or (),
        autostart=autostart,
        renew=renew,
        allow=policy.allow,
        **states,
        **network_values,
    )


def delete_network(
    name: Network, *, force: Force = False, if_exists: IfExists = False, how: How
) -> None:
    """Stop a network and forget it; refused while running guests use it.

    Example: vnetmgr delete-network lab
    """
    Changing(how).delete_network(name, force=force, if_exists=if_exists)


def start_network(name: Network, *, how: How) -> None:
    """Start a network, and plug every running guest that has lost its bridge in again.

    Example: vnetmgr start-network lab
    """
    Changing(how).start_network(name)


def stop_network(name: Network, *, force: Force = False, how: How) -> None:
    """Stop a network; refused while running guests use it.

    Example: vnetmgr stop-network lab
    """
    Changing(how).stop_network(name, force=force)


def restart_network(name: Network, *, renew: Renew = False, how: How) -> None:
    """Restart a network in one step, and plug every running guest in again.

    What was changed in its config takes effect; the guests keep their devices and links.

    Example: vnetmgr restart-network lab
    """
    Changing(how).restart_network(name, renew=renew)
