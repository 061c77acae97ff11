"""What a network's start takes of port forwards comes back in the network's own step."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from tests.unit.planner.builders import UUID
from tests.unit.planner.forwards.builders import (
    MAC,
    document,
    forward,
    forwarded,
    host,
    reserved,
    vm,
)
from vnetmgr.model.desired import Desired, Policy, SpecScope
from vnetmgr.model.dhcp import Reservation
from vnetmgr.model.intent import Intent
from vnetmgr.model.network_want import NetworkPatch, NetworkWant
from vnetmgr.model.plan import Plan
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import Observed
from vnetmgr.model.seen.rules import LiveRules
from vnetmgr.model.values import Mac
from vnetmgr.model.writes import SetRules, StartNetwork, StopNetwork, UpdateNetwork
from vnetmgr.planner import make_plan

WEB = forward("8080:80", loopback="yes")
PLAIN = forward("8081:81")
RESTART = NetworkWant(name="lab", intent=Intent.UPDATE, restart=True, guests=True)
MTU = NetworkWant(name="lab", intent=Intent.UPDATE, patch=NetworkPatch(mtu=1400), guests=True)


def plan(there: Observed, want: NetworkWant, *, spec: bool = False) -> Plan:
    """The plan of a command, or of a spec."""
    scope = SpecScope() if spec else None
    want = replace(want, intent=Intent.PRESENT) if spec else want
    policy = Policy(allow=frozenset({"restart"}))
    return make_plan(Desired(networks=(want,), spec=scope), there, policy)


@pytest.mark.parametrize("want", [RESTART, MTU], ids=["restart", "change"])
@pytest.mark.parametrize("spec", [False, True], ids=["command", "spec"])
def test_a_restart_ends_by_putting_them_back(want: NetworkWant, spec: bool) -> None:  # noqa: FBT001
    (step,) = plan(forwarded(WEB, PLAIN), want, spec=spec).steps
    *_, last = step.ops
    assert isinstance(last.do, SetRules)
    assert (last.do.uuid, last.do.restores) == (UUID, "vm1")
    assert sorted(rule.host_port for rule in last.do.rules) == [8080, 8081]
    assert last.may_finish_later, "which is no reason to take the restart back"
    # Only what is lost for certain is told of.
    assert [each.name for each in step.changes if each.object == "forward"] == ["8080/tcp"]


def test_a_spec_that_moves_the_reservation_as_well() -> None:
    """The restart puts back what it has taken, in its own step; where the address leads by then is
    the forwards' own matter, behind the reservation."""
    moved = Reservation(address=ip_address("10.0.0.77"), mac=Mac(MAC))
    want = replace(MTU, patch=NetworkPatch(mtu=1400, reservations=(moved,)))
    restart, reservation, forwards = plan(forwarded(WEB, PLAIN), want, spec=True).steps
    assert any(isinstance(op.do, StartNetwork) for op in restart.ops)
    back = restart.ops[-1].do
    assert isinstance(back, SetRules)
    assert back.restores == "vm1"
    assert {str(rule.guest_address) for rule in back.rules} == {"10.0.0.100"}
    assert [type(op.do) for op in reservation.ops] == [UpdateNetwork]
    rules = [op.do for op in forwards.ops if isinstance(op.do, SetRules)][-1].rules
    assert {str(rule.guest_address) for rule in rules} == {"10.0.0.77"}


def test_its_undo_puts_them_back_as_well() -> None:
    (step,) = plan(forwarded(WEB), RESTART).steps
    (stop,) = [op for op in step.ops if op.do == StopNetwork(network="lab")]
    starts = [number for number, each in enumerate(stop.undo) if isinstance(each, StartNetwork)]
    assert starts
    last = stop.undo[-1]
    assert isinstance(last, SetRules)
    assert [rule.host_port for rule in last.rules] == [8080]


def test_a_start_brings_back_what_the_metadata_says() -> None:
    there = forwarded(WEB)
    (network,) = there.networks
    off = replace(there, networks=(replace(network, live=None, live_xml=None),), rules=LiveRules())
    want = NetworkWant(name="lab", intent=Intent.UPDATE, guests=True)
    (step,) = plan(off, want).steps
    assert isinstance(step.ops[-1].do, SetRules)
    assert [each.name for each in step.changes] == ["lab", "8080/tcp"]


def test_without_forwards_there_is_nothing_more() -> None:
    (step,) = plan(host(vm(), network=document(reserved("10.0.0.100"))), RESTART).steps
    assert not [op for op in step.ops if isinstance(op.do, SetRules)]
