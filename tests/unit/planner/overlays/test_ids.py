"""Which id a nic on an overlay has."""

from __future__ import annotations

import re

import pytest

from tests.unit.planner.overlays.builders import (
    MAC,
    OTHER,
    OWN,
    UUIDS,
    guest,
    host,
    overlay_nic,
    port,
)
from vnetmgr.errors import RefusedError
from vnetmgr.model.domain import SeenDomain
from vnetmgr.model.overlay.northbound import LogicalPort
from vnetmgr.model.overlay.port_id import overlay_port_id
from vnetmgr.planner.overlays.ids import PortIds

CLONE = "52:54:00:00:00:02"
CLONES = overlay_port_id(UUIDS["vm2"], CLONE)


def ids_of(*domains: SeenDomain, ports: tuple[LogicalPort, ...] = ()) -> list[str]:
    """The config's id of each domain's only nic."""
    found = PortIds(domains, host(ports=ports).northbound)
    nics = [(domain, domain.nics[0]) for domain in domains]
    return [found.of_config(domain, seen, seen.any) for domain, seen in nics]


def test_it_is_a_uuid_of_the_domain_and_the_mac_however_these_are_written() -> None:
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", OWN)
    assert overlay_port_id(UUIDS["vm1"].upper(), MAC.upper()) == OWN
    assert overlay_port_id(UUIDS["vm2"], MAC) != OWN != overlay_port_id(UUIDS["vm1"], CLONE)


@pytest.mark.parametrize("present", [None, OWN, OTHER])
def test_one_that_nobody_else_has_stays(present: str | None) -> None:
    assert ids_of(guest(overlay_nic(present))) == [present or OWN]


def test_one_that_the_database_has_for_the_same_domain_stays() -> None:
    assert ids_of(guest(overlay_nic(OTHER)), ports=(port(OTHER),)) == [OTHER]


def test_one_that_the_database_has_for_another_domain_is_a_copy() -> None:
    ports = (port(OTHER, domain=UUIDS["vm2"], mac=CLONE),)
    assert ids_of(guest(overlay_nic(OTHER)), ports=ports) == [OWN]


@pytest.mark.parametrize("running", [False, True])
def test_a_copy_of_a_derived_id_gets_its_own_whoever_runs(*, running: bool) -> None:
    copy = overlay_nic(OWN, mac=CLONE)
    live = overlay_nic(OWN, mac=CLONE, target="vnet1") if running else None
    vm1, vm2 = guest(overlay_nic(OWN)), guest(copy, live, name="vm2")
    assert ids_of(vm1, vm2) == [OWN, CLONES]
    assert ids_of(vm2, vm1) == [CLONES, OWN]


def test_of_two_with_an_id_of_nobodys_the_one_keeps_it_that_the_database_has_it_for() -> None:
    vm1 = guest(overlay_nic(OTHER))
    vm2 = guest(
        overlay_nic(OTHER, mac=CLONE), overlay_nic(OTHER, mac=CLONE, target="v"), name="vm2"
    )
    assert ids_of(vm1, vm2, ports=(port(OTHER),)) == [OTHER, CLONES]


def test_else_the_one_that_runs() -> None:
    vm1 = guest(overlay_nic(OTHER), overlay_nic(OTHER, target="vnet0"))
    assert ids_of(vm1, guest(overlay_nic(OTHER, mac=CLONE), name="vm2")) == [OTHER, CLONES]


@pytest.mark.parametrize("running", [False, True])
def test_else_both_are_named_in_an_order_of_their_own(*, running: bool) -> None:
    nics = [overlay_nic(OTHER), overlay_nic(OTHER, mac=CLONE)]
    live = [
        nic.replace("<source network='blue'/>", "<source network='blue' bridge='b'/>")
        for nic in nics
    ]
    vm1, vm2 = (
        guest(nic, running_ if running else None, name=name)
        for nic, running_, name in zip(nics, live, ("vm1", "vm2"), strict=True)
    )
    for domains in ((vm1, vm2), (vm2, vm1)):
        with pytest.raises(
            RefusedError, match=f"vm1/lan and vm2/lan have one interfaceid, {OTHER}"
        ):
            ids_of(*domains)


def test_the_others_are_named_also_those_of_other_hosts() -> None:
    vm1, vm2 = guest(overlay_nic(OWN)), guest(overlay_nic(OWN, mac=CLONE), name="vm2")
    found = PortIds((vm1, vm2), None)
    assert found.named_others(vm2, vm2.nics[0], OWN) == "vm1/lan"
    ports = (port(OTHER, domain="else", domain_name="web9", nic="lan", host="kvm2"),)
    found = PortIds((vm1,), host(ports=ports).northbound)
    assert found.named_others(vm1, vm1.nics[0], OTHER) == "web9/lan on kvm2"
