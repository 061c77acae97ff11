"""Overlays: whether they lead out, and nobody else has their addresses there."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.doctor.check import Found, Remedy, Row, needed
from vnetmgr.doctor.checks.overlays import northbound_of, on_overlay
from vnetmgr.doctor.segment import overlay_of
from vnetmgr.model.names import joined
from vnetmgr.model.nic import Mode
from vnetmgr.model.path.finding import Layer, Status
from vnetmgr.planner.overlays.overlaps import hosts_own, other_routers, overlaps_outside

if TYPE_CHECKING:
    from vnetmgr.doctor.check import Subject
    from vnetmgr.model.dhcp import IpInterface
    from vnetmgr.model.network import Network
    from vnetmgr.model.overlay.northbound import Northbound


def _has_way_out(subject: Subject) -> bool:
    network = overlay_of(subject)
    return network is not None and network.external is not None


def _seen(subject: Subject) -> tuple[Network, Northbound]:
    """The overlay, and OVN's northbound database."""
    return needed(overlay_of(subject)), northbound_of(subject)


def _address_taken(subject: Subject) -> Found | None:
    network, northbound = _seen(subject)
    taken = tuple(other_routers(network, northbound))
    return _two_answer(network, taken, f"OVN's northbound database {northbound.at}")


def _host_has_address(subject: Subject) -> Found | None:
    network = needed(overlay_of(subject))
    links = subject.facts.links or ()
    has = ((each.address, link.name) for link in links for each in link.addresses)
    taken = tuple(hosts_own(network, subject.facts.overlays.chassis, has))
    return _two_answer(network, taken, f"network {network.name}")


def _two_answer(
    network: Network, taken: tuple[tuple[IpInterface, str], ...], owner: str
) -> Found | None:
    if not taken:
        return None
    what = "; ".join(f"{address.ip} is {whose} as well" for address, whose in taken)
    command = str(Command("update-network", network.name, "--external-address"))
    return Found(
        cause=f"on {network.external} two answer for what its packets leave with: {what}",
        owner=owner,
        remedy=Remedy(command=f"{command} ADDRESS/PREFIX  # that nobody else has"),
    )


def _no_way_out(subject: Subject) -> Found | None:
    network, southbound = needed(overlay_of(subject)), needed(subject.facts.overlays.southbound)
    external = network.external or ""
    known = [each for each in southbound.chassis if each.name in network.external_hosts]
    if any(external in each.physical_networks for each in known):
        return None
    hosts = joined([each.label for each in known] or network.external_hosts)
    if known:
        where = Command("join-overlay", "--bridge-mapping", f"{external}:BRIDGE")
        return Found(
            cause=f"guests have no way out: its router is on {hosts}, without a bridge to "
            f"{external} (ovn-bridge-mappings)",
            owner=f"Open vSwitch on {hosts}",
            remedy=Remedy(command=f"{where}  # there, with the bridge that leads to it"),
        )
    update = Command("update-network", network.name, "--external-host")
    return Found(
        cause=f"guests have no way out: OVN has no host {hosts}, which its router is to be on",
        owner=f"OVN's southbound database {southbound.at}",
        remedy=Remedy(command=f"{update} HOST  # one that has joined OVN"),
    )


def _subnet_taken(subject: Subject) -> Found | None:
    network, northbound = _seen(subject)
    for nic in subject.domain.nics:
        source = nic.nic.source
        other = subject.facts.network(source.name or "") if source.mode is Mode.NETWORK else None
        if other is None or other.name == network.name:
            continue
        for mine, theirs in product(network.subnets, other.network.subnets):
            if mine.overlaps(theirs):
                return Found(
                    cause=f"the guest has a nic on network {other.name} as well, whose subnet "
                    f"{theirs} overlaps {mine}: what is for one of both can leave by the other",
                    owner=f"network {network.name}",
                )
    for mine, theirs, name in overlaps_outside(network, northbound):
        return Found(
            cause=f"its subnet {mine} overlaps {theirs} of overlay {name}, which has the same way "
            "out: their guests cannot reach one another",
            owner=f"network {network.name}",
            status=Status.INFO,
        )
    return None


_NORTHBOUND = "overlays.northbound"
_NEEDS = (_NORTHBOUND,)

ROWS = (
    Row(
        "overlay-address-taken",
        Layer.OVERLAY,
        Status.BROKEN,
        _address_taken,
        "no other overlay leaves with its addresses",
        needs=_NEEDS,
        applies=_has_way_out,
    ),
    Row(
        "overlay-address-here",
        Layer.OVERLAY,
        Status.BROKEN,
        _host_has_address,
        "this host has none of its router's addresses",
        needs=(_NORTHBOUND, "overlays.chassis", "links"),
        applies=_has_way_out,
    ),
    Row(
        "overlay-no-way-out",
        Layer.OVERLAY,
        Status.BROKEN,
        _no_way_out,
        "its router is on a host that leads out",
        needs=(_NORTHBOUND, "overlays.southbound"),
        applies=_has_way_out,
    ),
    Row(
        "overlay-subnet-taken",
        Layer.OVERLAY,
        Status.WARNING,
        _subnet_taken,
        "its subnet is its own where it leads",
        needs=_NEEDS,
        applies=on_overlay,
    ),
)
