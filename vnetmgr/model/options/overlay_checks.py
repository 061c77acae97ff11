"""What is wrong with an overlay's fields, each by itself: OVN has nothing for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from vnetmgr.model.dns import RecordKind
from vnetmgr.model.network_want import network_problem
from vnetmgr.model.overlay.dhcp_options import known_options, parse_dhcp_option
from vnetmgr.model.patch import given

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

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


_OF_FIELD: dict[str, Callable[[Asked], Iterator[Problem]]] = {
    "dhcp_options": _options,
    "dns_forwarders": _forwarders,
    "records": _records,
    "reservations": _reservations,
}
