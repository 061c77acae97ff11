"""What a machine is to OVN, from a real database of Open vSwitch."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from vnetmgr.errors import VnetError
from vnetmgr.local.chassis.read import parse_switch, read_chassis
from vnetmgr.local.chassis.southbound import controller_runs
from vnetmgr.model.overlay.host import Chassis
from vnetmgr.model.overlay.southbound import parse_mappings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.vswitch import Vswitch


def test_a_machine_that_is_none(switch: Vswitch) -> None:
    assert read_chassis() == Chassis()
    switch.vsctl("add-br", "br-int")
    assert read_chassis() == Chassis(userspace=False)


def test_all_that_it_can_have(switch: Vswitch) -> None:
    switch.vsctl("add-br", "br-ovn", "--", "set", "bridge", "br-ovn", "datapath_type=netdev")
    switch.set_ids(
        system_id="kvm1",
        ovn_remote="ssl:10.0.0.1:6642,ssl:[fd00::1]:6642",
        ovn_encap_type="geneve,vxlan",
        ovn_encap_ip="192.0.2.77",
        ovn_bridge="br-ovn",
        ovn_bridge_mappings="physnet:br-ex, other:br0,odd,:,a:",
    )
    assert read_chassis() == Chassis(
        system_id="kvm1",
        southbound="ssl:10.0.0.1:6642,ssl:[fd00::1]:6642",
        encap_type="geneve,vxlan",
        encap_ip="192.0.2.77",  # nobody here has it
        integration_bridge="br-ovn",
        userspace=True,
        bridge_mappings=(("physnet", "br-ex"), ("other", "br0")),
    )


def test_what_is_set_for_one_of_several_chassis_wins(switch: Vswitch, tmp_path: Path) -> None:
    switch.set_ids(system_id="kvm1", ovn_remote="tcp:10.0.0.1:6642")
    switch.set_ids(ovn_remote_other="tcp:10.0.0.2:6642")
    assert read_chassis().southbound == "tcp:10.0.0.1:6642"
    (tmp_path / "system-id-override").write_text("other\n")
    assert read_chassis() == Chassis(system_id="other", southbound="tcp:10.0.0.2:6642")


@pytest.mark.parametrize("address", ["127.0.0.1", "", "10.0.0.1,", "no address", "-4"])
def test_an_address_that_no_link_has_tells_no_mtu(switch: Vswitch, address: str) -> None:
    switch.set_ids(system_id="x", ovn_encap_ip=address)
    assert read_chassis().underlay_mtu is None


def test_no_switch_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OVS_RUNDIR", str(tmp_path))
    with pytest.raises(VnetError, match="ovs-vsctl"):
        read_chassis()


@pytest.mark.parametrize("text", ["", "{}", "[]\n[]", "no json", '{"data":[]}\n{"data":[]}'])
def test_anything_else_is_no_answer(text: str) -> None:
    with pytest.raises((ValueError, KeyError, TypeError, IndexError)):
        parse_switch(text)


def test_mappings_that_are_none() -> None:
    assert parse_mappings("") == ()
    assert parse_mappings(",,a,b:c:d") == (("b", "c:d"),)


@pytest.mark.parametrize(
    ("noted", "runs"),
    [
        (None, False),
        pytest.param(str(os.getpid()), True, id="this process"),  # each worker has another
        ("4194305", False),  # more than there can be
        ("", None),
    ],
)
def test_whether_the_controller_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, noted: str | None, *, runs: bool | None
) -> None:
    monkeypatch.setenv("OVN_RUNDIR", str(tmp_path))
    if noted is not None:
        (tmp_path / "ovn-controller.pid").write_text(f"{noted}\n")
    assert controller_runs() is runs
