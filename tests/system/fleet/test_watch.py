"""watch, of both hosts: where a domain goes, what it needs follows."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

import libvirt
import pytest

from tests.lab import eventually
from tests.system.fleet.conftest import TRANSPORTS, Fleet
from tests.system.watching import Watching

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.lab import Guest, Host, Machine, Pair

ACTIVE = libvirt.VIR_CONNECT_LIST_NETWORKS_ACTIVE
MAC = "52:54:00:00:0e:01"
SPEC = f"""\
networks:
  lab: {{mode: nat, subnet: 192.168.150.0/24}}
domains:
  web1:
    nics:
      lan: {{bridge: br0}}
      mgmt: {{network: lab, mac: "{MAC}", address: 192.168.150.10}}
"""
FORWARDS = """\
    forwards: [{host_port: 8080, guest_port: 80, nic: mgmt}]
"""


LAB = """\
networks:
  lab: {mode: nat, subnet: 192.168.150.0/24}
"""


def starts(watching: Watching, host: str) -> int:
    """How often a host's network was made or started."""
    return sum(f" {host}: network lab" in line for line in watching.out)


@pytest.fixture
def watch(fleet: Fleet) -> Iterator[Callable[..., Watching]]:
    """Start a watch of a spec on both hosts."""
    started: list[Watching] = []

    def start(spec: str, *options: str, over: str = "tcp") -> Watching:
        hosts = fleet.pair.hosts_file(over)
        watching = Watching(fleet.pair.admin, fleet.write(spec), "--hosts", hosts, *options)
        started.append(watching)
        return watching

    yield start
    for each in started:
        each.kill()


def reserves(host: Host) -> bool:
    """Whether a host's network has the guest's reservation."""
    networks = {each.name(): each for each in host.conn.listAllNetworks()}
    return "lab" in networks and MAC in networks["lab"].XMLDesc()


def runs(host: Host, network: str) -> bool:
    """Whether a network of a host runs."""
    return any(each.name() == network for each in host.conn.listAllNetworks(ACTIVE))


def forwards(host: Host) -> bool:
    """Whether a host has the guest's port forward."""
    return "8080" in host.sh("nft list table inet vnetmgr 2> /dev/null || true")


def moves(pair: Pair, guest: Guest, watching: Watching, target: Host, *, forwarded: bool) -> Guest:
    """Have a guest migrate when all that it needs is where it is; that follows it."""
    source = pair.other(target)
    eventually(lambda: reserves(source) and forwards(source) == forwarded, "all is there")
    eventually(lambda: runs(target, "lab"), "its network is on the other host, too")
    watching.quiet(0.5)
    guest = pair.migrate(guest, target)
    eventually(lambda: reserves(target) and not reserves(source), "its reservation follows it")
    eventually(lambda: forwards(target) == forwarded and not forwards(source), "so does a forward")
    watching.quiet(0.5)
    return guest


def test_what_a_guest_needs_goes_where_it_migrates_to(
    fleet: Fleet, watch: Callable[..., Watching]
) -> None:
    guest = fleet.pair.kvm1.guest("web1", root_ports=4)
    for over, target in zip(TRANSPORTS, reversed(fleet.pair.hosts), strict=True):
        there = over == "ssh"  # only vnetmgr on the host itself can have rules there
        watching = watch(SPEC + FORWARDS if there else SPEC, over=over)
        guest = moves(fleet.pair, guest, watching, target, forwarded=there)
        assert not any("failed" in line for line in watching.out)
        assert not watching.said("left alone")
        assert watching.end() == 0
        fleet.leaves_nothing()


def test_a_host_that_is_cut_off_is_said_once_and_is_kept_again_when_it_is_back(
    fleet: Fleet, watch: Callable[..., Watching]
) -> None:
    pair = fleet.pair
    watching = watch(LAB, "--timeout", "3")
    eventually(lambda: starts(watching, "kvm1") and starts(watching, "kvm2"), "both")
    with pair.cut_off(pair.kvm2):
        eventually(lambda: watching.times("kvm2: "), "it is missed", timeout=60)
        for number, host in enumerate(pair.hosts):
            host.conn.networkLookupByName("lab").destroy()
            if number == 0:
                eventually(lambda: starts(watching, "kvm1") == 2, "the other one is kept")
        assert starts(watching, "kvm2") == 1
    eventually(lambda: starts(watching, "kvm2") == 2, "it is kept again", timeout=60)
    # Each reason once: that it was lost, and that it cannot be connected to where that is tried.
    told = [line for line in watching.err if "kvm2: " in line]
    assert len(set(told)) == len(told) <= 3
    assert told.index("vnetmgr: kvm2: it is back\n") == len(told) - 1
    assert watching.end() == 0
    fleet.leaves_nothing()


@pytest.mark.parametrize("dies", ["libvirtd", "ssh"])
def test_what_dies_on_the_way_to_a_host_is_begun_again(
    fleet: Fleet, watch: Callable[..., Watching], dies: str
) -> None:
    host = fleet.pair.kvm2
    watching = watch(LAB, over="ssh")
    eventually(lambda: starts(watching, "kvm1") and starts(watching, "kvm2"), "both")
    if dies == "libvirtd":
        host.kill_libvirtd()
        eventually(lambda: watching.times("kvm2: "), "it is missed")
        host.start_libvirtd()
    else:
        for pid, line in fleet.pair.admin.processes("kvm2").items():
            if line.startswith("ssh"):
                with suppress(ProcessLookupError):  # those that share a connection end with it
                    os.kill(pid, signal.SIGKILL)
    eventually(lambda: watching.said("kvm2: it is back"), "it is begun again", timeout=60)
    host.conn.networkLookupByName("lab").destroy()
    eventually(lambda: starts(watching, "kvm2") == 2, "it is kept")
    assert watching.times("kvm1: ") == 0
    assert watching.end() == 0
    fleet.leaves_nothing()


def test_nothing_is_left_of_one_that_is_killed(
    fleet: Fleet, watch: Callable[..., Watching]
) -> None:
    watching = watch(LAB, over="ssh")
    eventually(lambda: starts(watching, "kvm1") and starts(watching, "kvm2"), "both")
    watching.process.send_signal(signal.SIGKILL)
    for machine in (fleet.pair.admin, *fleet.pair.hosts):
        has_no_watch(machine)


def has_no_watch(machine: Machine) -> None:
    """Wait until every watch there has ended; a connection of ssh's may outlast it."""
    eventually(lambda: not machine.processes("vnetmgr watch"), "every watch has ended")
