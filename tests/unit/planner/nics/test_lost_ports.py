"""Rules that are not in the kernel take no port from whoever listens there by now."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from tests.unit.planner.forwards.builders import (
    IPV6,
    MAC2,
    add,
    document,
    forward,
    forwarded,
    host,
    leads,
    on_lab,
    planned,
    remove,
    reserved,
    vm,
    writes,
)
from vnetmgr.errors import ExitCode, RefusedError
from vnetmgr.model.desired import Desired, Policy, SpecScope
from vnetmgr.model.forward import Forward, ForwardsWant, Protocol
from vnetmgr.model.intent import Intent
from vnetmgr.model.network_want import NetworkWant
from vnetmgr.model.plan import Plan
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import Observed
from vnetmgr.model.seen.rules import Listener, LiveRules
from vnetmgr.planner import make_plan
from vnetmgr.problem import Place

NETWORKS = (NetworkWant(name="lab", intent=Intent.PRESENT, running=None),)
SSH, WEB, DNS = forward("22:22"), forward("8080:80"), forward("53:53/udp")
RANGE = forward("8000-8003:9000-9003")


def listens(
    there: Observed, port: int, address: str = "0.0.0.0", protocol: str = "tcp"
) -> Observed:
    """The same host with a program that listens."""
    at = Listener(
        protocol=Protocol(protocol), address=ip_address(address), port=port, program="sshd"
    )
    rules = there.rules or LiveRules()
    return replace(there, rules=replace(rules, listeners=(*rules.listeners, at)))


def kept() -> str:
    """The network, with both domains' addresses reserved."""
    return document(reserved("10.0.0.100") + reserved("10.0.0.101", MAC2))


def reconcile(there: Observed, *wants: ForwardsWant) -> Plan:
    """The plan of a reconcile."""
    return make_plan(Desired(forwards=wants, spec=SpecScope()), there, Policy())


def test_metadata_that_was_defined_elsewhere_takes_no_port() -> None:
    there = listens(host(vm(SSH, WEB), vm(DNS, name="vm2"), network=kept()), 22)
    plan = reconcile(there)
    (error,) = plan.errors
    assert error.exit_code is ExitCode.FAILED
    assert error.message.startswith("forward vm1/22/tcp: sshd listens on 0.0.0.0:22/tcp")
    assert leads(plan) == ["* 8080/tcp 10.0.0.100 80", "* 53/udp 10.0.0.101 53"]
    assert [change.name for change in plan.changes] == ["8080/tcp", "53/udp"]


@pytest.mark.parametrize(
    ("listener", "blocked"),
    [
        ((22, "127.0.0.1"), True),
        ((22, "::"), True),
        ((22, "fe80::1"), True),
        ((22, "0.0.0.0", "udp"), False),
        ((23, "0.0.0.0"), False),
    ],
)
def test_who_is_in_the_way(listener: tuple[int, str], blocked: bool) -> None:  # noqa: FBT001
    plan = reconcile(listens(host(vm(SSH), network=kept()), *listener))
    assert bool(plan.errors) is blocked
    assert (leads(plan) == []) is blocked


def test_what_a_flush_took_away_is_not_taken_back_from_a_program() -> None:
    there = forwarded(SSH, WEB)
    assert there.rules is not None
    assert reconcile(listens(there, 22)).errors == ()
    assert reconcile(listens(there, 22)).steps == ()
    plan = reconcile(listens(replace(there, rules=LiveRules()), 22))
    assert len(plan.errors) == 1
    assert leads(plan) == ["* 8080/tcp 10.0.0.100 80"]


def test_what_is_left_of_it_in_the_kernel_stays() -> None:
    six = document(reserved("10.0.0.100"), six=IPV6)
    there = forwarded(SSH, network=six)
    assert there.rules is not None
    half = replace(there.rules, rules=tuple(r for r in there.rules.rules if r.version == 4))
    plan = reconcile(listens(replace(there, rules=half), 22))
    assert len(plan.errors) == 1
    assert plan.steps == ()


@pytest.mark.parametrize("port", [8000, 8003])
def test_a_range_gives_up_its_new_rules_as_a_whole(port: int) -> None:
    plan = reconcile(listens(host(vm(RANGE), network=kept()), port))
    assert len(plan.errors) == 1
    assert plan.steps == ()


@pytest.mark.parametrize(
    ("elsewhere", "wants", "errors", "notes"),
    [
        (False, (), 1, 0),
        (True, (), 1, 0),
        (False, NETWORKS, 1, 0),
        (True, NETWORKS, 0, 1),  # they are looked after there
    ],
)
def test_rules_that_cannot_be_seen_are_told_of(
    elsewhere: bool,  # noqa: FBT001
    wants: tuple[NetworkWant, ...],
    errors: int,
    notes: int,
) -> None:
    there = host(vm(WEB), vm(name="vm2"), network=kept())
    unseen = RefusedError("they are somebody's", "run it as root")
    there = replace(there, rules=None, rules_unseen=unseen, rules_elsewhere=elsewhere)
    plan = make_plan(Desired(networks=wants, spec=SpecScope()), there, Policy())
    said = "port forwards of vm1 are not looked after: they are somebody's"
    assert [error.message for error in plan.errors] == [said] * errors
    assert [error.exit_code for error in plan.errors] == [ExitCode.FAILED] * errors
    assert [note for note in plan.notes if note == said] == [said] * notes


def test_where_nobody_has_any_nothing_is_told() -> None:
    there = replace(host(vm()), rules=None, rules_unseen=RefusedError("no"))
    assert reconcile(there).errors == ()


def test_a_command_about_another_goes_on_and_says_so() -> None:
    there = listens(host(vm(SSH), network=kept()), 22)
    plan = planned(there, add("8080:80"))
    assert leads(plan) == ["* 8080/tcp 10.0.0.100 80"]
    assert any("sshd listens on" in note for note in plan.notes)
    assert writes(planned(there, remove("22")))


def test_the_same_asked_for_again_is_refused() -> None:
    there = listens(host(vm(SSH), network=kept()), 22)
    with pytest.raises(RefusedError, match="sshd listens on") as caught:
        planned(there, add("22:22"))
    (lost,) = reconcile(there).errors
    assert (caught.value.hint, caught.value.about) == (lost.hint, lost.about)
    assert caught.value.problems == lost.problems


@pytest.mark.parametrize(
    "listed", [SSH, replace(SSH, guest_port=2222)], ids=["the same", "to another port"]
)
def test_a_spec_gets_none_either(listed: Forward) -> None:
    there = listens(host(vm(SSH, nics=(on_lab(),)), network=kept()), 22)
    want = ForwardsWant(domain="vm1", forwards=((listed, Place("spec.yaml", 5, 7)),))
    plan = reconcile(there, want)
    (error,) = plan.errors
    assert error.message.startswith("spec.yaml:5:7: ")
    assert "sshd listens on" in error.message
    assert leads(plan) == []
