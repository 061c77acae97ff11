"""What a spec of many nics on one overlay costs: it grows as they do, and little where there is
nothing to do."""

from __future__ import annotations

import sys
from ipaddress import ip_address, ip_network
from types import FrameType
from typing import Any

import pytest

from tests.unit.planner.overlays.builders import addresses, guest, host, network, overlay_nic, port
from vnetmgr.libvirt_xml import documents
from vnetmgr.model.desired import Desired, NicWant, Policy, SpecScope
from vnetmgr.model.domain import SeenDomain
from vnetmgr.model.intent import Intent
from vnetmgr.model.nic import Mode, NicPatch, Source
from vnetmgr.model.overlay.northbound import LogicalPort
from vnetmgr.model.overlay.port_id import overlay_port_id
from vnetmgr.model.plan import Plan
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import Observed
from vnetmgr.model.values import Mac
from vnetmgr.model.writes import SetPorts
from vnetmgr.planner import make_plan

WIDE = network(
    subnets=(ip_network("10.66.0.0/16"),),
    gateways=(ip_address("10.66.0.1"),),
    dhcp_ranges=(addresses("10.66.0.2", "10.66.255.254"),),
)


def mac(number: int) -> str:
    return f"52:54:00:00:{number >> 8:02x}:{number & 255:02x}"


def uuid(number: int) -> str:
    return f"{number:08x}-2222-3333-4444-555555555555"


def domains(count: int) -> tuple[SeenDomain, ...]:
    """Guests that run, each with one nic that has its id."""
    found = []
    for n in range(count):
        port_id = overlay_port_id(uuid(n), mac(n))
        config = overlay_nic(port_id, mac=mac(n))
        live = overlay_nic(port_id, mac=mac(n), target="vnet0")
        found.append(replace(guest(config, live), name=f"vm{n}", uuid=uuid(n)))
    return tuple(found)


def ports(count: int) -> tuple[LogicalPort, ...]:
    """Theirs."""
    return tuple(
        port(
            overlay_port_id(uuid(n), mac(n)),
            str(ip_address("10.66.1.0") + n),
            mac=Mac(mac(n)),
            dns_name=f"vm{n}.lab.internal",
            domain=uuid(n),
            domain_name=f"vm{n}",
            up=True,
        )
        for n in range(count)
    )


def planned(observed: Observed) -> tuple[Plan, int]:
    """The plan of a spec that names every nic, and how many functions that calls."""
    wants = tuple(
        NicWant(
            domain=each.name,
            intent=Intent.PRESENT,
            spec_name="lan",
            patch=NicPatch(source=Source(Mode.NETWORK, "blue")),
        )
        for each in observed.domains
    )
    spec = SpecScope(domains=tuple((each.name, None) for each in observed.domains), forwards=False)
    calls = 0

    def count(_frame: FrameType, event: str, _arg: Any) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        plan = make_plan(Desired(nics=wants, spec=spec), observed, Policy())
    finally:
        sys.setprofile(None)
    return plan, calls


@pytest.mark.parametrize("present", [True, False])
def test_the_cost_grows_with_the_nics(*, present: bool) -> None:
    costs = []
    planned(host(*domains(1), overlays=(WIDE,)))  # what is imported counts once
    for count in (50, 100, 200):
        there = ports(count) if present else ()
        plan, calls = planned(host(*domains(count), ports=there, overlays=(WIDE,)))
        assert plan.errors == ()
        assert len(plan.changes) == (0 if present else count)
        costs.append(calls)
    assert costs[2] - costs[1] < 2.2 * (costs[1] - costs[0])
    assert costs[2] < 200 * (250 if present else 700)


def test_one_transaction_has_them_all_with_addresses_of_their_own() -> None:
    plan, _ = planned(host(*domains(300), overlays=(WIDE,)))
    (write,) = [op.do for step in plan.steps for op in step.ops]
    assert isinstance(write, SetPorts)
    given = {address for each in write.changes if each.after for address in each.after.addresses}
    assert len(write.changes) == len(given) == 300


def test_no_document_is_read_where_there_is_nothing_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    observed = host(*domains(20), ports=ports(20), overlays=(WIDE,))

    def refuse(*_: object) -> None:
        raise AssertionError("a document was read")

    monkeypatch.setattr(documents, "parse_as", refuse)
    plan, _ = planned(observed)
    assert plan.changes == ()
