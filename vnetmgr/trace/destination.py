"""`DESTINATION[:PORT][/tcp|udp|icmp]`, and what of it is an address."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, NamedTuple

from vnetmgr.doctor.check import Subject
from vnetmgr.doctor.segment import overlay_of, own_network
from vnetmgr.errors import UsageError
from vnetmgr.model.nic import Mode
from vnetmgr.trace.guests import addresses_of
from vnetmgr.trace.routing import default_route

if TYPE_CHECKING:
    from vnetmgr.model.dhcp import IpAddress
    from vnetmgr.model.path.facts import PathFacts

GATEWAY = "gateway"
USER_GATEWAY = IPv4Address("10.0.2.2")
"""Of QEMU's user mode: what it makes of it is the host's own loopback."""
_PROTOCOLS = ("tcp", "udp", "icmp")
_FORM = re.compile(r"(?:\[(?P<six>[^\]\s]*)\]|(?P<name>[^\[\]:/\s]+))(?::(?P<port>[^/:]*))?")
_HINT = (
    "write 192.0.2.1, 192.0.2.1:443, [2001:db8::1]:53/udp, gateway, the name of another domain, "
    "or of a host that a network's DNS or DHCP knows"
)


class Destination(NamedTuple):
    """What is asked for."""

    text: str
    """An address, `gateway`, or a name."""
    port: int | None
    protocol: str

    @property
    def address(self) -> IpAddress | None:
        """Where that is one."""
        try:
            return ip_address(self.text)
        except ValueError:
            return None


def parse_destination(text: str) -> Destination:
    """What a word means. Without a protocol: TCP where there is a port, a ping where there is none.
    Raises UsageError."""
    whole, slash, protocol = text.rpartition("/")
    if not slash:
        whole, protocol = text, ""
    if slash and protocol not in _PROTOCOLS:
        raise UsageError(f"{text!r}: {protocol!r} is none of tcp, udp, icmp", _HINT)
    name, port = _name_and_port(whole, text)
    protocol = protocol or ("icmp" if port is None else "tcp")
    if protocol == "icmp" and port is not None:
        raise UsageError(f"{text!r}: a ping has no port", _HINT)
    if protocol != "icmp" and port is None:
        raise UsageError(f"{text!r}: {protocol} needs a port", _HINT)
    return Destination(name, port, protocol)


def _name_and_port(whole: str, text: str) -> tuple[str, int | None]:
    if whole.count(":") > 1 and not whole.startswith("["):
        return _address(whole, text), None
    found = _FORM.fullmatch(whole)
    if found is None:
        raise UsageError(f"{text!r} is no destination", _HINT)
    port = found["port"]
    name = _address(found["six"], text) if found["six"] is not None else found["name"]
    return name, None if port is None else _port(port, text)


def _address(word: str, text: str) -> str:
    try:
        return str(IPv6Address(word))
    except ValueError:
        raise UsageError(f"{text!r}: {word!r} is no IPv6 address", _HINT) from None


def _port(word: str, text: str) -> int:
    if not (word.isascii() and word.isdigit() and 1 <= int(word[:6]) <= 65535):
        raise UsageError(f"{text!r}: {word!r} is no port from 1 to 65535", _HINT)
    return int(word)


def resolve(destination: Destination, subject: Subject) -> IpAddress | None:
    """The address; None: nobody here knows the name. Raises UsageError where a name that is known
    has no address."""
    address = destination.address
    if address is not None:
        return _usable(address)
    if destination.text == GATEWAY:
        return _gateway(subject)
    return (
        named(destination.text, subject.facts)
        or _of_domain(destination.text, subject.facts)
        or _on_overlay(destination.text, subject)
    )


def _on_overlay(name: str, subject: Subject) -> IpAddress | None:
    """Of a guest that may be on another host, by its domain's name or that which OVN's DNS has."""
    northbound = subject.facts.overlays.northbound
    overlay = overlay_of(subject)
    if not northbound or overlay is None:
        return None
    for port in northbound.ports_of(overlay.name):
        owner = port.owner
        if name in (port.dns_name, owner and owner.domain_name) and port.addresses:
            return port.addresses[0]
    return None


def _usable(address: IpAddress) -> IpAddress:
    scoped = isinstance(address, IPv6Address) and address.scope_id is not None
    if address.is_multicast or address.is_unspecified or scoped:
        raise UsageError(f"{address} is no address of one machine", _HINT)
    return address


def _gateway(subject: Subject) -> IpAddress:
    found = gateway_of(subject, 4) or gateway_of(subject, 6)
    if found is None:
        raise UsageError(
            f"the gateway of {subject.domain.name}/{subject.nic.key} is not known here",
            "give its address",
        )
    return found


def gateway_of(subject: Subject, version: int) -> IpAddress | None:
    """Whom a guest sends to what is not on its LAN: its network's host, or the router that this
    host uses on the same LAN."""
    network = own_network(subject) or overlay_of(subject)
    if network is not None:
        return next((each for each in network.gateways if each.version == version), None)
    if subject.any.source.mode is Mode.USER:
        return USER_GATEWAY if version == 4 else None
    route = default_route(subject.facts, version)
    if route is None:
        return None
    lan = subject.bridge_name or subject.any.source.name
    return next((hop.via for hop in route.hops if hop.link == lan), None)


def named(name: str, facts: PathFacts) -> IpAddress | None:
    """By a network's DNS, reservations or leases."""
    for each in facts.networks:
        network = each.network
        for record in network.records:
            if record.address is not None and record.name == name:
                return record.address
        for reservation in network.reservations:
            if reservation.hostname == name:
                return reservation.address
    leases = facts.leases or ()
    leased = next((each.address for each in leases if each.hostname == name), None)
    return leased or _below_a_domain(name, facts)


def _below_a_domain(name: str, facts: PathFacts) -> IpAddress | None:
    """By the wildcard that fits best."""
    records = (record for each in facts.networks for record in each.network.records)
    fitting = [record for record in records if record.covers(name)]
    return max(fitting, key=lambda record: len(record.name)).address if fitting else None


def _of_domain(name: str, facts: PathFacts) -> IpAddress | None:
    domain = facts.domain(name)
    if domain is None:
        return None
    for nic in domain.nics:
        for address in addresses_of(Subject(facts=facts, domain=domain, nic=nic)):
            return address
    raise UsageError(
        f"no address of domain {name} is known: no lease, no agent, no neighbour entry",
        "give its address",
    )
