"""What a spec must never do, and what it does in every state that a domain can be in."""

from __future__ import annotations

import random
import sys
import threading
import time
from typing import TYPE_CHECKING

import libvirt
import pytest

from tests.lab import eventually
from tests.system.conftest import ok
from tests.system.running import held
from tests.system.test_spec import MAC, nic_spec, silent, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.lab import Guest, Lab
    from tests.system.conftest import Vm

KILLS = 100
DAEMON_KILLS = 10
EDITS = 12
CONFIG, LIVE = libvirt.VIR_DOMAIN_AFFECT_CONFIG, libvirt.VIR_DOMAIN_AFFECT_LIVE

NETWORK = """
networks:
  lab:
    subnets: [192.168.150.0/24]
    portgroups: {{g: {{inbound: {rate}mbit}}}}
    addresses: {{"52:54:00:00:0c:77": 192.168.150.{host}}}
    records: [{{host: nas, address: 192.168.150.{host}}}]
domains:
  q35:
    nics:
      lan: {{bridge: {bridge}, mac: {mac}, inbound: {rate}mbit}}
      mgmt: {{network: lab, address: 192.168.150.{address}}}
  quiet:
    nics:
      lan: {{bridge: {bridge}, mtu: {mtu}}}
"""


def two_specs(lab: Lab) -> tuple[str, str]:
    """Two specs that differ in everything that can be changed without a re-plug or a restart."""
    texts = (
        NETWORK.format(rate=1, host=20, bridge="br0", mac=MAC, address=10, mtu=1400),
        NETWORK.format(rate=2, host=30, bridge="br1", mac=MAC, address=11, mtu=1500),
    )
    return str(write(lab, texts[0], "a.yaml")), str(write(lab, texts[1], "b.yaml"))


def whole(vm: Vm) -> None:
    """Nothing is there twice, and nothing is left over."""
    names = sorted(str(nic["name"]) for nic in vm.nics())
    assert names == ["lan", "mgmt"], names
    networks = [network.name() for network in vm.lab.conn.listAllNetworks()]
    assert networks == ["lab"]
    for flag in (0, libvirt.VIR_NETWORK_XML_INACTIVE):
        document = vm.lab.conn.networkLookupByName("lab").XMLDesc(flag)
        assert document.count("<host mac=") == 2
        assert document.count("<hostname>nas") == 1


@pytest.fixture
def pair(nets: Vm, off: Callable[..., str]) -> tuple[Vm, str, str]:
    """The shared guest, a domain that is off, and two specs for them; the first is in force."""
    off("quiet")
    first, second = two_specs(nets.lab)
    ok(nets.lab.vnetmgr("apply", first))
    return nets, first, second


def test_killed_at_any_moment_the_next_run_converges(pair: tuple[Vm, str, str]) -> None:
    vm, *specs = pair
    chance = random.Random(1)  # noqa: S311 - only to vary the moment
    survived = 0
    for number in range(KILLS):
        spec = specs[number % 2]
        command = [sys.executable, "-m", "vnetmgr", "apply", spec, "--yes"]
        process = vm.lab.popen(command)
        time.sleep(chance.uniform(0.05, 0.7))
        process.kill()
        process.communicate()
        survived += process.returncode == 0
        ok(vm.lab.vnetmgr("reconcile", spec))
        if number % 10 == 9:
            silent(vm.lab.vnetmgr("reconcile", spec))
            whole(vm)
    assert survived < KILLS / 2  # else it was never killed at work


def test_libvirtd_killed_at_any_moment_the_next_run_converges(pair: tuple[Vm, str, str]) -> None:
    vm, *specs = pair
    chance = random.Random(2)  # noqa: S311 - as above
    for number in range(DAEMON_KILLS):
        spec = specs[number % 2]
        process = vm.lab.popen([sys.executable, "-m", "vnetmgr", "apply", spec, "--yes"])
        time.sleep(chance.uniform(0.1, 0.6))
        vm.lab.kill_libvirtd()
        process.communicate(timeout=60)
        vm.lab.start_libvirtd()
        ok(vm.lab.vnetmgr("reconcile", spec))
        silent(vm.lab.vnetmgr("reconcile", spec))
        whole(vm)


class Colleague(threading.Thread):
    """Somebody who works with libvirt on a connection of his own, until told to stop."""

    def __init__(self, uri: str, work: Callable[[libvirt.virConnect, int], None]) -> None:
        super().__init__(daemon=True)
        self._uri, self._work = uri, work
        self.enough = threading.Event()
        self.times = 0
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            connection = libvirt.open(self._uri)
            while not self.enough.is_set():
                self._work(connection, self.times)
                self.times += 1
            connection.close()
        except BaseException as error:
            self.error = error


THEIRS = (
    "<interface type='bridge'><mac address='52:54:00:00:0c:99'/><source bridge='br1'/>"
    "<model type='virtio'/><alias name='ua-theirs'/></interface>"
)


def _plug_and_unplug(connection: libvirt.virConnect, number: int) -> None:
    """The config alone: a guest takes its time to let go of a device."""
    domain = connection.lookupByName("q35")
    if number % 2:
        domain.detachDeviceFlags(THEIRS, CONFIG)
    else:
        domain.attachDeviceFlags(THEIRS, CONFIG)


def _edit_other_fields(connection: libvirt.virConnect, number: int) -> None:
    """As virt-xml --edit does: the nic of the spec, in a field that the spec does not set."""
    domain = connection.lookupByName("q35")
    document = domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)
    (start,) = [document.rindex("<interface", 0, document.index(MAC))]
    nic = document[start : document.index("</interface>", start) + len("</interface>")]
    plain = nic.replace("<link state='down'/>", "")
    edited = plain.replace("</interface>", "<link state='down'/></interface>")
    domain.updateDeviceFlags(plain if number % 2 else edited, CONFIG)


def _edit_another_domain(connection: libvirt.virConnect, number: int) -> None:
    """As virsh edit does: the whole document, read and written."""
    domain = connection.lookupByName("bystander")
    document = domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)
    head, _, rest = document.partition("<memory ")
    head = head.partition("<description>")[0]
    connection.defineXML(f"{head}<description>{number}</description><memory {rest}")


def test_colleagues_who_work_at_the_same_time_lose_nothing(
    pair: tuple[Vm, str, str], off: Callable[..., str]
) -> None:
    vm, *specs = pair
    off("bystander")
    colleagues = [Colleague(vm.lab.uri, work) for work in (_plug_and_unplug, _edit_another_domain)]
    for colleague in colleagues:
        colleague.start()
    for number in range(EDITS):
        ok(vm.lab.vnetmgr("apply", specs[(number + 1) % 2]))
    for colleague in colleagues:
        colleague.enough.set()
        colleague.join()
        assert colleague.error is None, colleague.error
        assert colleague.times > EDITS
    plugged = "52:54:00:00:0c:99" in vm.documents()[0]
    assert plugged is bool(colleagues[0].times % 2)
    description = vm.lab.conn.lookupByName("bystander").XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)
    assert f"<description>{colleagues[1].times - 1}</description>" in description
    silent(vm.lab.vnetmgr("reconcile", specs[EDITS % 2]))


def test_an_edit_of_the_same_nic_is_kept_or_told(pair: tuple[Vm, str, str]) -> None:
    """The one window that libvirt leaves is between reading a nic and writing it; the next run
    has what the spec says, and what the colleague set last in another field."""
    vm, *specs = pair
    colleague = Colleague(vm.lab.uri, _edit_other_fields)
    colleague.start()
    for number in range(EDITS):
        result = vm.lab.vnetmgr("apply", specs[(number + 1) % 2])
        assert result.returncode in (0, 1), result.stderr
    colleague.enough.set()
    colleague.join()
    assert colleague.error is None, colleague.error
    ok(vm.lab.vnetmgr("reconcile", specs[EDITS % 2]))
    with_link = "<link state='down'/>" in vm.documents()[0]
    silent(vm.lab.vnetmgr("reconcile", specs[EDITS % 2]))
    assert ("<link state='down'/>" in vm.documents()[0]) is with_link


@pytest.fixture
def other(lab: Lab) -> Iterator[Callable[..., Guest]]:
    """Guests of a test's own."""
    made: list[Guest] = []

    def start(**options: object) -> Guest:
        guest = lab.guest("other", root_ports=4, **options)  # type: ignore[arg-type]  # as given
        made.append(guest)
        return guest

    yield start
    for guest in made:
        guest.destroy()


def _off(guest: Guest, lab: Lab) -> None:
    guest.domain.destroy()


def _saved(guest: Guest, lab: Lab) -> None:
    guest.domain.managedSave()


def _crashed(guest: Guest, lab: Lab) -> None:
    pid = lab.sh("cat /run/libvirt/qemu/other.pid").strip()
    lab.sh(f"kill -9 {pid}")
    eventually(lambda: not guest.domain.isActive(), "libvirt notices")


def _nothing(guest: Guest, lab: Lab) -> None:
    """As it runs."""


STATES = {
    # what becomes of the guest, how it starts, in the config, live
    "running": (_nothing, {}, True, True),
    "paused": (_nothing, {"paused": True}, True, True),
    "transient": (_nothing, {"transient": True}, False, True),
    "shut off": (_off, {}, True, False),
    "saved": (_saved, {}, True, False),
    "crashed": (_crashed, {}, True, False),
}


@pytest.mark.parametrize("case", STATES.values(), ids=STATES.keys())
def test_every_state_of_a_domain(
    lab: Lab,
    other: Callable[..., Guest],
    case: tuple[Callable[[Guest, Lab], None], dict[str, object], bool, bool],
) -> None:
    become, options, in_config, in_live = case
    become(other(**options), lab)
    path = write(lab, nic_spec("bridge: br0", domain="other"))
    ok(lab.vnetmgr("apply", path))
    domain = lab.conn.lookupByName("other")
    if domain.isPersistent():
        config = domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)
        assert ("ua-vnetmgr-lan" in config) is in_config
    assert ("ua-vnetmgr-lan" in domain.XMLDesc(0)) is (in_live or in_config)
    assert domain.isActive() is int(in_live)
    silent(lab.vnetmgr("reconcile", path))


def test_a_saved_domain_comes_back_without_it_and_gets_it_then(
    lab: Lab, other: Callable[..., Guest]
) -> None:
    """A managed save restores its own document; the next run plugs the nic in."""
    guest = other()
    guest.domain.managedSave()
    path = write(lab, nic_spec("bridge: br0", domain="other"))
    ok(lab.vnetmgr("apply", path))
    guest.domain.create()
    eventually(lambda: guest.domain.state()[0] == libvirt.VIR_DOMAIN_RUNNING, "it runs again")
    assert "ua-vnetmgr-lan" not in guest.domain.XMLDesc(0)
    ok(lab.vnetmgr("reconcile", path))
    assert "ua-vnetmgr-lan" in guest.domain.XMLDesc(0)
    silent(lab.vnetmgr("reconcile", path))


def test_a_run_that_takes_too_long_gives_up(nets: Vm) -> None:
    """libvirtd stopped in its tracks answers nobody."""
    path = write(nets.lab, nic_spec("bridge: br0"))
    pid = int(nets.lab.sh("cat /run/libvirtd.pid || pidof libvirtd").split()[0])
    nets.lab.sh(f"kill -STOP {pid}")
    try:
        result = nets.lab.vnetmgr("reconcile", path, "--timeout", "2")
    finally:
        nets.lab.sh(f"kill -CONT {pid}")
    assert result.returncode == 1
    assert "not done within 2 s" in result.stderr
    ok(nets.lab.vnetmgr("reconcile", path))


def test_another_run_has_the_lock(nets: Vm) -> None:
    path = write(nets.lab, nic_spec("bridge: br0"))
    running = held(nets.lab, "apply", str(path), "--yes")
    result = nets.lab.vnetmgr("reconcile", path)
    assert result.returncode == 75
    assert running.end().returncode == 0
    silent(nets.lab.vnetmgr("reconcile", path))
