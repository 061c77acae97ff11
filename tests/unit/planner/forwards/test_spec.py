"""Forwards of a spec: each list is complete, and those of other domains are looked after."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from tests.unit.planner.builders import TEMPLATES, UUID, nic_xml
from tests.unit.planner.forwards.builders import (
    MAC,
    MAC2,
    OTHER,
    applied,
    document,
    forward,
    forwarded,
    host,
    leads,
    reserved,
    vm,
    writes,
)
from tests.unit.planner.networks.builders import lab
from vnetmgr.errors import ExitCode, RefusedError
from vnetmgr.model.desired import Desired, NicWant, Policy, SpecScope
from vnetmgr.model.dhcp import Reservation
from vnetmgr.model.domain import Hold
from vnetmgr.model.forward import Forward, ForwardsWant
from vnetmgr.model.intent import Intent
from vnetmgr.model.network import NetworkMode
from vnetmgr.model.network_want import AddressWant, NetworkPatch, NetworkWant
from vnetmgr.model.options.nic_patch import build_patch
from vnetmgr.model.patch import UNSET, Unset
from vnetmgr.model.plan import Action, Plan
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import Observed
from vnetmgr.model.seen.rules import Listener, LiveRules
from vnetmgr.model.values import Mac
from vnetmgr.model.writes import SetMetadata, SetRules, UpdateNetwork
from vnetmgr.planner import make_plan
from vnetmgr.problem import Place

WEB, SSH = forward("8080:80"), forward("2222:22")
KEPT = document(reserved("10.0.0.100"))


def forwards(*every: Forward, of: str = "vm1") -> ForwardsWant:
    """A domain's list, at spec.yaml:4:5."""
    return ForwardsWant(
        domain=of,
        forwards=tuple((each, Place("spec.yaml", 5, 7)) for each in every),
        origin=Place("spec.yaml", 4, 5),
    )


def on_lab(name: str = "lan", network: str = "lab") -> NicWant:
    """A nic of vm1's on a network."""
    patch = build_patch({"network": network}, source_needed=True)
    return NicWant(
        domain="vm1",
        intent=Intent.PRESENT,
        patch=patch,
        spec_name=name,
        template=TEMPLATES["network"],
        origin=Place("spec.yaml", 3, 5),
    )


def desired(*lists: ForwardsWant, **more: object) -> Desired:
    """A spec with these forwards."""
    scope = SpecScope(domains=(("vm1", Place("spec.yaml", 2, 1)),))
    return replace(Desired(forwards=lists, spec=scope), **more)


def planned(there: Observed, wanted: Desired) -> Plan:
    return make_plan(wanted, there, Policy(allow=frozenset()))


def done(plan: Plan) -> list[tuple[str | None, Action, str]]:
    """What becomes of forwards."""
    return [
        (change.domain, change.action, str(change.name))
        for change in plan.changes
        if change.object == "forward"
    ]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ((), (WEB,), [("vm1", Action.CREATE, "8080/tcp")]),
        ((WEB,), (WEB,), []),
        ((WEB, SSH), (SSH, WEB), []),
        ((WEB,), (), [("vm1", Action.DELETE, "8080/tcp")]),
        (
            (WEB,),
            (SSH,),
            [("vm1", Action.CREATE, "2222/tcp"), ("vm1", Action.DELETE, "8080/tcp")],
        ),
        ((WEB,), (forward("8080:81"),), [("vm1", Action.UPDATE, "8080/tcp")]),
        ((WEB,), (forward("8080:80", loopback="yes"),), [("vm1", Action.UPDATE, "8080/tcp")]),
        (
            (forward("8000-8010:80-90"),),
            (forward("8000-8005:80-85"),),
            [
                ("vm1", Action.CREATE, "8000-8005/tcp"),
                ("vm1", Action.DELETE, "8000-8010/tcp"),
            ],
        ),
    ],
)
def test_a_list_is_complete(
    before: tuple[Forward, ...], after: tuple[Forward, ...], said: list[object]
) -> None:
    there = forwarded(*before)
    plan = planned(there, desired(forwards(*after)))
    assert (done(plan), plan.errors) == (said, ())
    then = applied(there, plan)
    assert set(then.domains[0].forwards) == set(after)
    assert then.rules is not None
    assert {rule.host_port for rule in then.rules.rules} == {
        port for each in after for port in range(each.host_port, each.host_port + each.ports)
    }
    again = planned(then, desired(forwards(*after)))
    assert (again.steps, again.errors) == ((), ())


def test_a_domain_without_the_key_keeps_its_own() -> None:
    assert planned(forwarded(WEB), desired()).steps == ()


def test_what_is_missing_of_it_is_put_back() -> None:
    there = replace(forwarded(WEB), rules=LiveRules())
    plan = planned(there, desired())
    assert done(plan) == [("vm1", Action.REPAIR, "8080/tcp")]
    assert [type(each) for each in writes(plan)] == [SetRules]
    untended = desired(spec=SpecScope(domains=(), forwards=False))
    assert planned(there, untended).steps == ()


def test_without_a_reservation_its_address_is_kept_again() -> None:
    there = replace(forwarded(WEB), networks=(lab(document(), document()),))
    (write,) = writes(planned(there, desired()))
    assert isinstance(write, UpdateNetwork)
    assert 'ip="10.0.0.100"' in write.xml


def test_what_a_domain_left_behind_goes() -> None:
    there = forwarded(WEB)
    gone = replace(there, domains=())
    plan = planned(gone, desired())
    assert writes(plan) == [SetRules(uuid=UUID)]
    assert done(plan) == [(None, Action.DELETE, "8080/tcp")]
    assert planned(applied(gone, plan), desired()).steps == ()


@pytest.mark.parametrize("part", ["stray", "whole"])
def test_what_is_the_same_for_all_is_mended(part: str) -> None:
    there = host(rules=LiveRules(stray=part == "stray", whole=part != "whole"))
    plan = planned(there, desired())
    assert writes(plan) == [SetRules(uuid="")]
    assert done(plan) == [(None, Action.REPAIR, "table inet vnetmgr")]


def test_rules_that_nothing_says_go() -> None:
    there = forwarded(WEB)
    bare = replace(there, domains=(vm(),))
    plan = planned(bare, desired())
    assert done(plan) == [("vm1", Action.DELETE, "8080/tcp")]
    assert writes(plan) == [SetRules(uuid=UUID)]


@pytest.mark.parametrize(
    ("hold", "stays"),
    [
        (Hold(nic=None, until_s=200), True),
        (Hold(nic="lan", until_s=200), True),
        (Hold(nic="wan", until_s=200), False),
        (Hold(nic=None, until_s=100), False),
    ],
)
def test_a_hold_keeps_the_spec_away(hold: Hold, stays: bool) -> None:  # noqa: FBT001
    there = forwarded(WEB)
    domains = tuple(replace(each, holds=(hold,)) for each in there.domains)
    plan = planned(replace(there, domains=domains, now_s=100.5), desired(forwards(WEB, SSH)))
    assert bool(plan.steps) is not stays
    assert bool([note for note in plan.notes if "its forwards are held" in note]) is stays
    assert plan.errors == ()


def test_a_problem_has_its_place_and_holds_up_no_other() -> None:
    there = host(vm(), vm(name="vm2"))
    lists = (forwards(replace(WEB, nic="gone")), forwards(SSH, of="vm2"))
    plan = planned(there, desired(*lists))
    (error,) = plan.errors
    assert error.message.startswith("spec.yaml:5:7: ")
    assert "gone" in error.message
    assert [(domain, name) for domain, _, name in done(plan)] == [("vm2", "2222/tcp")]


def test_the_port_of_a_domain_that_the_spec_does_not_name() -> None:
    there = host(vm(), vm(WEB, name="vm2"))
    plan = planned(there, desired(forwards(WEB)))
    assert [error.message for error in plan.errors] == [
        "spec.yaml:5:7: host port 8080/tcp leads to vm2 already (8080:80/tcp)"
    ]
    assert {domain for domain, _, _ in done(plan)} == {"vm2"}  # its rules are missing


def test_a_port_that_moves_from_one_domain_to_another() -> None:
    text = document(reserved("10.0.0.100") + reserved("10.0.0.101", MAC2))
    there = forwarded(WEB, network=text)
    both = replace(there, domains=(*there.domains, vm(name="vm2")))
    wanted = desired(forwards(), forwards(WEB, of="vm2"))
    plan = planned(both, wanted)
    assert plan.errors == ()
    after = applied(both, plan)
    assert after.rules is not None
    assert [rule.domain for rule in after.rules.rules] == [OTHER]
    assert planned(after, wanted).steps == ()


def test_a_program_that_would_lose_its_port() -> None:
    socket = Listener(protocol=WEB.protocol, address=ip_address("::"), port=8080)
    there = host(rules=LiveRules(listeners=(socket,)))
    plan = planned(there, desired(forwards(WEB)))
    said = "spec.yaml:5:7: host port 8080/tcp: some program listens on [::]:8080/tcp"
    assert [error.message for error in plan.errors] == [said]
    assert plan.steps == ()
    plan = planned(there, desired(forwards(WEB, SSH)))
    assert [error.message for error in plan.errors] == [said]
    assert [error.exit_code for error in plan.errors] == [ExitCode.FAILED]
    assert [change.name for change in plan.changes if change.object == "forward"] == ["2222/tcp"]


@pytest.mark.parametrize(
    ("given", "bridge"),
    [("virbr20", "virbr20"), (UNSET, "virbr0")],
    ids=["given", "the first free"],
)
def test_a_nic_and_a_network_of_the_same_spec(given: str | Unset, bridge: str) -> None:
    network = NetworkWant(
        name="new",
        intent=Intent.PRESENT,
        patch=NetworkPatch(
            mode=NetworkMode.NAT, subnets=(ip_network("10.7.0.0/24"),), bridge=given
        ),
        template="<network><forward mode='nat'/></network>",
        guests=True,
        origin=Place("spec.yaml", 2, 3),
    )
    there = host(vm(nics=["<!-- none -->"]))
    wanted = desired(forwards(WEB), nics=(on_lab(network="new"),), networks=(network,))
    plan = planned(there, wanted)
    assert plan.errors == ()
    assert [type(each).__name__ for each in writes(plan)][-2:] == ["SetMetadata", "SetRules"]
    (rules,) = [each for each in writes(plan) if isinstance(each, SetRules)]
    assert [rule.host_port for rule in rules.rules] == [8080]
    assert rules.rules[0].bridge == rules.passages[0].bridge == bridge


@pytest.mark.parametrize(
    "now",
    [nic_xml("lan"), nic_xml("lan", kind="user", source="")],
    ids=["on a bridge", "in user mode"],
)
def test_it_leads_to_the_network_that_the_spec_moves_the_nic_to(now: str) -> None:
    plan = planned(host(vm(nics=[now])), desired(forwards(WEB), nics=(on_lab(),)))
    assert (leads(plan), plan.errors) == (["* 8080/tcp 10.0.0.100 80"], ())


def test_it_leads_to_the_address_that_the_spec_gives_the_nic() -> None:
    address = AddressWant(
        network="lab",
        intent=Intent.PRESENT,
        domain="vm1",
        nic="lan",
        address=ip_address("10.0.0.20"),
    )
    wanted = desired(forwards(WEB), nics=(on_lab(),), addresses=(address,))
    for there in (host(), host(network=KEPT)):
        plan = planned(there, wanted)
        assert (leads(plan), plan.errors) == (["* 8080/tcp 10.0.0.20 80"], ())
        (reserve,) = [each for each in writes(plan) if isinstance(each, UpdateNetwork)]
        assert 'ip="10.0.0.20"' in reserve.xml


@pytest.mark.parametrize(
    ("listed", "address"),
    [
        ((Reservation(address=ip_address("10.0.0.20"), mac=Mac(MAC)),), "10.0.0.20"),
        (
            (Reservation(address=ip_address("10.0.0.100"), mac=Mac("52:54:00:00:00:99")),),
            "10.0.0.101",
        ),
        ((), "10.0.0.100"),
    ],
    ids=["of the nic", "of another", "none"],
)
def test_a_network_with_a_complete_list(listed: tuple[Reservation, ...], address: str) -> None:
    network = NetworkWant(
        name="lab",
        intent=Intent.PRESENT,
        patch=NetworkPatch(reservations=listed),
        guests=True,
        origin=Place("spec.yaml", 2, 3),
    )
    plan = planned(host(), desired(forwards(WEB), networks=(network,)))
    assert (leads(plan), plan.errors) == ([f"* 8080/tcp {address} 80"], ())
    reserves = [each.xml for each in writes(plan) if isinstance(each, UpdateNetwork)]
    assert [xml for xml in reserves if f'ip="{address}"' in xml and MAC in xml]


def test_from_afar_what_goes_is_named_and_holds_up_no_other_domain() -> None:
    error = RefusedError("port forwards are rules of that machine", "run vnetmgr there")
    there = replace(forwarded(WEB), rules=None, rules_unseen=error, rules_elsewhere=True)
    other = vm(name="vm2")
    there = replace(there, domains=(*there.domains, other))
    plan = planned(there, desired(forwards(), forwards(SSH, forward("53:53/udp"), of="vm2")))
    assert [each.message for each in plan.errors] == [
        f"forward vm1/8080/tcp: {error.message}",
        f"spec.yaml:5:7: forwards vm2/2222/tcp, vm2/53/udp: {error.message}",
    ]


def test_from_afar_what_is_asked_for_is_refused_and_the_rest_left_alone() -> None:
    error = RefusedError("port forwards are rules of that machine", "run vnetmgr there")
    there = replace(forwarded(WEB), rules=None, rules_unseen=error, rules_elsewhere=True)
    assert planned(there, desired()).errors == ()
    plan = planned(there, desired(forwards(SSH)))
    (said,) = plan.errors
    assert said.message == f"spec.yaml:5:7: forward vm1/2222/tcp: {error.message}"
    assert (said.hint, said.exit_code, said.about) == (error.hint, error.exit_code, None)
    assert not [each for each in writes(plan) if isinstance(each, SetMetadata | SetRules)]
