"""attach-nic, update-nic, detach-nic, list-nics."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from vnetmgr.cli.change import Changing, end_whole
from vnetmgr.cli.options import (
    Columns,
    Domain,
    Domains,
    How,
    IfExists,
    NicAddress,
    NicValues,
    States,
    Wait,
)
from vnetmgr.model.desired import Policy
from vnetmgr.render import console

Forwards: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--forward",
        metavar="[LISTEN:]HOST_PORT:GUEST_PORT[/PROTOCOL]",
        help="With --user: a port of the host that leads to the guest; repeatable. See "
        "add-forward.",
        rich_help_panel="Source",
    ),
]


def attach_nic(
    domain: Domain,
    *,
    values: NicValues,
    forward: Forwards = None,
    wait: Wait = 0.0,
    states: States,
    policy: Policy,
    how: How,
) -> None:
    """Give a domain a nic: the same one in its config and, when it runs, live.

    Without --name it is idempotent: a nic on that source that is as asked is left alone.

    Example: vnetmgr attach-nic vm1 --bridge br0 --wait 30
    """
    Changing(how).attach_nic(
        domain, forward=forward or (), wait=wait, allow=policy.allow, **states, **values
    )


def update_nic(
    domain: Domain,
    nic: NicAddress,
    *,
    values: NicValues,
    wait: Wait = 0.0,
    states: States,
    policy: Policy,
    how: How,
) -> None:
    """Change a nic, without unplugging it where libvirt can; `none` clears a field.

    What needs a re-plug goes to the config and waits for the next start, unless --allow replug.

    Example: vnetmgr update-nic vm1 lan --inbound 10mbit --filter none
    """
    Changing(how).update_nic(domain, nic, wait=wait, allow=policy.allow, **states, **values)


def detach_nic(
    domain: Domain, nic: NicAddress, *, if_exists: IfExists = False, states: States, how: How
) -> None:
    """Take a nic out of a domain, and wait until the guest has let go of it.

    Example: vnetmgr detach-nic vm1 lan
    """
    Changing(how).detach_nic(domain, nic, if_exists=if_exists, **states)


def list_nics(
    domains: Domains = None,
    *,
    readonly: Annotated[
        bool, typer.Option("--readonly", "-r", help="Read-only connection: no agent is asked.")
    ] = False,
    probe: Annotated[
        bool,
        typer.Option(
            "--probe",
            help="Also ask, by ARP, who is on a bridge and has no known address. Local, as root.",
        ),
    ] = False,
    columns: Columns = None,
    reading: How,
) -> None:
    """Show every nic: where it is, what it is on, its addresses, and whether all is well. A running
    nic is shown as its guest has it; what its config says otherwise is pending.

    Example: vnetmgr list-nics vm1 --output json
    """
    from vnetmgr.render.nics import NIC_COLUMNS, render_nics

    shown = NIC_COLUMNS.chosen(columns, reading.form)
    with reading.open(readonly=readonly) as host:
        found = host.nics(*(domains or ()), probe=probe)
    console.show(render_nics(found, form=reading.form, columns=shown))
    end_whole(found)
