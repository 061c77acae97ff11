"""The nic as the guest was given it: its link, its rates, whether its MAC is its alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.doctor.check import Found, Remedy, Row, may_be_unread, running
from vnetmgr.doctor.segment import outward, uplinks
from vnetmgr.model.desired import Desired, NicWant
from vnetmgr.model.intent import Intent
from vnetmgr.model.nic import NicPatch
from vnetmgr.model.path.finding import Layer, Status
from vnetmgr.planner.allocate import derive_mac

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.doctor.check import Subject
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.path.domains import DomainFacts, NicFacts

_SLOW_KILOBYTES = 128
"""About a megabit per second: below it, whoever is behind it thinks that the network is broken."""


def _link(subject: Subject) -> Found | None:
    if subject.any.link != "down":
        return None
    domain, key = subject.domain.name, subject.nic.key
    want = NicWant(domain=domain, nic=key, intent=Intent.UPDATE, patch=NicPatch(link="up"))
    return Found(
        cause=f"the link of nic {key} is down in domain {domain}",
        owner=f"domain {domain}: <link state='down'/>",
        remedy=Remedy(
            command=str(Command("update-nic", domain, key, "--link", "up")),
            desired=Desired(nics=(want,)),
        ),
    )


def _same_mac(subject: Subject) -> Found | None:
    live = subject.live
    if live is None or live.mac is None:
        return None
    others = [each for each in subject.facts.with_mac(live.mac) if each[1] is not subject.nic]
    beside = [each for each in others if _is_beside(subject, live, each[1])]
    if not beside:
        return may_be_unread(subject)
    labels = ", ".join(sorted(f"{domain.name}/{nic.key}" for domain, nic in beside))
    return Found(
        cause=f"MAC {live.mac} is also that of {labels}, on the same segment",
        owner=labels,
        remedy=Remedy(command=_another_mac(subject, beside[0])),
    )


def _is_beside(subject: Subject, live: Nic, other: NicFacts) -> bool:
    """Whether frames of both meet: on one bridge, or behind what it is joined to."""
    there = other.live
    if there is None or live.vlan != there.vlan:
        return False
    places = {subject.bridge_name, *(each.name for each in outward(subject))} - {None}
    place = there.bridge or (
        None if there.source.mode is not live.source.mode else there.source.name
    )
    return (place is not None and place in places) or live.source == there.source


def _another_mac(subject: Subject, other: tuple[DomainFacts, NicFacts]) -> str:
    """Of two one has to change: the one that this is not about keeps its leases, where the other
    is whoever was asked about."""
    domain, nic = other
    taken = {mac for each in subject.facts.domains for found in each.nics for mac in found.macs}
    mac = derive_mac(domain.uuid, nic.key, taken)
    words = ("update-nic", domain.name, nic.key, "--mac", str(mac), "--allow", "replug")
    return str(Command(*words))


def _rate(subject: Subject) -> Found | None:
    nic, key = subject.any, subject.nic.key
    rates = [
        (name, bandwidth.average)
        for name, bandwidth in (("inbound", nic.inbound), ("outbound", nic.outbound))
        if bandwidth is not None and bandwidth.average is not None
    ]
    slow = [(name, rate) for name, rate in rates if rate.kilobytes_per_s < _SLOW_KILOBYTES]
    if not slow:
        return None
    limits = " and ".join(f"{name} to {rate}" for name, rate in slow)
    clear = [word for name, _ in slow for word in (f"--{name}", "none")]
    return Found(
        cause=f"nic {key} is limited: {limits}",
        owner=f"domain {subject.domain.name}: <bandwidth>",
        remedy=Remedy(command=str(Command("update-nic", subject.domain.name, key, *clear))),
    )


def _macs_of_the_host(subject: Subject) -> Iterator[str]:
    """The host's links that have the guest's MAC, where frames to it would end."""
    if subject.bridge is not None:
        yield from (
            link.name
            for link in (subject.bridge, *uplinks(subject))
            if link.mac is not None and link.mac == subject.any.mac
        )


def _mac_of_host(subject: Subject) -> Found | None:
    links = sorted(_macs_of_the_host(subject))
    if not links:
        return None
    owner = (subject.domain, subject.nic)
    return Found(
        cause=f"MAC {subject.any.mac} is also that of the host's link {links[0]}: the host takes "
        "the guest's frames for its own",
        owner=f"link {links[0]}",
        remedy=Remedy(command=_another_mac(subject, owner)),
    )


ROWS = (Row("link-down", Layer.LINK, Status.BROKEN, _link, "the nic's link is up in the domain"),)

MAC_ROWS = (
    Row(
        "mac-duplicate",
        Layer.BRIDGE,
        Status.BROKEN,
        _same_mac,
        "no other running guest on its segment has its MAC",
        applies=running,
    ),
    Row(
        "mac-of-host",
        Layer.BRIDGE,
        Status.BROKEN,
        _mac_of_host,
        "no link of the host has its MAC",
        needs=("links",),
        applies=lambda subject: running(subject) and subject.bridge_name is not None,
    ),
)

LATER_ROWS = (Row("rate-limit", Layer.DEVICE, Status.INFO, _rate, "no rate below 1 Mbit/s is set"),)
