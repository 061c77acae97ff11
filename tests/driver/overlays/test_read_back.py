"""What a spec has written to OVN alone is read back from OVN."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from vnetmgr.engine.observe import observe
from vnetmgr.model.plan import ObjectKind, Result
from vnetmgr.planner import make_plan

if TYPE_CHECKING:
    from collections.abc import Callable

    import vnetmgr
    from tests.ovn import Database
    from vnetmgr.model.plan import Plan

SPEC: dict[str, Any] = {
    "version": 1,
    "networks": {"blue": {"mode": "overlay", "subnet": "10.66.0.0/24"}},
    "domains": {"web1": {"nics": {"lan": {"network": "blue", "mac": "52:54:00:00:00:01"}}}},
}


@pytest.fixture
def times_planned(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Grows with each planning."""
    times: list[int] = []

    def counted(*given: Any) -> Any:
        times.append(1)
        return make_plan(*given)

    monkeypatch.setattr("vnetmgr.engine.reconcile.make_plan", counted)
    return times


def port_of(northbound: Database) -> str:
    found = northbound.ctl("--bare --columns=name find logical_switch_port type='\"\"'").split()
    assert len(found) == 1
    return found[0]


def test_ports_alone_are_not_planned_again(
    host: Callable[..., vnetmgr.Host], northbound: Database, times_planned: list[int]
) -> None:
    one = host()
    one.apply(SPEC)
    northbound.ctl(f"lsp-del {port_of(northbound)}")
    times_planned.clear()
    (done,) = one.apply(SPEC).outcomes
    assert (done.change.object, done.result) == (ObjectKind.PORT, Result.DONE)
    assert len(times_planned) == 1
    assert one.plan(SPEC).changes == ()


def test_a_nic_that_was_written_with_its_port_is_planned_again(
    host: Callable[..., vnetmgr.Host], times_planned: list[int]
) -> None:
    one = host()
    one.apply(SPEC)
    assert len(times_planned) == 2


def test_a_port_that_somebody_changes_before_it_is_read_back_is_told(
    host: Callable[..., vnetmgr.Host], northbound: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = host()
    one.apply(SPEC)
    northbound.ctl(f"lsp-del {port_of(northbound)}")

    def observe_later(*given: Any) -> Any:
        northbound.ctl(f"lsp-set-addresses {port_of(northbound)} 52:54:00:00:00:99")
        return observe(*given)

    monkeypatch.setattr("vnetmgr.engine.written_ports.observe", observe_later)
    (late,) = one.apply(SPEC, check=False).outcomes
    assert late.result is Result.FAILED
    assert late.error is not None
    assert "has it otherwise by now" in late.error


def test_each_change_that_is_not_kept_has_its_own_hint(
    host: Callable[..., vnetmgr.Host], northbound: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, seen = host(), list[int]()
    lab = {"mode": "isolated", "subnet": "10.5.0.0/24"}
    spec = {"version": 1, "networks": {**SPEC["networks"], "lab": lab}}

    def observe_later(*given: Any) -> Any:
        if seen:
            northbound.ctl("ls-del blue")
        seen.append(1)
        return observe(*given)

    def not_followed(_: object, plan: Plan, __: object) -> dict[int, str]:
        return {id(change): "no route" for change in plan.changes if change.name == "lab"}

    monkeypatch.setattr("vnetmgr.engine.reconcile.observe", observe_later)
    monkeypatch.setattr("vnetmgr.engine.reconcile.kernel_problems", not_followed)
    report = one.apply(spec, check=False)
    assert [each.result for each in report.outcomes] == [Result.FAILED, Result.FAILED]
    found = {error.about.name: error for error in report.errors if error.about is not None}
    assert [found[each.change.name].text for each in report.outcomes] == [
        each.error for each in report.outcomes
    ]
    again = "somebody else may have changed it at the same moment; run the command again"
    assert found["lab"].text == "network lab: the change is made, and no route"
    assert found["lab"].hint == again
    assert found["blue"].hint == (
        f"{again}; `ovn-nbctl --db={northbound.remote} show blue` shows what is there"
    )
