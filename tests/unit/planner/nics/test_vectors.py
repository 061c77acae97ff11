"""Vectors: config only, with --allow taint, and never left behind."""

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
from vnetmgr.errors import RefusedError, UsageError
from vnetmgr.libvirt_xml.domain_read import read_overrides
from vnetmgr.libvirt_xml.domain_write import set_vectors
from vnetmgr.model.domain import SeenDomain
from vnetmgr.model.intent import Intent
from vnetmgr.model.plan import Plan
from vnetmgr.model.seen.observed import Features
from vnetmgr.model.writes import (
    AttachDevice,
    DefineDomain,
    DetachDevice,
    SetVectors,
    UpdateDevice,
    Write,
)

TAINT = ("taint",)
CREATE, UPDATE, REMOVE = Intent.CREATE, Intent.UPDATE, Intent.REMOVE


def running(*, config: int | None = None, live: int | None = None, name: str = "lan") -> SeenDomain:
    """A running domain with nic `lan`, and its vectors."""
    documents = (domain_xml(nic_xml(name)), domain_xml(nic_xml(name, target="vnet0")))
    return domain(
        *(
            document if vectors is None else set_vectors(document, "ua-lan", vectors)
            for document, vectors in zip(documents, (config, live), strict=True)
        )
    )


EMPTY = domain(domain_xml(), domain_xml())


def writes(made: Plan) -> list[Write]:
    """What is done, in order."""
    return [op.do for step in made.steps for op in step.ops]


def vectors_ops(made: Plan) -> list[tuple[str, int | None, int | None]]:
    """(alias, vectors before, vectors after)."""
    found = []
    for step in made.steps:
        for op in step.ops:
            if isinstance(op.do, SetVectors):
                (back,) = op.undo
                assert isinstance(back, SetVectors)
                assert back.alias == op.do.alias
                found.append((op.do.alias, back.vectors, op.do.vectors))
    return found


def test_a_new_nic_is_plugged_in_and_its_vectors_wait() -> None:
    made = plan(observed(EMPTY), want(CREATE, bridge="br0", name="lan", vectors="4"), allow=TAINT)
    assert [type(write) for write in writes(made)] == [SetVectors, AttachDevice, AttachDevice]
    assert vectors_ops(made) == [("ua-lan", None, 4)]
    assert "vectors" in {field.field for field in made.changes[0].fields}
    assert [[field.field for field in each.fields] for each in made.waiting] == [["vectors"]]


def test_a_nic_that_is_only_live_gets_them_in_the_config() -> None:
    seen = domain(domain_xml(), domain_xml(nic_xml(target="vnet0")))
    made = plan(observed(seen), want(CREATE, bridge="br0", vectors="4"), allow=TAINT)
    assert [type(write) for write in writes(made)] == [SetVectors, AttachDevice]
    assert vectors_ops(made) == [("ua-lan", None, 4)]


def test_those_of_a_nic_that_is_gone_come_back_when_it_fails() -> None:
    seen = domain(set_vectors(domain_xml(), "ua-lan", 9))
    made = plan(observed(seen), want(CREATE, bridge="br0", name="lan", vectors="4"), allow=TAINT)
    assert vectors_ops(made) == [("ua-lan", 9, 4)]
    none = plan(observed(seen), want(CREATE, bridge="br0", name="lan", vectors="none"))
    assert vectors_ops(none) == [("ua-lan", 9, None)]
    same = plan(observed(seen), want(CREATE, bridge="br0", name="lan", vectors="9"), allow=TAINT)
    assert vectors_ops(same) == []


def test_a_second_run_does_nothing_and_needs_no_leave() -> None:
    for seen in (running(config=4), running(config=4, live=4)):
        for wanted in (
            want(CREATE, bridge="br0", name="lan", vectors="4"),
            want(CREATE, bridge="br0", vectors="4"),
            want(UPDATE, nic="lan", vectors="4"),
        ):
            assert plan(observed(seen), wanted).steps == ()


def test_what_waits_is_said_again() -> None:
    made = plan(observed(running(config=4)), want(UPDATE, nic="lan", vectors="4"))
    assert [change.scope for change in made.waiting] == [(LIVE,)]
    assert (
        plan(observed(running(config=4, live=4)), want(UPDATE, nic="lan", vectors="4")).waiting
        == ()
    )


def test_another_number_is_a_conflict_when_it_is_to_be_made() -> None:
    with pytest.raises(RefusedError, match="vectors is 4, asked for 5"):
        plan(observed(running(config=4)), want(CREATE, bridge="br0", vectors="5"), allow=TAINT)


@pytest.mark.parametrize("allow", [TAINT, ("taint", "replug")])
def test_an_update_is_one_write_and_no_replug_helps(allow: tuple[str, ...]) -> None:
    made = plan(observed(running()), want(UPDATE, nic="lan", vectors="4"), allow=allow)
    assert len(writes(made)) == 1
    assert vectors_ops(made) == [("ua-lan", None, 4)]
    assert [change.scope for change in made.changes] == [(CONFIG,)]
    assert len(made.waiting) == 1


def test_with_other_fields() -> None:
    options = {"mtu": "9000", "link": "down", "vectors": "4"}
    made = plan(observed(running()), want(UPDATE, nic="lan", **options), allow=TAINT)
    kinds = [type(write) for write in writes(made)]
    assert kinds == [UpdateDevice, UpdateDevice, SetVectors]
    (waiting,) = made.waiting
    assert [field.field for field in waiting.fields] == ["mtu", "vectors"]
    made = plan(observed(running()), want(UPDATE, nic="lan", **options), allow=("taint", "replug"))
    kinds = [type(write) for write in writes(made)]
    assert kinds == [DetachDevice, AttachDevice, UpdateDevice, SetVectors]
    (waiting,) = made.waiting
    assert [field.field for field in waiting.fields] == ["vectors"]


def test_they_stay_with_a_nic_that_gets_another_name() -> None:
    made = plan(observed(running(config=4)), want(UPDATE, nic="lan", name="wan"))
    (write,) = writes(made)
    assert isinstance(write, DefineDomain)
    assert read_overrides(write.xml) == {"ua-wan": 4}


def test_a_nic_without_a_name_gets_both_at_once() -> None:
    seen = domain(domain_xml(nic_xml(None)))
    nameless = want(UPDATE, nic="52:54:00:00:00:01", vectors="4")
    with pytest.raises(RefusedError, match="has none"):
        plan(observed(seen), nameless, allow=TAINT)
    named = want(UPDATE, nic="52:54:00:00:00:01", vectors="4", name="lan")
    (write,) = writes(plan(observed(seen), named, allow=TAINT))
    assert isinstance(write, DefineDomain)
    assert read_overrides(write.xml) == {"ua-lan": 4}


def test_clearing_needs_no_leave() -> None:
    made = plan(observed(running(config=4)), want(UPDATE, nic="lan", vectors="none"))
    assert vectors_ops(made) == [("ua-lan", 4, None)]


def test_they_go_with_the_nic_and_first() -> None:
    made = plan(observed(running(config=4)), want(REMOVE, nic="lan"))
    assert isinstance(writes(made)[0], SetVectors)
    assert vectors_ops(made) == [("ua-lan", 4, None)]
    live = plan(observed(running(config=4)), within(want(REMOVE, nic="lan"), LIVE))
    assert vectors_ops(live) == []


@pytest.mark.parametrize("intent", [CREATE, UPDATE])
def test_refusals(intent: Intent) -> None:
    def wanted(**options: str):  # type: ignore[no-untyped-def]  # NicWant
        if intent is CREATE:
            return want(CREATE, bridge="br0", name="new", vectors="4", **options)
        return want(UPDATE, nic="lan", vectors="4", **options)

    here = observed(running())
    with pytest.raises(RefusedError, match="tainted") as caught:
        plan(here, wanted())
    assert "--allow taint" in (caught.value.hint or "")
    with pytest.raises(RefusedError, match="config only"):
        plan(here, within(wanted(), LIVE), allow=TAINT)
    with pytest.raises(UsageError, match="--vectors does not fit model e1000e"):
        plan(here, wanted(model="e1000e"), allow=TAINT)
    old = observed(running(), features=Features(overrides=False))
    with pytest.raises(RefusedError, match="cannot set vectors"):
        plan(old, wanted(), allow=TAINT)


def test_a_nic_of_the_config_is_plugged_in_without_asking_again() -> None:
    seen = domain(set_vectors(domain_xml(nic_xml()), "ua-lan", 4), domain_xml())
    made = plan(observed(seen), want(CREATE, bridge="br0", name="lan", vectors="4"))
    (write,) = writes(made)
    assert isinstance(write, AttachDevice)
    assert write.state is LIVE


def test_a_replug_loses_them_until_the_next_start_and_says_so() -> None:
    wanted = want(UPDATE, nic="lan", mtu="1400")
    (note,) = plan(observed(running(config=4, live=4)), wanted, allow=("replug",)).notes
    assert "QEMU's own number of vectors" in note
    assert plan(observed(running()), wanted, allow=("replug",)).notes == ()
