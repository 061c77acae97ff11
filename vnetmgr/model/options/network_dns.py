"""The options of a network's DNS that are more than one value, and what of them does not go
together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.dns import DnsForwarder
from vnetmgr.model.network_want import is_set, network_problem
from vnetmgr.model.options.compound import Compound, Part
from vnetmgr.model.options.dnsmasq import ONCE
from vnetmgr.model.options.parsers import check_dns_name, parse_address
from vnetmgr.problem import Option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.dhcp import IpAddress
    from vnetmgr.model.network_want import NetworkPatch
    from vnetmgr.problem import Problem, Say

# What a network that answers no DNS can have no use of; libvirt refuses most of it.
_ASKED_OF_DNS = ("dns_forwarders", "records", "register_names")
# What it would keep for the day on which it does again.
_HOW_DNS_ANSWERS = ("dns_local_only", "dns_forward_plain_names")
# What is said of the network's domain.
_OF_DOMAIN = ("dns_local_only", "register_names")


def _parse_server(text: str) -> IpAddress:
    address = parse_address(text)
    if address.is_unspecified or address.is_multicast:
        raise ValueError(f"{text} is no DNS server's address")
    return address


def _forwarder(address: IpAddress | None = None, domain: str | None = None) -> DnsForwarder:
    if address is None and domain is None:
        raise ValueError("a forwarder has an address, a domain or both")
    return DnsForwarder(address=address, domain=domain)


DNS_FORWARDER = Compound(
    what="a forwarder",
    make=_forwarder,
    first="address",
    parts={
        "address": Part(_parse_server, "ADDRESS"),
        "domain": Part(lambda text: check_dns_name(text, what="domain"), "DOMAIN"),
    },
)


def dns_problems(patch: NetworkPatch, say: Say = Option) -> Iterator[Problem]:
    """What does not go together in a patch."""
    yield from _twice(patch)
    if patch.dns is False:
        yield from _without_dns(patch, (*_ASKED_OF_DNS, *_HOW_DNS_ANSWERS), say)
    if patch.register_names is True and patch.dns_local_only in (None, False):
        yield network_problem("register_names", f"needs {say('dns_local_only')}")
    if patch.dns_domain is None:
        yield from _without_domain(patch, f"does not go with {say('dns_domain')} none")


def dns_misfits(patch: NetworkPatch, say: Say = Option) -> Iterator[Problem]:
    """What does not go together in all of a network, where some of it was there before."""
    yield from _twice(patch)
    if patch.dns is False:
        yield from _without_dns(patch, _ASKED_OF_DNS, say)
    if not is_set("dns_domain", patch.dns_domain):
        yield from _without_domain(patch, f"needs {say('dns_domain')}")
    if patch.register_names and not patch.dns_local_only:
        # "attribute 'register=yes' in <domain> element requires 'localOnly=yes'" (11.3)
        yield network_problem("register_names", f"needs {say('dns_local_only')}")
    if isinstance(patch.dns_forwarders, tuple) and isinstance(patch.gateways, tuple):
        for forwarder in patch.dns_forwarders:
            if forwarder.address in patch.gateways:
                text = f"{forwarder.address} is the network's own address: it would ask itself"
                yield network_problem("dns_forwarders", text, forwarder)


def _without_dns(patch: NetworkPatch, fields: tuple[str, ...], say: Say) -> Iterator[Problem]:
    for field in fields:
        value = getattr(patch, field)
        if is_set(field, value):
            which = f" ({', '.join(map(str, value))})" if isinstance(value, tuple) else ""
            yield network_problem(field, f"does not go with {say('dns')} off{which}")


def _without_domain(patch: NetworkPatch, text: str) -> Iterator[Problem]:
    for field in _OF_DOMAIN:
        if is_set(field, getattr(patch, field)):
            yield network_problem(field, text)


def _twice(patch: NetworkPatch) -> Iterator[Problem]:
    forwarders = patch.dns_forwarders if isinstance(patch.dns_forwarders, tuple) else ()
    for each in dict.fromkeys(forwarders):
        same = [one for one in forwarders if one == each]
        if len(same) > 1:
            yield network_problem("dns_forwarders", f"{each} is given twice", *same)
    lines = patch.dns_options if isinstance(patch.dns_options, tuple) else ()
    names = [line.partition("=")[0] for line in lines]
    for name in dict.fromkeys(names):
        alike = [line for line in lines if line.partition("=")[0] == name]
        if len(alike) > 1 and (name in ONCE or len(set(alike)) < len(alike)):
            text = f"{name} is given twice"
            yield network_problem("dns_options", text, *alike)
    if patch.dns is False and "port" in names:
        text = "port: libvirt says it itself for a network without DNS"
        yield network_problem("dns_options", text)
