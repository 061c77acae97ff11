"""route_localnet without the guard: put back wherever no forward needs it, whoever set it."""

from __future__ import annotations

import pytest

from tests.unit.planner.builders import UUID
from tests.unit.planner.forwards.builders import (
    add,
    forward,
    forwarded,
    host,
    planned,
    remove,
    vm,
    writes,
)
from vnetmgr.model.desired import Desired, Policy, SpecScope
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import Observed
from vnetmgr.model.seen.rules import LiveRules
from vnetmgr.model.writes import SetRules
from vnetmgr.planner import make_plan

WEB = forward("8080:80", loopback="yes")
PLAIN = forward("8081:81")
SETTING = "net.ipv4.conf.virbr7.route_localnet"


def opened(there: Observed, rules: LiveRules | None = None) -> Observed:
    """The same with the bridge's setting on."""
    found = there.rules if rules is None else rules
    assert found is not None
    return replace(there, rules=replace(found, localnet=frozenset({"virbr7"})))


def flushed(there: Observed) -> Observed:
    """After somebody's `nft flush ruleset`: the setting is still on."""
    return opened(there, LiveRules())


def reconcile(there: Observed) -> tuple[list[str], list[object]]:
    """What a bare reconcile names, and writes."""
    plan = make_plan(Desired(spec=SpecScope()), there, Policy())
    return [change.name for change in plan.changes], writes(plan)


def test_what_a_flush_leaves_open_goes_with_the_forward() -> None:
    plan = planned(flushed(forwarded(WEB)), remove("8080"))
    assert SETTING in [change.name for change in plan.changes]
    assert SetRules(uuid="", shut=("virbr7",)) in writes(plan)


@pytest.mark.parametrize("there", [host(vm()), host(vm(PLAIN))], ids=["no forward", "not loopback"])
def test_a_reconcile_puts_it_back_where_nobody_needs_it(there: Observed) -> None:
    names, wrote = reconcile(flushed(there))
    assert SETTING in names
    assert SetRules(uuid="", shut=("virbr7",)) in wrote


def test_a_forward_that_needs_it_is_put_back_with_its_guard() -> None:
    names, wrote = reconcile(flushed(forwarded(WEB)))
    assert names == ["8080/tcp"]
    (rules,) = wrote
    assert isinstance(rules, SetRules)
    assert (rules.uuid, rules.shut) == (UUID, ("virbr7",))


def test_what_is_in_use_stays_and_the_last_one_takes_it_along() -> None:
    there = opened(forwarded(WEB, PLAIN))
    assert reconcile(there) == ([], [])
    plan = planned(there, remove("8080"))
    assert [change.name for change in plan.changes] == ["8080/tcp"]
    (rules,) = [each for each in writes(plan) if isinstance(each, SetRules)]
    assert rules.shut == ("virbr7",)


def test_a_first_forward_of_loopback_repairs_no_other() -> None:
    plan = planned(forwarded(PLAIN), add("8080:80", loopback="yes"))
    assert [change.name for change in plan.changes] == ["8080/tcp"]


def test_another_networks_forward_does_not_keep_it() -> None:
    there = opened(forwarded(WEB))
    assert there.rules is not None
    more = replace(there.rules, localnet=frozenset({"virbr7", "virbr9"}))
    names, wrote = reconcile(replace(there, rules=more))
    assert names == ["net.ipv4.conf.virbr9.route_localnet"]
    assert wrote == [SetRules(uuid="", shut=("virbr9",))]


def test_what_holds_for_all_links_is_named_and_not_touched() -> None:
    there = forwarded(WEB)
    assert there.rules is not None
    there = replace(there, rules=replace(there.rules, localnet_everywhere=True))
    for plan in (planned(there, add("8090:90")), planned(there, remove("8080"))):
        assert any("conf.all.route_localnet is 1" in note for note in plan.notes)
    assert reconcile(there) == ([], [])
