"""Whose ports are waited for."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.planner.overlays.builders import OWN, guest, host, overlay_nic, port
from vnetmgr.engine import bound_ports
from vnetmgr.engine.bound_ports import with_bound_ports
from vnetmgr.model.desired import Desired, Policy
from vnetmgr.model.plan import Action, Change, ObjectKind, Outcome, Plan, Report, Result
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import Scope
from vnetmgr.model.state import State

PLAN = Plan(host="host", steps=(), desired=Desired(), scope=Scope(), policy=Policy())
OBSERVED = host(guest(overlay_nic(OWN), overlay_nic(OWN, target="vnet0")), ports=(port(up=False),))


def report(result: Result = Result.DONE, scope: tuple[State, ...] = tuple(State)) -> Report:
    change = Change(
        action=Action.CREATE, object=ObjectKind.NIC, domain="vm1", name="lan", scope=scope
    )
    return Report(host="host", outcomes=(Outcome(change=change, result=result),))


def waited(monkeypatch: pytest.MonkeyPatch, given: Report, ups: str = "n") -> tuple[Report, int]:
    """The report, where OVN says this, one after the other, of whether the port is up; and how
    often it was asked."""
    left = [each == "y" for each in ups]
    asked = 0

    def read(*_: Any) -> Any:
        nonlocal asked
        asked += 1
        up = left.pop(0) if len(left) > 1 else left[0]
        return replace(OBSERVED.northbound, ports=(port(up=up),))  # type: ignore[type-var]

    monkeypatch.setattr(bound_ports, "northbound_of", read)
    monkeypatch.setattr(bound_ports, "settings_for", lambda *_: None)
    monkeypatch.setattr(bound_ports, "_WITHIN_S", 0.1)
    found = with_bound_ports(None, PLAN, given, OBSERVED)  # type: ignore[arg-type]
    return found, asked


def test_a_port_that_comes_up_is_not_spoken_of(monkeypatch: pytest.MonkeyPatch) -> None:
    found, asked = waited(monkeypatch, report(), "ny")
    assert (found.notes, asked) == ((), 2)


def test_one_that_does_not_is(monkeypatch: pytest.MonkeyPatch) -> None:
    found, _ = waited(monkeypatch, report())
    assert ["vm1/lan: OVN has not bound its port" in note for note in found.notes] == [True]


@pytest.mark.parametrize(
    "given", [report(Result.FAILED), report(scope=(State.CONFIG,)), Report(host="host")]
)
def test_what_was_not_plugged_in_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, given: Report
) -> None:
    assert waited(monkeypatch, given) == (given, 0)
