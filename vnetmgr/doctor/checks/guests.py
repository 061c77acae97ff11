"""The guest's side, as its agent tells it: a driver, a link that is up, an address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.doctor.check import Found, Remedy, Row, shell_command
from vnetmgr.doctor.segment import agent_addresses
from vnetmgr.model.path.finding import Layer, Status
from vnetmgr.model.qemu.models import NIC_MODELS
from vnetmgr.model.sources import TAPS

if TYPE_CHECKING:
    from vnetmgr.doctor.check import Subject
    from vnetmgr.model.path.domains import GuestLink

_FAILED = frozenset({"failed", "incomplete"})


def _running(subject: Subject) -> bool:
    return subject.live is not None and subject.domain.running


def _in_guest(*words: str) -> Remedy:
    return Remedy(command=f"{shell_command(*words)}  # in the guest")


def _guest_links(subject: Subject) -> list[GuestLink]:
    """The guest's links that have the nic's MAC: the nic, and VLANs or a bridge on it."""
    mac = subject.any.mac
    return [each for each in subject.domain.agent or () if mac is not None and each.mac == mac]


def _driver(subject: Subject) -> Found | None:
    if _guest_links(subject):
        return None
    key, mac = subject.nic.key, subject.any.mac
    if not subject.domain.agent:
        return Found(cause="the guest's agent names no links at all", status=Status.NOT_CHECKED)
    if subject.nic.tx_packets is None:
        cause = f"no link of the guest has MAC {mac}, and whether it uses the nic was not seen"
        return Found(cause=cause, status=Status.NOT_CHECKED)
    if subject.nic.tx_packets:
        return Found(
            cause=f"the guest uses nic {key} under another MAC than {mac}", status=Status.INFO
        )
    model = subject.any.model or "unknown"
    known = NIC_MODELS.get(model)
    driver = known.driver if known is not None else None
    return Found(
        cause=f"the guest has no link with MAC {mac}: it has no driver for nic {key}, "
        f"model {model}",
        owner=f"the guest of domain {subject.domain.name}",
        remedy=_in_guest("modprobe", driver) if driver else None,
    )


def _link(subject: Subject) -> Found | None:
    """A guest's link that is up sends something, and has an address as soon as it is up where IPv6
    is on: fe80::. Of one that was up once the agent still tells its IPv4 addresses."""
    links = _guest_links(subject)
    tap, told = subject.tap, agent_addresses(subject)
    if not links or (tap is not None and not tap.up):
        return None  # nobody can tell: nothing that it sends arrives
    if not told:
        return _is_down(subject, links[0]) if subject.nic.tx_packets == 0 else None
    if any(each.version == 6 for each in told) or not _has_ipv6(subject, links):
        return None
    if _is_silent(subject):
        return _is_down(subject, links[0])
    return Found(
        cause=f"{links[0].name} in the guest of domain {subject.domain.name} has an IPv4 address "
        "and no link-local one, as links have that are up where IPv6 is on: --probe asks it",
        owner=f"the guest of domain {subject.domain.name}",
        status=Status.INFO,
    )


def _is_down(subject: Subject, link: GuestLink) -> Found:
    return Found(
        cause=f"{link.name} is down in the guest of domain {subject.domain.name}",
        owner=f"the guest of domain {subject.domain.name}",
        remedy=_in_guest("ip", "link", "set", link.name, "up"),
    )


def _has_ipv6(subject: Subject, links: list[GuestLink]) -> bool:
    """Whether other links of the guest have IPv6 addresses, be it the loopback alone."""
    names = {each.name for each in links}
    others = (each for each in subject.domain.agent or () if each.name not in names)
    return any(each.address.version == 6 for link in others for each in link.addresses)


def _is_silent(subject: Subject) -> bool:
    """Whether the host has asked for its addresses in vain, or its bridge has forgotten its MAC."""
    facts, mac, bridge = subject.facts, subject.any.mac, subject.bridge_name
    asked = [near.state for each in agent_addresses(subject) for near in facts.neighbour(each)]
    if asked:
        return all(state in _FAILED for state in asked)
    if facts.fdb is None or mac is None or bridge is None or subject.bridge is None:
        return False
    return not facts.behind(bridge, mac)


def _address(subject: Subject) -> Found | None:
    links = _guest_links(subject)
    told = agent_addresses(subject)
    if not links or any(not each.is_link_local for each in told):
        return None
    name, domain = links[0].name, subject.domain.name
    if not told and _has_ipv6(subject, links):
        return Found(
            cause=f"{name} in the guest of domain {domain} has no address, not even a link-local "
            "one: it is down there, or nothing gave it one",
            owner=f"the guest of domain {domain}",
            remedy=_in_guest("ip", "link", "set", name, "up"),
        )
    gave_up = [each for each in told if each.version == 4]  # 169.254/16: it gave itself
    why = f"gave itself {gave_up[0]}: no DHCP server answered" if gave_up else "has no address"
    return Found(
        cause=f"{name} in the guest of domain {domain} {why}",
        owner=f"the guest of domain {domain}",
        remedy=_in_guest("dhclient", name),
        status=Status.WARNING,
    )


def _silent(subject: Subject) -> Found | None:
    if subject.nic.tx_packets:
        return None
    return Found(
        cause=f"the guest has not sent a single frame by nic {subject.nic.key}",
        owner=f"the guest of domain {subject.domain.name}",
    )


ROWS = (
    Row(
        "guest-no-driver",
        Layer.GUEST,
        Status.BROKEN,
        _driver,
        "the guest has a link with the nic's MAC",
        needs=("domains.agent",),
        applies=_running,
    ),
    Row(
        "guest-link-down",
        Layer.GUEST,
        Status.BROKEN,
        _link,
        "the guest's link shows signs of being up",
        needs=("domains.agent",),
        applies=lambda subject: (
            _running(subject) and (subject.domain.agent is None or bool(_guest_links(subject)))
        ),
    ),
)

LATER_ROWS = (
    Row(
        "guest-no-address",
        Layer.ADDRESS,
        Status.BROKEN,
        _address,
        "the guest has an address",
        needs=("domains.agent",),
        applies=_running,
    ),
    Row(
        "guest-silent",
        Layer.GUEST,
        Status.INFO,
        _silent,
        "the guest has sent frames",
        needs=("nics.tx_packets",),
        applies=lambda subject: _running(subject) and subject.any.source.mode in TAPS,
    ),
)
"""Symptoms: whatever is wrong on the way brings them about."""
