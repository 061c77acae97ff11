"""Whatever of an overlay is killed: what goes on goes on, nothing is lost, and the next run finds
all as it was or makes it so."""

from __future__ import annotations

import random
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.lab import OvnPair
from tests.lab.overlay.pair import boot, cut_power, kill_controller, kill_vswitchd, revive
from tests.system.conftest import ok
from tests.system.overlay.conftest import Hosts, reach, two_hosts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.soak

DOMAINS = 40
BLUE = """
networks:
  blue: {mode: overlay, subnet: 10.66.0.0/24, dns_domain: blue.test}
domains:
  web1: {nics: {lan: {network: blue, address: 10.66.0.10}}}
  web2: {nics: {lan: {network: blue, address: 10.66.0.20}}}
"""
MANY = BLUE + "".join(f"  off{n}: {{nics: {{lan: {{network: blue}}}}}}\n" for n in range(DOMAINS))
OFF = (
    "<domain type='qemu'><name>off{}</name><memory unit='MiB'>64</memory>"
    "<os><type arch='x86_64' machine='q35'>hvm</type></os></domain>"
)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Hosts]:
    """Both hosts, with a northbound database of three servers."""
    with OvnPair(northbound_servers=3) as pair, two_hosts(pair) as hosts:
        yield hosts


@pytest.fixture
def ready(cluster: Hosts) -> Iterator[Hosts]:
    """The same with many domains that are off, and nothing made yet."""
    for number in range(DOMAINS):
        cluster.pair.hosts[number % 2].conn.defineXML(OFF.format(number))
    yield cluster
    cluster.pair.central.revive()
    for host in cluster.pair.hosts:
        revive(host)
        for domain in host.conn.listAllDomains():
            if domain.name().startswith("off"):
                domain.undefine()
    cluster.clear()


def ports(hosts: Hosts) -> list[str]:
    """The names of the logical ports of nics."""
    found = "--bare --columns=name find Logical_Switch_Port 'type=\"\"'"
    return hosts.pair.central.nbctl(found).split()


def converged(hosts: Hosts, spec: Path) -> None:
    """One run on each host makes all of the spec, and the next has nothing to do."""
    hosts.apply(spec)
    for host in hosts.pair.hosts:
        silent = hosts.at(host, "reconcile", spec)
        assert (silent.returncode, silent.stdout, silent.stderr) == (0, "", "")
    names = ports(hosts)
    assert len(names) == len(set(names)) == DOMAINS + 2
    switches = hosts.pair.central.nbctl("--bare --columns=name list Logical_Switch").split()
    assert switches == ["blue"]


def talking(hosts: Hosts) -> None:
    """Both guests have their addresses and reach each other."""
    for vm in hosts.vms:
        vm.guest.dhcp(hosts.nic(vm, "lan")["mac"])
    reach(hosts.vms[0].guest, "10.66.0.20")


def kill_leader(hosts: Hosts) -> None:
    """End the server of the northbound database that leads, for good."""
    central = hosts.pair.central
    central.kill(f"nb{central.leader() or ''}")


KILLED: dict[str, Callable[[Hosts], None]] = {
    "northd": lambda hosts: hosts.pair.central.kill("ovn-northd"),
    "southbound": lambda hosts: hosts.pair.central.kill("sb"),
    "leader": kill_leader,
    "controller": lambda hosts: kill_controller(hosts.pair.kvm1),
    "switch": lambda hosts: kill_vswitchd(hosts.pair.kvm1),
}


@pytest.mark.parametrize("victim", KILLED)
@pytest.mark.parametrize("after_s", [0.0, 0.4, 0.8, 1.2, 1.6])
def test_while_a_spec_is_made(ready: Hosts, victim: str, after_s: float) -> None:
    spec = ready.write(MANY)
    kvm1 = ready.pair.kvm1
    running = kvm1.popen([kvm1.directory / "bin/vnetmgr", "apply", spec])
    time.sleep(after_s)
    KILLED[victim](ready)
    with running:
        said = "".join(running.communicate(timeout=180))
    assert running.returncode in (0, 1), said
    assert "Traceback" not in said
    if running.returncode:
        assert "hint: " in said
    ready.pair.central.revive()
    revive(kvm1)
    converged(ready, spec)
    talking(ready)


@pytest.mark.parametrize("victim", [name for name in KILLED if name != "switch"])
def test_while_guests_talk(ready: Hosts, victim: str) -> None:
    spec = ready.write(MANY)
    converged(ready, spec)
    talking(ready)
    before = ports(ready)
    KILLED[victim](ready)
    reach(ready.vms[0].guest, "10.66.0.20")
    ready.pair.central.revive()
    revive(ready.pair.kvm1)
    assert sorted(ports(ready)) == sorted(before)
    converged(ready, spec)
    talking(ready)


def test_a_vnetmgr_at_any_moment(ready: Hosts) -> None:
    spec = ready.write(MANY)
    chance = random.Random(20)  # noqa: S311 - which moment, no secret
    for _ in range(12):
        running = [
            host.popen([host.directory / "bin/vnetmgr", "apply", spec]) for host in ready.pair.hosts
        ]
        for process in running:
            time.sleep(chance.uniform(0, 1.5))
            process.send_signal(chance.choice([signal.SIGKILL, signal.SIGINT, signal.SIGTERM]))
        for process in running:
            with process:
                said = "".join(process.communicate(timeout=60))
            assert "Traceback" not in said
    converged(ready, spec)
    talking(ready)


def test_a_host(ready: Hosts) -> None:
    spec = ready.write(MANY)
    converged(ready, spec)
    before = ports(ready)
    two = ready.vms[1]
    kvm1, kvm2 = ready.pair.hosts
    cut_power(kvm2)
    silent = ready.at(kvm1, "reconcile", spec)
    assert (silent.returncode, silent.stdout, silent.stderr) == (0, "", "")
    assert sorted(ports(ready)) == sorted(before)
    boot(kvm2)
    ok(ready.at(kvm2, "reconcile", spec))
    two.guest.domain.create()
    two.guest.wait_ready()
    converged(ready, spec)
    assert sorted(ports(ready)) == sorted(before)
    talking(ready)
