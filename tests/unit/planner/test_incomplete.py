"""A spec of which parts were left out takes nothing away, and does all else."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from tests.unit.planner.builders import domain, domain_xml, network, nic_xml, observed
from tests.unit.planner.test_spec import MAC, desired, lab, nic, off, owned_network, planned, writes
from vnetmgr.errors import ExitCode, LeftOutError
from vnetmgr.model.desired import Desired, SpecScope
from vnetmgr.model.dhcp import Reservation
from vnetmgr.model.dns import DnsRecord, RecordKind
from vnetmgr.model.forward import Forward, ForwardsWant
from vnetmgr.model.intent import Intent
from vnetmgr.model.network import Portgroup
from vnetmgr.model.network_want import AddressWant, NetworkPatch, NetworkWant
from vnetmgr.model.nic import NicPatch
from vnetmgr.model.patch import UNSET
from vnetmgr.model.plan import Plan
from vnetmgr.model.record import replace
from vnetmgr.model.values import Mac
from vnetmgr.planner.incomplete import beside, with_what_is_there
from vnetmgr.problem import About, Place, problem_at

PROBLEM = problem_at(Place("b.yaml", 3, 4), "oops", About("file", "b.yaml"))
OTHER = "52:54:00:00:00:0f"


def host(name: str, address: str) -> DnsRecord:
    return DnsRecord(kind=RecordKind.HOST, name=name, address=ip_address(address))


def reserved(mac: str, address: str) -> Reservation:
    return Reservation(mac=Mac(mac), address=ip_address(address))


def forward(port: int, guest: int = 80) -> Forward:
    return Forward(nic="lan", host_port=port, guest_port=guest)


PRESENT = lab().any


@pytest.mark.parametrize(
    ("field", "there", "wanted", "left"),
    [
        ("records", (host("a", "10.5.0.4"),), (), (host("a", "10.5.0.4"),)),
        (
            "records",
            (host("a", "10.5.0.4"),),
            (host("b", "10.5.0.5"),),
            (host("b", "10.5.0.5"), host("a", "10.5.0.4")),
        ),
        ("records", (host("a", "10.5.0.4"),), None, None),  # `none` was written
        (
            "portgroups",
            (Portgroup(name="a"), Portgroup(name="b")),
            (Portgroup(name="b", default=True),),
            (Portgroup(name="b", default=True), Portgroup(name="a")),
        ),
        ("dhcp_options", ("3,x", "6,y"), ("3,x",), UNSET),
        ("dhcp_options", ("3,x",), ("3,z",), ("3,z",)),
        ("dhcp_options", ("3,x",), ("3,x", "6,y"), ("3,x", "6,y")),
        ("subnets", PRESENT.subnets, (), UNSET),
        ("mtu", 1400, 1500, 1500),
        ("mtu", 1400, None, None),
    ],
)
def test_no_list_of_a_network_shrinks(
    field: str, there: object, wanted: object, left: object
) -> None:
    seen = replace(lab(), config=replace(PRESENT, **{field: there}), live=None)
    patch = NetworkPatch(**{field: wanted})  # type: ignore[arg-type]  # one name per field
    want = NetworkWant(name="lab", intent=Intent.PRESENT, patch=patch)
    (after,) = with_what_is_there(Desired(networks=(want,)), observed(networks=(seen,))).networks
    assert getattr(after.patch, field) == left
    (new,) = with_what_is_there(Desired(networks=(want,)), observed()).networks
    assert new == want


def test_no_list_of_a_nic_or_of_forwards_shrinks() -> None:
    seen = replace(off(nic_xml("lan")), forwards=(forward(80), forward(443, 443)))
    want = ForwardsWant(domain="vm1", forwards=((forward(80, 8080), Place("a", 1, 1)),))
    wants = Desired(forwards=(want,))
    (after,) = with_what_is_there(wants, observed(seen)).forwards
    assert isinstance(after, ForwardsWant)
    assert [each for each, _ in after.forwards] == [forward(80, 8080), forward(443, 443)]


def test_no_map_of_a_nic_shrinks() -> None:
    has = (
        "<driver rx_queue_size='512' packed='on'/>"
        "<filterref filter='f'><parameter name='A' value='1'/></filterref>"
    )
    there = observed(off(nic_xml("lan", extra=has)))
    maps = NicPatch(extra=(("driver.packed", "off"),), filter_param=())
    wanted = desired(replace(nic(), patch=maps), incomplete=True, problems=(PROBLEM,))
    (change,) = planned(there, wanted).changes
    ((field, before, after),) = [(each.field, each.before, each.after) for each in change.fields]
    assert (field, before) == ("extra", "driver.packed=on,driver.rx_queue_size=512")
    assert after is not None
    assert sorted(after.split(",")) == ["driver.packed=off", "driver.rx_queue_size=512"]


def test_reservations_of_others_stay() -> None:
    given = [reserved(MAC, "10.5.0.4")]
    present = [
        reserved(MAC, "10.5.0.5"),  # the same client's
        reserved(OTHER, "10.5.0.4"),  # the same address
        reserved(OTHER, "10.5.0.6"),
    ]
    assert beside(given, present) == [reserved(OTHER, "10.5.0.6")]


def test_a_complete_list_of_reservations_only_grows() -> None:
    from tests.unit.planner.test_spec import LAB

    document = LAB.replace("<range", f"<host mac='{OTHER}' ip='10.5.0.20'/><range")
    want = NetworkWant(
        name="lab",
        intent=Intent.PRESENT,
        patch=NetworkPatch(reservations=(reserved(MAC, "10.5.0.4"),)),
    )
    wanted = Desired(networks=(want,), spec=SpecScope(incomplete=True, problems=(PROBLEM,)))
    mine, other = f"{MAC} -> 10.5.0.4", f"{OTHER} -> 10.5.0.20"
    there = observed(networks=(lab(document),))
    assert reservations(planned(there, wanted)) == f"{mine},{other}"
    assert reservations(planned(there, replace(wanted, spec=SpecScope()))) == mine


def reservations(plan: Plan) -> str | None:
    """What a network will reserve."""
    (change,) = (each for each in plan.changes if each.object == "network")
    (after,) = (each.after for each in change.fields if each.field == "reservations")
    return after


def test_the_rest_is_planned_and_the_problems_are_errors() -> None:
    there = observed(off(), networks=(owned_network("old"), network("default")))
    plan = planned(there, desired(nic(), incomplete=True, problems=(PROBLEM, PROBLEM)))
    assert len(writes(plan)) == 1
    assert [error.message for error in plan.errors] == ["b.yaml:3:4: oops"] * 2
    assert all(isinstance(error, LeftOutError) for error in plan.errors)
    assert plan.errors[0].exit_code is ExitCode.FAILED


def test_an_address_of_a_domain_that_was_left_out_stays() -> None:
    """The list is complete, and the nic that it is for is in what could not be read."""
    from tests.unit.planner.test_spec import LAB

    document = LAB.replace("<range", f"<host mac='{OTHER}' ip='10.5.0.20'/><range")
    vm = domain(domain_xml(nic_xml("lan", mac=MAC)))
    address = AddressWant(
        network="lab",
        intent=Intent.PRESENT,
        domain="vm1",
        nic="lan",
        address=ip_address("10.5.0.7"),
        origin=Place("a", 1, 1),
    )
    want = NetworkWant(name="lab", intent=Intent.PRESENT, patch=NetworkPatch(reservations=()))
    wanted = replace(desired(nic(mac=MAC), incomplete=True), networks=(want,), addresses=(address,))
    plan = planned(observed(vm, networks=(lab(document),)), wanted)
    assert reservations(plan) == f"{MAC} -> 10.5.0.7,{OTHER} -> 10.5.0.20"
