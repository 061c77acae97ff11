"""What becomes of OVN while a watch looks after it on each host: all is as it was within seconds,
and no watch ends by it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.lab import eventually
from tests.lab.overlay.pair import kill_controller, kill_vswitchd, revive
from tests.system.overlay.conftest import Hosts, reaches
from tests.system.overlay.test_killed import BLUE
from tests.system.watching import Watching

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.soak


@pytest.fixture
def watched(hosts: Hosts) -> Iterator[Hosts]:
    """Both guests on an overlay, and a watch on each host, which looks at everything but once."""
    spec = hosts.write(BLUE)
    hosts.apply(spec)
    for vm in hosts.vms:
        vm.guest.dhcp(hosts.nic(vm, "lan")["mac"])
    watches = [Watching(host, spec) for host in hosts.pair.hosts]
    for watch in watches:
        eventually(partial(watch.said, "keeping"), "it watches")
    yield hosts
    assert [watch.end() for watch in watches] == [0, 0]
    for watch in watches:
        assert not watch.said("Traceback")


def cleared(hosts: Hosts) -> None:
    """All rows are deleted."""
    hosts.pair.central.clear()


def emptied(hosts: Hosts) -> None:
    """The database is lost, and another one is in its place."""
    hosts.pair.central.kill("nb")
    hosts.pair.central.renew_northbound()


def controllers(hosts: Hosts) -> None:
    """What makes the hosts' flows starts anew."""
    for host in hosts.pair.hosts:
        kill_controller(host)
        revive(host)


def switches(hosts: Hosts) -> None:
    """What switches on the hosts starts anew."""
    for host in hosts.pair.hosts:
        kill_vswitchd(host)
        revive(host)


def bridge(hosts: Hosts) -> None:
    """Somebody deletes OVN's bridge, with the guests' ports."""
    hosts.pair.kvm1.sh("ovs-vsctl --timeout=10 del-br br-int")


def translator(hosts: Hosts) -> None:
    """ovn-northd is away while all is deleted."""
    hosts.pair.central.kill("ovn-northd")
    hosts.pair.central.clear()
    hosts.pair.central.revive()


def libvirts(hosts: Hosts) -> None:
    """libvirt is away while all is deleted."""
    for host in hosts.pair.hosts:
        host.kill_libvirtd()
    hosts.pair.central.clear()
    for host in hosts.pair.hosts:
        host.start_libvirtd()


FAULTS: tuple[Callable[[Hosts], None], ...] = (
    *(cleared, emptied, controllers, switches, bridge, translator, libvirts),
)


def test_all_is_made_anew(watched: Hosts) -> None:
    spec = watched.write(BLUE)
    for fault in FAULTS:
        fault(watched)
        eventually(partial(_is_whole, watched), f"all is whole: {fault.__doc__}", timeout=60)
    for host in watched.pair.hosts:
        silent = watched.at(host, "reconcile", spec)
        assert (silent.returncode, silent.stdout, silent.stderr) == (0, "", "")


def _is_whole(hosts: Hosts) -> bool:
    found = "--bare --columns=name find Logical_Switch_Port 'type=\"\"'"
    ports = hosts.pair.central.nbctl(found).split()
    return len(ports) == len(hosts.vms) and reaches(hosts.vms[0].guest, "10.66.0.20")
