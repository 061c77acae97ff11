"""What is carried out is what was shown."""

from __future__ import annotations

import pytest

from tests.unit.planner.builders import domain, domain_xml, observed, plan, want
from vnetmgr.cli.specs.here import Meant, approved
from vnetmgr.errors import ExitCode, RefusedError
from vnetmgr.fleet.specs import marked
from vnetmgr.model.desired import Policy
from vnetmgr.model.intent import Intent
from vnetmgr.model.plan import Plan
from vnetmgr.render.changes import plan_json


def planned(**options: str) -> Plan:
    there = observed(domain(domain_xml()))
    return plan(there, want(Intent.CREATE, bridge="br0", name="lan", **options))


def mark(found: Plan) -> str:
    """As somebody has it who was shown that plan as a document."""
    return marked(dict(plan_json("kvm1", found.changes, waiting=found.waiting, noted=["a note"])))


def test_a_plan_that_was_shown_is_carried_out() -> None:
    assert approved(planned(), shown=mark(planned()))


def test_another_one_is_not() -> None:
    with pytest.raises(RefusedError, match="has changed since it was planned") as raised:
        approved(planned(), shown=mark(planned(mtu="9000")))
    assert raised.value.exit_code is ExitCode.REFUSED


@pytest.mark.parametrize(("most", "good"), [(None, True), (1, True), (0, False)])
def test_there_may_be_too_many_changes(most: int | None, good: object) -> None:
    if good:
        assert approved(planned(), max_changes=most)
        return
    with pytest.raises(RefusedError, match="the plan has 1 changes, and --max-changes allows 0"):
        approved(planned(), max_changes=most)


def test_another_vnetmgr_is_told_how_it_is_meant() -> None:
    every = Meant(policy=Policy(allow=frozenset({"taint", "replug"})), strict=True, prune=True)
    assert every.words == ("--strict", "--prune", "--allow=replug", "--allow=taint")
    assert Meant(policy=Policy(), revision=0).words == ("--revision=0",)
    assert Meant(policy=Policy(), show_waiting=True).words == ()
