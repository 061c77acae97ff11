"""What was not looked at is never ok, and never broken; and whatever is missing, nothing breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.doctor.faults import FAULTS
from tests.unit.doctor.healthy import healthy
from tests.unit.doctor.hosts import with_count, with_domain
from vnetmgr.doctor.check import Subject
from vnetmgr.doctor.checks import CHECKS
from vnetmgr.doctor.walk import walk
from vnetmgr.model.path.finding import Status
from vnetmgr.model.path.overlays import OverlayFacts
from vnetmgr.model.path.rulesets import Rulesets
from vnetmgr.model.path.unseen import Need, Unseen
from vnetmgr.model.record import replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vnetmgr.model.path.facts import PathFacts
    from vnetmgr.model.path.finding import Finding

# Where a Wi-Fi link is known to work that is for what the guest's agent tells.
HOSTS = {name: facts for name, facts in healthy() if name != "an access point's link"}
SOME = dict(list(HOSTS.items())[::6])
BROKEN = {name: fault.change(fault.host()) for name, fault in FAULTS.items()}
PARTS = (
    *("links", "fdb", "vlans", "neighbours", "routes", "route_rules", "sysctls", "rulesets"),
    *("listeners", "dnsmasqs", "switches", "filters", "leases", "probes"),
)
RULES = Rulesets.FIELDS
EVERY = (
    *(*PARTS, "domains.agent", "domains.free_slots", "nics.tx_packets"),
    *(f"rulesets.{each}" for each in RULES if each != "dormant"),
    *(f"overlays.{each}" for each in OverlayFacts.FIELDS),
)


def without(facts: PathFacts, part: str) -> PathFacts:
    """The same, had that not been looked at."""
    first, _, rest = part.partition(".")
    changes: dict[str, Any] = {}
    if first == "domains":
        facts = with_domain(facts, **{rest: None})
    elif first == "nics":
        facts = with_count(facts, None)
    elif rest:
        whole = facts.overlays if first == "overlays" else facts.rulesets
        changes = {} if whole is None else {first: replace(whole, **{rest: None})}
    else:
        changes = {first: None}
    if first == "switches":
        changes["switch_ports"] = {}
    unseen = Unseen(part=part, needs=Need.ROOT, why=f"needs root for {part}")
    return replace(facts, **changes, unseen=(*facts.unseen, unseen))


def findings(facts: PathFacts) -> list[Finding]:
    return [each for path in walk(facts) for each in path.findings]


def needing(part: str) -> set[str]:
    """The checks that cannot tell without a part."""
    return {
        row.id
        for row in CHECKS
        if any(need == part or need.partition(".")[0] == part for need in row.needs)
    }


@pytest.mark.parametrize("part", EVERY)
def test_what_needs_it_is_not_checked(part: str) -> None:
    """And nothing else becomes broken for it."""
    for name, facts in SOME.items():
        before = {(each.nic, each.check): each.status for each in findings(facts)}
        for each in findings(without(facts, part)):
            if each.check in needing(part):
                assert each.status is Status.NOT_CHECKED, (name, each)
            assert each.status not in (Status.BROKEN, Status.WARNING), (name, each)
            if each.status is Status.NOT_CHECKED and before.get((each.nic, each.check)) == "ok":
                assert each.cause, (name, each)


def test_what_is_needed_is_said() -> None:
    facts = without(HOSTS["LAN, no rules, address=True agent=True network=True"], "rulesets.nft")
    found = {each.check: each for each in findings(facts)}
    assert found["firewall-dhcp"].cause == "needs root for rulesets.nft"


def test_every_part_that_rows_need_is_one_of_the_facts() -> None:
    parts = {need for row in CHECKS for need in row.needs}
    assert parts <= set(EVERY)


@settings(deadline=None, max_examples=150)
@given(
    name=st.sampled_from(sorted(HOSTS) + sorted(BROKEN)),
    parts=st.sets(st.sampled_from(EVERY), min_size=1),
)
def test_whatever_is_missing_nothing_is_made_up(name: str, parts: set[str]) -> None:
    """Of a healthy host nothing is broken; of any other at most what was."""
    facts = HOSTS.get(name) or BROKEN[name]
    known = {each.check for each in findings(facts) if each.status is Status.BROKEN}
    for part in sorted(parts):
        facts = without(facts, part)
    for each in findings(facts):
        if each.status is Status.BROKEN:
            assert each.check in known, each
        if each.status is Status.OK:
            row = next((row for row in CHECKS if row.id == each.check), None)
            assert row is None or not _lacks(row.needs, parts), each


def _lacks(needs: Iterable[str], parts: set[str]) -> bool:
    return any(need in parts or need.partition(".")[0] in parts for need in needs)


@settings(deadline=None, max_examples=100)
@given(
    name=st.sampled_from(sorted(HOSTS) + sorted(BROKEN)),
    parts=st.sets(st.sampled_from(("domains", "networks", "links", "fdb", "routes", "vlans"))),
)
def test_what_is_empty_breaks_nothing(name: str, parts: set[str]) -> None:
    """Lists that others fill may be empty, or half of what belongs together."""
    facts = HOSTS.get(name) or BROKEN[name]
    facts = replace(facts, **dict.fromkeys(sorted(parts), ()))
    for path in walk(facts):
        assert path.findings


def test_a_subject_without_anything_is_judged() -> None:
    """Rows do not count on one another."""
    for facts in BROKEN.values():
        for domain in facts.domains:
            for nic in domain.nics:
                subject = Subject(facts=facts, domain=domain, nic=nic)
                for row in CHECKS:
                    row.applies(subject)
