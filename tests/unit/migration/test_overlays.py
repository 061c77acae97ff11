"""A guest on an overlay: its network goes along, where the other host has joined OVN."""

from __future__ import annotations

import json
from ipaddress import ip_network

import pytest

from tests.unit.migration.hosts import (
    ADDRESS,
    LINKS,
    MAC,
    domain,
    facts,
    nic,
    over_libvirt,
    seen_here,
    seen_there,
    with_network,
    with_network_here,
    without_network,
)
from vnetmgr.migration.compare import compare
from vnetmgr.migration.facts import Facts
from vnetmgr.migration.there import check_of, found_there, unseen, with_seen
from vnetmgr.model.dhcp import Reservation
from vnetmgr.model.network import Network, NetworkMode
from vnetmgr.model.overlay.host import Chassis
from vnetmgr.model.record import replace
from vnetmgr.render.documents.migration import MIGRATION_CHECK

BLUE = Network(
    name="blue",
    mode=NetworkMode.OVERLAY,
    bridge="br-int",
    virtualport="openvswitch",
    fleet="prod",
    subnets=(ip_network("192.168.150.0/24"),),
    reservations=(Reservation(address=ADDRESS, mac=MAC),),
)
CHASSIS = Chassis(
    system_id="two", southbound="tcp:10.0.0.1:6642", encap_type="geneve", encap_ip="10.0.0.2"
)
ON_BLUE = with_network_here(
    with_network(facts(domain(nic(on="blue", virtualport="openvswitch"))), BLUE), BLUE
)
SWITCHED = replace(LINKS, switches=frozenset({"br-int"}))
GOOD = seen_there(ON_BLUE, links=SWITCHED, chassis=CHASSIS)


def told(known: Facts) -> dict[str, str]:
    """`object: status`, with a `!` where it is in the way, of what is about the network."""
    kinds = ("network", "bridge", "chassis", "reservation", "neighbour", "mtu")
    return {
        item.object: f"{item.status}{'!' * item.blocking}"
        for item in compare(known).items
        if item.object in kinds
    }


def test_all_is_there() -> None:
    neighbour = domain(nic(on="blue"), name="web2")
    known = seen_here(GOOD, domains=(*GOOD.source.observed.domains, neighbour))
    assert told(known) == {
        "network": "ok",
        "bridge": "ok",
        "chassis": "ok",
        "reservation": "ok",
    }


@pytest.mark.parametrize(
    ("known", "kind", "status", "cause", "remedy"),
    [
        (
            without_network(GOOD, "blue"),
            "network",
            "missing!",
            "no network of that name",
            "vnetmgr create-network blue --mode overlay --host kvm2",
        ),
        (
            with_network(GOOD, replace(BLUE, fleet="test")),
            "network",
            "differs!",
            "fleet test's there and prod's here",
            None,
        ),
        (
            with_network(GOOD, replace(BLUE, mode=NetworkMode.NAT, fleet=None)),
            "network",
            "differs!",
            "nat there, overlay here",
            None,
        ),
        (
            seen_there(GOOD, chassis=replace(CHASSIS, southbound=None, encap_ip="")),
            "chassis",
            "missing!",
            "no ovn-remote, ovn-encap-ip",
            "vnetmgr join-overlay --host kvm2",
        ),
        (
            seen_there(GOOD, chassis=None, links=replace(LINKS, switches=frozenset())),
            "chassis",
            "missing!",
            "no Open vSwitch",
            "vnetmgr join-overlay --host kvm2",
        ),
        (seen_there(GOOD, links=LINKS), "bridge", "missing!", "no bridge of Open vSwitch", None),
        (seen_there(GOOD, chassis=None), "chassis", "not-checked", "cannot be seen", None),
        (
            seen_there(GOOD, chassis=Chassis(system_id="two", registered=True)),
            *("chassis", "ok", "OVN has chassis two there", None),
        ),
    ],
)
def test_what_is_not(known: Facts, kind: str, status: str, cause: str, remedy: str | None) -> None:
    (found,) = [item for item in compare(known).items if item.object == kind]
    assert f"{found.status}{'!' * found.blocking}" == status
    assert cause in found.cause
    assert found.remedy == remedy


@pytest.mark.parametrize(
    ("there", "chassis"), [(GOOD, "ok"), (seen_there(GOOD, chassis=Chassis()), "missing")]
)
def test_what_that_host_itself_sees(there: Facts, chassis: str) -> None:
    far = over_libvirt(seen_there(ON_BLUE, chassis=None), "br-int")
    asked = compare(far)
    assert {"object": "chassis", "name": "br-int"} in unseen(asked)
    answer = MIGRATION_CHECK.json(found_there(unseen(asked), there.destination))
    found = with_seen(asked, check_of(json.loads(json.dumps(answer))).items)
    assert {str(item.object): str(item.status) for item in found.items}["chassis"] == chassis
