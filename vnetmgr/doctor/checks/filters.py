"""libvirt's network filters on a nic: whether they are there, and whether they do anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.doctor.check import Found, Remedy, Row
from vnetmgr.doctor.segment import is_switched
from vnetmgr.model.path.finding import Layer, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.doctor.check import Subject
    from vnetmgr.model.path.networks import FilterFacts, FilterRule

# Rules of these are ebtables': bridges obey them by themselves. All others are iptables', which
# bridged frames only pass where br_netfilter sends them there.
_BY_THE_BRIDGE = frozenset({"mac", "vlan", "stp", "arp", "rarp", "ip", "ipv6"})


def _has_filter(subject: Subject) -> bool:
    return subject.any.filter is not None


def _by_name(subject: Subject) -> dict[str, FilterFacts]:
    return {each.name: each for each in subject.facts.filters or ()}


def _missing(subject: Subject) -> Found | None:
    name = subject.any.filter or ""
    known = _by_name(subject)
    lost = next((each for each in _included(name, known) if each not in known), None)
    if lost is None:
        return None
    via = "" if lost == name else f", which filter {name} includes"
    return Found(
        cause=f"there is no filter {lost}{via}: libvirt does not start the nic",
        owner="libvirt",
        remedy=_without(subject),
    )


def _included(name: str, known: dict[str, FilterFacts]) -> Iterator[str]:
    """A filter, and all that it includes, each once."""
    ahead, seen = [name], set()
    while ahead:
        each = ahead.pop(0)
        if each in seen:
            continue
        seen.add(each)
        yield each
        ahead += known[each].refs if each in known else ()


def _rules(subject: Subject) -> list[FilterRule]:
    known = _by_name(subject)
    names = _included(subject.any.filter or "", known)
    return [rule for name in names if name in known for rule in known[name].rules]


def _void(subject: Subject) -> Found | None:
    """With the switches at 0 libvirt loads the rules, and no packet ever comes by them."""
    routed = [each for each in _rules(subject) if each.protocol not in _BY_THE_BRIDGE]
    for is_v6, program in ((False, "iptables"), (True, "ip6tables")):
        own = [each for each in routed if each.protocol.endswith("-ipv6") is is_v6]
        if own and not _passes(subject, program):
            key = f"net.bridge.bridge-nf-call-{program}"
            return Found(
                cause=f"filter {subject.any.filter} filters no {own[0].protocol}: {key} is 0, and "
                f"bridged packets do not pass {program}",
                owner=f"sysctl {key}",
                remedy=Remedy(command=f"modprobe br_netfilter && sysctl -w {key}=1"),
            )
    return None


def _passes(subject: Subject, program: str) -> bool:
    sysctls, bridge = subject.facts.sysctls or {}, subject.bridge
    own = bridge.bridge if bridge is not None else None
    switched = own is not None and getattr(own, f"nf_call_{program}")
    return bool(sysctls.get(f"net/bridge/bridge-nf-call-{program}")) or switched


def _without(subject: Subject) -> Remedy:
    words = ("update-nic", subject.domain.name, subject.nic.key, "--filter", "none")
    return Remedy(command=str(Command(*words)))


ROWS = (
    Row(
        "filter-missing",
        Layer.FILTER,
        Status.BROKEN,
        _missing,
        "its filter is there",
        needs=("filters",),
        applies=_has_filter,
    ),
    Row(
        "filter-void",
        Layer.FILTER,
        Status.WARNING,
        _void,
        "bridged packets pass its filter",
        needs=("filters", "sysctls", "links"),
        applies=lambda subject: is_switched(subject) and _has_filter(subject),
    ),
)
