"""The addresses of guests that tell nobody: of the host's neighbour table, or asked for by ARP."""

from __future__ import annotations

from ipaddress import IPv4Network, ip_address
from typing import TYPE_CHECKING

from vnetmgr.errors import NoAnswerError, VnetError
from vnetmgr.local.path.asking import Asked, objects
from vnetmgr.local.path.routes import NEIGHBOURS, parse_neighbours
from vnetmgr.local.routes import read_routes
from vnetmgr.model.address import Address, Origin

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from ipaddress import IPv4Address

    from vnetmgr.model.address import AddressBook
    from vnetmgr.model.dhcp import IpAddress
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.path.probe import ArpAnswer
    from vnetmgr.model.seen.observed import HostRoute, Observed
    from vnetmgr.model.values import Mac

# That nobody has answered by; include/uapi/linux/neighbour.h.
_NOBODY = frozenset({"failed", "incomplete", "none", "noarp"})
_MOST = 1024
"""Of a subnet: so many addresses are asked for."""


def hear_neighbours(
    observed: Observed, book: AddressBook, notes: list[str], *, probe: bool
) -> AddressBook:
    """What is known of addresses, with what this machine's neighbours say where a guest on a bridge
    has no agent that does. What could not be asked is noted."""
    nics = list(_quiet(observed, book))
    if not nics:
        return book
    asked = Asked()
    found = asked.part("neighbours", "ip", lambda: parse_neighbours(objects(NEIGHBOURS))) or ()
    notes += (f"the host's neighbour table was not read: {each.why}" for each in asked.unseen)
    routes = read_routes().routes
    book = book.with_more(
        _address(each.mac, each.address, each.link, routes)
        for each in found
        if each.mac is not None and each.state not in _NOBODY
    )
    if not probe:
        return book
    return book.with_more(
        _address(mac, answer.address, bridge, routes)
        for bridge, answer in _probe(nics, book, routes, notes)
        for mac in answer.macs
    )


def _quiet(observed: Observed, book: AddressBook) -> Iterator[Nic]:
    """The running nics on a bridge whose agent says nothing of them."""
    for domain in observed.domains:
        for live in filter(None, (seen.live for seen in domain.nics)):
            told = any(each.origin is Origin.AGENT for each in book.of(live))
            if live.bridge is not None and live.target is not None and not told:
                yield live


def _address(mac: Mac, address: IpAddress, link: str, routes: Iterable[HostRoute]) -> Address:
    prefixes = [each.network.prefixlen for each in routes if _leads_to(each, link, address)]
    alone = 64 if address.is_link_local and address.version == 6 else address.max_prefixlen
    return Address(
        address=str(address),
        prefix=max(prefixes, default=alone),
        mac=mac,
        origin=Origin.ARP,
        bridge=link,
    )


def _leads_to(route: HostRoute, link: str, address: IpAddress) -> bool:
    same = route.link == link and not route.is_address
    return same and route.network.version == address.version and address in route.network


def _probe(
    nics: Iterable[Nic], book: AddressBook, routes: Iterable[HostRoute], notes: list[str]
) -> Iterator[tuple[str, ArpAnswer]]:
    """(bridge, answer) of those whose nics have no IPv4 address that is known."""
    from vnetmgr.local.probe.arp import probe_arp

    silent = {
        nic.bridge
        for nic in nics
        if nic.bridge and all(ip_address(each.address).version == 6 for each in book.of(nic))
    }
    for bridge in sorted(silent):
        wanted = list(_addresses_on(bridge, routes))
        if not wanted:
            notes.append(
                f"bridge {bridge} was not probed: this host has no address there that tells of a "
                f"subnet of {_MOST} addresses or fewer"
            )
            continue
        try:
            for answer in probe_arp(bridge, wanted):
                yield bridge, answer
        except NoAnswerError:
            raise
        except VnetError as error:
            notes.append(f"bridge {bridge} was not probed: {error.text}")


def _addresses_on(bridge: str, routes: Iterable[HostRoute]) -> Iterator[IPv4Address]:
    """Those that a guest there may have."""
    for each in routes:
        subnet = each.network
        if each.link == bridge and not each.is_address and isinstance(subnet, IPv4Network):
            yield from subnet.hosts() if subnet.num_addresses <= _MOST else ()
