"""add-forward, remove-forward, list-forwards."""

from __future__ import annotations

from typing import Annotated

import typer

from vnetmgr.cli.change import carry_out
from vnetmgr.cli.options import Domain, Domains, How, OptionalDomain
from vnetmgr.errors import UsageError
from vnetmgr.model.desired import Desired, Policy
from vnetmgr.model.forward import ForwardWant, UnownedWant
from vnetmgr.model.intent import Intent
from vnetmgr.model.options.forwards import FORWARD_OPTIONS, build_forward, parse_forward_key
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
    lists = {"allow_from": allow_from, "guest_address": guest_address}
    values: dict[str, str | list[str]] = {key: given for key, given in lists.items() if given}
    values |= {"nic": nic} if nic is not None else {}
    values |= {"loopback": "yes"} if loopback else {}
    want = ForwardWant(domain=domain, intent=Intent.CREATE, forward=build_forward(forward, values))
    carry_out(Desired(forwards=(want,)), policy, how, documents=True)


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
    policy: Policy,
    how: How,
) -> None:
    """Take a port forward away. With the last one go all rules that vnetmgr made.

    Example: vnetmgr remove-forward web1 8080
    """
    if unowned is not None:
        if domain is not None or forward is not None:
            raise UsageError("--unowned goes without a domain", "vnetmgr list-forwards shows both")
        gone = UnownedWant(key=parse_forward_key(unowned), intent=Intent.REMOVE)
        carry_out(Desired(unowned=(gone,)), policy, how, documents=True)
        return
    if domain is None or forward is None:
        raise UsageError(
            "a domain and one of its forwards have to be named", "vnetmgr remove-forward web1 8080"
        )
    want = ForwardWant(domain=domain, intent=Intent.REMOVE, key=parse_forward_key(forward))
    carry_out(Desired(forwards=(want,)), policy, how, documents=True)


def list_forwards(
    domains: Domains = None,
    *,
    readonly: Annotated[
        bool,
        typer.Option(
            "--readonly", "-r", help="Read-only connection: no QEMU is asked what it forwards."
        ),
    ] = False,
    reading: How,
) -> None:
    """Show every port forward: where it leads, whether it works, and how often it was used.

    In user mode only QEMU knows whether it works; it is asked where its domain is marked as
    tainted by that already.

    Example: vnetmgr list-forwards --output json
    """
    from vnetmgr.listings.forwards import list_forwards as listing
    from vnetmgr.render.forwards import render_forwards

    with reading.host(readonly=readonly) as host:
        console.show(render_forwards(listing(host, domains or []), as_json=reading.as_json))
