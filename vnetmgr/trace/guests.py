"""What is known of guests' addresses, and whose a MAC is."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING

from vnetmgr.doctor.segment import addresses, overlay_of, own_network

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.doctor.check import Subject
    from vnetmgr.model.dhcp import IpAddress, IpNetwork
    from vnetmgr.model.overlay.northbound import LogicalPort
    from vnetmgr.model.path.domains import DomainFacts, NicFacts
    from vnetmgr.model.path.facts import PathFacts
    from vnetmgr.model.values import Mac


def addresses_of(subject: Subject) -> tuple[IpAddress, ...]:
    """A guest's addresses: its agent's word, its lease, what the host's neighbour table has for
    its MAC, what is reserved for it."""
    told, mac = addresses(subject) or of_port(subject), subject.any.mac
    if told or mac is None:
        return told
    near = [each for each in subject.facts.neighbours_of(mac) if not each.address.is_link_local]
    if near:
        return tuple(sorted({each.address for each in near}, key=lambda a: (a.version, a)))
    network = subject.network
    kept = network.network.reservations if network else ()
    return tuple(each.address for each in kept if each.mac == mac)


def own_port(subject: Subject) -> LogicalPort | None:
    """The nic's logical port, if it is known."""
    northbound, live = subject.facts.overlays.northbound, subject.live
    return northbound.port(live.interface_id) if northbound is not None and live else None


def of_port(subject: Subject) -> tuple[IpAddress, ...]:
    """The addresses of the nic's logical port, by which OVN's DHCP gives them."""
    port = own_port(subject)
    return () if port is None else port.addresses


def source_of(subject: Subject, version: int) -> IpAddress | None:
    """The address that it sends from."""
    found = (each for each in addresses_of(subject) if each.version == version)
    return next(found, None)


def networks_of(subject: Subject) -> Iterator[IpNetwork]:
    """What is on the guest's LAN, by what is known of it here."""
    network, mac = own_network(subject), subject.any.mac
    yield from network.subnets if network else ()
    overlay = overlay_of(subject)
    yield from overlay.subnets if overlay else ()
    for link in subject.domain.agent or ():
        if link.mac == mac is not None:
            for told in link.addresses:
                yield ip_network(f"{told.address}/{told.prefix}", strict=False)
    bridge = subject.bridge
    for each in bridge.addresses if bridge else ():
        yield ip_network(f"{each.address}/{each.prefix}", strict=False)


def on_lan(subject: Subject, address: IpAddress) -> bool:
    """Whether an address is on the guest's LAN."""
    return any(each.version == address.version and address in each for each in networks_of(subject))


def mac_of(facts: PathFacts, address: IpAddress, bridge: str) -> Mac | None:
    """Who has an address on a bridge: a guest that is known by it, or a neighbour of the host's."""
    from vnetmgr.doctor.check import Subject

    for domain, nic in facts.on_bridge(bridge):
        if address in addresses_of(Subject(facts=facts, domain=domain, nic=nic)):
            return nic.nic.mac
    near = (each for each in facts.neighbour(address) if each.link == bridge)
    return next((each.mac for each in near if each.mac), None)


def port_of(facts: PathFacts, mac: Mac, bridge: str) -> str | None:
    """The port of a bridge that a MAC is behind: a guest's tap, or where the bridge has seen it."""
    for _, nic in facts.with_mac(mac):
        tap = facts.link(nic.live.target if nic.live else None)
        if tap is not None and tap.master == bridge:
            return tap.name
    return next((each.link for each in facts.behind(bridge, mac) if not each.own), None)


def owner_of_tap(facts: PathFacts, link: str) -> tuple[DomainFacts, NicFacts] | None:
    """The running nic behind a link."""
    for domain in facts.domains:
        for nic in domain.nics:
            if nic.live is not None and nic.live.target == link and domain.running:
                return domain, nic
    return None
