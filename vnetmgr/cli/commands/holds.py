"""hold and release: a colleague's hand brake."""

from __future__ import annotations

from time import time
from typing import Annotated

import typer

from vnetmgr.cli.change import carry_out
from vnetmgr.cli.option import of_option, read_time
from vnetmgr.cli.options import How
from vnetmgr.errors import UsageError
from vnetmgr.model.desired import Desired, HoldWant, Policy
from vnetmgr.model.intent import Intent

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
    seconds = read_time(duration, "--for", "30m, 2h, 7d or 1w; vnetmgr release takes a hold away")
    if not reason.isprintable():
        text = "--reason: a line break or control character"
        raise UsageError(text, "give one line of text", about=of_option("--reason"))
    domain, nic = _split(target)
    until_s = int(time()) + seconds
    want = HoldWant(domain=domain, nic=nic, intent=Intent.CREATE, until_s=until_s, reason=reason)
    carry_out(Desired(holds=(want,)), Policy(), how)


def release(target: Target, *, how: How) -> None:
    """Take a hold away before it runs out.

    Example: vnetmgr release web1/lan
    """
    domain, nic = _split(target)
    want = HoldWant(domain=domain, nic=nic, intent=Intent.REMOVE)
    carry_out(Desired(holds=(want,)), Policy(), how)


def _split(target: str) -> tuple[str, str | None]:
    domain, _, nic = target.partition("/")
    return domain, nic or None
