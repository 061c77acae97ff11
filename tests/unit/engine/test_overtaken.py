"""What is refused since others have written meanwhile is planned again."""

from __future__ import annotations

import pytest

from vnetmgr.engine.apply import apply
from vnetmgr.engine.overtaken import apply_overtaken
from vnetmgr.errors import OvertakenError, VnetError
from vnetmgr.model.desired import Desired, Policy
from vnetmgr.model.overlay.northbound import LogicalPort, PortChange
from vnetmgr.model.plan import Action, Change, ObjectKind, Op, Plan, Result, Step
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import Scope
from vnetmgr.model.writes import SetPorts, Write


def plan(name: str = "lan") -> Plan:
    """That makes a port for a nic of that name."""
    write = SetPorts(changes=(PortChange(before=None, after=LogicalPort(name=name, switch="b")),))
    change = Change(
        action=Action.CREATE, object=ObjectKind.PORT, domain="web1", name=name, scope=()
    )
    step = Step(group="web1", changes=(change,), ops=(Op(do=write),))
    return Plan(host="kvm1", steps=(step,), desired=Desired(), scope=Scope(), policy=Policy())


class Busy:
    """A database in which somebody else is first, so many times."""

    def __init__(self, times: int, error: type[VnetError] = OvertakenError) -> None:
        self.left, self.error, self.writes = times, error, 0

    def do(self, _write: Write) -> None:
        self.writes += 1
        if self.left:
            self.left -= 1
            raise self.error("somebody else was first")


@pytest.mark.parametrize(
    ("busy", "again", "result", "writes"),
    [
        (Busy(1), plan(), Result.DONE, 2),
        (Busy(4), plan(), Result.DONE, 5),
        (Busy(99), plan(), Result.FAILED, 6),
        (Busy(1), plan("other"), Result.FAILED, 1),
        (Busy(1, VnetError), plan(), Result.FAILED, 1),
    ],
)
def test_it_goes_on_with_what_is_about_the_same_objects(
    busy: Busy, again: Plan, result: Result, writes: int
) -> None:
    first = plan()
    report = apply(busy, first)
    _, report = apply_overtaken(busy, first, report, lambda: again, on_progress=lambda _: None)
    assert [each.result for each in report.outcomes] == [result]
    assert busy.writes == writes
    assert bool(report.errors) is (result is Result.FAILED)


def test_what_could_not_all_be_taken_back_is_made_again() -> None:
    """The first write of a group is done, the second refused, and so is taking back the first."""
    one, two = plan("one").steps[0], plan("two").steps[0]
    (op,) = one.ops
    undoable = replace(one, ops=(replace(op, undo=(op.do,)),))
    first = replace(plan(), steps=(undoable, two))
    busy = Busy(2)

    class Second(Busy):
        def do(self, write: Write) -> None:
            self.writes += 1
            if self.writes > 1:
                busy.do(write)

    host = Second(0)
    report = apply(host, first)
    assert [each.result for each in report.outcomes] == [Result.DONE, Result.FAILED]
    _, report = apply_overtaken(host, first, report, lambda: first, on_progress=lambda _: None)
    assert [each.result for each in report.outcomes] == [Result.DONE, Result.DONE]
    assert report.errors == ()


def test_what_cannot_be_planned_again_has_failed() -> None:
    busy, first = Busy(1), plan()

    def replan() -> Plan:
        raise VnetError("gone")

    report = apply(busy, first)
    again = apply_overtaken(busy, first, report, replan, on_progress=lambda _: None)
    assert again == (first, report)
