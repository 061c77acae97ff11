"""That logical ports know of a migration before it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from vnetmgr.errors import RefusedError, VnetError
from vnetmgr.model.desired import Desired, MigrationWant, Policy
from vnetmgr.model.domain import SeenDomain
from vnetmgr.model.intent import Intent
from vnetmgr.model.overlay.host import Chassis
from vnetmgr.model.overlay.migration import Migration
from vnetmgr.model.overlay.northbound import LogicalPort, Northbound, Owner
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import Features, Observed
from vnetmgr.model.writes import SetPorts
from vnetmgr.planner import make_plan

if TYPE_CHECKING:
    from vnetmgr.model.plan import Plan

NOW = 5000.0
OWNER = Owner(fleet="default", domain="uuid-1", domain_name="web", nic="lan", host="kvm1.lab")
PORT = LogicalPort(name="p1", switch="blue", owner=OWNER)
SECOND = replace(PORT, name="p2", switch="green", owner=replace(OWNER, nic="back"))
OTHERS = (
    replace(PORT, name="x1", owner=replace(OWNER, domain="uuid-2")),
    replace(PORT, name="x2", owner=replace(OWNER, fleet="another")),
    replace(PORT, name="x3", owner=None),
)
READY = Migration(source="kvm1", target="kvm2", since_s=5000)
WANT = MigrationWant(domain="web", target="kvm2")
CANCEL = replace(WANT, intent=Intent.ABSENT)


def plan(*ports: LogicalPort, want: MigrationWant = WANT, **facts: object) -> Plan:
    """Of a host with one domain that runs, and OVN's ports."""
    given: dict[str, object] = {
        "chassis": Chassis(system_id="kvm1"),
        "northbound": Northbound(at="unix:nb", ports=(*OTHERS, *ports)),
        **facts,
    }
    observed = Observed(
        uri="qemu:///system",
        host="kvm1.lab",
        features=Features(),
        domains=(SeenDomain(name="web", uuid="uuid-1", config_xml="<c/>", live_xml="<l/>"),),
        now_s=NOW,
    )
    observed = replace(observed, **given)
    return make_plan(Desired(migrations=(want,)), observed, Policy())


def told(plan: Plan) -> dict[str, Migration | None]:
    """What the plan makes of each port."""
    found: dict[str, Migration | None] = {}
    for step in plan.steps:
        for op in step.ops:
            assert isinstance(op.do, SetPorts)
            for change in op.do.changes:
                assert change.before is not None
                assert change.after is not None
                assert replace(change.after, migration=change.before.migration) == change.before
                found[change.before.name] = change.after.migration
    return found


@pytest.mark.parametrize(
    ("before", "want", "after"),
    [
        (None, WANT, READY),
        (READY, WANT, "same"),
        (READY.at("open", 4999), WANT, "same"),
        (replace(READY, since_s=4000), WANT, "same"),
        (replace(READY, since_s=1000), WANT, READY),  # it was for one that never came
        (replace(READY, target="kvm3"), WANT, READY),
        (READY.settled_on("kvm1", 4990), WANT, READY),
        (None, CANCEL, "same"),
        (READY, CANCEL, None),
        (READY, replace(CANCEL, target=None), None),
    ],
)
def test_what_becomes_of_a_port(
    before: Migration | None, want: MigrationWant, after: Migration | str | None
) -> None:
    found = told(plan(replace(PORT, migration=before), want=want))
    assert found == ({} if after == "same" else {"p1": after})


@pytest.mark.parametrize(("host", "noted"), [(None, True), ("kvm2", False), ("kvm2.lab", False)])
def test_a_host_that_nobody_has_heard_of_is_said_to_be_unchecked(
    host: str | None, *, noted: bool
) -> None:
    other = replace(PORT, name="x4", owner=replace(OWNER, domain="uuid-2", host=host))
    notes = plan(PORT, other).notes
    assert any("whether OVN has a chassis kvm2" in note for note in notes) == noted


def test_all_of_its_ports_and_nobody_elses_in_one_step() -> None:
    made = plan(PORT, SECOND)
    assert told(made) == {"p1": READY, "p2": READY}
    (step,) = made.steps
    shown = [
        (c.domain, c.name, [(f.field, f.before, f.after) for f in c.fields]) for c in step.changes
    ]
    assert shown == [
        ("web", "lan", [("migration", None, "kvm1 to kvm2")]),
        ("web", "back", [("migration", None, "kvm1 to kvm2")]),
    ]
    ((undo,),) = (op.undo for op in step.ops)
    assert isinstance(undo, SetPorts)
    assert [
        (c.before and c.before.migration, c.after and c.after.migration) for c in undo.changes
    ] == [
        (READY, None),
        (READY, None),
    ]


@pytest.mark.parametrize("facts", [{}, {"northbound": None}])
def test_a_domain_without_ports_has_nothing_to_prepare(facts: dict[str, Any]) -> None:
    made = plan(**facts)
    assert made.steps == ()
    assert made.notes == ("domain web has no port on an overlay: nothing to prepare",)


UNSEEN = VnetError("it does not answer")


@pytest.mark.parametrize(
    ("facts", "target", "error"),
    [
        ({"chassis": None}, "kvm2", "what kvm1.lab is called as OVN's chassis cannot be seen"),
        ({"chassis": Chassis()}, "kvm2", "what kvm1.lab is called as OVN's chassis cannot be seen"),
        ({}, "kvm1", "domain web is on kvm1 already"),
        ({"northbound": None, "northbound_unseen": UNSEEN}, "kvm2", "it does not answer"),
        (
            {"domains": (SeenDomain(name="web", uuid="uuid-1", config_xml="<c/>"),)},
            "kvm2",
            "domain web does not run",
        ),
    ],
)
def test_refusals(facts: dict[str, object], target: str, error: str) -> None:
    with pytest.raises(VnetError, match=error) as caught:
        plan(PORT, want=replace(WANT, target=target), **facts)
    if facts.get("northbound_unseen") is None:
        assert isinstance(caught.value, RefusedError)
        assert caught.value.hint
