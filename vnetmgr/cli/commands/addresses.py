"""reserve-address, release-address, add-dns-record, remove-dns-record."""

from __future__ import annotations

from typing import Annotated

import typer

from vnetmgr.cli.change import Changing
from vnetmgr.cli.options import How, IfExists, Network, RecordValues, States
from vnetmgr.model.desired import Policy

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
    str | None,
    typer.Option("--duid", metavar="DUID", help="An IPv6 client's id, in bytes with colons."),
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
    Changing(how).reserve_address(network, client, address, duid=duid, hostname=hostname, **states)


def release_address(
    network: Network,
    client: Client = None,
    address: Released = None,
    *,
    duid: Duid = None,
    hostname: Hostname = None,
    if_exists: IfExists = False,
    states: States,
    how: How,
) -> None:
    """Take a reservation back; the guest keeps its lease until that runs out.

    Example: vnetmgr release-address lab web1/lan
    """
    options = {"duid": duid, "hostname": hostname}
    Changing(how).release_address(
        network, client, address, if_exists=if_exists, **options, **states
    )


def add_dns_record(
    network: Network,
    given_address: OfName = None,
    *,
    record_values: RecordValues,
    states: States,
    policy: Policy,
    how_of_records: How,
) -> None:
    """Let a network's DNS answer a name: host, SRV, TXT, CNAME, or all names below a domain.

    A CNAME and a wildcard are options of dnsmasq's, and need a restart of the network: --allow
    restart.

    Example: vnetmgr add-dns-record lab --host nas --address 192.168.150.5
    """
    values = _with_address(record_values, given_address)
    Changing(how_of_records).add_dns_record(network, allow=policy.allow, **states, **values)


def remove_dns_record(
    network: Network,
    given_address: OfName = None,
    *,
    if_exists: IfExists = False,
    record_values: RecordValues,
    states: States,
    policy: Policy,
    how_of_records: How,
) -> None:
    """Take a DNS record of a network away.

    Example: vnetmgr remove-dns-record lab --host nas --address 192.168.150.5
    """
    values = _with_address(record_values, given_address)
    Changing(how_of_records).remove_dns_record(
        network, if_exists=if_exists, allow=policy.allow, **states, **values
    )


def _with_address(values: RecordValues, address: str | None) -> RecordValues:
    """An address behind the others is the option's value; with both there are two."""
    if address is None:
        return values
    given = values.get("address")
    return {**values, "address": address if given is None else [str(given), address]}
