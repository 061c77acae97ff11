"""A nic that is plugged out and in takes its forwards along, whoever asks for that."""

from __future__ import annotations

import pytest

from tests.unit.planner.builders import (
    TEMPLATES,
    UUID,
    domain,
    domain_xml,
    nic_xml,
    observed,
    want,
)
from tests.unit.planner.forwards.builders import forward
from vnetmgr.model.desired import Desired, Policy, SpecScope
from vnetmgr.model.domain import Hold
from vnetmgr.model.forward import ForwardsWant
from vnetmgr.model.intent import Intent
from vnetmgr.model.plan import Plan
from vnetmgr.model.record import replace
from vnetmgr.model.writes import AttachDevice, DetachDevice, SetHostForwards
from vnetmgr.planner import make_plan
from vnetmgr.problem import Place

WEB = forward("8080:80", nic="net")
OTHER = forward("8443:443", nic="other")
RANGE = "<portForward proto='tcp'><range start='8080' to='80'/></portForward>"
SLIRP = nic_xml("net", kind="user", source="")
PASST = nic_xml("net", kind="user", source="<backend type='passt'/>" + RANGE)
LOST = nic_xml("net", kind="user", source="<backend type='passt'/>")

NIC = want(Intent.UPDATE, nic="net", model="e1000e")
SPEC_NIC = replace(want(Intent.PRESENT, model="e1000e"), spec_name="net")
LISTED = ForwardsWant(domain="vm1", forwards=((WEB, Place("s.yaml", 1, 1)),))
SPEC = SpecScope(domains=(("vm1", None),))

ASKED = {
    "update-nic": Desired(nics=(NIC,)),
    "a spec that lists them": Desired(nics=(SPEC_NIC,), forwards=(LISTED,), spec=SPEC),
    "a spec that leaves them as they are": Desired(nics=(SPEC_NIC,), spec=SPEC),
    "a spec that does not look after them": Desired(
        nics=(SPEC_NIC,), spec=replace(SPEC, forwards=False)
    ),
}


def planned(nic: str, asked: Desired, *allow: str, hold: Hold | None = None) -> Plan:
    """What is planned for the nic, which is to get another model."""
    there = domain(domain_xml(nic), domain_xml(nic), stamp=UUID, forwards=(WEB,))
    if hold is not None:
        there = replace(there, holds=(hold,), forwards=(WEB, OTHER))
    host = observed(there, templates=TEMPLATES)
    return make_plan(asked, host, Policy(allow=frozenset(("replug", *allow))))


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
def test_qemu_is_told_once_in_the_nic_s_own_step_and_when_that_is_undone(asked: Desired) -> None:
    plan = planned(SLIRP, asked, "taint")
    assert not plan.errors
    writes = [op.do for step in plan.steps for op in step.ops]
    (again,) = [each for each in writes if isinstance(each, SetHostForwards)]
    (step,) = [each for each in plan.steps if again in [op.do for op in each.ops]]
    (unplug,) = [op for op in step.ops if isinstance(op.do, DetachDevice)]
    assert step.ops[-1].do == again == unplug.undo[-1]
    assert [each.host_port for each in again.add] == [8080]


@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
def test_where_nobody_allows_that_it_is_said_once(asked: Desired) -> None:
    plan = planned(SLIRP, asked)
    assert len([note for note in plan.notes if "are lost where nic net" in note]) == 1


@pytest.mark.parametrize("nic", [PASST, LOST], ids=["there", "lost before"])
@pytest.mark.parametrize("asked", ASKED.values(), ids=ASKED)
def test_passt_is_plugged_in_with_them(asked: Desired, nic: str) -> None:
    plan = planned(nic, asked)
    assert not plan.errors
    writes = [op.do for step in plan.steps for op in step.ops]
    (plugged,) = [each for each in writes if isinstance(each, AttachDevice)]
    looked_after = asked.spec is not None and asked.spec.forwards
    assert ('start="8080"' in plugged.xml) is (nic is PASST or looked_after)


def test_a_hold_of_the_domain_s_forwards_keeps_none_from_its_nic() -> None:
    asked = ASKED["a spec that leaves them as they are"]
    plan = planned(SLIRP, asked, "taint", hold=Hold(nic="other", until_s=10**12))
    assert any("its forwards are held" in note for note in plan.notes)
    writes = [op.do for step in plan.steps for op in step.ops]
    (again,) = [each for each in writes if isinstance(each, SetHostForwards)]
    assert [each.host_port for each in again.add] == [8080]
