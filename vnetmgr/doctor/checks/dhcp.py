"""The DHCP and DNS server of a network of libvirt's: alive, and with addresses to give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.doctor.check import Found, Remedy, Row
from vnetmgr.doctor.remedies import restart
from vnetmgr.doctor.segment import addresses, on_own_network, own_network
from vnetmgr.model.path.finding import Layer, Status

if TYPE_CHECKING:
    from vnetmgr.doctor.check import Subject
    from vnetmgr.model.dhcp import IpAddress
    from vnetmgr.model.network import Network


def _has_server(subject: Subject) -> bool:
    """libvirt runs one for each network that has an address, and something to say there."""
    network = own_network(subject)
    return on_own_network(subject) and network is not None and network.has_server


def _gives_addresses(subject: Subject) -> bool:
    """Leases are those of networks that nics name."""
    network = own_network(subject)
    named = subject.network is not None
    return named and on_own_network(subject) and network is not None and bool(network.dhcp_ranges)


def _dead(subject: Subject) -> Found | None:
    network = own_network(subject)
    if network is None:
        return None
    found = [each for each in subject.facts.dnsmasqs or () if each.network == network.name]
    if any(each.pid is not None for each in found):
        return None
    return Found(
        cause=f"the dnsmasq of network {network.name} does not run: nobody answers DHCP and DNS",
        owner=f"libvirt's network {network.name}",
        remedy=restart(network.name),
    )


def _exhausted(subject: Subject) -> Found | None:
    network = own_network(subject)
    if network is None or not any(each.start.version == 4 for each in network.dhcp_ranges):
        return None
    size, taken = _pool(subject, network)
    if len(taken) < size:
        return None
    has_one = any(each.version == 4 for each in addresses(subject)) or any(
        each.mac == subject.any.mac for each in network.reservations
    )
    return Found(
        cause=f"all {size} addresses that network {network.name} gives by DHCP are taken",
        owner=f"libvirt's network {network.name}",
        remedy=Remedy(
            command=str(Command("update-network", network.name))
            + " --dhcp-range FIRST-LAST  # a longer one"
        ),
        status=Status.WARNING if has_one else None,
    )


def _pool(subject: Subject, network: Network) -> tuple[int, set[IpAddress]]:
    """How many IPv4 addresses the ranges have, and those of them that no new guest gets."""
    ranges = [each for each in network.dhcp_ranges if each.start.version == 4]
    size = sum(int(each.end) - int(each.start) + 1 for each in ranges)
    leased = (
        each.address
        for each in subject.facts.leases or ()
        if each.network == network.name
        and (each.expires_s is None or each.expires_s > subject.facts.taken_s)
    )
    reserved = (each.address for each in network.reservations)
    every = {*leased, *reserved, *network.gateways}
    return size, {each for each in every if any(each in one for one in ranges)}


def _no_lease(subject: Subject) -> Found | None:
    network, mac = own_network(subject), subject.any.mac
    if network is None or mac is None or addresses(subject):
        return None
    return Found(
        cause=f"the guest has no lease of network {network.name}: it has not asked, or has an "
        "address of its own",
        owner=f"the guest of domain {subject.domain.name}",
    )


def _no_dns(subject: Subject) -> Found | None:
    network = own_network(subject)
    if network is None or network.dns is not False:
        return None
    return Found(
        cause=f"network {network.name} has its DNS off: it names no DNS server to its guests, and "
        "answers none",
        owner=f"libvirt's network {network.name}",
    )


ROWS = (
    Row(
        "dnsmasq-dead",
        Layer.DHCP,
        Status.BROKEN,
        _dead,
        "its network's dnsmasq runs",
        needs=("dnsmasqs",),
        applies=_has_server,
    ),
    Row(
        "dhcp-pool-exhausted",
        Layer.DHCP,
        Status.BROKEN,
        _exhausted,
        "its network has addresses to give",
        needs=("leases",),
        applies=_gives_addresses,
    ),
)

LATER_ROWS = (
    Row(
        "dhcp-no-lease",
        Layer.DHCP,
        Status.INFO,
        _no_lease,
        "the guest has a lease",
        needs=("leases",),
        applies=lambda subject: _gives_addresses(subject) and subject.domain.running,
    ),
    Row(
        "network-dns-off",
        Layer.DNS,
        Status.INFO,
        _no_dns,
        "its network answers DNS",
        applies=on_own_network,
    ),
)
