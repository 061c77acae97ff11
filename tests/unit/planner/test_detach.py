"""Removal takes the nic that was named, from every state, and no other."""

from __future__ import annotations

import pytest

from tests.unit.planner.builders import (
    CONFIG,
    LIVE,
    domain,
    domain_xml,
    nic_xml,
    observed,
    plan,
    want,
    within,
)
from vnetmgr.errors import NotFoundError
from vnetmgr.model.desired import Features, Intent
from vnetmgr.model.plan import AttachDevice, DefineDomain, DetachDevice

REMOVE, ABSENT = Intent.REMOVE, Intent.ABSENT
RUNNING = domain(domain_xml(nic_xml()), domain_xml(nic_xml(target="vnet0")))


def test_one_call_takes_it_out_of_both_states_and_knows_the_way_back() -> None:
    (op,) = plan(observed(RUNNING), want(REMOVE, nic="lan")).steps[0].ops
    assert isinstance(op.do, DetachDevice)
    assert op.do.states == {CONFIG, LIVE}
    assert op.may_finish_later
    (back,) = op.undo
    assert isinstance(back, AttachDevice)
    assert back.states == {CONFIG, LIVE}


def test_states_that_differ_are_taken_live_first_each_by_its_own_element() -> None:
    seen = domain(domain_xml(nic_xml(bus=2)), domain_xml(nic_xml(target="vnet0")))
    writes = [op.do for op in plan(observed(seen), want(REMOVE, nic="lan")).steps[0].ops]
    assert [write.states for write in writes if isinstance(write, DetachDevice)] == [
        {LIVE},
        {CONFIG},
    ]


@pytest.mark.parametrize(("intent", "steps"), [(ABSENT, 0), (REMOVE, None)])
def test_what_is_gone_is_an_error_only_for_a_command(intent: Intent, steps: int | None) -> None:
    host = observed(domain(domain_xml()))
    if steps is None:
        with pytest.raises(NotFoundError, match="domain vm1 has no nic lan; it has none"):
            plan(host, want(intent, nic="lan"))
    else:
        assert plan(host, want(intent, nic="lan")).steps == ()


def test_the_plan_of_a_removal_turns_into_absence() -> None:
    assert plan(observed(RUNNING), want(REMOVE, nic="lan")).desired.nics[0].intent is ABSENT


def test_a_state_that_does_not_have_it_is_named() -> None:
    seen = domain(domain_xml(nic_xml()), domain_xml())
    with pytest.raises(NotFoundError, match="is not in live"):
        plan(observed(seen), within(want(REMOVE, nic="lan"), LIVE))


def test_a_driver_without_device_calls_loses_just_that_nic() -> None:
    seen = domain(domain_xml(nic_xml("a"), nic_xml("b", mac="52:54:00:00:00:02", bus=2)))
    host = observed(seen, features=Features(device_calls=False))
    (op,) = plan(host, want(REMOVE, nic="a")).steps[0].ops
    assert isinstance(op.do, DefineDomain)
    assert "ua-b" in op.do.xml
    assert "ua-a" not in op.do.xml
