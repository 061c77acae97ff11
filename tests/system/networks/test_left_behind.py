"""What a libvirtd leaves of a network that is killed while it starts or stops it: healed by the
next command, whatever was on its bridge."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.system.conftest import ok, refused
from tests.system.host import test_remote
from tests.system.plugged import BRIDGE, everything, make_network
from tests.system.specs.test_spec import silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab import Guest, Lab
    from tests.system.conftest import Vm

far = test_remote.far

NIC = (
    "<interface type='network'><mac address='52:54:00:00:60:01'/><source network='lab'/>"
    "<target dev='idle0'/><alias name='ua-lan'/></interface>"
)
MOMENTS = 60


@pytest.fixture
def idle(nets: Vm) -> Iterator[Guest]:
    """A paused guest and a container's port on the network lab."""
    lab = nets.lab
    make_network(lab, "lab")
    guest = lab.guest("idle", nics=(NIC,), memory_mib=32, paused=True)
    lab.sh(f"ip link add c0 type veth peer name c1; ip link set c0 master {BRIDGE} up")
    yield guest
    guest.destroy()
    lab.vnetmgr("start-network", "lab")
    lab.sh(f"ip link set {BRIDGE} down; ip link del c0; ip link del vnetmgr-hop0", check=False)


def plugged(lab: Lab) -> tuple[list[str], str, str]:
    """The guest's nics, the networks, and who is on which bridge."""
    seen = everything(lab)
    nics = re.findall(r"<interface.*?</interface>", str(seen.domains["idle"]), re.DOTALL)
    return nics, str(seen.networks), seen.ports


def forget(lab: Lab, *networks: str) -> None:
    """Let libvirt forget that networks run, as it does before it tears them down; all of them
    stands."""
    lab.kill_libvirtd()
    for name in networks:
        lab.sh(f"rm /run/libvirt/network/{name}.xml")
    lab.start_libvirtd()


def state(lab: Lab) -> str:
    """What list-nics says of the guest's nic."""
    return ok(lab.vnetmgr("list-nics", "idle")).splitlines()[1].split()[-1]


@pytest.mark.parametrize("command", [("restart-network", "lab"), ("apply", "spec.yaml")])
def test_a_network_whose_bridge_libvirtd_has_left_is_started_again(
    idle: Guest, nets: Vm, command: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory
) -> None:
    lab = nets.lab
    spec = tmp_path_factory.mktemp("spec") / "spec.yaml"
    spec.write_text("version: 1\nnetworks:\n  lab: {mode: nat}\n")
    before = plugged(lab)
    forget(lab, "lab")
    served = lab.sh("cat /run/libvirt/network/lab.pid").strip()
    assert state(lab) == "orphan"
    said = refused(lab.vnetmgr("reconcile"), 1)
    assert f"network lab is off, and its bridge {BRIDGE} stands" in said
    asked = tuple(str(spec) if word == "spec.yaml" else word for word in command)
    ok(lab.vnetmgr(*asked))
    silent(lab.vnetmgr("reconcile"))
    assert plugged(lab) == before
    assert state(lab) == "ok"
    assert lab.sh("cat /run/libvirt/network/lab.pid").strip() != served
    assert "vnetmgr" not in lab.sh("ls /sys/class/net")


def test_it_is_in_the_way_of_no_stop(idle: Guest, nets: Vm) -> None:
    lab = nets.lab
    forget(lab, "lab")
    for command in ("stop-network", "delete-network"):
        said = refused(lab.vnetmgr(command, "lab"), 4)
        assert "used by idle/lan, port c0" in said
    assert BRIDGE in lab.sh("ls /sys/class/net")
    ok(lab.vnetmgr("stop-network", "lab", "--force"))
    assert BRIDGE not in lab.sh("ls /sys/class/net").split()
    assert state(lab) == "orphan"
    ok(lab.vnetmgr("start-network", "lab"))
    assert state(lab) == "ok"


def test_from_afar_it_is_refused_with_what_to_do(idle: Guest, nets: Vm, far: str) -> None:
    lab = nets.lab
    forget(lab, "lab")
    before = plugged(lab)
    for command in (("start-network",), ("restart-network",), ("delete-network", "--force")):
        said = refused(lab.vnetmgr(*command, "lab", "-c", far), 4)
        assert "run vnetmgr start-network lab on" in said
        assert plugged(lab) == before
    ok(lab.vnetmgr("start-network", "lab"))


def test_another_bridge_of_that_name_is_left_alone(idle: Guest, nets: Vm) -> None:
    lab = nets.lab
    forget(lab, "lab")
    mac = lab.sh(f"cat /sys/class/net/{BRIDGE}/address").strip()
    lab.sh(f"ip link set {BRIDGE} address 52:54:00:99:99:99")
    before = plugged(lab)
    said = refused(lab.vnetmgr("start-network", "lab"), 4)
    assert "is the name of a link that the host has already" in said
    assert plugged(lab) == before
    lab.sh(f"ip link set {BRIDGE} address {mac}")


def test_its_bridge_is_known_when_the_config_names_another_one(idle: Guest, nets: Vm) -> None:
    lab = nets.lab
    forget(lab, "lab")
    ok(lab.vnetmgr("update-network", "lab", "--bridge", "virbr61"))
    said = refused(lab.vnetmgr("update-network", "lab", "--mode", "bridge", "--bridge", "br0"), 4)
    assert f"bridge {BRIDGE} is what libvirtd left of it" in said
    ok(lab.vnetmgr("start-network", "lab"))
    for port in ("idle0", "c0"):
        assert lab.sh(f"readlink /sys/class/net/{port}/master").strip().endswith("/virbr61")
    assert BRIDGE not in lab.sh("ls /sys/class/net").split()


def test_a_network_whose_dnsmasq_libvirt_does_not_find_is_restarted(nets: Vm) -> None:
    """libvirt 9.0 has dnsmasq write a&apos;b.pid, and looks for a'b.pid."""
    lab = nets.lab
    make_network(lab, "a&apos;b", bridge="virbr62", subnet="192.168.62")
    ok(lab.vnetmgr("restart-network", "a'b"))
    ok(lab.vnetmgr("delete-network", "a'b"))
    assert "a'b" not in lab.sh("cat /proc/[0-9]*/cmdline", check=False)


def test_what_is_left_of_a_hop_network_goes_along(idle: Guest, nets: Vm) -> None:
    lab = nets.lab
    before = plugged(lab)
    hop = "<network><name>vnetmgr-hop-lab</name><bridge name='vnetmgr-hop%d'/></network>"
    lab.conn.networkCreateXML(hop)
    forget(lab, "lab", "vnetmgr-hop-lab")
    assert "vnetmgr-hop0" in lab.sh("ls /sys/class/net")
    ok(lab.vnetmgr("start-network", "lab"))
    assert plugged(lab) == before
    assert "vnetmgr-hop" not in lab.sh("ls /sys/class/net")


def test_a_transient_network_that_a_killed_restart_has_stopped_comes_back(nets: Vm) -> None:
    lab = nets.lab
    lab.conn.networkCreateXML(f"<network><name>short</name><bridge name='{BRIDGE}'/></network>")
    before = everything(lab)
    stumble = [sys.executable, "-m", "tests.system.stumble", "kill", "after"]
    killed = lab.run([*stumble, "2", "restart-network", "short"])
    assert killed.returncode == -9
    ok(lab.vnetmgr("restart-network", "short"))
    assert everything(lab) == before


@pytest.mark.soak
@pytest.mark.parametrize("again", ["restart-network", "start-network"])
def test_libvirtd_killed_at_any_moment_of_a_restart(idle: Guest, nets: Vm, again: str) -> None:
    lab = nets.lab
    before = plugged(lab)
    started = time.monotonic()
    ok(lab.vnetmgr("restart-network", "lab"))
    took = time.monotonic() - started
    for moment in range(MOMENTS):
        command = [sys.executable, "-m", "vnetmgr", "restart-network", "lab"]
        running = lab.popen(command, stdin=subprocess.DEVNULL)
        time.sleep(took * (0.2 + 0.9 * moment / MOMENTS))
        lab.kill_libvirtd()
        lab.start_libvirtd()
        running.communicate(timeout=60)
        ok(lab.vnetmgr(again, "lab"))
        assert plugged(lab) == before, moment
