"""What somebody else has made at the same moment is no failure; what nobody has made is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.engine.test_apply import Recorder, op, plan, step
from vnetmgr.engine.apply import apply
from vnetmgr.engine.beside_others import apply_beside_others
from vnetmgr.errors import ConnectionLostError, NotReleasedError, VnetError
from vnetmgr.model.plan import Result

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vnetmgr.model.plan import Plan, Report

A, B, C = step("a", op("a")), step("b", op("b")), step("c", op("c"))


def beside(writer: Recorder, first: Plan, then: Iterable[Plan | VnetError]) -> Report:
    """What comes of a plan, where the next ones come to these."""
    plans = iter(then)

    def replan() -> Plan:
        found = next(plans)
        if isinstance(found, VnetError):
            raise found
        return found

    report = apply(writer, first)
    return apply_beside_others(writer, report, replan, on_progress=lambda _: None)


def results(report: Report) -> dict[str, Result]:
    return {outcome.change.name: outcome.result for outcome in report.outcomes}


def test_what_is_left_is_gone_on_with() -> None:
    writer = Recorder(fails={"+a": VnetError("there already")})
    report = beside(writer, plan(A, step("a", op("d")), B), [plan(step("a", op("d")))])
    assert results(report) == {"b": Result.DONE, "d": Result.DONE}
    assert writer.done == ["+b", "+d"]
    assert report.errors == ()
    assert report.notes == ("network a: somebody else has made it so meanwhile",)


def test_nothing_may_be_left() -> None:
    report = beside(Recorder(fails={"+a": VnetError("there already")}), plan(A), [plan()])
    assert (report.outcomes, report.errors) == ((), ())


def test_what_nobody_has_made_has_failed() -> None:
    writer = Recorder(fails={"+a": VnetError("there already"), "+b": VnetError("no room")})
    report = beside(writer, plan(A, B, C), [plan(B), plan(B)])
    assert results(report) == {"c": Result.DONE, "b": Result.FAILED}
    assert [error.message for error in report.errors] == ["no room"]


def test_another_who_is_always_first_is_not_followed_for_ever() -> None:
    fails: dict[str, BaseException] = {
        f"+{name}": VnetError("there already") for name in "abcdefgh"
    }
    plans = [plan(step(name, op(name))) for name in "bcdefgh"]
    report = beside(Recorder(fails=fails), plan(A), plans)
    assert len(report.errors) == 1


@pytest.mark.parametrize(
    ("error", "then"),
    [
        (NotReleasedError("the guest keeps it"), []),
        (ConnectionLostError("gone"), []),
        (VnetError("no room"), [VnetError("cannot be seen")]),
        (VnetError("no room"), [plan(A)]),
    ],
)
def test_its_own_failures_stay(error: VnetError, then: list[Plan | VnetError]) -> None:
    report = beside(Recorder(fails={"+a": error}), plan(A), then)
    assert results(report) == {"a": Result.FAILED}
    assert [each.message for each in report.errors] == [error.message]
