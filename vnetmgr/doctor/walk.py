"""The path of each nic that was asked for, check by check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.doctor.check import Subject, judge, shell_command
from vnetmgr.doctor.checks import CHECKS
from vnetmgr.model.path.finding import Finding, Layer, NicPath, Status
from vnetmgr.model.path.unseen import ALL_OF
from vnetmgr.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.path.facts import PathFacts


def walk(facts: PathFacts, nics: frozenset[tuple[str, str]] = frozenset()) -> Iterator[NicPath]:
    """The paths of all nics of the domains that were asked for; with `nics`, (domain, nic's key),
    of a domain that is named there those alone."""
    narrowed = {domain for domain, _ in nics}
    for name in sorted(facts.asked):
        domain = facts.domain(name)
        if domain is None:
            if name in facts.unread:
                yield NicPath(domain=name, nic=None, findings=(_unread(facts, name),))
            continue
        if not domain.nics:
            yield NicPath(domain=name, nic=None, findings=(_no_nic(name),))
        for nic in domain.nics:
            if name not in narrowed or (name, nic.key) in nics:
                subject = Subject(facts=facts, domain=domain, nic=nic)
                found = (judge(row, subject) for row in CHECKS)
                findings = tuple(each for each in found if each is not None)
                yield NicPath(domain=name, nic=nic.key, findings=findings)


def _no_nic(domain: str) -> Finding:
    return Finding(
        domain=domain,
        nic=None,
        check="no-nic",
        layer=Layer.DEVICE,
        status=Status.INFO,
        cause=f"domain {domain} has no nic",
    )


def _unread(facts: PathFacts, domain: str) -> Finding:
    why = facts.why_unseen(ALL_OF, domain)
    return Finding(
        domain=domain,
        nic=None,
        check="domain-unreadable",
        layer=Layer.DOMAIN,
        status=Status.BROKEN,
        cause=printable("" if why is None else why.why),
        owner="libvirt",
        remedy=shell_command("virsh", "edit", domain),
    )
