"""hold and release: a colleague's hand brake."""

from __future__ import annotations

from typing import Annotated

import typer

from vnetmgr.cli.change import Changing
from vnetmgr.cli.options import How, IfExists

Target = Annotated[str, typer.Argument(metavar="DOMAIN[/NIC]", help="The domain, or one nic.")]


def hold(
    target: Target,
    *,
    duration: Annotated[
        str, typer.Option("--for", metavar="TIME", help="30m, 1h30m, 1w: how long.")
    ],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why.")] = "",
    how: How,
) -> None:
    """Keep apply, reconcile and watch from a domain, or one of its nics, for a while.

    It is kept in the domain's metadata, where every vnetmgr sees it, and runs out by itself.

    Example: vnetmgr hold web1/lan --for 2h --reason "moving the switch"
    """
    Changing(how).hold(target, duration, reason=reason)


def release(target: Target, *, if_exists: IfExists = False, how: How) -> None:
    """Take a hold away before it runs out.

    Example: vnetmgr release web1/lan
    """
    Changing(how).release(target, if_exists=if_exists)
