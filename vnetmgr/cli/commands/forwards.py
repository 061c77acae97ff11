"""add-forward, remove-forward, list-forwards."""

from __future__ import annotations

from typing import Annotated

import typer

from vnetmgr.cli.change import Changing
from vnetmgr.cli.options import Columns, Domain, Domains, How, IfExists, OptionalDomain
from vnetmgr.model.desired import Policy
from vnetmgr.model.options.forwards import FORWARD_OPTIONS
from vnetmgr.render import console

Text = Annotated[
    str,
    typer.Argument(
        metavar="[LISTEN:]HOST_PORT:GUEST_PORT[/PROTOCOL]",
        help="8080:80, 10.0.0.1:53:53/udp, [fd00::1]:8080:80, 8000-8010:8000-8010.",
    ),
]
Name = Annotated[
    str | None,
    typer.Argument(
        metavar="[LISTEN:]HOST_PORT[:GUEST_PORT][/PROTOCOL]", help="8080, 8080/udp, 10.0.0.1:8080."
    ),
]


def add_forward(
    domain: Domain,
    forward: Text,
    *,
    nic: Annotated[
        str | None, typer.Option("--nic", metavar="NIC", help=FORWARD_OPTIONS["nic"].help)
    ] = None,
    allow_from: Annotated[
        list[str] | None,
        typer.Option("--allow-from", metavar="CIDR", help=FORWARD_OPTIONS["allow_from"].help),
    ] = None,
    guest_address: Annotated[
        list[str] | None,
        typer.Option(
            "--guest-address", metavar="ADDRESS", help=FORWARD_OPTIONS["guest_address"].help
        ),
    ] = None,
    loopback: Annotated[
        bool,
        typer.Option("--loopback", help="Also answer on the host's 127.0.0.1 (IPv4 only)."),
    ] = False,
    policy: Policy,
    how: How,
) -> None:
    """Let a port of this host lead to a port of a guest, over IPv4 and IPv6.

    From outside, from the host itself and from other guests. The guest's address is reserved for
    it. The forward is kept in the domain's metadata; vnetmgr reconcile puts it back whenever the
    rules are lost.

    A nic in user mode is forwarded to by QEMU itself, IPv4 alone, also from the host's 127.0.0.1;
    that takes --allow taint, also to put it back after each start of the domain.

    Example: vnetmgr add-forward web1 8080:80 --allow-from 192.168.1.0/24
    """
    Changing(how, documents=True).add_forward(
        domain,
        forward,
        nic=nic,
        allow_from=allow_from or (),
        guest_address=guest_address or (),
        loopback=loopback,
        allow=policy.allow,
    )


def remove_forward(
    domain: OptionalDomain = None,
    forward: Name = None,
    *,
    unowned: Annotated[
        str | None,
        typer.Option(
            "--unowned",
            metavar="[LISTEN:]PORT[/PROTOCOL]",
            help="A rule that list-forwards shows without a domain, instead of a domain's forward.",
        ),
    ] = None,
    if_exists: IfExists = False,
    policy: Policy,
    how: How,
) -> None:
    """Take a port forward away. With the last one go all rules that vnetmgr made.

    Example: vnetmgr remove-forward web1 8080
    """
    Changing(how, documents=True).remove_forward(
        domain, forward, unowned=unowned, if_exists=if_exists, allow=policy.allow
    )


def list_forwards(
    domains: Domains = None,
    *,
    readonly: Annotated[
        bool,
        typer.Option(
            "--readonly", "-r", help="Read-only connection: no QEMU is asked what it forwards."
        ),
    ] = False,
    columns: Columns = None,
    reading: How,
) -> None:
    """Show every port forward: where it leads, whether it works, and how often it was used.

    In user mode only QEMU knows whether it works; it is asked where its domain is marked as
    tainted by that already.

    Example: vnetmgr list-forwards --output json
    """
    from vnetmgr.render.forwards import FORWARD_COLUMNS, render_forwards

    shown = FORWARD_COLUMNS.chosen(columns, reading.form)
    with reading.open(readonly=readonly) as host:
        found = host.forwards(*(domains or ()))
    console.show(render_forwards(found, form=reading.form, columns=shown))
