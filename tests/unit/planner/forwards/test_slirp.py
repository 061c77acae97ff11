"""Port forwards into user mode: what QEMU is told, when, and what is refused. Documents in."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Any

import pytest

from tests.unit.planner.builders import (
    CONFIG,
    LIVE,
    TEMPLATES,
    UUID,
    domain,
    domain_xml,
    nic_xml,
    observed,
    want,
)
from vnetmgr.errors import RefusedError
from vnetmgr.model.desired import Desired, Policy, SpecScope
from vnetmgr.model.domain import SeenDomain
from vnetmgr.model.forward import Forward, ForwardKey, ForwardsWant, ForwardWant, Protocol
from vnetmgr.model.host_forward import HostForward, slirp_address
from vnetmgr.model.intent import Intent
from vnetmgr.model.options.forwards import build_forward
from vnetmgr.model.plan import Action, Plan
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import Features
from vnetmgr.model.writes import (
    AttachDevice,
    DetachDevice,
    SetHostForwards,
    SetMetadata,
    UpdateDevice,
)
from vnetmgr.planner import make_plan, scope_of
from vnetmgr.problem import Place

OFF = domain_xml(nic_xml("net", kind="user", source=""))
RUNS = domain_xml(nic_xml("net", kind="user", source=""))
UNNAMED = nic_xml(None, kind="user", source="", extra="<alias name='net0'/>")
WEB = replace(build_forward("8080:80", {}), nic="net")
SEEN = HostForward(
    netdev="hostua-net",
    protocol=Protocol.TCP,
    listen=None,
    host_port=8080,
    guest_address=IPv4Address("10.0.2.15"),
    guest_port=80,
)
TOLD = replace(SEEN, guest_address=None)
ALLOWED = ("taint",)


def running(*forwards: Forward, seen: tuple[HostForward, ...] | None = None) -> SeenDomain:
    """The domain, running."""
    return domain(OFF, RUNS, stamp=UUID, forwards=forwards, host_forwards=seen)


def add(to: SeenDomain, text: str, *, allow: tuple[str, ...] = ALLOWED, **options: Any) -> Plan:
    """What add-forward plans."""
    forward = build_forward(text, options)
    wanted = ForwardWant(domain="vm1", intent=Intent.CREATE, forward=forward)
    policy = Policy(allow=frozenset(allow))
    return make_plan(Desired(forwards=(wanted,)), observed(to), policy)


def remove(of: SeenDomain, port: int, *, allow: tuple[str, ...] = ALLOWED) -> Plan:
    """What remove-forward plans."""
    key = ForwardKey(protocol=None, listen=None, host_port=port)
    wanted = ForwardWant(domain="vm1", intent=Intent.REMOVE, key=key)
    policy = Policy(allow=frozenset(allow))
    return make_plan(Desired(forwards=(wanted,)), observed(of), policy)


AT = Place("s.yaml", 1, 1)


def reconcile(
    of: SeenDomain, *forwards: Forward, allow: tuple[str, ...] = ALLOWED, spec: bool = False
) -> Plan:
    """What reconcile plans: for what the metadata says, or for a spec with these forwards."""
    listed = ForwardsWant(
        domain="vm1", forwards=tuple((each, Place("s.yaml", 1, 1)) for each in forwards)
    )
    wanted = Desired(forwards=(listed,) if spec else (), spec=SpecScope(domains=(("vm1", None),)))
    return make_plan(wanted, observed(of), Policy(allow=frozenset(allow)))


def writes(plan: Plan) -> list[object]:
    """All that it does."""
    return [op.do for step in plan.steps for op in step.ops]


def told(plan: Plan) -> list[SetHostForwards]:
    """What QEMU is told."""
    return [write for write in writes(plan) if isinstance(write, SetHostForwards)]


def test_qemu_is_told_after_the_metadata_and_is_untold_by_the_undo() -> None:
    plan = add(running(), "8080:80")
    (metadata, tell) = writes(plan)
    assert isinstance(metadata, SetMetadata)
    assert tell == SetHostForwards(domain="vm1", add=(TOLD,))
    (step,) = plan.steps
    assert step.ops[1].undo == (SetHostForwards(domain="vm1", remove=(TOLD,)),)
    (change,) = plan.changes
    assert (change.action, change.name, change.scope) == (
        Action.CREATE,
        "8080/tcp",
        (CONFIG, LIVE),
    )
    assert change.fields[0].after == "10.0.2.15:80"


def test_a_range_is_a_port_each_and_a_given_address_is_said() -> None:
    plan = add(running(), "10.0.0.1:8000-8001:90-91/udp", guest_address=["10.0.2.20"])
    (write,) = told(plan)
    first = HostForward(
        netdev="hostua-net",
        protocol=Protocol.UDP,
        listen=IPv4Address("10.0.0.1"),
        host_port=8000,
        guest_address=IPv4Address("10.0.2.20"),
        guest_port=90,
    )
    assert write.add == (first, replace(first, host_port=8001, guest_port=91))


def test_a_nic_without_a_name_has_libvirts_own_alias_in_qemu() -> None:
    seen = domain(domain_xml(nic_xml(None, kind="user", source="")), domain_xml(UNNAMED))
    (write,) = told(add(seen, "8080:80"))
    assert write.add[0].netdev == "hostnet0"


def test_a_domain_that_is_off_has_metadata_alone() -> None:
    plan = add(domain(OFF), "8080:80")
    assert [type(write) for write in writes(plan)] == [SetMetadata]
    assert plan.changes[0].scope == (CONFIG,)
    assert not reconcile(domain(OFF, forwards=(WEB,))).steps
    assert not reconcile(domain(OFF, forwards=(WEB,)), allow=()).notes
    gone = remove(domain(OFF, forwards=(WEB,)), 8080, allow=())
    assert [type(write) for write in writes(gone)] == [SetMetadata]
    assert gone.changes[0].scope == (CONFIG,)


def test_without_taint_nothing_is_planned_that_needs_it() -> None:
    with pytest.raises(RefusedError, match="user mode") as caught:
        add(running(), "8080:80", allow=("replug",))
    assert "--allow taint" in str(caught.value.hint)
    assert "NAT network" in str(caught.value.hint)
    with pytest.raises(RefusedError, match="only its monitor"):
        remove(running(WEB), 8080, allow=())
    with pytest.raises(RefusedError):
        add(domain(OFF), "8080:80", allow=())


@pytest.mark.parametrize(
    ("text", "options", "named"),
    [
        ("[fd00::1]:8080:80", {}, "IPv4 alone"),
        ("8080:80", {"guest_address": ["fd00::2"]}, "IPv4 alone"),
        ("8080:80", {"allow_from": ["10.0.0.0/8"]}, "allow_from cannot be done"),
    ],
)
def test_what_slirp_cannot_do_is_refused(text: str, options: dict[str, Any], named: str) -> None:
    with pytest.raises(RefusedError, match=named):
        add(running(), text, **options)


def test_loopback_is_so_by_nature() -> None:
    plan = add(running(), "8080:80", loopback="yes")
    assert told(plan)
    assert not plan.notes


def test_a_driver_without_a_monitor_is_told_of() -> None:
    host = observed(running(), features=Features(monitor=False))
    wanted = ForwardWant(domain="vm1", intent=Intent.CREATE, forward=build_forward("8080:80", {}))
    with pytest.raises(RefusedError, match="no QEMU monitor"):
        make_plan(Desired(forwards=(wanted,)), host, Policy(allow=frozenset(ALLOWED)))


def test_what_is_there_is_left_alone_and_what_is_lost_is_put_back() -> None:
    assert not reconcile(running(WEB, seen=(SEEN,))).steps
    plan = reconcile(running(WEB, seen=()))
    assert told(plan) == [SetHostForwards(domain="vm1", add=(TOLD,))]
    (change,) = plan.changes
    assert (change.action, change.scope) == (Action.REPAIR, (LIVE,))


def test_what_leads_elsewhere_is_put_right_and_strangers_stay() -> None:
    wrong = replace(SEEN, guest_port=81)
    stranger = replace(SEEN, host_port=9000)
    (write,) = told(reconcile(running(WEB, seen=(wrong, stranger))))
    assert (write.add, write.remove) == ((TOLD,), (wrong,))


def test_a_removal_ends_what_is_there() -> None:
    stranger = replace(SEEN, host_port=9000)
    (write,) = told(remove(running(WEB, seen=(SEEN, stranger)), 8080))
    assert (write.add, write.remove) == ((), (SEEN,))
    plan = remove(running(WEB, seen=()), 8080)
    assert not told(plan)
    assert not plan.notes


def test_without_taint_what_was_wanted_before_is_a_note_and_no_error() -> None:
    for plan in (
        reconcile(running(WEB), allow=()),
        reconcile(running(WEB), WEB, allow=(), spec=True),
    ):
        assert not plan.steps
        assert not plan.errors
        (note,) = plan.notes
        assert "8080/tcp" in note
        assert "not seen" in note
    assert not reconcile(running(WEB, seen=(SEEN,)), allow=()).notes
    assert "not there" in reconcile(running(WEB, seen=()), allow=()).notes[0]


def test_without_taint_a_spec_s_new_one_is_an_error_at_its_place() -> None:
    plan = reconcile(running(), WEB, allow=(), spec=True)
    assert not plan.steps
    (error,) = plan.errors
    assert "8080/tcp" in error.message


def test_a_new_nic_comes_with_its_forward() -> None:
    nic = want(Intent.CREATE, user="yes", name="net")
    forward = ForwardWant(domain="vm1", intent=Intent.CREATE, forward=build_forward("8080:80", {}))
    empty = domain(domain_xml(), domain_xml())
    desired = Desired(nics=(nic,), forwards=(forward,))
    host = observed(empty, templates=TEMPLATES)
    plan = make_plan(desired, host, Policy(allow=frozenset(ALLOWED)))
    assert told(plan) == [SetHostForwards(domain="vm1", add=(TOLD,))]
    assert {step.group for step in plan.steps} == {"vm1"}
    with pytest.raises(RefusedError, match="8080"):
        make_plan(desired, host, Policy())


@pytest.mark.parametrize("place", [0, 1])
def test_each_of_several_new_nics_without_names_has_its_forward(place: int) -> None:
    nics = tuple(want(Intent.CREATE, user="yes", mac=f"52:54:00:00:00:0{i}") for i in (1, 2))
    web = build_forward("8080:80", {})
    forward = ForwardWant(domain="vm1", intent=Intent.CREATE, forward=web, nic=place)
    host = observed(domain(domain_xml(), domain_xml()), templates=TEMPLATES)
    desired = Desired(nics=nics, forwards=(forward,))
    plan = make_plan(desired, host, Policy(allow=frozenset(ALLOWED)))
    assert told(plan) == [
        SetHostForwards(domain="vm1", add=(replace(TOLD, netdev=f"hostua-nic{place}"),))
    ]


def replug(
    of: SeenDomain, *, allow: tuple[str, ...] = ("replug", *ALLOWED), **options: str
) -> Plan:
    """What update-nic plans."""
    wanted = want(Intent.UPDATE, nic=str(of.nics[0].any.key), **options)
    return make_plan(Desired(nics=(wanted,)), observed(of), Policy(allow=frozenset(allow)))


def test_a_nic_that_is_plugged_in_anew_has_its_forwards_told_again_with_it() -> None:
    plan = replug(running(WEB), model="e1000e")
    (step,) = plan.steps
    assert [type(op.do) for op in step.ops] == [
        DetachDevice,
        AttachDevice,
        UpdateDevice,
        SetHostForwards,
    ]
    tell = SetHostForwards(domain="vm1", add=(TOLD,))
    assert step.ops[-1].do == tell
    assert step.ops[-1].undo == (SetHostForwards(domain="vm1", remove=(TOLD,)),)
    assert step.ops[0].undo[1:] == (tell,)  # behind what plugs the old one in
    assert [(each.object, each.action, each.scope) for each in plan.changes[1:]] == [
        ("forward", Action.REPAIR, (LIVE,))
    ]
    assert not plan.notes
    assert not told(replug(running(), model="e1000e"))
    assert not told(replug(running(replace(WEB, nic="other")), model="e1000e"))
    assert not told(replug(running(WEB), link="down"))
    assert not told(replug(running(WEB), allow=ALLOWED, model="e1000e"))


def test_without_taint_it_is_said_that_they_are_lost_and_what_puts_them_back() -> None:
    plan = replug(running(WEB), allow=("replug",), model="e1000e")
    assert not told(plan)
    (note,) = plan.notes
    assert "lost where nic net" in note
    assert "put back with --allow taint alone: 8080/tcp" in note
    assert not replug(running(WEB), allow=(), model="e1000e").notes[1:]


def test_a_nic_that_leaves_user_mode_has_them_back_only_when_that_is_undone() -> None:
    plan = replug(running(WEB), bridge="br1")
    assert not told(plan)
    (note,) = replug(running(WEB), allow=("replug",), bridge="br1").notes
    assert "forward vm1/8080/tcp leads nowhere" in note
    (undo,) = [op.undo for op in plan.steps[0].ops if isinstance(op.do, DetachDevice)]
    assert undo[1:] == (SetHostForwards(domain="vm1", add=(TOLD,)),)


def test_a_nic_without_a_name_is_found_by_its_mac_when_it_is_back() -> None:
    seen = domain(domain_xml(nic_xml(None, kind="user", source="")), domain_xml(UNNAMED))
    mac = str(seen.nics[0].any.mac)
    (write,) = told(replug(replace(seen, forwards=(replace(WEB, nic=mac),)), model="e1000e"))
    assert write.unnamed == (("hostnet0", mac),)
    assert [each.netdev for each in write.add] == ["hostnet0"]
    assert told(add(seen, "8080:80"))[0].unnamed == write.unnamed


@pytest.mark.parametrize("seen", [None, (), (SEEN,)])
def test_a_spec_tells_each_but_once(seen: tuple[HostForward, ...] | None) -> None:
    """What a replug tells QEMU, the forwards' own step does not, and only what is new."""
    other = replace(WEB, host_port=8443, guest_port=443)
    listed = ForwardsWant(domain="vm1", forwards=((WEB, AT), (other, AT)))
    nic = replace(want(Intent.PRESENT, model="e1000e"), spec_name="net")
    spec = SpecScope(domains=(("vm1", None),))
    wanted = Desired(nics=(nic,), forwards=(listed,), spec=spec)
    host = observed(running(WEB, seen=seen), templates=TEMPLATES)
    plan = make_plan(wanted, host, Policy(allow=frozenset(("replug", *ALLOWED))))
    assert not plan.errors
    assert [[each.host_port for each in write.add] for write in told(plan)] == [[8080], [8443]]
    assert not any(write.remove for write in told(plan))


def test_qemu_is_asked_only_where_that_is_allowed() -> None:
    forward = ForwardWant(domain="vm1", intent=Intent.CREATE, forward=WEB)
    desired = Desired(forwards=(forward,))
    assert not scope_of(desired, Policy()).taint
    assert scope_of(desired, Policy(allow=frozenset(ALLOWED))).taint


@pytest.mark.parametrize(
    ("extra", "address"),
    [
        ("", "10.0.2.15"),
        ("<ip family='ipv4' address='172.17.2.0' prefix='24'/>", "172.17.2.15"),
        ("<ip family='ipv4' address='172.17.0.0' prefix='16'/>", "172.17.2.15"),
        ("<ip family='ipv6' address='fd00::' prefix='64'/>", "10.0.2.15"),
    ],
)
def test_the_guests_address(extra: str, address: str) -> None:
    seen = domain(domain_xml(nic_xml("net", kind="user", source="", extra=extra)))
    assert str(slirp_address(seen.nics[0].any.extra or ())) == address
