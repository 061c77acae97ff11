"""trace."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from vnetmgr.cli.change import end
from vnetmgr.cli.option import seconds
from vnetmgr.cli.options import How
from vnetmgr.errors import ExitCode, UsageError
from vnetmgr.render import console

From: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="DOMAIN[/NIC]", help="Who sends; a nic by name, MAC, target or PCI address."
    ),
]
To: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="DESTINATION[:PORT][/tcp|udp|icmp]",
        help="An address, `gateway`, another domain, or a name that a network's DNS or DHCP knows.",
    ),
]
Facts: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--facts", metavar="FILE", help="Go by what `doctor --save` wrote, and look at no host."
    ),
]
Live: TypeAlias = Annotated[
    float | None,
    typer.Option(
        "--live",
        metavar="TIME",
        parser=seconds,
        help="Watch the guest's own packets for so long, and say what the kernel's rules do with "
        "them. As root; 20 a second are traced.",
    ),
]


def trace(
    sender: From, destination: To, *, live: Live = None, facts: Facts = None, telling: How
) -> None:
    """Say where a guest's packet gets to, and whether the answer gets back.

    Each link, bridge, rule, NAT and route on its way, by what is loaded on this host now. No packet
    is sent.

    Exit code 0: delivered, to a guest, the host or out of it; 1: dropped, or it cannot be told.

    Example: vnetmgr trace web1/lan 192.0.2.1:443
    """
    from vnetmgr.cli.seeing.tracing import trace_now, trace_saved
    from vnetmgr.model.path.trace import Fate
    from vnetmgr.render.traces import render_trace

    if facts is None:
        found = trace_now(telling, sender, destination, live)
    elif live is not None:
        raise UsageError("--facts looks at a file, and --live at the kernel", "leave one out")
    else:
        found = trace_saved(facts, sender, destination)
    console.show(render_trace(found, form=telling.form))
    end(ExitCode.DONE if found.verdict is Fate.DELIVERED else ExitCode.FAILED)
