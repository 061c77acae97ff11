"""What is wrong with an overlay's fields, each by itself: OVN has nothing for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from vnetmgr.model.dns import RecordKind
from vnetmgr.model.network_want import network_problem
from vnetmgr.model.options.addressing import edge_of
from vnetmgr.model.overlay.dhcp_options import MOST_ADDRESSES, known_options, parse_dhcp_option
from vnetmgr.model.patch import UNSET, Unset, given

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from vnetmgr.model.dhcp import IpAddress, IpInterface
    from vnetmgr.model.network import Network
    from vnetmgr.model.network_want import NetworkPatch
    from vnetmgr.problem import Problem

Asked: TypeAlias = "Network | NetworkPatch"
"""What it would be, or what somebody wants of it."""


def field_problems(asked: Asked, fields: Collection[str]) -> Iterator[Problem]:
    """What is wrong with these fields."""
    for field, problems in _OF_FIELD.items():
        if field in fields:
            yield from problems(asked)
    if not isinstance(asked.subnets, Unset):
        versions = {subnet.version for subnet in given(asked.subnets)}
        for field in _TOLD:
            if field in fields or "subnets" in fields:
                yield from _untold(asked, field, versions)


def _untold(asked: Asked, field: str, versions: Collection[int]) -> Iterator[Problem]:
    """What guests would be told by DHCP of an IP version in which they have no addresses."""
    if field == "dns_forwarders":
        for each in given(asked.dns_forwarders):
            if each.address is not None and each.address.version not in versions:
                text = f"{each}: {_no_subnet(each.address.version)}, and tells no guest of it"
                yield network_problem(field, text, each)
        return
    # A lease time without any is told to have no DHCP range.
    judged = 4 not in versions and (versions or field != "lease_time")
    if judged and getattr(asked, field) not in (None, UNSET, ()):
        text = f"OVN tells guests of it by IPv4's DHCP alone, and {_no_subnet(4)}"
        yield network_problem(field, text)


def _no_subnet(version: int) -> str:
    return f"the overlay has no subnet of IPv{version}"


def _options(asked: Asked) -> Iterator[Problem]:
    named: dict[str, str] = {}
    for text in given(asked.dhcp_options):
        try:
            name, _ = parse_dhcp_option(text)
        except ValueError as error:
            known = ", ".join(known_options())
            yield network_problem("dhcp_options", f"{error}; it has {known}", text)
            continue
        first = named.setdefault(name, text)
        if first is not text:
            yield network_problem("dhcp_options", f"{text}: {first} says that already", text)


def _forwarders(asked: Asked) -> Iterator[Problem]:
    for each in given(asked.dns_forwarders):
        if each.domain is not None or each.address is None:
            text = (
                f"{each}: guests of an overlay are told of servers, and ask those for every name: "
                "give an address alone"
            )
            yield network_problem("dns_forwarders", text, each)
    addresses = [each.address for each in given(asked.dns_forwarders) if each.address is not None]
    of_v4 = sum(address.version == 4 for address in addresses)
    if of_v4 > MOST_ADDRESSES:
        text = f"{of_v4} servers of IPv4: DHCP tells of {MOST_ADDRESSES} at most"
        yield network_problem("dns_forwarders", text)


def _records(asked: Asked) -> Iterator[Problem]:
    for each in given(asked.records):
        if each.kind is not RecordKind.HOST:
            text = f"{each}: OVN's DNS has addresses of hosts alone"
            yield network_problem("records", text, each)


def _reservations(asked: Asked) -> Iterator[Problem]:
    for each in given(asked.reservations):
        if each.mac is None:
            text = f"{each.address} ({each.client}): OVN knows guests by their nics' MACs alone"
            yield network_problem("reservations", text, each)


def way_out_problems(asked: Asked) -> Iterator[Problem]:
    """What of the addresses of its way out does not go together."""
    addresses, subnets = given(asked.external_addresses), given(asked.subnets)
    yield from _several("external_addresses", addresses)
    for each in addresses:
        for subnet in subnets:
            if subnet.version == each.version and subnet.overlaps(each.network):
                text = f"{each} is in a subnet that overlaps {subnet}, the overlay's own"
                yield network_problem("external_addresses", text, each)
    yield from _several("external_gateways", given(asked.external_gateways))
    if not isinstance(asked.external_addresses, Unset):
        for gateway in given(asked.external_gateways):
            yield from _gateway_problems(gateway, addresses)
    hosts = given(asked.external_hosts)
    for host in dict.fromkeys(hosts):
        if hosts.count(host) > 1:
            yield network_problem("external_hosts", f"{host} is given twice", host)


def _several(field: str, values: Iterable[IpInterface | IpAddress]) -> Iterator[Problem]:
    firsts: dict[int, object] = {}
    for each in values:
        first = firsts.setdefault(each.version, each)
        if first is not each:
            text = f"{first} and {each}: one of an IP version"
            yield network_problem(field, text, first, each)


def _gateway_problems(gateway: IpAddress, addresses: Iterable[IpInterface]) -> Iterator[Problem]:
    mine = [each for each in addresses if each.version == gateway.version]
    homes = [each.network for each in mine if gateway in each.network]
    if not homes:
        nets = ", ".join(str(each.network) for each in mine) or "there is no address of it"
        text = f"{gateway} is not in the subnet of the router's address ({nets})"
        yield network_problem("external_gateways", text, gateway)
    elif any(gateway == each.ip for each in mine):
        text = f"{gateway} is the router's own address"
        yield network_problem("external_gateways", text, gateway)
    elif (what := edge_of(homes[0], gateway)) is not None:
        text = f"{gateway} is {what} of {homes[0]}"
        yield network_problem("external_gateways", text, gateway)


_TOLD = ("lease_time", "dhcp_options", "dns_forwarders")
_OF_FIELD: dict[str, Callable[[Asked], Iterator[Problem]]] = {
    "dhcp_options": _options,
    "dns_forwarders": _forwarders,
    "records": _records,
    "reservations": _reservations,
}
