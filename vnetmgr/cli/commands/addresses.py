"""reserve-address, release-address, add-dns-record, remove-dns-record."""

from __future__ import annotations

from typing import Annotated

import typer

from vnetmgr.cli.change import carry_out
from vnetmgr.cli.network_wants import address_desired, record_desired
from vnetmgr.cli.options import How, Network, States, Values
from vnetmgr.model.desired import Policy
from vnetmgr.model.intent import Intent

Client = Annotated[
    str | None,
    typer.Argument(metavar="[DOMAIN[/NIC]|MAC]", help="Whose address it is."),
]
Address = Annotated[
    str | None, typer.Argument(metavar="[ADDRESS]", help="The address; else the present lease.")
]
Released = Annotated[
    str | None, typer.Argument(metavar="[ADDRESS]", help="Only this address; else all of them.")
]
Duid = Annotated[
    str | None, typer.Option("--duid", metavar="DUID", help="An IPv6 client's id: 00:03:00:01:...")
]
OfName = Annotated[
    str | None,
    typer.Argument(metavar="[ADDRESS]", help="Of a host or of a wildcard; --address says it, too."),
]
Hostname = Annotated[
    str | None,
    typer.Option("--hostname", metavar="NAME", help="The name that DHCP gives, or knows it by."),
]


def reserve_address(
    network: Network,
    client: Client = None,
    address: Address = None,
    *,
    duid: Duid = None,
    hostname: Hostname = None,
    states: States,
    how: How,
) -> None:
    """Keep an address of a network for one guest, in the running network and its config.

    Without an address it takes the one that the guest has now.

    Example: vnetmgr reserve-address lab web1/lan 192.168.150.10
    """
    desired = address_desired(
        network,
        client,
        address,
        intent=Intent.CREATE,
        duid=duid,
        hostname=hostname,
        states=states,
    )
    carry_out(desired, Policy(), how)


def release_address(
    network: Network,
    client: Client = None,
    address: Released = None,
    *,
    duid: Duid = None,
    hostname: Hostname = None,
    states: States,
    how: How,
) -> None:
    """Take a reservation back; the guest keeps its lease until that runs out.

    Example: vnetmgr release-address lab web1/lan
    """
    desired = address_desired(
        network,
        client,
        address,
        intent=Intent.REMOVE,
        duid=duid,
        hostname=hostname,
        states=states,
    )
    carry_out(desired, Policy(), how)


def add_dns_record(
    network: Network,
    given_address: OfName = None,
    *,
    record_values: Values,
    states: States,
    policy: Policy,
    how: How,
) -> None:
    """Let a network's DNS answer a name: host, SRV, TXT, CNAME, or all names below a domain.

    A CNAME and a wildcard are options of dnsmasq's, and need a restart of the network: --allow
    restart.

    Example: vnetmgr add-dns-record lab --host nas --address 192.168.150.5
    """
    values = _with_address(record_values, given_address)
    desired = record_desired(network, values, intent=Intent.CREATE, states=states)
    carry_out(desired, policy, how)


def remove_dns_record(
    network: Network,
    given_address: OfName = None,
    *,
    record_values: Values,
    states: States,
    policy: Policy,
    how: How,
) -> None:
    """Take a DNS record of a network away.

    Example: vnetmgr remove-dns-record lab --host nas --address 192.168.150.5
    """
    values = _with_address(record_values, given_address)
    desired = record_desired(network, values, intent=Intent.REMOVE, states=states)
    carry_out(desired, policy, how)


def _with_address(values: Values, address: str | None) -> Values:
    """An address behind the others is the option's value; with both there are two."""
    if address is None:
        return values
    given = values.get("address")
    return {**values, "address": address if given is None else [str(given), address]}
