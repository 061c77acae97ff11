"""Rules that no domain's metadata has: shown, taken away by name, never mistaken for a domain's."""

from __future__ import annotations

import pytest

from tests.unit.planner.builders import UUID
from tests.unit.planner.forwards.builders import (
    IPV6,
    add,
    applied,
    document,
    forward,
    forwarded,
    host,
    planned,
    remove,
    reserved,
    vm,
    writes,
)
from vnetmgr.errors import NotFoundError, RefusedError
from vnetmgr.listings.forwards import listing_of
from vnetmgr.model.desired import Desired, Policy
from vnetmgr.model.forward import UnownedWant
from vnetmgr.model.intent import Intent
from vnetmgr.model.options.forwards import parse_forward_key
from vnetmgr.model.plan import Plan
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import Observed
from vnetmgr.model.writes import SetMetadata, SetRules
from vnetmgr.planner import make_plan
from vnetmgr.planner.forwards.unowned import unowned_rules

WEB, SSH = forward("8080:80"), forward("10.9.0.1:2222:22")
GONE = "77777777-2222-3333-4444-555555555555"


def undefined(there: Observed) -> Observed:
    """The same when virsh has undefined the domain."""
    assert there.rules is not None
    rules = tuple(replace(rule, domain=GONE) for rule in there.rules.rules)
    return replace(host(vm()), rules=replace(there.rules, rules=rules))


def killed(there: Observed) -> Observed:
    """The same when a removal was killed by a version that wrote the metadata first."""
    return replace(there, domains=(vm(),))


def without_owner(text: str, there: Observed, intent: Intent = Intent.REMOVE) -> Plan:
    """The plan of remove-forward --unowned."""
    want = UnownedWant(key=parse_forward_key(text), intent=intent)
    return make_plan(Desired(unowned=(want,)), there, Policy())


LEFT = {"undefined": undefined, "killed": killed}


@pytest.mark.parametrize("how", LEFT)
def test_it_is_listed_with_what_takes_it_away(how: str) -> None:
    there = LEFT[how](forwarded(WEB, network=document(reserved("10.0.0.100"), six=IPV6)))
    assert there.rules is not None
    rows = listing_of(there, [], unowned_rules(there.rules, there.domains)).rows
    assert [(row.domain, row.forward.name, row.forward.nic) for row in rows] == [
        (None, "8080/tcp", None)
    ] * 2
    assert all("remove-forward --unowned 8080/tcp" in row.problems[0] for row in rows)


@pytest.mark.parametrize("how", LEFT)
@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("8080", "8080/tcp"),
        ("8080/tcp", "8080/tcp"),
        ("2222", "10.9.0.1:2222/tcp"),
        ("10.9.0.1:2222/tcp", "10.9.0.1:2222/tcp"),
    ],
)
def test_one_goes_and_the_others_stay(how: str, text: str, gone: str) -> None:
    there = LEFT[how](forwarded(WEB, SSH))
    plan = without_owner(text, there)
    assert [(change.domain, change.name) for change in plan.changes] == [(None, gone)]
    (rules,) = writes(plan)
    assert isinstance(rules, SetRules)
    (kept,) = rules.rules
    assert kept.name in {"8080/tcp", "10.9.0.1:2222/tcp"} - {gone}
    after = applied(there, plan)
    assert without_owner(text, after, Intent.ABSENT).steps == ()


def test_what_is_a_domains_is_refused_with_its_command() -> None:
    with pytest.raises(RefusedError, match="forward 8080/tcp is domain vm1's") as found:
        without_owner("8080", forwarded(WEB))
    assert found.value.hint == "vnetmgr remove-forward vm1 8080/tcp"


@pytest.mark.parametrize("text", ["81", "8080/udp", "10.9.0.2:2222"])
def test_what_is_not_there_is_said(text: str) -> None:
    with pytest.raises(NotFoundError, match="there are"):
        without_owner(text, undefined(forwarded(WEB, SSH)))


def test_what_means_several_is_refused() -> None:
    there = undefined(forwarded(forward("53:53"), forward("53:53/udp")))
    with pytest.raises(RefusedError, match="53 means 2 forwards"):
        without_owner("53", there)
    assert without_owner("53/udp", there).steps


def test_of_both_ip_versions_both_go() -> None:
    there = undefined(forwarded(WEB, network=document(reserved("10.0.0.100"), six=IPV6)))
    plan = without_owner("8080", there)
    assert [write for write in writes(plan) if isinstance(write, SetRules)] == [SetRules(uuid=GONE)]


def test_a_change_of_both_kinds_is_told_of_all_along() -> None:
    """What is new is told of before it works, what goes until it does no more."""
    there = forwarded(WEB)
    kinds = [type(write) for write in writes(planned(there, add("81:81")))]
    assert kinds == [SetMetadata, SetRules]
    kinds = [type(write) for write in writes(planned(there, remove("8080")))]
    assert kinds == [SetRules, SetMetadata]
    first, rules, last = writes(planned(there, add("81:81"), remove("8080")))
    assert isinstance(first, SetMetadata)
    assert isinstance(rules, SetRules)
    assert isinstance(last, SetMetadata)
    assert [(first.xml or "").count(f'"{port}"') > 0 for port in (81, 8080)] == [True, True]
    assert [(last.xml or "").count(f'"{port}"') > 0 for port in (81, 8080)] == [True, False]
    assert rules.uuid == UUID
