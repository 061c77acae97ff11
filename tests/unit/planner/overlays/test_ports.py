"""What is planned for the logical ports of nics."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from tests.unit.planner.builders import want
from tests.unit.planner.overlays.builders import (
    MAC,
    OTHER,
    OWN,
    UUIDS,
    guest,
    host,
    network,
    overlay_nic,
    port,
    reservation,
)
from vnetmgr.errors import ExitCode, RefusedError, VnetError
from vnetmgr.model.desired import Desired, Elsewhere, Policy, SpecScope
from vnetmgr.model.intent import Intent
from vnetmgr.model.network_want import AddressWant, NetworkPatch, NetworkWant
from vnetmgr.model.nic import Mode, Source
from vnetmgr.model.overlay.migration import Migration
from vnetmgr.model.overlay.northbound import LogicalPort, PortChange
from vnetmgr.model.overlay.row_names import INSIDE, mac_of
from vnetmgr.model.plan import Action, ObjectKind, Plan
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import Observed
from vnetmgr.model.state import State
from vnetmgr.model.values import Mac
from vnetmgr.model.writes import AttachDevice, FlapLinks, SetPorts, UpdateDevice
from vnetmgr.planner import make_plan

KEPT = port(up=True)


def tend(observed: Observed, *, policy: Policy | None = None, **spec: Any) -> Plan:
    """The plan of a spec that names these domains, and wants nothing of their nics."""
    domains = tuple((each.name, None) for each in observed.domains)
    said: dict[str, Any] = {"domains": domains, "forwards": False} | spec
    scope = SpecScope(**said)
    return make_plan(Desired(spec=scope), observed, policy or Policy())


def changes_of(plan: Plan) -> list[PortChange]:
    """The ports that it changes."""
    writes = [op.do for step in plan.steps for op in step.ops]
    return [each for do in writes if isinstance(do, SetPorts) for each in do.changes]


def running(port_id: str, **more: Any) -> Any:
    """vm1, with its nic known by that in both states."""
    return guest(overlay_nic(port_id), overlay_nic(port_id, target="vnet0"), **more)


def test_a_nic_with_its_port_needs_nothing() -> None:
    plan = tend(host(running(OWN), ports=(KEPT,)))
    assert (plan.steps, plan.notes, plan.errors) == ((), (), ())


def test_a_port_is_made_with_all_that_it_has() -> None:
    (change,) = changes_of(tend(host(running(OWN), revision=7)))
    assert change.before is None
    assert change.after is not None
    made = port(revision=7, up=None, addresses=change.after.addresses)
    assert change.after == made
    assert change.after.addresses[0] in network().dhcp_ranges[0]


def test_it_is_shown_as_the_nic_s() -> None:
    plan = tend(host(running(OWN), overlays=(network(reservations=(reservation("10.66.0.9"),)),)))
    (change,) = plan.changes
    assert (change.action, change.object, change.domain, change.name) == (
        Action.CREATE,
        ObjectKind.PORT,
        "vm1",
        "lan",
    )
    assert [(each.field, each.after) for each in change.fields] == [
        ("source", "network blue"),
        ("mac", MAC),
        ("addresses", "10.66.0.9"),
        ("port_security", "yes"),
        ("dns_name", "vm1.lab.internal"),
        ("interface_id", OWN),
        ("host", "host"),
    ]


@pytest.mark.parametrize(
    ("present", "field"),
    [
        (replace(KEPT, mac=Mac("52:54:00:00:00:77")), "mac"),
        (replace(KEPT, addresses=()), "addresses"),
        (replace(KEPT, addresses=(ip_address("10.99.0.1"),)), "addresses"),
        (replace(KEPT, port_security=False), "port_security"),
        (replace(KEPT, dns_name=None), "dns_name"),
        (port(up=True, nic="eth0"), "nic"),
        (port(up=True, domain_name="old", dns_name="old.lab.internal"), "domain"),
        (port(up=True, host="kvm9"), "host"),
    ],
)
def test_what_somebody_has_changed_is_put_right(present: Any, field: str) -> None:
    plan = tend(host(running(OWN), ports=(present,)))
    (change,) = changes_of(plan)
    assert change.before == present
    assert change.after == replace(KEPT, addresses=change.after.addresses)  # type: ignore[union-attr]
    assert field in [each.field for each in plan.changes[0].fields]


def test_a_flaw_is_repaired_and_told() -> None:
    plan = tend(host(running(OWN), ports=(replace(KEPT, flaws=("no DHCP options",)),)))
    assert plan.changes[0].action is Action.REPAIR
    assert [(f.field, f.before) for f in plan.changes[0].fields] == [("flaws", "no DHCP options")]


def test_a_migration_s_options_stay() -> None:
    moving = replace(KEPT, requested_chassis=("host", "kvm2"))
    assert changes_of(tend(host(running(OWN), ports=(moving,)))) == []


HERE = Migration(source="kvm2", target="host", since_s=100)
AWAY = Migration(source="host", target="kvm2", since_s=100)


@pytest.mark.parametrize(
    ("migration", "now_s", "domain", "ends"),
    [
        (AWAY, 200, running(OWN), False),
        (AWAY, 9999, running(OWN), True),  # it never came to that
        (HERE, 101, running(OWN), True),  # it has come, and nobody has told
        (HERE, 101, running(OWN, paused=True), False),
        (HERE.settled_on("host", 100), 105, running(OWN), False),
        (HERE.settled_on("host", 100), 112, running(OWN), True),
        (HERE.settled_on("host", 100), 112, running(OWN, paused=True), False),
    ],
)
def test_a_migration_that_is_over_is_forgotten(
    migration: Migration, now_s: float, domain: Any, *, ends: bool
) -> None:
    moving = replace(KEPT, migration=migration, requested_chassis=("kvm2",))
    found = tend(replace(host(domain, ports=(moving,)), now_s=now_s))
    assert [each.after and each.after.migration for each in changes_of(found)] == [None] * ends
    if ends:
        shown = [(each.field, each.after) for each in found.changes[0].fields]
        assert shown == [("migration", None)]


def test_an_older_revision_alone_changes_no_port() -> None:
    assert changes_of(tend(host(running(OWN), ports=(KEPT,), revision=9))) == []


def test_a_nic_that_somebody_attached_gets_its_port_and_its_config_an_id() -> None:
    nic = guest(overlay_nic(), overlay_nic(OTHER, target="vnet0"))
    plan = tend(host(nic))
    assert [(c.object, c.action, c.scope) for c in plan.changes] == [
        (ObjectKind.PORT, Action.CREATE, ("live",)),
        (ObjectKind.NIC, Action.UPDATE, ("config",)),
    ]
    assert changes_of(plan)[0].after.name == OTHER  # type: ignore[union-attr]
    fields = {each.field: each.after for each in plan.changes[1].fields}
    assert fields == {"interface_id": OWN, "virtualport": "openvswitch"}
    (update,) = [op.do for step in plan.steps for op in step.ops if isinstance(op.do, UpdateDevice)]
    assert f"interfaceid='{OWN}'" in update.xml.replace('"', "'")
    assert plan.notes == ()


@pytest.mark.parametrize("extra", ["<vlan><tag id='5'/></vlan>", "<port isolated='yes'/>"])
def test_what_its_document_has_besides_is_not_judged(extra: str) -> None:
    plan = tend(host(guest(overlay_nic(extra=extra))))
    assert plan.errors == ()
    (change,) = changes_of(plan)
    assert change.after is not None
    assert change.after.name == OWN


def test_a_portgroup_that_is_not_there_is_not_judged_either() -> None:
    source = "<source network='blue' portgroup='none-such'/>"
    plan = tend(host(guest(overlay_nic().replace("<source network='blue'/>", source))))
    assert plan.errors == ()
    assert len(changes_of(plan)) == 1


def test_a_virtual_port_that_ovn_does_not_know_is_named() -> None:
    port_xml = "<virtualport type='midonet'><parameters interfaceid='{}'/></virtualport>"
    nic = overlay_nic(extra=port_xml.format(OTHER))
    (error,) = tend(host(guest(nic), ports=(port(OTHER),))).errors
    assert "nic lan has virtualport midonet, and network blue is an overlay" in error.message
    assert error.hint == "vnetmgr update-nic vm1 lan --virtualport openvswitch"


@pytest.mark.parametrize(
    ("first", "second"), [(None, None), (OTHER, None), (OTHER, OTHER.replace("a", "b"))]
)
def test_two_nics_of_a_domain_with_one_mac_are_named(first: str | None, second: str | None) -> None:
    both = overlay_nic(first) + overlay_nic(second)
    errors = tend(host(guest(both))).errors
    assert errors
    for error in errors:
        assert f"vm1 has several nics with MAC {MAC} on overlays" in error.message
        assert error.exit_code is ExitCode.REFUSED


def test_of_two_with_one_mac_the_one_with_its_port_keeps_it() -> None:
    both = overlay_nic(OWN, target="vnet0") + overlay_nic(OTHER, target="vnet1")
    plan = tend(host(guest(both, both), ports=(KEPT,)))
    assert changes_of(plan) == []
    assert plan.errors


def test_once_it_has_stopped_the_port_is_the_config_s_with_the_same_address() -> None:
    former = port(OTHER, "10.66.0.77")
    plan = tend(host(guest(overlay_nic(OWN)), ports=(former,)))
    assert len(plan.steps) == 1  # else the address would be another port's
    made, gone = changes_of(plan)
    assert (made.before, made.after.name) == (None, OWN)  # type: ignore[union-attr]
    assert made.after.addresses == former.addresses  # type: ignore[union-attr]
    assert gone == PortChange(before=former, after=None)


def test_the_config_s_port_is_not_made_beside_the_running_one_s() -> None:
    nic = guest(overlay_nic(OWN), overlay_nic(OTHER, target="vnet0"))
    kept, early = port(OTHER, up=True), port(OWN, "10.66.0.11")
    assert changes_of(tend(host(nic, ports=(kept,)))) == []
    assert changes_of(tend(host(nic, ports=(kept, early)))) == [
        PortChange(before=early, after=None)
    ]


def test_a_copy_s_config_gets_its_own_and_both_are_named() -> None:
    copied = overlay_nic(OWN, mac="52:54:00:00:00:02")
    live = overlay_nic(OWN, mac="52:54:00:00:00:02", target="vnet1")
    plan = tend(host(running(OWN), guest(copied, live, name="vm2"), ports=(KEPT,)))
    assert changes_of(plan) == []
    assert [each.field for each in plan.changes[0].fields] == ["interface_id"]
    assert plan.notes == (
        "vm2: nic lan has the interfaceid of vm1/lan, as a copied domain has: from its next start "
        "on it has its own",
    )


def test_of_nics_that_nobody_can_tell_apart_only_they_are_refused() -> None:
    twins = [overlay_nic(OTHER, mac=f"52:54:00:00:00:0{n}") for n in (3, 4)]
    plan = tend(host(guest(twins[0]), guest(twins[1], name="vm2")))
    assert changes_of(plan) == []
    said = {
        (each.about and each.about.domain, each.message.partition(", ")[0]) for each in plan.errors
    }
    assert said == {(name, "vm1/lan and vm2/lan have one interfaceid") for name in ("vm1", "vm2")}


# Whose a port is.


@pytest.mark.parametrize(
    ("present", "text"),
    [
        (replace(KEPT, owner=None, switch="red"), "not vnetmgr's"),
        (port(fleet="theirs"), "of fleet theirs"),
        (port(OTHER, domain=UUIDS["vm2"], up=True), None),
    ],
)
def test_what_is_somebody_else_s_is_not_touched(present: Any, text: str | None) -> None:
    nic = running(present.name)
    plan = tend(host(nic, ports=(present,)))
    assert changes_of(plan) == []
    assert [(text or "?") in each.message for each in plan.errors] == ([True] if text else [])


def test_one_that_was_made_by_hand_on_the_same_switch_does() -> None:
    plan = tend(host(running(OWN), ports=(replace(KEPT, owner=None, addresses=()),)))
    assert (plan.steps, plan.errors) == ((), ())


@pytest.mark.parametrize("reserved", [(), (reservation("10.66.0.9"),)])
def test_a_mac_that_another_guest_has_there_is_refused_and_named(reserved: Any) -> None:
    other = port(OTHER, "10.66.0.9", domain="else", domain_name="web9", host="kvm2")
    blue = network(reservations=reserved)
    plan = tend(host(running(OWN), overlays=(blue,), ports=(other,)))
    assert changes_of(plan) == []
    assert f"network blue has MAC {MAC} already: web9/lan on kvm2" in plan.errors[0].message


def test_a_nic_with_a_mac_that_another_guest_has_there_is_not_attached() -> None:
    other = port(OTHER, domain="else", domain_name="web9", host="kvm2")
    wanted = want(Intent.CREATE, network="blue", name="lan", mac=MAC)
    with pytest.raises(RefusedError, match=f"network blue has MAC {MAC} already: web9/lan on kvm2"):
        make_plan(Desired(nics=(wanted,)), host(guest("", ""), ports=(other,)), Policy())


ROUTERS = mac_of(INSIDE, "blue", "default")
HAND_MADE = replace(port("by-hand", mac=Mac(ROUTERS)), owner=None)
TAKEN = {
    "its router's": (ROUTERS, (), "its router"),
    "of a port made by hand": (
        "52:54:00:00:00:99",
        (replace(HAND_MADE, mac=Mac("52:54:00:00:00:99")),),
        "port by-hand, which is not vnetmgr's",
    ),
}


@pytest.mark.parametrize(("mac", "ports", "whose"), TAKEN.values(), ids=TAKEN)
def test_a_mac_that_something_else_has_there_is_refused_however_it_comes(
    mac: str, ports: tuple[LogicalPort, ...], whose: str
) -> None:
    says = f"network blue has MAC {mac} already: {whose}"
    spec = SpecScope(domains=(("vm1", None),), forwards=False)
    new = want(Intent.CREATE, name="lan", network="blue", mac=mac)
    for nic, wanted in (("", new), (overlay_nic(OWN), want(Intent.UPDATE, nic="lan", mac=mac))):
        observed = host(guest(nic), ports=(*ports, KEPT))
        with pytest.raises(RefusedError, match=says):
            make_plan(Desired(nics=(wanted,)), observed, Policy())
        of_spec = replace(wanted, intent=Intent.PRESENT, spec_name="lan")
        plan = make_plan(Desired(nics=(of_spec,), spec=spec), observed, Policy())
        assert [says in each.message for each in plan.errors] == [True]
        assert plan.changes == ()
    # And where somebody has attached it so.
    plan = tend(host(guest(overlay_nic(mac=mac)), ports=ports))
    assert [says in each.message for each in plan.errors] == [True]


def test_of_two_new_nics_with_one_mac_only_one_gets_there() -> None:
    wanted = want(Intent.CREATE, network="blue", mac=MAC, name="lan")
    wants = (replace(wanted, spec_name="lan"), replace(wanted, domain="vm2", spec_name="lan"))
    spec = SpecScope(domains=(("vm1", None), ("vm2", None)), forwards=False)
    observed = host(guest("", ""), guest("", "", name="vm2"))
    plan = make_plan(Desired(nics=wants, spec=spec), observed, Policy())
    assert len(changes_of(plan)) == 1
    assert ["has MAC" in each.message for each in plan.errors] == [True]
    assert {change.domain for change in plan.changes} == {"vm1"}


@pytest.mark.parametrize(
    ("domain", "up", "host_after"),
    [
        (running(OWN), True, "host"),
        (running(OWN, paused=True), True, "kvm9"),
        (running(OWN, paused=True), False, "host"),
        (guest(overlay_nic(OWN)), True, "kvm9"),
        (guest(overlay_nic(OWN)), False, "kvm9"),
    ],
)
def test_a_port_is_taken_over_by_the_host_that_has_the_domain_running(
    domain: Any, *, up: bool, host_after: str
) -> None:
    there = port(host="kvm9", up=up)
    found = changes_of(tend(host(domain, ports=(there,))))
    owners = [each.after.owner.host for each in found]  # type: ignore[union-attr]
    assert (owners or ["kvm9"]) == [host_after]


def test_what_another_host_has_running_is_not_changed_from_here() -> None:
    there = port(host="kvm9", up=True, dns_name=None)
    assert changes_of(tend(host(guest(overlay_nic(OWN)), ports=(there,)))) == []


# What nobody needs any more.


def stale(**fields: Any) -> LogicalPort:
    """A port of vm1's, of a nic that it has not."""
    return port(OTHER, "10.66.0.66", mac=Mac("52:54:00:00:00:66"), **fields)


STALE = stale()


@pytest.mark.parametrize(
    ("present", "goes"),
    [
        (STALE, True),
        (replace(STALE, up=True), False),
        (stale(host="kvm9"), False),
        (stale(fleet="theirs"), False),
        (stale(domain="else"), False),
        (replace(STALE, owner=None), False),
    ],
)
def test_a_port_goes_whose_nic_is_gone(present: Any, *, goes: bool) -> None:
    found = changes_of(tend(host(running(OWN), ports=(KEPT, present))))
    assert found == ([PortChange(before=present, after=None)] if goes else [])


def test_an_older_spec_takes_none_away() -> None:
    observed = host(running(OWN), ports=(KEPT, STALE), stamped=5, revision=4)
    plan = tend(observed)
    assert changes_of(plan) == []
    assert ["from revision 5" in each.message for each in plan.errors] == [True]


def test_it_goes_too_with_the_last_nic() -> None:
    bare = replace(guest(overlay_nic(OWN)), nics=())
    assert changes_of(tend(host(bare, ports=(port(),)))) == [PortChange(before=port(), after=None)]


LOST = port(OTHER, domain="gone", domain_name="web9")


@pytest.mark.parametrize(
    ("present", "spec", "goes"),
    [
        (LOST, {"prune_all": True}, True),
        (LOST, {}, False),
        (LOST, {"prune_all": True, "partial": True}, False),
        (LOST, {"prune_all": True, "incomplete": True}, False),
        (replace(LOST, up=True), {"prune_all": True}, False),
        (LOST, {"prune_all": True, "elsewhere": (Elsewhere(name="web9"),)}, False),
        (LOST, {"prune_all": True, "elsewhere": (Elsewhere(name="w", uuid="gone"),)}, False),
    ],
)
def test_a_domain_s_that_is_not_here_go_with_prune_alone(
    present: Any, spec: dict[str, Any], *, goes: bool
) -> None:
    found = changes_of(tend(host(ports=(present,)), **spec))
    assert found == ([PortChange(before=present, after=None)] if goes else [])


@pytest.mark.parametrize("name", ["localhost", "localhost.localdomain"])
def test_a_host_without_a_name_of_its_own_prunes_none(name: str) -> None:
    there = port(OTHER, domain="gone", host=name)
    observed = replace(host(ports=(there,)), host=name)
    assert changes_of(tend(observed, prune_all=True)) == []
    unknown = port(OTHER, domain="gone", host=None)
    assert changes_of(tend(host(ports=(unknown,)), prune_all=True)) == []


def test_a_managed_save_keeps_the_port_that_it_is_restored_with() -> None:
    saved = guest(overlay_nic(OWN), managed_save=True)
    assert changes_of(tend(host(saved, ports=(port(OTHER),)))) == []
    assert len(changes_of(tend(host(saved)))) == 1


# Which domains are looked after.


def test_a_domain_that_is_meant_elsewhere_is_left_alone() -> None:
    away = (Elsewhere(name="vm1", host="kvm9"),)
    assert changes_of(tend(host(running(OWN)), elsewhere=away)) == []


@pytest.mark.parametrize(
    ("spec", "looked_after"),
    [
        ({"domains": ()}, False),
        ({"domains": (), "others": ("vm1",), "partial": True}, True),
    ],
)
def test_others_are_where_they_are_asked_about(spec: dict[str, Any], *, looked_after: bool) -> None:
    assert bool(changes_of(tend(host(running(OWN)), **spec))) is looked_after


def test_nothing_is_said_of_overlays_that_nobody_here_is_on() -> None:
    observed = replace(host(), northbound=None, northbound_unseen=VnetError("no answer"))
    assert tend(observed).errors == ()


def test_a_database_that_does_not_answer_is_told_once() -> None:
    observed = replace(
        host(running(OWN)), northbound=None, northbound_unseen=VnetError("no answer")
    )
    plan = tend(observed)
    assert [each.message for each in plan.errors] == ["no answer"]
    assert changes_of(plan) == []


@pytest.mark.parametrize(
    ("stamped", "revision", "refused"),
    [(5, 5, False), (5, 6, False), (5, 4, True), (5, None, True), (None, None, False)],
)
def test_an_older_spec_changes_nothing(
    stamped: int | None, revision: int | None, *, refused: bool
) -> None:
    plan = tend(host(running(OWN), stamped=stamped, revision=revision))
    assert bool(changes_of(plan)) is not refused
    assert [("from revision 5" in each.message) for each in plan.errors] == [True] * refused


def test_the_ports_of_several_domains_are_one_transaction_before_all_else() -> None:
    domains = (running(OWN), guest(overlay_nic(mac="52:54:00:00:00:02"), name="vm2"))
    plan = tend(host(*domains))
    steps = [step for step in plan.steps if isinstance(step.ops[0].do, SetPorts)]
    assert [len(step.changes) for step in steps] == [2]
    assert steps[0] is plan.steps[0]


# By commands.


def test_what_was_ended_between_plugging_a_nic_in_and_its_config_goes_on() -> None:
    cut = guest("", overlay_nic(OWN, target="vnet0"))
    wanted = want(Intent.CREATE, network="blue", mac=MAC)
    plan = make_plan(Desired(nics=(wanted,)), host(cut, ports=(KEPT,)), Policy())
    (op,) = (op.do for step in plan.steps for op in step.ops if isinstance(op.do, AttachDevice))
    assert isinstance(op, AttachDevice)
    assert op.state is State.CONFIG
    assert f'interfaceid="{OWN}"' in op.xml


def test_attaching_makes_the_port_first_and_takes_it_back_with_the_nic() -> None:
    bare = guest("", "")
    wanted = want(Intent.CREATE, network="blue", name="lan", mac=MAC)
    plan = make_plan(Desired(nics=(wanted,)), host(bare), Policy())
    ports, nic = plan.steps
    assert ports.group == nic.group == "vm1"
    (op,) = ports.ops
    assert isinstance(op.do, SetPorts)
    made = op.do.changes[0]
    assert op.undo == (SetPorts(changes=(PortChange(before=made.after, after=None),)),)
    attached = [each.do for each in nic.ops if isinstance(each.do, AttachDevice)]
    assert len(attached) == 2
    assert all(f'interfaceid="{OWN}"' in each.xml.replace("'", '"') for each in attached)
    assert all("1442" in each.xml for each in attached)


def test_detaching_takes_the_port_away_behind_the_nic() -> None:
    plan = make_plan(
        Desired(nics=(want(Intent.REMOVE, nic="lan"),)), host(running(OWN), ports=(KEPT,)), Policy()
    )
    assert [change.object for change in plan.changes] == [ObjectKind.NIC, ObjectKind.PORT]
    assert changes_of(plan) == [PortChange(before=KEPT, after=None)]


def test_detaching_from_the_config_alone_leaves_the_running_port() -> None:
    removal = replace(want(Intent.REMOVE, nic="lan"), states=frozenset({"config"}))
    plan = make_plan(Desired(nics=(removal,)), host(running(OWN), ports=(KEPT,)), Policy())
    assert changes_of(plan) == []


def test_detaching_is_refused_where_ovn_does_not_answer() -> None:
    observed = replace(
        host(running(OWN)), northbound=None, northbound_unseen=VnetError("no answer")
    )
    with pytest.raises(VnetError, match="no answer"):
        make_plan(Desired(nics=(want(Intent.REMOVE, nic="lan"),)), observed, Policy())


def test_it_is_not_said_that_there_is_nothing_to_do_where_its_port_changes() -> None:
    wanted = want(Intent.UPDATE, nic="lan", network="blue")
    said = make_plan(Desired(nics=(wanted,)), host(running(OWN), ports=(KEPT,)), Policy()).notes
    assert ["nothing to do" in note for note in said] == [True]
    lost = make_plan(Desired(nics=(wanted,)), host(running(OWN)), Policy())
    assert len(changes_of(lost)) == 1
    assert lost.notes == ()


def moved(**more: Any) -> Plan:
    wanted = want(Intent.UPDATE, nic="lan", network="green")
    both = (network(), network("green", dns_domain=None))
    observed = host(running(OWN), ports=(KEPT,), overlays=both)
    return make_plan(Desired(nics=(replace(wanted, **more),)), observed, Policy())


def test_moving_between_overlays_is_one_transaction_and_libvirt_s_config() -> None:
    plan = moved()
    (change,) = changes_of(plan)
    assert change.before == KEPT
    assert change.after == replace(
        KEPT,
        switch="green",
        dns_name=None,
        addresses=change.after.addresses,  # type: ignore[union-attr]
    )
    nic = next(each for each in plan.changes if each.object is ObjectKind.NIC)
    assert nic.scope == ("config", "live")
    assert nic.disruption == "none"
    writes = [op.do for step in plan.steps for op in step.ops]
    updates = [each for each in writes if isinstance(each, UpdateDevice)]
    assert [each.state for each in updates] == ["config"]
    assert OWN in updates[0].xml
    assert plan.waiting == ()
    assert "moves without its guest's noticing" in plan.notes[0]


def test_once_moved_it_is_where_its_port_is() -> None:
    config, live = overlay_nic(OWN, "green"), overlay_nic(OWN, "blue", target="vnet0")
    both = (network(), network("green"))
    there = replace(KEPT, switch="green")
    observed = host(guest(config, live), ports=(there,), overlays=both)
    nic = observed.domains[0].nics[0]
    assert nic.live is not None
    assert nic.live.source == Source(Mode.NETWORK, "green")
    plan = tend(observed)
    assert (plan.steps, plan.waiting) == ((), ())


def test_what_waits_in_the_config_moves_with_its_start_and_not_before() -> None:
    both = (network(), network("green"))
    config = overlay_nic(OWN, "green")
    waiting = host(
        guest(config, overlay_nic(OWN, "blue", target="vnet0")), ports=(KEPT,), overlays=both
    )
    assert changes_of(tend(waiting)) == []
    started = host(
        guest(config, overlay_nic(OWN, "green", target="vnet0")), ports=(KEPT,), overlays=both
    )
    (change,) = changes_of(tend(started))
    assert change.after.switch == "green"  # type: ignore[union-attr]


def test_leaving_for_a_bridge_takes_the_port_away_behind_the_nic() -> None:
    wanted = want(Intent.UPDATE, nic="lan", bridge="br0")
    observed = host(running(OWN), ports=(KEPT,))
    waits = make_plan(Desired(nics=(wanted,)), observed, Policy())
    assert changes_of(waits) == []  # it runs there until its next start
    plan = make_plan(Desired(nics=(wanted,)), observed, Policy(allow=frozenset({"replug"})))
    assert [change.object for change in plan.changes] == [ObjectKind.NIC, ObjectKind.PORT]
    assert changes_of(plan) == [PortChange(before=KEPT, after=None)]


@pytest.mark.parametrize(
    ("present", "after"),
    [
        (KEPT, "10.66.0.99"),
        (port(up=True, host="kvm9"), None),
        (port(up=True, address="10.66.0.99"), None),
        (replace(KEPT, owner=None), None),
    ],
)
def test_what_a_command_reserves_is_this_host_s_port_s_at_once(
    present: Any, after: str | None
) -> None:
    wanted = AddressWant(
        network="blue", intent=Intent.CREATE, mac=Mac(MAC), address=ip_address("10.66.0.99")
    )
    plan = make_plan(Desired(addresses=(wanted,)), host(ports=(present,)), Policy())
    given = [str(each.after.addresses[0]) for each in changes_of(plan) if each.after]
    assert given == ([after] if after else [])
    assert {step.group for step in plan.steps} == {"network blue"}  # all of it, or nothing


@pytest.mark.parametrize(("secure", "told"), [(None, False), (False, True)])
def test_that_a_guest_moves_when_it_renews_is_so_without_port_security(
    *, secure: bool | None, told: bool
) -> None:
    wanted = AddressWant(
        network="blue", intent=Intent.CREATE, mac=Mac(MAC), address=ip_address("10.66.0.99")
    )
    there = port(up=True, port_security=secure is not False)
    observed = host(running(OWN), ports=(there,), overlays=(network(port_security=secure),))
    plan = make_plan(Desired(addresses=(wanted,)), observed, Policy())
    assert any("at its next renewal" in note for note in plan.notes) is told


@pytest.mark.parametrize("renew", [False, True])
@pytest.mark.parametrize(("secure", "told"), [(None, True), (False, False)])
def test_a_guest_asks_when_its_port_has_another_address_or_it_is_told_of(
    *, renew: bool, secure: bool | None, told: bool
) -> None:
    there = port(up=True, port_security=secure is not False)
    other = NetworkPatch(subnets=(ip_network("10.77.0.0/24"),), dhcp_ranges=())
    wanted = NetworkWant(name="blue", intent=Intent.UPDATE, patch=other, guests=True, renew=renew)
    observed = host(running(OWN), ports=(there,), overlays=(network(port_security=secure),))
    plan = make_plan(Desired(networks=(wanted,)), observed, Policy())
    writes = [type(op.do) for step in plan.steps for op in step.ops]
    assert writes[-1 - renew :] == [SetPorts, FlapLinks][: 1 + renew]
    said = [note for note in plan.notes if "off the network until they ask" in note]
    assert [note.startswith("network blue: vm1/lan: ") for note in said] == [True] * (
        told and not renew
    )


def test_what_a_command_changes_of_an_overlay_its_ports_follow() -> None:
    here, there = port(up=True), port(OTHER, "10.66.0.11", domain="else", host="kvm9", mac=None)
    same = port("s", "10.66.0.12", domain="e", host="kvm8", mac=None, dns_name=None, up=True)
    observed = host(ports=(here, there, same), overlays=(network(dns_domain=None),))
    plan = make_plan(
        Desired(networks=(NetworkWant(name="blue", intent=Intent.UPDATE),)), observed, Policy()
    )
    assert changes_of(plan) == [PortChange(before=here, after=replace(here, dns_name=None))]
    follow = "network blue: the ports of guests on kvm9 follow when vnetmgr looks at them there"
    assert follow in plan.notes


def test_what_goes_to_the_config_alone_says_when_the_port_follows() -> None:
    plan = moved(states=frozenset({State.CONFIG}))
    assert changes_of(plan) == []
    assert any("has one port, which is for what runs" in note for note in plan.notes)


def test_a_new_mac_says_so_too() -> None:
    wanted = want(Intent.UPDATE, nic="lan", mac="52:54:00:aa:aa:aa")
    plan = make_plan(Desired(nics=(wanted,)), host(running(OWN), ports=(KEPT,)), Policy())
    assert changes_of(plan) == []
    assert any("has one port, which is for what runs" in note for note in plan.notes)


def test_a_nic_keeps_the_virtualport_that_has_its_id() -> None:
    with pytest.raises(RefusedError, match="OVN knows a nic by the id in its virtualport"):
        make_plan(
            Desired(nics=(want(Intent.UPDATE, nic="lan", virtualport="none"),)),
            host(running(OWN), ports=(KEPT,)),
            Policy(),
        )


def test_no_vlan_is_taken_that_ovn_does_not_heed() -> None:
    with pytest.raises(
        RefusedError, match="network blue is an overlay, on which OVN heeds no VLAN"
    ):
        make_plan(
            Desired(nics=(want(Intent.UPDATE, nic="lan", vlan="7"),)),
            host(running(OWN), ports=(KEPT,)),
            Policy(),
        )


def test_a_network_s_command_looks_after_the_guests_on_it() -> None:
    command = NetworkWant(
        name="blue",
        intent=Intent.PRESENT,
        guests=True,
    )
    observed = host(running(OTHER))
    plan = make_plan(Desired(networks=(command,)), observed, Policy())
    assert [each.after.name for each in changes_of(plan)] == [OTHER]  # type: ignore[union-attr]


def test_a_switch_that_is_gone_is_told_with_its_remedy() -> None:
    observed = host(running(OWN))
    database = replace(observed.northbound, overlays=())  # type: ignore[type-var]
    with pytest.raises(RefusedError, match="network blue has no logical switch of fleet default"):
        make_plan(
            Desired(nics=(want(Intent.UPDATE, nic="lan", network="blue"),)),
            replace(observed, northbound=database),
            Policy(),
        )


@pytest.mark.parametrize("away", [False, True])
def test_no_nic_is_given_what_the_spec_has_for_another_host_s(*, away: bool) -> None:
    (chosen,) = changes_of(tend(host(running(OWN))))
    assert chosen.after is not None
    (address,) = chosen.after.addresses
    wanted = AddressWant(
        network="blue", intent=Intent.PRESENT, domain="vm9", nic="lan", address=address
    )
    there = Elsewhere(name="vm9", host="kvm9", addresses=(wanted,))
    spec = SpecScope(
        domains=(("vm1", None),) if away else (("vm1", None), ("vm9", None)),
        elsewhere=(there,) if away else (),
        forwards=False,
    )
    desired = Desired(addresses=() if away else (wanted,), spec=spec)
    for ports in ((), (chosen.after,)):  # also where it has that by now
        (change,) = changes_of(make_plan(desired, host(running(OWN), ports=ports), Policy()))
        assert change.after is not None
        assert address not in change.after.addresses


@pytest.mark.parametrize(("paused", "up"), [(False, True), (False, False), (True, True)])
def test_a_guest_that_has_come_by_another_id_keeps_its_address(*, paused: bool, up: bool) -> None:
    there = replace(port(OTHER, host="kvm9", up=up), addresses=(ip_address("10.66.0.77"),))
    plan = tend(host(running(OWN, paused=paused), ports=(there,)))
    changes = {each.before and each.before.name: each.after for each in changes_of(plan)}
    if paused:  # it may be still coming
        assert changes == {}
    else:
        made = changes.pop(None)
        assert changes == {OTHER: None}
        assert made is not None
        assert (made.name, made.addresses) == (OWN, there.addresses)
