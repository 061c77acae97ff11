"""The libvirt network that a nic is on: whether it is there, runs, and has its addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.doctor.check import Found, Remedy, Row, shell_command
from vnetmgr.doctor.remedies import network_want, restart
from vnetmgr.doctor.segment import on_own_network, own_network
from vnetmgr.model.desired import Desired
from vnetmgr.model.dhcp import LIBVIRTS_METRIC
from vnetmgr.model.names import joined
from vnetmgr.model.nic import Mode
from vnetmgr.model.path.finding import Layer, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.doctor.check import Subject
    from vnetmgr.model.dhcp import IpNetwork, Route
    from vnetmgr.model.network import Network


def _on_network(subject: Subject) -> bool:
    return subject.any.source.mode is Mode.NETWORK


def _on_known_network(subject: Subject) -> bool:
    return subject.network is not None


def _missing(subject: Subject) -> Found | None:
    if subject.network is not None:
        return None
    name = subject.network_name or ""
    northbound = subject.facts.overlays.northbound
    found = [] if northbound is None else [*northbound.overlays_named(name)]
    if len(found) != 1:
        return Found(
            cause=f"there is no network {name}",
            owner="libvirt",
            remedy=Remedy(command=str(Command("create-network", name))),
        )
    (overlay,) = found
    others = f", for {joined(sorted(overlay.hosts))}" if overlay.hosts else ""
    return Found(
        cause=f"there is no network {name} on this host, and OVN has that overlay{others}",
        owner="libvirt",
        remedy=Remedy(command=str(Command(*overlay.join_words))),
    )


def _inactive(subject: Subject) -> Found | None:
    network = subject.network
    if network is None or network.active:
        return None
    what = "its taps have no bridge" if subject.live is not None else "the domain cannot start"
    return Found(
        cause=f"network {network.name} is not active: {what}",
        owner=f"libvirt's network {network.name}",
        remedy=Remedy(
            command=str(Command("start-network", network.name)),
            desired=Desired(networks=(network_want(network.name, running=True),)),
        ),
    )


def _no_autostart(subject: Subject) -> Found | None:
    network = subject.network
    if network is None or network.autostart or network.config is None:
        return None  # a transient one cannot
    return Found(
        cause=f"network {network.name} does not start with the host: after a reboot its guests "
        "have none",
        owner=f"libvirt's network {network.name}",
        remedy=Remedy(
            command=str(Command("update-network", network.name, "--autostart")),
            desired=Desired(networks=(network_want(network.name, autostart=True),)),
        ),
    )


def _overlap(subject: Subject) -> Found | None:
    """Another way for what is the network's: the same subnet, or a part of it. A wider one (a VPN's
    10.0.0.0/8) loses against it."""
    network = subject.network
    if network is None:
        return None
    found = next(_other_ways(subject, network.network), None)
    if found is None:
        return None
    subnet, destination, link = found
    return Found(
        cause=f"subnet {subnet} of network {network.name} overlaps the host's route to "
        f"{destination} by {link}",
        owner=f"route to {destination} by {link}",
        remedy=Remedy(
            command=str(Command("update-network", network.name))
            + " --subnet 192.168.X.0/24 --allow restart  # one that is free"
        ),
    )


def _other_ways(subject: Subject, network: Network) -> Iterator[tuple[IpNetwork, IpNetwork, str]]:
    for route in subject.facts.routes or ():
        links = [hop.link for hop in route.hops if hop.link not in (None, network.bridge)]
        if not links or route.table not in ("main", "local") or route.kind != "unicast":
            continue
        for subnet in network.subnets:
            inside = (
                route.destination.version == subnet.version
                and route.destination.prefixlen >= subnet.prefixlen
                and route.destination.overlaps(subnet)
            )
            if inside:
                yield subnet, route.destination, links[0] or ""


def _lost_addresses(subject: Subject) -> Found | None:
    network, bridge = own_network(subject), subject.bridge
    if network is None or bridge is None:
        return None
    present = {each.address for each in bridge.addresses}
    lost = [each for each in network.gateways if each not in present]
    if not lost:
        return None
    return Found(
        cause=f"bridge {bridge.name} has lost its address {lost[0]}, the guests' gateway",
        owner=f"libvirt's network {network.name}",
        remedy=restart(network.name),
    )


def _routes(subject: Subject) -> tuple[Route, ...]:
    network = own_network(subject)
    return () if network is None else network.routes


def _lost_route(subject: Subject) -> Found | None:
    """libvirt starts a network all the same where the kernel takes a route of its not."""
    network, bridge = own_network(subject), subject.bridge
    if network is None or bridge is None:
        return None
    there = {
        (route.destination, hop.via, hop.link)
        for route in subject.facts.routes or ()
        for hop in route.hops
    }
    found = (each for each in network.routes if (each.subnet, each.via, bridge.name) not in there)
    lost = next(found, None)
    if lost is None:
        return None
    way = ("ip", "route", "replace", lost.subnet, "via", lost.via, "dev", bridge.name)
    metric = lost.metric or LIBVIRTS_METRIC
    return Found(
        cause=f"the host has no route to {lost.subnet} via {lost.via}, as network {network.name} "
        "says",
        owner=f"libvirt's network {network.name}",
        remedy=Remedy(command=shell_command(*map(str, way), "metric", str(metric))),
    )


ROWS = (
    Row(
        "network-missing",
        Layer.NETWORK,
        Status.BROKEN,
        _missing,
        "its network is there",
        applies=_on_network,
    ),
    Row(
        "subnet-overlap",
        Layer.NETWORK,
        Status.BROKEN,
        _overlap,
        "no other route of the host leads into its network's subnets",
        needs=("routes",),
        applies=lambda subject: (
            subject.network is not None and bool(subject.network.network.subnets)
        ),
    ),
    Row(
        "network-inactive",
        Layer.NETWORK,
        Status.BROKEN,
        _inactive,
        "its network is active",
        applies=_on_known_network,
    ),
)

ADDRESS_ROWS = (
    Row(
        "gateway-address-lost",
        Layer.NETWORK,
        Status.BROKEN,
        _lost_addresses,
        "its network's bridge has its addresses",
        needs=("links",),
        applies=on_own_network,
    ),
)

LATER_ROWS = (
    Row(
        "network-route-lost",
        Layer.NETWORK,
        Status.WARNING,
        _lost_route,
        "the host has its network's routes",
        needs=("links", "routes"),
        applies=lambda subject: on_own_network(subject) and bool(_routes(subject)),
    ),
    Row(
        "network-no-autostart",
        Layer.NETWORK,
        Status.WARNING,
        _no_autostart,
        "its network starts with the host",
        applies=lambda subject: subject.network is not None and subject.network.config is not None,
    ),
)
