"""show-qemu-args and import-qemu: to and from QEMU's own words."""

from __future__ import annotations

from typing import Annotated

import typer

from vnetmgr.api.wants import read_states
from vnetmgr.cli.change import carry_out
from vnetmgr.cli.forms import Format
from vnetmgr.cli.options import Domain, How, States
from vnetmgr.errors import UsageError
from vnetmgr.model.desired import Policy
from vnetmgr.render import console


def show_qemu_args(
    domain: Domain,
    *,
    live: Annotated[
        bool, typer.Option("--live", help="The nics as they run; else those of the config.")
    ] = False,
    reading: How,
) -> None:
    """Show each nic as the arguments QEMU itself takes: -netdev and -device, and the old -net.

    Example: vnetmgr show-qemu-args vm1
    """
    from vnetmgr.render.qemu import render_qemu_nics

    with reading.open(readonly=True) as host:
        nics = host.qemu_arguments(domain, live=live)
    console.show(render_qemu_nics(nics, domain=domain, form=reading.form))


def import_qemu(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[-- QEMU ARGUMENT...]", help="A QEMU command, behind --."),
    ] = None,
    *,
    file: Annotated[
        str | None,
        typer.Option("--file", metavar="SCRIPT", help="A shell script; - is standard input."),
    ] = None,
    attach: Annotated[
        str | None,
        typer.Option("--attach", metavar="DOMAIN", help="Give the nics to this domain."),
    ] = None,
    states: States,
    policy: Policy,
    importing: How,
) -> None:
    """Read the nics of a QEMU command line: print them for libvirt, or attach them.

    A script is read, never run: what only a run would tell is refused with its line where the
    nics depend on it.

    Example: vnetmgr import-qemu -- qemu-system-x86_64 -net nic,model=e1000 -net user
    """
    from vnetmgr.cli.qemu_import import attach_desired, read_guests, say_notes, show_guests

    guests = read_guests(words or [], file)
    _refuse_odd(attach, states, policy, importing)
    if attach is None:
        show_guests(guests, importing.said or Format.XML)
        return
    desired = attach_desired(attach, guests, states=read_states(**states))
    say_notes(guests)
    carry_out(desired, policy, importing)


def _refuse_odd(attach: str | None, states: States, policy: Policy, importing: How) -> None:
    """Raise UsageError for options that do nothing beside the others."""
    if attach is None and (any(states.values()) or importing.dry_run or policy.allow):
        raise UsageError(
            "--config, --live, --dry-run and --allow are about attaching",
            "--attach DOMAIN names the domain that gets the nics",
        )
    if attach is not None and importing.said in (Format.XML, Format.YAML):
        raise UsageError(f"--attach has no {importing.said} to print", "leave --output out")
