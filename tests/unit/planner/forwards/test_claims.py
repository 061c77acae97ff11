"""Whose a forward is, when a domain's metadata was copied: never who is listed first."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

import pytest

from tests.unit.planner.forwards.builders import (
    OTHER,
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
from vnetmgr.errors import ExitCode, RefusedError
from vnetmgr.libvirt_xml.metadata import read_forwards, read_stamp
from vnetmgr.model.desired import Desired, Policy, SpecScope
from vnetmgr.model.plan import Plan
from vnetmgr.model.record import replace
from vnetmgr.model.seen.rules import LiveRules
from vnetmgr.model.state import State
from vnetmgr.model.writes import SetMetadata, SetRules
from vnetmgr.planner import make_plan
from vnetmgr.planner.forwards.claims import copied_notes, settle_claims

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.seen.observed import Observed

WEB, TALK, RANGE = forward("8080:80"), forward("53:53/udp"), forward("8070-8090:70-90")
NETWORK = document(reserved("10.0.0.100"))
RULES = forwarded(WEB).rules or LiveRules()
OTHERS_RULES = replace(RULES, rules=(replace(RULES.rules[0], domain=vm(name="vm2").uuid),))


def orders(*domains: SeenDomain, rules: LiveRules | None = None) -> Iterator[Observed]:
    """The host, with its domains in every order that libvirt may list them in."""
    for each in permutations(domains):
        yield settle_claims(host(*each, network=NETWORK, rules=rules))


def reconciled(there: Observed) -> Plan:
    """What `reconcile` without a spec plans."""
    return make_plan(Desired(spec=SpecScope()), there, Policy())


WHOSE = [
    # What each claims, who runs, whose the rules are: whose it is.
    pytest.param((WEB,), (WEB,), "both", RULES, "vm1", id="the rule's"),
    pytest.param((WEB,), (WEB,), "both", OTHERS_RULES, "vm2", id="the rule's, the other way round"),
    pytest.param((WEB,), (WEB,), "vm2", RULES, "vm1", id="the rule's, which is off"),
    pytest.param((WEB,), (WEB,), "vm1", None, "vm1", id="the only one that runs"),
    pytest.param((WEB,), (WEB,), "vm2", None, "vm2", id="the only one that runs, the other"),
    pytest.param((WEB,), (WEB,), "both", None, None, id="two run"),
    pytest.param((WEB,), (WEB,), "none", None, None, id="none runs"),
    pytest.param((RANGE,), (WEB,), "vm1", None, "vm1", id="a range"),
    pytest.param((WEB,), (RANGE, TALK), "vm2", None, "vm2", id="a range, the other way round"),
]


@pytest.mark.parametrize(("mine", "theirs", "runs", "rules", "whose"), WHOSE)
def test_unstamped(
    mine: tuple[object, ...],
    theirs: tuple[object, ...],
    runs: str,
    rules: LiveRules | None,
    whose: str | None,
) -> None:
    one = vm(*mine, stamped=False, running=runs in ("vm1", "both"))  # type: ignore[arg-type]
    two = vm(*theirs, name="vm2", stamped=False, running=runs in ("vm2", "both"))  # type: ignore[arg-type]
    for there in orders(one, two, rules=rules):
        claims = {domain.name: bool(domain.forwards) for domain in there.domains}
        copies = {domain.name: bool(domain.copied) for domain in there.domains}
        plan = reconciled(there)
        if whose is None:
            assert claims == {"vm1": True, "vm2": True}
            assert [error.exit_code for error in plan.errors] == [ExitCode.REFUSED] * 2
            assert plan.steps == ()
            continue
        assert claims == {name: name == whose for name in claims}
        assert copies == {name: name != whose for name in claims}
        assert plan.errors == ()
        uuid = {"vm1": one, "vm2": two}[whose].uuid
        assert {write.uuid for write in writes(plan) if isinstance(write, SetRules)} <= {uuid}


def test_stamped_at_the_next_write() -> None:
    for there in orders(vm(WEB, stamped=False, running=True), vm(WEB, name="vm2", stamped=False)):
        told = [each for each in writes(reconciled(there)) if isinstance(each, SetMetadata)]
        assert [(each.domain, read_stamp(each.xml)) for each in told] == [
            ("vm1", vm().uuid),
            ("vm2", vm().uuid),  # a copy of the first, also once that gives the port up
        ]
        assert read_forwards(told[0].xml) == (WEB,)


def test_a_rule_that_is_there_asks_for_no_write() -> None:
    for there in orders(
        vm(WEB, stamped=False, running=True),
        vm(WEB, name="vm2", stamped=False, running=True),
        rules=RULES,
    ):
        plan = reconciled(there)
        assert (plan.steps, plan.errors) == ((), ())


def test_who_is_stamped_goes_before_who_is_not() -> None:
    for there in orders(vm(WEB), vm(WEB, name="vm2", stamped=False, running=True)):
        assert {domain.name: len(domain.forwards) for domain in there.domains} == {
            "vm1": 1,
            "vm2": 0,
        }


def test_somebody_says_whose_it_is() -> None:
    for there in orders(vm(WEB, stamped=False), vm(WEB, name="vm2", stamped=False)):
        plan = planned(there, add("8080:80", to="vm1", nic="lan"))
        after = settle_claims(applied(there, plan))
        assert {domain.name: len(domain.forwards) for domain in after.domains} == {
            "vm1": 1,
            "vm2": 0,
        }
        plan = reconciled(after)
        assert (plan.steps, plan.errors) == ((), ())


def test_the_copy_s_own_first_change_writes_over_it() -> None:
    copy = replace(vm(name="vm2"), data_xml=vm(WEB, TALK).data_xml, stamp=vm().uuid, copied=(WEB,))
    there = host(vm(), copy, network=NETWORK)
    plan = planned(there, add("9090:90", to="vm2", nic="lan"))
    (told,) = [each for each in writes(plan) if isinstance(each, SetMetadata)]
    assert read_stamp(told.xml) == copy.uuid
    assert [each.name for each in read_forwards(told.xml)] == ["9090/tcp"]
    undo = [each for step in plan.steps for op in step.ops for each in op.undo or ()]
    assert copy.data_xml in [each.xml for each in undo if isinstance(each, SetMetadata)]


def test_a_copy_has_no_forward_to_take_away() -> None:
    copy = replace(vm(name="vm2"), data_xml=vm(WEB).data_xml, stamp=vm().uuid, copied=(WEB,))
    with pytest.raises(Exception, match="it has none"):
        planned(host(vm(WEB), copy), remove("8080", of="vm2"))


def test_copies_are_named_with_the_command_that_takes_them_over() -> None:
    (there, _) = orders(vm(WEB, running=True), vm(WEB, name="vm2", stamped=False))
    (note,) = copied_notes(there, there.domains)
    assert note.startswith("vm2: its metadata is a copy of vm1's")
    assert note.endswith(
        "vnetmgr remove-forward vm1 8080/tcp && vnetmgr add-forward vm2 8080:80/tcp --nic lan"
    )


def test_both_stamped_and_none_is_preferred_for_its_place() -> None:
    for there in orders(vm(WEB), vm(WEB, name="vm2")):
        plan = reconciled(there)
        assert [type(error) for error in plan.errors] == [RefusedError] * 2
        assert plan.steps == ()
    for there in orders(vm(WEB), vm(WEB, name="vm2", running=True)):
        plan = reconciled(there)
        assert ["domain vm1" in str(e.message) or "vm2" in e.message for e in plan.errors] == [True]
        assert {each.uuid for each in writes(plan) if isinstance(each, SetRules)} == {
            vm(name="vm2").uuid
        }


def test_a_domain_that_runs_with_metadata_of_before_is_told_what_its_config_says() -> None:
    """As after a managed save: once it is undefined, libvirt has no other."""
    running = replace(vm(WEB, running=True), outdated_data=True)
    there = replace(forwarded(WEB), domains=(running,))
    (write,) = writes(reconciled(there))
    assert write == SetMetadata(domain="vm1", xml=running.data_xml, states=frozenset({State.LIVE}))
    gone = replace(running, data_xml=None, stamp=None, forwards=())
    (*_, write) = writes(reconciled(replace(there, domains=(gone,))))
    assert write == SetMetadata(domain="vm1", xml=None, states=frozenset({State.LIVE}))
    for other in (
        replace(running, stamp=OTHER, forwards=(), copied=(WEB,)),  # another domain's: ignored
        replace(running, outdated_data=False),
    ):
        found = writes(reconciled(replace(there, domains=(other,))))
        assert not [each for each in found if isinstance(each, SetMetadata)]


def test_what_writes_metadata_anyway_tells_both_states() -> None:
    there = forwarded(WEB)
    running = replace(vm(WEB, running=True), outdated_data=True)
    plan = planned(replace(there, domains=(running,)), add("9090:90"))
    (write,) = [each for each in writes(plan) if isinstance(each, SetMetadata)]
    assert write.states == frozenset(State)
