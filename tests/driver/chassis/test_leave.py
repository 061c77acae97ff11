"""A machine leaves OVN: real databases, and the real ovn-controller, which needs nothing else."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest

from tests.conftest import need
from tests.lab.waiting import eventually
from tests.ovn import Central, Database, databases_unavailable
from tests.ovn.database import WITH_TESTS
from vnetmgr.engine.apply import apply
from vnetmgr.local.chassis.joining import read_joining
from vnetmgr.local.chassis.southbound import read_gateways
from vnetmgr.local.chassis.write import write_chassis
from vnetmgr.model.desired import Desired, Policy
from vnetmgr.model.intent import Intent
from vnetmgr.model.overlay.joining import ChassisWant, OwnAddress
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import Observed
from vnetmgr.planner import make_plan
from vnetmgr.runtime import interrupts
from vnetmgr.runtime.interrupts import Interrupted, in_a_hurry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.vswitch import Vswitch
    from vnetmgr.model.plan import Plan, Report
    from vnetmgr.model.writes import Write

LEAVE = ChassisWant(intent=Intent.REMOVE)
MINE = "10.0.0.2"


class Member:
    """A host that OVN has, beside another one."""

    def __init__(self, switch: Vswitch, south: Database) -> None:
        self.switch, self.south = switch, south
        self._controller: subprocess.Popen[bytes] | None = None

    # ovn-controller

    def start(self) -> None:
        """Have it run."""
        folder = self.switch.folder
        files = (f"--pidfile={folder}/ovn-controller.pid", f"--log-file={folder}/controller.log")
        command = (*WITH_TESTS, "ovn-controller", f"unix:{folder}/db.sock", *files)
        self._controller = subprocess.Popen((*command, "-vconsole:off"), stdin=subprocess.DEVNULL)

    def kill(self) -> None:
        """End it, as `kill -9` does."""
        if self._controller is not None:
            self._controller.kill()
            self._controller.wait()
            self._controller = None

    def has_joined(self) -> None:
        """Wait until OVN has this host."""
        eventually(lambda: "kvm1" in self.names("Chassis"), "OVN has this host")

    # What is there

    def names(self, table: str, column: str = "name") -> set[str]:
        """What the southbound database has."""
        return set(self.south.ctl(f"--bare --columns={column} list {table}").split())

    def state(self) -> list[str]:
        """All that Open vSwitch has which somebody could have changed, but for ovn-controller."""
        ids = ("--", "--columns=external_ids,ssl", "list", "Open_vSwitch")
        bridges = ("--", "--columns=name,datapath_type,fail_mode", "list", "Bridge")
        return sorted(self.switch.vsctl(*ids, *bridges).splitlines())

    # What is done

    def plan(self, want: ChassisWant = LEAVE) -> Plan:
        """What would be done."""
        addresses = (OwnAddress(ip_address(MINE), "eth0"),)
        here = replace(read_joining(want), addresses=addresses, kernel_datapath=True)
        observed = Observed(uri="qemu:///system", host="kvm1", joining=here)
        return make_plan(Desired(chassis=(want,)), observed, Policy())

    def leave(self, want: ChassisWant = LEAVE) -> Report:
        """Do it."""
        return apply(Writer(), self.plan(want))

    def has_left(self) -> None:
        """Look at both databases."""
        assert self.names("Chassis") == self.names("Chassis_Private") | {"kvm2"} == {"kvm2"}
        assert self.names("Encap", "ip") == {"10.0.0.3"}
        for key in ("ovn-remote", "ovn-encap-type", "ovn-encap-ip"):
            assert self.switch.id(key) is None
        assert self.switch.id("system-id") == "kvm1"
        assert self.switch.id("ovn-encap-csum") == "false"  # somebody else's
        assert self.switch.id("ovn-bridge-mappings") == "physnet:br-ex"


class Writer:
    """The machine, which meets what a test has for it behind a write."""

    def __init__(self, ends: int | None = None, by: signal.Signals | None = None) -> None:
        self.done: list[Write] = []
        self._ends, self._by = ends, by

    def do(self, write: Write) -> None:
        """Carry it out."""
        write_chassis(write)  # type: ignore[arg-type]  # a chassis has no others
        self.done.append(write)
        if len(self.done) - 1 == self._ends and self._by is not None:
            os.kill(os.getpid(), self._by)
            while not in_a_hurry():
                time.sleep(0.001)


@pytest.fixture
def member(switch: Vswitch) -> Iterator[Member]:
    """A host with ovn-controller that has joined."""
    need(databases_unavailable())
    need(None if shutil.which("ovn-controller") else "ovn-controller needs the package ovn-host")
    with Database("OVN_Southbound") as south:
        south.ctl("chassis-add kvm2 geneve 10.0.0.3 -- set Chassis kvm2 hostname=kvm2")
        switch.vsctl("add-br", "br-ex", "--", "add-port", "br-ex", "eth1")
        made = Member(switch, south)
        joins(made)
        switch.set_ids(ovn_encap_csum="false", ovn_bridge_mappings="physnet:br-ex")
        try:
            made.start()
            made.has_joined()
            yield made
        finally:
            made.kill()


def joins(member: Member) -> None:
    """As join-overlay does it."""
    want = ChassisWant(southbound=member.south.remote, encap_ip=ip_address(MINE), system_id="kvm1")
    apply(Writer(), member.plan(want))


@pytest.fixture
def _handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in interrupts.ENDING}
    interrupts.install()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("runs", [True, False])
def test_a_host_leaves_and_joins_again(member: Member, *, runs: bool) -> None:
    before = member.state()
    if not runs:
        member.kill()  # whose chassis stays
        assert "kvm1" in member.names("Chassis")
    report = member.leave()
    assert (report.errors, report.exit_code) == ((), 0)
    member.has_left()
    again = member.plan()
    assert (again.steps, again.notes) == ((), ("this host is in no OVN",))
    member.has_left()
    joins(member)
    if not runs:
        member.start()
    member.has_joined()
    assert member.state() == before
    assert member.leave().errors == ()
    member.has_left()


@pytest.mark.usefixtures("_handlers")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("at", range(4))
def test_a_signal_leaves_it_a_member(member: Member, at: int, number: signal.Signals) -> None:
    before, made = member.state(), member.plan()
    writer = Writer(at, number)
    with pytest.raises(Interrupted) as caught:
        apply(writer, made)
    assert caught.value.lines == ("chassis: what was done is taken back",)
    assert len(writer.done) > at + 1  # what it did, and took back
    assert member.state() == before
    member.has_joined()  # ovn-controller has made what was gone by then
    assert member.leave().errors == ()
    member.has_left()


@pytest.mark.parametrize("done", range(1, 4))
def test_who_was_killed_goes_on_where_it_was(member: Member, done: int) -> None:
    (step,) = member.plan().steps
    for op in step.ops[:done]:
        Writer().do(op.do)
    assert member.leave().errors == ()
    member.has_left()


@pytest.mark.parametrize("runs", [True, False])
def test_a_database_that_takes_no_writes_is_told_of(member: Member, *, runs: bool) -> None:
    if not runs:
        member.kill()
    socket = member.south.directory / "ro.sock"
    member.south.appctl("ovsdb-server/add-remote db:OVN_Southbound,SB_Global,connections")
    member.south.ctl(f"set-connection read-only punix:{socket}")
    eventually(socket.is_socket, "it listens there as well")
    member.switch.set_ids(ovn_remote=f"unix:{socket}")
    report = member.leave()
    (error,) = report.errors
    assert error.text.startswith("OVN still has the chassis kvm1: ")
    assert error.hint is not None
    assert error.hint.endswith(f"ovn-sbctl --db=unix:{socket} chassis-del kvm1")
    assert report.exit_code == 1
    assert member.switch.id("ovn-remote") is None
    member.south.ctl("chassis-del kvm1")
    member.has_left()  # and nobody makes it again


def test_a_database_that_is_gone_is_no_obstacle(member: Member) -> None:
    member.south.kill()
    made = member.plan()
    report = apply(Writer(), made)
    assert report.errors == ()
    assert "does not answer" in " ".join(made.notes)
    assert member.switch.id("ovn-remote") is None
    assert member.switch.id("ovn-encap-ip") is None


def test_another_host_of_its_name_keeps_its_chassis(member: Member) -> None:
    """Between the plan and its carrying out, too."""
    member.kill()
    made = member.plan()
    other = "chassis-del kvm1 -- chassis-add kvm1 geneve 10.0.0.9 -- set Chassis kvm1 hostname=a"
    member.south.ctl(other)
    report = apply(Writer(), made)
    (error,) = report.errors
    assert "it is another one than it was" in error.text
    assert "kvm1" in member.names("Chassis")
    assert member.plan().steps == ()  # it is none of this host's
    assert "kvm1" in member.names("Chassis")


def test_by_force_ports_of_others_stay(member: Member) -> None:
    member.switch.vsctl("wait-until", "Port", "ovn-kvm2-0")  # ovn-controller's tunnel
    member.switch.vsctl(
        *("add-port", "br-int", "vnet0", "--", "add-port", "br-ex", "patch-a-to-br-int"),
        *("--", "set", "Port", "patch-a-to-br-int", "external_ids:ovn-localnet-port=a"),
    )
    report = member.leave(replace(LEAVE, force=True))
    assert report.errors == ()
    member.has_left()
    assert member.switch.vsctl("list-ports", "br-int").split() == ["vnet0"]
    assert member.switch.vsctl("list-ports", "br-ex").split() == ["eth1"]


def test_settings_for_this_chassis_alone(member: Member) -> None:
    at = member.south.remote
    member.switch.set_ids(ovn_remote_kvm1=at, ovn_encap_ip_kvm1=MINE, ovn_remote_kvm9="tcp:a:1")
    assert member.leave().errors == ()
    member.has_left()
    assert member.switch.id("ovn-remote-kvm1") is None
    assert member.switch.id("ovn-encap-ip-kvm1") is None
    assert member.switch.id("ovn-remote-kvm9") == "tcp:a:1"


def test_several_ends_of_tunnels(member: Member) -> None:
    """In whatever order the database tells of them: another row of that name may have its own."""
    member.kill()
    made = None
    for kinds in ("geneve,vxlan,stt", "stt,vxlan,geneve"):
        member.south.ctl(f"chassis-del kvm1 -- chassis-add kvm1 {kinds} {MINE}")
        made = made or member.plan()
    assert made is not None
    assert apply(Writer(), made).errors == ()
    member.has_left()


def test_which_routers_are_on_a_host(switch: Vswitch) -> None:
    with Central() as central:
        central.south.ctl("chassis-add kvm1 geneve 10.0.0.1 -- chassis-add kvm2 geneve 10.0.0.2")
        central.north.ctl(
            "--wait=sb -- lr-add r -- lrp-add r out 02:00:00:00:00:01 192.0.2.1/24"
            " -- lrp-set-gateway-chassis out kvm1 9 -- lrp-set-gateway-chassis out kvm2 5"
            " -- lr-add one -- set Logical_Router one options:chassis=kvm2"
            " -- lrp-add one alone 02:00:00:00:00:02 198.51.100.1/24"
            " -- ls-add s -- lsp-add s up -- lsp-set-type up router"
            " -- lsp-set-options up router-port=alone"
        )
        at = central.south.remote
        assert read_gateways(at, None, "kvm1") == ("out",)
        assert read_gateways(at, None, "kvm2") == ("alone", "out", "up")
        assert read_gateways(at, None, "kvm3") == ()
