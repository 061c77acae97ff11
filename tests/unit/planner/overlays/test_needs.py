"""What a nic has to have of its own on an overlay."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.planner.builders import LINKS, nic_xml, plan, want
from tests.unit.planner.overlays.builders import (
    KERNEL,
    OWN,
    USERSPACE,
    guest,
    host,
    network,
    overlay_nic,
)
from vnetmgr.libvirt_xml.nics.read import read_nic
from vnetmgr.model.intent import Intent
from vnetmgr.model.nic import Nic
from vnetmgr.model.overlay.host import Chassis
from vnetmgr.model.overlay.mtu import guest_mtu
from vnetmgr.model.plan import Plan
from vnetmgr.model.record import replace
from vnetmgr.model.writes import AttachDevice, UpdateDevice

OFF = {"driver.name": "qemu", "driver.host.csum": "off"}


def attached(*, chassis: Chassis | None = KERNEL, fields: Any = None, **options: str) -> Plan:
    """The plan of a new nic on an overlay."""
    observed = host(guest(""), chassis=chassis, overlays=(network(**(fields or {})),))
    return plan(observed, want(Intent.CREATE, network="blue", **options))


def nics_of(made: Plan) -> list[Nic]:
    """Each state's nic, as it is written."""
    writes = [op.do for step in made.steps for op in step.ops]
    return [read_nic(each.xml) for each in writes if isinstance(each, AttachDevice | UpdateDevice)]


@pytest.mark.parametrize(
    ("given", "chassis", "mtu"),
    [
        (None, KERNEL, 1442),
        (None, replace(KERNEL, underlay_mtu=1600), 1542),
        (None, replace(KERNEL, encap_ip="fd00::1"), 1422),
        (None, replace(KERNEL, underlay_mtu=None), 1442),
        (None, None, 1442),
        (1300, KERNEL, 1300),
    ],
)
def test_its_packets_fit_into_tunnels(given: int | None, chassis: Chassis | None, mtu: int) -> None:
    assert guest_mtu(given, chassis) == mtu
    made = attached(chassis=chassis, fields={"mtu": given})
    assert [nic.mtu for nic in nics_of(made)] == [mtu]
    unknown = chassis is None or chassis.underlay_mtu is None
    assert any("MTU between hosts is not known" in note for note in made.notes) is unknown


def test_an_mtu_that_is_asked_for_is_given() -> None:
    assert [nic.mtu for nic in nics_of(attached(mtu="1400"))] == [1400]


@pytest.mark.parametrize(
    ("options", "extra"),
    [
        ({}, OFF),
        ({"model": "virtio-non-transitional"}, OFF),
        ({"model": "e1000"}, {}),
        ({"model": "vmxnet3"}, {}),
        ({"extra": "driver.host.csum=on"}, {"driver.host.csum": "on"}),
        ({"extra": "driver.rss=on"}, OFF | {"driver.rss": "on"}),
    ],
)
def test_in_user_space_virtio_goes_without_checksums(
    options: dict[str, str], extra: dict[str, str]
) -> None:
    made = attached(chassis=USERSPACE, **options)
    assert [dict(nic.extra or ()) for nic in nics_of(made)] == [extra]


def test_in_the_kernel_it_keeps_them() -> None:
    assert [nic.extra for nic in nics_of(attached())] == [None]


@pytest.mark.parametrize(
    ("model", "chassis", "said"),
    [
        ("vmxnet3", USERSPACE, "model vmxnet3 carries no TCP"),
        ("e1000e", USERSPACE, "model e1000e carries no TCP"),
        ("e1000", USERSPACE, None),
        ("virtio", USERSPACE, None),
        ("virtio", KERNEL, None),
        ("virtio", None, "not checked: whether br-int switches in user space"),
        ("e1000", None, None),
        ("virtio", replace(KERNEL, userspace=None), "not checked"),
    ],
)
def test_what_will_not_work_is_said(model: str, chassis: Chassis | None, said: str | None) -> None:
    notes = [n for n in attached(model=model, chassis=chassis).notes if "MTU" not in n]
    assert [(said or "?") in note for note in notes] == ([True] if said else [])


@pytest.mark.parametrize("chassis", [Chassis(), replace(KERNEL, southbound=None)])
def test_a_host_that_has_not_joined_is_told(chassis: Chassis) -> None:
    (note,) = attached(chassis=chassis).notes
    assert note == (
        "network blue: host host has not joined OVN: guests on it there reach nobody until "
        "`vnetmgr join-overlay` was run on host"
    )


def test_a_host_without_ovns_bridge_is_told() -> None:
    observed = host(guest(""), chassis=None)
    observed = replace(observed, links=replace(LINKS, names=frozenset({"br0"})))
    (note,) = plan(observed, want(Intent.CREATE, network="blue")).notes
    assert note.startswith("network blue: host host has no bridge br-int, on which OVN switches: ")


def test_coming_from_a_bridge_it_gets_all_of_it_and_going_there_it_leaves_it() -> None:
    plain = nic_xml("lan")
    observed = host(guest(plain), chassis=USERSPACE)
    (came,) = nics_of(plan(observed, want(Intent.UPDATE, nic="lan", network="blue")))
    assert (came.virtualport, came.interface_id, came.mtu) == ("openvswitch", OWN, 1442)
    assert dict(came.extra or ()) == OFF
    there = overlay_nic(
        OWN, extra="<mtu size='1442'/><driver name='qemu'><host csum='off'/></driver>"
    )
    observed = host(guest(there), chassis=USERSPACE)
    (left,) = nics_of(plan(observed, want(Intent.UPDATE, nic="lan", bridge="br0")))
    assert (left.virtualport, left.interface_id, left.mtu, left.extra) == (None, None, None, None)


def test_another_mac_is_chosen_where_a_guest_of_another_host_has_it() -> None:
    from tests.unit.planner.overlays.builders import OTHER, port

    (first,) = {nic.mac for nic in nics_of(attached(name="lan"))}
    taken = port(OTHER, mac=first, domain="else")
    observed = host(guest(""), ports=(taken,))
    (second,) = {
        nic.mac for nic in nics_of(plan(observed, want(Intent.CREATE, network="blue", name="lan")))
    }
    assert first != second
