"""`doctor --probe`: a probe for each place where a nic stands that was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.doctor.check import Subject
from vnetmgr.doctor.places import known_addresses, near_addresses, place_of
from vnetmgr.local.probe.probe import Questions, probe_all
from vnetmgr.model.path.probe import PROBE_MAC
from vnetmgr.model.record import replace

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ipaddress import IPv4Address

    from vnetmgr.model.path.facts import PathFacts
    from vnetmgr.model.path.probe import ProbePlace

_GUESTS = frozenset({"tun", "veth", "macvtap"})
_MOST_ADDRESSES = 256


def with_probes(facts: PathFacts) -> PathFacts:
    """The facts with what the probes see now. It takes seconds, and nothing of it is left."""
    without = tuple(each for each in facts.unseen if each.part != "probes")
    return replace(facts, probes=probe_all(questions(facts)), unseen=without)


def questions(facts: PathFacts) -> tuple[Questions, ...]:
    """What each probe is to ask: guests in one place have one."""
    known: dict[ProbePlace, set[IPv4Address]] = {}
    for subject in _subjects(facts):
        place = place_of(subject)
        if place is not None:
            near = near_addresses(facts, place.bridge)
            known.setdefault(place, set()).update(known_addresses(subject), near)
    return tuple(
        Questions(place=place, addresses=tuple(sorted(addresses)[:_MOST_ADDRESSES]))
        for place, addresses in sorted(known.items(), key=lambda each: repr(each[0]))
    )


def warnings(facts: PathFacts) -> tuple[str, ...]:
    """What to know before: a switch may count MACs."""
    bridges = sorted({each.place.bridge for each in questions(facts)})
    return tuple(
        f"bridge {bridge} leads to {link.name}: a switch there sees the probe's MAC {PROBE_MAC}; "
        "one with port security may mind a MAC that it does not know"
        for bridge in bridges
        for link in facts.ports(bridge)
        if link.kind not in _GUESTS
    )


def _subjects(facts: PathFacts) -> Iterator[Subject]:
    for name in sorted(facts.asked):
        domain = facts.domain(name)
        if domain is not None:
            for nic in domain.nics:
                yield Subject(facts=facts, domain=domain, nic=nic)
