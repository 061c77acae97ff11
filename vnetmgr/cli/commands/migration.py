"""check-migration."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from vnetmgr.cli.change import end
from vnetmgr.cli.options import Domain, How
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
    from vnetmgr.cli.migrating import check
    from vnetmgr.render.migration import render_migration

    found = check(reading, domain, to_host)
    console.show(render_migration(found, form=reading.form))
    end(found.exit_code)
