"""Removal takes the nic that was named, from every state, and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
from vnetmgr.model.intent import Intent
from vnetmgr.model.seen.observed import Features
from vnetmgr.model.writes import AttachDevice, DefineDomain, DetachDevice

if TYPE_CHECKING:
    from vnetmgr.model.domain import SeenDomain

REMOVE, ABSENT = Intent.REMOVE, Intent.ABSENT
RUNNING = domain(domain_xml(nic_xml()), domain_xml(nic_xml(target="vnet0")))


DIFFERENT = domain(domain_xml(nic_xml(bus=2)), domain_xml(nic_xml(target="vnet0")))


@pytest.mark.parametrize("seen", [RUNNING, DIFFERENT], ids=["same", "different"])
def test_each_state_by_its_own_element_live_first_and_with_the_way_back(seen: SeenDomain) -> None:
    ops = plan(observed(seen), want(REMOVE, nic="lan")).steps[0].ops
    assert [op.may_finish_later for op in ops] == [True, False]
    for op, state in zip(ops, (LIVE, CONFIG), strict=True):
        (back,) = op.undo
        assert isinstance(op.do, DetachDevice)
        assert isinstance(back, AttachDevice)
        assert op.do.state == back.state == state
        assert op.do.xml == seen.nics[0].xml(state)


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
