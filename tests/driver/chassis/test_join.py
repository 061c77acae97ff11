"""A machine is made a chassis in a real database of Open vSwitch, and read back from it."""

from __future__ import annotations

from ipaddress import ip_address
from shutil import which
from typing import TYPE_CHECKING

import pytest

from tests.conftest import need
from tests.ovn import Database, databases_unavailable
from vnetmgr.errors import RefusedError, VnetError
from vnetmgr.local.chassis.joining import read_joining
from vnetmgr.local.chassis.southbound import read_southbound
from vnetmgr.local.chassis.write import write_chassis
from vnetmgr.model.desired import Desired, Policy
from vnetmgr.model.overlay.joining import ChassisWant, Joining, OwnAddress
from vnetmgr.model.overlay.southbound import SeenChassis
from vnetmgr.model.overlay.tls import TlsFiles
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import Observed
from vnetmgr.model.writes import KeepChassisName
from vnetmgr.planner import make_plan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.vswitch import Vswitch
    from vnetmgr.model.plan import Plan

HOSTILE = "a \"b\\' $(touch x) \u202e=é"


@pytest.fixture(scope="module")
def south() -> Iterator[Database]:
    """OVN's southbound database, with one chassis of another host."""
    need(databases_unavailable())
    with Database("OVN_Southbound") as database:
        database.ctl("chassis-add kvm2 geneve 10.0.0.3 -- set Chassis kvm2 hostname=kvm2")
        yield database


def seen(want: ChassisWant) -> Joining:
    """What a plan is made of; of the machine itself the same anywhere."""
    addresses = (OwnAddress(ip_address("10.0.0.2"), "eth0"),)
    return replace(read_joining(want), addresses=addresses, kernel_datapath=True)


def plan(want: ChassisWant) -> Plan:
    observed = Observed(uri="qemu:///system", host="kvm1", joining=seen(want))
    return make_plan(Desired(chassis=(want,)), observed, Policy())


def do(plan: Plan, *, undo: bool = False) -> None:
    for step in plan.steps:
        for op in step.ops:
            for write in op.undo if undo else (op.do,):
                write_chassis(write)  # type: ignore[arg-type]  # a chassis has no others


def state(switch: Vswitch) -> list[str]:
    """All that somebody could have changed, but for rows' own ids."""
    words = ("--", "--columns=external_ids,ssl", "list", "Open_vSwitch")
    bridges = ("--", "--columns=name,datapath_type,fail_mode", "list", "Bridge")
    lines = switch.vsctl(*words, *bridges).splitlines()
    id_file = switch.folder / "openvswitch" / "system-id.conf"
    return sorted([*lines, id_file.read_text() if id_file.exists() else "no file"])


WANTS = {
    "little": ChassisWant(),
    "all": ChassisWant(
        encap_type="geneve,vxlan",
        system_id="kvm1",
        datapath="userspace",
        bridge_mappings=(("physnet", "br-ex"), ("other", "br-other")),
        tls=TlsFiles("/etc/k y.pem", "/etc/c.pem", "/etc/ca.pem"),
    ),
    "names of any kind": ChassisWant(system_id=HOSTILE, bridge_mappings=((HOSTILE, "br-ex"),)),
}


@pytest.mark.parametrize("case", WANTS)
def test_joined_read_back_and_taken_back(case: str, switch: Vswitch, south: Database) -> None:
    (switch.folder / "openvswitch").mkdir()
    switch.vsctl("add-br", "br-ex", "--", "add-br", "br-other")
    switch.set_ids(hostname="here", ovn_encap_csum="false", someone="else's")
    before = state(switch)
    want = replace(WANTS[case], southbound=south.remote)
    made = plan(want)
    do(made)
    again = plan(made.desired.chassis[0])
    assert again.changes == ()
    chassis = seen(want).chassis
    assert chassis.southbound == south.remote
    assert (chassis.encap_ip, chassis.userspace) == ("10.0.0.2", want.datapath == "userspace")
    assert chassis.system_id == (want.system_id or "here")
    assert switch.id("ovn-encap-csum") == "false"  # somebody else's
    assert switch.id("someone") == "else's"
    do(made, undo=True)
    assert state(switch) == before


def test_a_bridge_that_is_there_is_changed_and_changed_back(
    switch: Vswitch, south: Database
) -> None:
    switch.vsctl("add-br", "br-int", "--", "set", "Bridge", "br-int", "other_config:hwaddr=0")
    before = state(switch)
    made = plan(ChassisWant(southbound=south.remote, datapath="userspace"))
    do(made)
    assert seen(ChassisWant()).bridges["br-int"].datapath_type == "netdev"
    assert switch.vsctl("get", "Bridge", "br-int", "other_config:hwaddr").strip() == '"0"'
    do(made, undo=True)
    assert state(switch) == before


def test_who_has_ports_on_a_bridge(switch: Vswitch) -> None:
    switch.vsctl(
        *("add-br", "br-int", "--", "add-port", "br-int", "vnet0"),
        *("--", "add-port", "br-int", "ovn-kvm2-0"),
        *("--", "set", "Port", "ovn-kvm2-0", "external_ids:ovn-chassis-id=kvm2"),
        *("--", "add-br", "br-ex", "--", "add-port", "br-ex", "eth1"),
    )
    found = read_joining(ChassisWant()).bridges
    assert {name: bridge.guests for name, bridge in found.items()} == {
        "br-int": ("vnet0",),
        "br-ex": ("eth1",),
    }


def test_what_the_southbound_database_has(switch: Vswitch, south: Database) -> None:
    found = read_joining(ChassisWant(southbound=south.remote))
    assert found.southbound is not None
    assert found.southbound.chassis == (
        SeenChassis(name="kvm2", hostname="kvm2", encaps=(("geneve", "10.0.0.3"),)),
    )
    assert found.controller is None  # none runs


@pytest.mark.parametrize("at", ["unix:/nowhere.sock", "tcp:127.0.0.1:1", "ssl:127.0.0.1:1"])
def test_a_southbound_database_that_does_not_answer(switch: Vswitch, at: str) -> None:
    with pytest.raises(VnetError, match=f"southbound database at {at} does not answer"):
        read_southbound(at, None)
    found = read_joining(ChassisWant(southbound=at))
    assert found.southbound is None
    assert found.southbound_unseen is not None


def test_a_host_that_nobody_finds_is_refused(switch: Vswitch) -> None:
    at = "ssl:nowhere.invalid:6642,tcp:127.0.0.1:1,tcp:[::1]:1,tcp:localhost:1"
    with pytest.raises(RefusedError, match="finds no address of nowhere"):
        plan(ChassisWant(southbound=at))
    switch.set_ids(ovn_remote=at)
    assert plan(ChassisWant(encap_ip=ip_address("10.0.0.2"))).changes  # as it is set already


def test_of_whom_nobody_can_be_asked_nothing_is_said(
    switch: Vswitch, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for program in ("ovs-vsctl", "ovs-appctl", "ovn-sbctl", "ovsdb-client", "ip", "modprobe"):
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / program).symlink_to(which(program) or "/nowhere")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert read_joining(ChassisWant(southbound="tcp:nowhere.invalid:1")).lost_hosts == ()


def test_another_database_in_its_place_is_refused(switch: Vswitch) -> None:
    with (
        Database("OVN_Northbound") as north,
        pytest.raises(RefusedError, match="OVN_Northbound is there") as raised,
    ):
        plan(ChassisWant(southbound=north.remote))
    assert "6642" in (raised.value.hint or "")


def test_the_database_that_ovns_programs_take(
    switch: Vswitch, south: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read_joining(ChassisWant()).known_southbound is None
    (switch.folder / "ovnsb_db.sock").symlink_to(south.socket)
    usual = f"unix:{switch.folder}/ovnsb_db.sock"
    assert read_joining(ChassisWant()).known_southbound == usual
    monkeypatch.setenv("OVN_SB_DB", south.remote)
    found = read_joining(ChassisWant())
    assert found.known_southbound == south.remote
    assert found.southbound is not None  # and it was asked


def test_a_bridge_that_nobody_has_made(switch: Vswitch) -> None:
    switch.vsctl("add-br", "br-int")
    fault = read_joining(ChassisWant()).bridge_fault
    assert fault == "ovs-vswitchd does not run, or does not answer"


def test_the_names_file_cannot_be_written(switch: Vswitch, tmp_path: Path) -> None:
    (tmp_path / "openvswitch").write_text("no folder")
    with pytest.raises(VnetError, match=r"system-id\.conf cannot be written"):
        write_chassis(KeepChassisName(name="kvm1"))
