"""list-domains, add-slots, create-domain."""

from __future__ import annotations

from typing import Annotated

import typer

from vnetmgr.cli.change import Changing, end_whole
from vnetmgr.cli.options import Columns, Domain, Domains, How
from vnetmgr.model.desired import Policy
from vnetmgr.model.qemu.models import DEFAULT_MODEL
from vnetmgr.render import console


def list_domains(domains: Domains = None, *, columns: Columns = None, reading: How) -> None:
    """Show every domain: whether it runs, its UUID, and what its nics go by.

    Example: vnetmgr list-domains --host kvm1,kvm2
    """
    from vnetmgr.render.domains import DOMAIN_COLUMNS, render_domains

    shown = DOMAIN_COLUMNS.chosen(columns, reading.form)
    with reading.open(readonly=True) as host:
        found = host.domains(*(domains or ()))
    console.show(render_domains(found, form=reading.form, columns=shown))
    end_whole(found)


def add_slots(
    domain: Domain,
    count: Annotated[int, typer.Argument(metavar="N", min=1, max=64, help="How many.")],
    *,
    model: Annotated[
        str,
        typer.Option("--model", metavar="MODEL", help="The nic model that the slots are for."),
    ] = DEFAULT_MODEL,
    how: How,
) -> None:
    """Add spare hot-plug slots to a domain's config; they are there from its next start.

    A model that needs a conventional PCI slot (such as e1000 or rtl8139) gets a PCI bridge.

    Example: vnetmgr add-slots vm1 4
    """
    Changing(how).add_slots(domain, count, model=model)


Name = Annotated[str, typer.Argument(metavar="NAME", help="The new domain's name.")]
Memory = Annotated[str, typer.Option("--memory", metavar="SIZE", help="RAM.")]
Vcpus = Annotated[int, typer.Option("--vcpus", min=1, metavar="N", help="Processors.")]
Disk = Annotated[str | None, typer.Option("--disk", metavar="FILE", help="Its disk.")]
Kernel = Annotated[
    str | None, typer.Option("--kernel", metavar="FILE", help="Kernel to boot directly.")
]
Initrd = Annotated[
    str | None, typer.Option("--initrd", metavar="FILE", help="The kernel's initrd.")
]
Cmdline = Annotated[
    str | None, typer.Option("--cmdline", metavar="TEXT", help="The kernel's command line.")
]
Machine = Annotated[
    str, typer.Option("--machine", metavar="TYPE", help="q35, pc, or a versioned type.")
]
Template = Annotated[
    str | None,
    typer.Option("--template", metavar="FILE", help="Domain document to start from."),
]
Nics = Annotated[
    list[str] | None,
    typer.Option("--nic", metavar="SOURCE[,OPTION=...]", help="A nic; repeatable."),
]
Start = Annotated[bool, typer.Option("--start", help="Start it at once.")]


def create_domain(
    name: Name,
    *,
    memory: Memory = "1GiB",
    vcpus: Vcpus = 2,
    disk: Disk = None,
    kernel: Kernel = None,
    initrd: Initrd = None,
    cmdline: Cmdline = None,
    machine: Machine = "q35",
    template: Template = None,
    nic: Nics = None,
    start: Start = False,
    policy: Policy,
    how: How,
) -> None:
    """Make a small domain with nics, from a template; installing systems stays virt-install's job.

    Example: vnetmgr create-domain vm1 --disk vm1.qcow2 --nic bridge=br0,model=e1000 --start
    """
    Changing(how).create_domain(
        name,
        memory=memory,
        vcpus=vcpus,
        disk=disk,
        kernel=kernel,
        initrd=initrd,
        cmdline=cmdline,
        machine=machine,
        template=template,
        nics=nic or (),
        start=start,
        allow=policy.allow,
    )
