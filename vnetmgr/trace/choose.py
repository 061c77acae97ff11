"""Which nic is meant, and which address: from the words of the command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.doctor.check import Subject
from vnetmgr.doctor.targets import nics_of
from vnetmgr.errors import NotFoundError, RefusedError, UsageError
from vnetmgr.trace.destination import resolve
from vnetmgr.trace.follow import follow
from vnetmgr.trace.guests import addresses_of, on_lan

if TYPE_CHECKING:
    from vnetmgr.doctor.targets import Target
    from vnetmgr.model.path.facts import PathFacts
    from vnetmgr.model.path.trace import Trace
    from vnetmgr.trace.destination import Destination


def traced(facts: PathFacts, asked: Target, to: Destination) -> Trace:
    """The trace that is asked for. Raises VnetError for what does not exist, or is ambiguous."""
    subject = choose(facts, asked, to)
    target = resolve(to, subject)
    if target is None:
        raise UsageError(
            f"{to.text!r} is no address, and no domain, DHCP client or DNS record that is known "
            "here",
            "give its address: names of the network beyond are not asked for",
        )
    if target in addresses_of(subject):
        raise UsageError(f"{target} is the guest's own address", "its packets never leave it")
    return follow(subject, target, to.protocol, to.port)


def choose(facts: PathFacts, asked: Target, to: Destination) -> Subject:
    """The nic. Without a name, the only one, or the only one on whose network the address is."""
    named = nics_of(facts, [asked])  # raises for what is not there
    domain = facts.domain(asked.domain)
    every = () if domain is None else domain.nics
    subjects = [
        Subject(facts=facts, domain=domain, nic=each)
        for each in every
        if domain is not None and (asked.nic is None or (domain.name, each.key) in named)
    ]
    if len(subjects) > 1 and to.address is not None:
        subjects = [each for each in subjects if on_lan(each, to.address)] or subjects
    if not subjects:
        raise NotFoundError(f"domain {asked.domain} has no nic")
    if len(subjects) > 1:
        there = ", ".join(each.nic.key for each in subjects)
        raise RefusedError(
            f"domain {asked.domain} has several nics, and by which of them it sends to {to.text} "
            "is up to the guest",
            f"name one, as in {asked.domain}/{subjects[0].nic.key}; there are: {there}",
        )
    return subjects[0]
