"""watch, on a real libvirtd with real guests: what happens to them is answered at once."""

from __future__ import annotations

import re
import signal
import sys
import time
from typing import TYPE_CHECKING

import libvirt
import pytest

from tests.lab import eventually
from tests.system.conftest import BOTH, element, ok
from tests.system.plugged import orphan, plugged
from tests.system.running import held
from tests.system.stumble import PAUSED
from tests.system.watching import VNETMGR, Watching

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.lab import Lab
    from tests.system.conftest import Vm

LIVE = libvirt.VIR_DOMAIN_AFFECT_LIVE
MAC = "52:54:00:00:0e:01"
URI = "https://example.org/colleague"
STUMBLING = (sys.executable, "-m", "tests.system.stumble", "pause", "before", "1")
LAN = f"lan: {{bridge: br0, mac: '{MAC}'}}"


@pytest.fixture
def watch(nets: Vm) -> Iterator[Callable[..., Watching]]:
    """Start a watch of a spec; those that still run are ended."""
    started: list[Watching] = []

    def start(path: Path, *options: str, program: tuple[str, ...] = VNETMGR) -> Watching:
        watching = Watching(nets.lab, path, *options, "--verbose", program=program)
        started.append(watching)
        # What it does first, it has done when it reads no more. Whoever is read among all domains
        # is not looked up by name.
        eventually(lambda: watching.said("XMLDesc of q35 "), "a first look")
        if program is VNETMGR:
            watching.quiet(0.7)
        return watching

    yield start
    for each in started:
        each.kill()


def write(
    lab: Lab, *nics: str, network: str = "", more: str = "", name: str = "watch.yaml"
) -> Path:
    """A spec of the guest's nics."""
    path = lab.directory / name
    lines = "".join(f"      {nic}\n" for nic in nics)
    path.write_text(f"version: 1\n{network}domains:\n  q35:\n    nics:\n{lines}{more}")
    return path


NETWORK = """\
networks:
  lab:
    mode: nat
    subnets: [192.168.60.0/24]
"""


def in_live(vm: Vm, mac: str = MAC) -> bool:
    """Whether the running guest has a nic."""
    return f"<mac address='{mac}'/>" in vm.documents()[1]


def detach(vm: Vm, flags: int = LIVE) -> None:
    """What a colleague does with virsh."""
    nic = element(vm.documents()[1], MAC)
    vm.guest.domain.detachDeviceFlags(nic, flags)
    # One that has come back by now has another tap.
    eventually(lambda: nic not in vm.documents()[1], "the guest lets go")


@pytest.mark.next
@pytest.mark.parametrize("flags", [LIVE, BOTH])
def test_a_nic_that_a_colleague_takes_out_comes_back(
    nets: Vm, watch: Callable[..., Watching], flags: int
) -> None:
    watching = watch(write(nets.lab, LAN))
    eventually(lambda: in_live(nets), "the nic")
    watching.quiet()
    first = len(watching.out)
    detach(nets, flags)
    eventually(lambda: in_live(nets), "the nic is back")
    watching.quiet()
    (line,) = watching.out[first:]
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S+ nic q35/lan: added in ", line)
    assert MAC in nets.documents()[0]
    assert watching.end() == 0


def test_a_guest_that_is_started_gets_its_nic(nets: Vm, watch: Callable[..., Watching]) -> None:
    late = "  late:\n    nics:\n      lan: {bridge: br1}\n"
    watching = watch(write(nets.lab, LAN, more=late))
    eventually(lambda: watching.said("late is not on this host"), "it says so")
    guest = nets.lab.guest("late", root_ports=3, memory_mib=32, paused=True, transient=True)
    try:
        eventually(lambda: "ua-vnetmgr-lan" in guest.domain.XMLDesc(0), "its nic")
        watching.quiet()
        assert sum("nic late/lan" in line for line in watching.out) == 1
    finally:
        guest.destroy()


@pytest.mark.next
def test_a_network_that_is_restarted_by_hand_gets_its_guests_back(
    nets: Vm, watch: Callable[..., Watching]
) -> None:
    lab = nets.lab
    watching = watch(write(lab, f"lan: {{network: lab, mac: '{MAC}'}}", network=NETWORK))
    bridge = lab.conn.networkLookupByName("lab").bridgeName()
    lan = plugged(nets, "lan", MAC)
    eventually(lambda: lan.bridge() == bridge, "its tap is on the bridge")
    watching.quiet()
    carrier = lan.carrier_changes()
    orphan(lab, "lab")
    eventually(lambda: lan.bridge() == bridge, "its tap is on the bridge again")
    watching.quiet()
    assert sum("nic q35/lan: plugged in again" in line for line in watching.out) == 1
    assert lan.carrier_changes() == carrier
    lab.conn.networkLookupByName("lab").destroy()
    eventually(lambda: lan.bridge() == bridge, "the network runs again, with its tap")


@pytest.mark.next
def test_it_outlives_libvirtd(nets: Vm, watch: Callable[..., Watching]) -> None:
    lab, again = nets.lab, "connected to libvirt again"
    watching = watch(write(lab, LAN))
    lab.restart_libvirtd()
    eventually(lambda: watching.times(again), "it is connected again")
    watching.quiet()
    detach(nets)
    eventually(lambda: in_live(nets), "the nic is back")
    watching.quiet()  # killed while it plugs a nic in, libvirtd leaves half of it in QEMU
    # One that goes may have let it in for a moment.
    lost, back = watching.times("was lost"), watching.times(again)
    assert lost == back
    lab.kill_libvirtd()
    eventually(lambda: watching.times("was lost") == lost + 1, "it has noticed")
    lab.start_libvirtd()
    eventually(lambda: watching.times(again) == back + 1, "it is connected again")
    watching.quiet()
    detach(nets)
    eventually(lambda: in_live(nets), "the nic is back")
    assert watching.end() == 0


def test_what_was_changed_while_libvirtd_was_away_is_found(
    nets: Vm, watch: Callable[..., Watching]
) -> None:
    """The watch sleeps, so that libvirtd is restarted and a nic taken out behind its back."""
    watching = watch(write(nets.lab, LAN))
    watching.process.send_signal(signal.SIGSTOP)
    nets.lab.restart_libvirtd()
    detach(nets)
    watching.process.send_signal(signal.SIGCONT)
    eventually(lambda: in_live(nets), "the nic is back")


def test_a_burst_is_few_passes_and_none_of_them_speaks(
    nets: Vm, watch: Callable[..., Watching]
) -> None:
    watching = watch(write(nets.lab, LAN))
    looks, lines = watching.looks(), len(watching.out)
    watching.process.send_signal(signal.SIGSTOP)  # however long they take to come
    for number in range(20):
        nets.guest.domain.setMetadata(
            libvirt.VIR_DOMAIN_METADATA_ELEMENT, f"<n>{number}</n>", "c", URI, LIVE
        )
    watching.process.send_signal(signal.SIGCONT)
    eventually(lambda: watching.looks() > looks, "it looks")
    watching.quiet()
    try:
        assert 1 <= watching.looks() - looks <= 3
        assert len(watching.out) == lines
    finally:
        nets.guest.domain.setMetadata(libvirt.VIR_DOMAIN_METADATA_ELEMENT, None, None, URI, LIVE)


def test_the_start_of_a_domain_that_it_has_nothing_to_do_with_costs_a_look_at_that_one(
    nets: Vm, watch: Callable[..., Watching]
) -> None:
    watching = watch(write(nets.lab, LAN))
    before, lines = len(watching.err), len(watching.out)
    guest = nets.lab.guest("stranger", memory_mib=32, paused=True, transient=True)
    try:
        eventually(lambda: watching.looks("stranger"), "a look")
        watching.quiet()
        assert not any("listAll" in line or "q35" in line for line in watching.err[before:])
        assert len(watching.out) == lines
    finally:
        guest.destroy()


def test_idle_it_makes_no_call_and_says_nothing(nets: Vm, watch: Callable[..., Watching]) -> None:
    watching = watch(write(nets.lab, LAN))
    watching.quiet()
    said = len(watching.out) + len(watching.err)
    time.sleep(5)  # twice as long as it takes to look at the spec's files
    assert len(watching.out) + len(watching.err) == said
    assert watching.end() == 0
    assert len(watching.out) + len(watching.err) <= said + 10  # its calls that end it


def test_a_held_domain_is_left_alone_until_it_is_released(
    nets: Vm, watch: Callable[..., Watching]
) -> None:
    watching = watch(write(nets.lab, LAN))
    ok(nets("hold", "--for", "1h", "--reason", "moving"))
    try:
        detach(nets)
        eventually(lambda: watching.said("is held"), "it says so")
        watching.quiet()
        assert not in_live(nets)
        assert watching.times("is held") == 1
    finally:
        ok(nets("release"))
    eventually(lambda: in_live(nets), "the nic is back")


def test_another_vnetmgr_comes_first(nets: Vm, watch: Callable[..., Watching]) -> None:
    watching = watch(write(nets.lab, LAN))
    other = held(nets.lab, "attach-nic", nets.name, "--bridge", "br1", "--name", "other")
    looks = watching.looks()
    detach(nets)
    eventually(lambda: watching.looks() > looks + 1, "it has tried more than once")
    assert not in_live(nets)
    assert other.end().returncode == 0
    eventually(lambda: in_live(nets), "the nic is back")
    assert not watching.said("another run")


def test_what_fails_is_told_once_and_goes_on_when_it_can(
    nets: Vm, watch: Callable[..., Watching]
) -> None:
    lab = nets.lab
    watching = watch(write(lab, LAN, "far: {bridge: br7}"))
    eventually(lambda: in_live(nets), "what can be done is done")
    eventually(lambda: watching.looks() > 4, "it has tried again")
    assert sum(line.startswith("vnetmgr: ") and "br7" in line for line in watching.err) == 1
    lab.sh("ip link add br7 type bridge")
    try:
        eventually(lambda: any("nic q35/far: added" in line for line in watching.out), "it is done")
    finally:
        lab.sh("ip link delete br7")


def test_a_spec_that_changes_is_read_again_and_a_broken_one_is_not_taken(
    nets: Vm, watch: Callable[..., Watching]
) -> None:
    lab = nets.lab
    watching = watch(path := write(lab, LAN))
    path.write_text("version: 1\ndomains: [what, is, this]\n")
    eventually(lambda: watching.said("stays in force"), "it says that it is broken")
    assert any(f"{path}:2:" in line for line in watching.err)
    detach(nets)
    eventually(lambda: in_live(nets), "the nic is back")
    write(lab, LAN, "more: {bridge: br1}")
    eventually(lambda: any("nic q35/more: added" in line for line in watching.out), "the new nic")
    looks = watching.looks()
    watching.quiet()
    watching.process.send_signal(signal.SIGHUP)
    eventually(lambda: watching.looks() > looks, "SIGHUP has it look")
    assert watching.end() == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_told_to_end_it_does_the_step_under_way(
    nets: Vm, watch: Callable[..., Watching], number: signal.Signals, code: int
) -> None:
    path = write(nets.lab, LAN, "more: {bridge: br1}")
    watching = watch(path, program=STUMBLING)
    eventually(lambda: PAUSED in watching.err, "it is about to write")
    watching.process.send_signal(number)
    time.sleep(1)
    assert watching.process.poll() is None
    assert not in_live(nets)
    assert watching.process.stdin is not None
    watching.process.stdin.close()
    assert watching.wait() == code
    assert [nic["name"] for nic in nets.nics()] == ["lan"]
    assert [line.split(" ", 1)[1] for line in watching.out] == [
        "nic q35/lan: added in config and live: bridge br0, virtio\n"
    ]
    assert watching.said("ended after 1 of 2 steps")
    ok(nets.lab.vnetmgr("reconcile", path))
    assert [nic["name"] for nic in nets.nics()] == ["lan", "more"]


def test_told_to_end_inside_a_call_that_does_not_return_it_names_it(
    nets: Vm, watch: Callable[..., Watching]
) -> None:
    lab = nets.lab
    watching = watch(write(lab, LAN), program=STUMBLING)
    eventually(lambda: PAUSED in watching.err, "it is about to write")
    daemon = lab.sh("cat /run/libvirtd.pid").strip()
    lab.sh(f"kill -STOP {daemon}")
    calls = len(watching.err)
    try:
        assert watching.process.stdin is not None
        watching.process.stdin.close()
        eventually(lambda: len(watching.err) > calls, "it asks libvirt")
        time.sleep(1)
        watching.process.send_signal(signal.SIGTERM)
        time.sleep(1)
        watching.process.send_signal(signal.SIGTERM)
        assert watching.wait() == 130
        assert watching.said("whether it is done is not known")
    finally:
        lab.sh(f"kill -CONT {daemon}")


def test_it_ends_at_once_while_libvirtd_hangs(nets: Vm, watch: Callable[..., Watching]) -> None:
    lab = nets.lab
    watching = watch(write(lab, LAN))
    daemon = lab.sh("cat /run/libvirtd.pid").strip()
    looks = watching.looks()
    lab.sh(f"kill -STOP {daemon}")
    try:
        watching.process.send_signal(signal.SIGHUP)
        eventually(lambda: watching.looks() > looks, "it waits for an answer")
        assert watching.end() == 0
    finally:
        lab.sh(f"kill -CONT {daemon}")
