"""How much a plan or a report is, in its last line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vnetmgr.errors import VnetError
from vnetmgr.model.desired import Desired, Policy, SpecScope
from vnetmgr.model.plan import Action, Change, ObjectKind, Outcome, Plan, Report, Result, Step
from vnetmgr.model.seen.observed import Scope
from vnetmgr.model.state import State
from vnetmgr.render.blocks import Done, Form, Line
from vnetmgr.render.changes import render_changes_alone, render_plan, render_report

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vnetmgr.render.blocks import Block

SPEC = Desired(spec=SpecScope())


def change(action: str, name: str = "lan") -> Change:
    """What happens to one nic."""
    nic, scope = ObjectKind.NIC, (State.CONFIG,)
    return Change(action=Action(action), object=nic, domain="web1", name=name, scope=scope)


def plan(*actions: str, waiting: int = 0, desired: Desired = SPEC) -> Plan:
    """A plan of one step."""
    step = Step(group="web1", changes=tuple(map(change, actions)), ops=())
    return Plan(
        host="host",
        steps=(step,),
        desired=desired,
        scope=Scope(),
        policy=Policy(),
        waiting=tuple(change("update", f"nic{number}") for number in range(waiting)),
    )


def lines(blocks: Iterable[Block]) -> list[str]:
    """What is printed on standard output."""
    return [each.text for each in blocks if isinstance(each, Line)]


@pytest.mark.parametrize(
    ("actions", "waiting", "last"),
    [
        (("create", "create", "update"), 3, "planned: 2 added, 1 changed, 3 waiting"),
        (("repair", "start", "stop", "restart"), 0, "planned: 0 added, 4 changed, 0 waiting"),
        (("delete", "create"), 0, "planned: 1 added, 0 changed, 0 waiting, 1 removed"),
        ((), 2, "planned: 0 added, 0 changed, 2 waiting"),
        ((), 0, "nothing to do"),
    ],
)
def test_a_plan(actions: tuple[str, ...], waiting: int, last: str) -> None:
    assert lines(render_plan(plan(*actions, waiting=waiting), form=Form.TABLE))[-1] == last


def test_what_waits_already_makes_no_noise() -> None:
    found = lines(render_plan(plan(waiting=2), form=Form.TABLE, show_waiting=False))
    assert found == ["nothing to do"]


def test_a_commands_plan_is_seen_at_once() -> None:
    found = plan("create", desired=Desired())
    assert not any("added" in line for line in lines(render_plan(found, form=Form.TABLE)))


@pytest.mark.parametrize(
    ("outcomes", "last"),
    [
        ("create:done create:done update:done update:waiting", "2 added, 1 changed, 1 waiting"),
        ("delete:done", "0 added, 0 changed, 0 waiting, 1 removed"),
        (
            "create:done create:failed update:undone delete:skipped delete:skipped",
            "1 added, 0 changed, 0 waiting, 1 failed, 1 undone, 2 skipped",
        ),
        ("", "0 added, 0 changed, 0 waiting"),
    ],
)
def test_a_report(outcomes: str, last: str) -> None:
    pairs = [each.split(":") for each in outcomes.split()]
    found = tuple(
        Outcome(change=change(action, f"nic{number}"), result=Result(result))
        for number, (action, result) in enumerate(pairs)
    )
    report = Report(host="host", outcomes=found)
    blocks = list(render_report(report, form=Form.TABLE, summed=True))
    assert lines(blocks)[-1] == last
    assert isinstance(blocks[-1], Done)  # which --quiet leaves out
    for silent in (
        render_report(report, form=Form.TABLE),
        render_changes_alone(report, form=Form.TABLE, show_waiting=False),
    ):
        assert not any(line == last for line in lines(silent))


def test_where_nothing_could_be_planned_nothing_is_summed() -> None:
    report = Report(host="host", errors=(VnetError("no"),))
    assert lines(render_report(report, form=Form.TABLE, summed=True)) == []
