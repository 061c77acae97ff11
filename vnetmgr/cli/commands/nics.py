"""attach-nic, update-nic, detach-nic, list-nics."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from vnetmgr.cli.change import carry_out, refuse_empty
from vnetmgr.cli.options import (
    Domain,
    Domains,
    How,
    NicAddress,
    NicValues,
    States,
    Wait,
)
from vnetmgr.cli.wants import nic_desired, with_user_forwards
from vnetmgr.model.desired import Desired, NicWant, Policy
from vnetmgr.model.intent import Intent
from vnetmgr.model.nic import NicPatch
from vnetmgr.render import console

Forwards: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--forward",
        metavar="[LISTEN:]HOST_PORT:GUEST_PORT[/PROTOCOL]",
        help="With --user: a port of the host that leads to the guest; repeatable. See "
        "add-forward.",
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
    desired = nic_desired(domain, values, intent=Intent.CREATE, states=states)
    if forward:
        desired = with_user_forwards(desired, forward)
    carry_out(desired, policy, how, wait_s=wait)


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
    refuse_empty(values, "nic")
    desired = nic_desired(domain, values, intent=Intent.UPDATE, nic=nic, states=states)
    carry_out(desired, policy, how, wait_s=wait)


def detach_nic(domain: Domain, nic: NicAddress, *, states: States, how: How) -> None:
    """Take a nic out of a domain, and wait until the guest has let go of it.

    Example: vnetmgr detach-nic vm1 lan
    """
    want = NicWant(domain=domain, nic=nic, intent=Intent.REMOVE, patch=NicPatch(), states=states)
    carry_out(Desired(nics=(want,)), Policy(), how)


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
    reading: How,
) -> None:
    """Show every nic: where it is, what it is on, its addresses, and whether all is well. A running
    nic is shown as its guest has it; what its config says otherwise is pending.

    Example: vnetmgr list-nics vm1 --output json
    """
    from vnetmgr.listings import nics as listings
    from vnetmgr.render.nics import render_nics

    look = listings.probe_nics if probe else listings.list_nics
    with reading.host(readonly=readonly) as host:
        console.show(render_nics(look(host, domains or []), as_json=reading.as_json))
