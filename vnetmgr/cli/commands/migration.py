"""check-migration and prepare-migration: before a guest goes to another host."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from vnetmgr.cli.change import Changing, end
from vnetmgr.cli.options import Domain, How
from vnetmgr.errors import UsageError
from vnetmgr.problem import About
from vnetmgr.render import console

ToHost: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="TO_HOST", help="The other host: its name in the file of hosts, or its URI."
    ),
]


def check_migration(domain: Domain, to_host: ToHost, *, reading: How) -> None:
    """Say whether a guest would keep its network on another host, and what makes it so.

    Its networks, bridges, filters, addresses and forwards there, each with how it is; nothing is
    migrated or changed. With --hosts or --host it is looked for on those hosts.

    Exit code 4: libvirt would refuse it, or the guest would lose its network.

    Example: vnetmgr check-migration web1 qemu+tcp://10.0.0.2/system
    """
    from vnetmgr.cli.migration_check import check
    from vnetmgr.render.migration import render_migration

    found = check(reading, domain, to_host)
    console.show(render_migration(found, form=reading.form))
    end(found.exit_code)


def prepare_migration(
    domain: Annotated[
        str | None, typer.Argument(metavar="DOMAIN", help="The domain, which runs.")
    ] = None,
    to_host: Annotated[
        str | None,
        typer.Argument(
            metavar="TO_HOST",
            help="The other host, as OVN knows it: its system-id or host name; with --cancel none "
            "is needed.",
        ),
    ] = None,
    *,
    cancel: Annotated[bool, typer.Option("--cancel", help="It goes nowhere after all.")] = False,
    incoming: Annotated[
        bool,
        typer.Option(
            "--incoming",
            help="For libvirt's hook: the guest whose document is on standard input comes here; "
            "that is printed as it has to be.",
        ),
    ] = False,
    how: How,
) -> None:
    """Tell OVN where a running guest is about to migrate, so that no packet comes twice or late.

    While a guest is copied, its nics on overlays are on two hosts, which would claim them in turn.
    With this they stay where it runs until it runs there. Nothing is migrated: that is libvirt's.
    Whichever vnetmgr next looks at the guest takes it back once it has arrived, `watch` within
    seconds; after an hour it means nothing any more. libvirt's hook does the same by itself:
    vnetmgr install-service --migration-hook.

    Example: vnetmgr prepare-migration web1 kvm2
    """
    if incoming:
        from vnetmgr.cli.expecting import expect_guest

        expect_guest(how, domain, to_host)
    elif domain is None:
        raise UsageError("DOMAIN is missing: who goes", about=About("command", field="domain"))
    else:
        Changing(how).prepare_migration(domain, to_host, cancel=cancel)
