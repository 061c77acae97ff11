"""What a spec must never do, and what it does in every state that a domain can be in."""

from __future__ import annotations

import random
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

import libvirt
import pytest

from tests.lab import eventually
from tests.system.colleagues import (
    THEIRS,
    Colleague,
    config,
    definer,
    describe,
    edit,
    editor,
    is_described,
    is_plugged,
    plug,
    plugger,
)
from tests.system.conftest import element, ok
from tests.system.running import held, one_error, tracing
from tests.system.specs.test_spec import MAC, nic_spec, silent, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.lab import Guest, Lab
    from tests.system.conftest import Vm

KILLS = pytest.mark.parametrize("kills", [10, pytest.param(100, marks=pytest.mark.soak)])
DAEMON_KILLS = 10
EDITS, DAYS = 12, 3
MANY, FAR_TOO_MANY = 150, 3000
LINKS = ("down", "up")
PRUNED = "domains: {other: {prune: true, nics: {}}}"
PRESERVED: dict[str, object] = {"extra_devices": "<panic model='isa'/>", "on_crash": "preserve"}

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


@KILLS
def test_killed_at_any_moment_the_next_run_converges(pair: tuple[Vm, str, str], kills: int) -> None:
    vm, *specs = pair
    chance = random.Random(1)  # noqa: S311 - only to vary the moment
    survived, longest_s = 0, 0.7
    for number in range(kills):
        spec = specs[number % 2]
        command = [sys.executable, "-m", "vnetmgr", "apply", spec, "--yes"]
        process = vm.lab.popen(command)
        time.sleep(chance.uniform(0.05, longest_s))
        process.kill()
        process.communicate()
        survived += process.returncode == 0
        # As long as it takes here and now, whatever else this machine does.
        longest_s *= 0.8 if process.returncode == 0 else 1.05
        vm.at_rest()
        ok(vm.lab.vnetmgr("reconcile", spec))
        if number % 10 == 9:
            silent(vm.lab.vnetmgr("reconcile", spec))
            whole(vm)
    assert survived < kills / 2  # else it was never killed at work


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


def test_colleagues_who_work_at_the_same_time_lose_nothing(
    pair: tuple[Vm, str, str], off: Callable[..., str]
) -> None:
    vm, *specs = pair
    applied = 0
    with plugger(vm.lab, "q35") as one, editor(vm.lab, off("bystander")) as other:
        while applied < EDITS or min(one.times, other.times) < EDITS:
            applied += 1
            ok(vm.lab.vnetmgr("apply", specs[applied % 2]))
            assert applied < FAR_TOO_MANY
            assert not one.error
            assert not other.error
        for colleague in (one, other):
            colleague.leave()
    silent(vm.lab.vnetmgr("reconcile", specs[applied % 2]))


def _a_day_with_virt_xml(lab: Lab, number: int) -> None:
    """One after the other: virt-xml reads and writes the whole config, and two of that kind would
    lose each other's work. It may take back what vnetmgr wrote between its two, as well."""
    plug(lab, "q35", number, "--config")
    describe(lab, "q35", f"day {number}")
    state = f"link.state={_link(number)}"
    ok(lab.run(["virt-xml", "q35", "--edit", f"mac={MAC}", "--network", state, "--define"]))


def _link(number: int) -> str:
    return "up" if number % 2 else "down"


def _kept_from_virt_xml(lab: Lab, number: int) -> bool:
    """All but the link state, which is the very same nic's."""
    plugged = is_plugged(config(lab, "q35")) is not bool(number % 2)
    return plugged and is_described(lab, "q35", f"day {number}")


def test_virt_xml_on_the_same_domain_and_nic(pair: tuple[Vm, str, str]) -> None:
    """The window that libvirt leaves is between reading a nic and writing it. What an apply
    could not bring about it tells, and the next one does; nothing else is lost in it."""
    vm, *specs = pair
    lab = vm.lab
    applied = 0
    with Colleague(partial(_a_day_with_virt_xml, lab), partial(_kept_from_virt_xml, lab)) as they:
        while applied < EDITS or they.times < DAYS:
            applied += 1
            result = lab.vnetmgr("apply", specs[applied % 2])
            assert result.returncode == 0 or "vnetmgr: " in result.stderr, result.stderr
            assert result.returncode in (0, 1), result.stderr
            assert applied < FAR_TOO_MANY
            assert not they.error
        they.leave()
    last = they.times - 1
    state = f"link.state={_link(last)}"
    ok(lab.run(["virt-xml", "q35", "--edit", f"mac={MAC}", "--network", state, "--define"]))
    ok(lab.vnetmgr("reconcile", specs[applied % 2]))
    silent(lab.vnetmgr("reconcile", specs[applied % 2]))
    assert ("<link state='down'/>" in element(vm.documents()[0], MAC)) is (_link(last) == "down")
    assert _kept_from_virt_xml(lab, last)


LIVE_CHANGES = {
    "attach and detach": (nic_spec("bridge: br0", domain="other"), PRUNED),
    "link": tuple(nic_spec(f"bridge: br0, link: {each}", domain="other") for each in LINKS),
    "bridge": tuple(nic_spec(f"bridge: {each}", domain="other") for each in ("br0", "br1")),
}


@pytest.mark.next
@pytest.mark.parametrize("texts", LIVE_CHANGES.values(), ids=LIVE_CHANGES.keys())
def test_an_edit_in_the_middle_of_a_live_change_stays(
    lab: Lab, other: Callable[..., Guest], texts: tuple[str, str]
) -> None:
    """A call for both states would write the config that libvirt read at its start. The definer
    takes back vnetmgr's own change if that falls between its reading and its writing, which an
    apply tells and the next one makes again."""
    other()
    specs = [write(lab, text, f"{number}.yaml") for number, text in enumerate(texts)]
    ok(lab.vnetmgr("apply", specs[1]))
    applied = 0
    with definer(lab, "other") as they:
        while applied < EDITS or they.times <= MANY:
            result = lab.vnetmgr("apply", specs[applied % 2])
            assert result.returncode == 0 or "vnetmgr: " in result.stderr, result.stderr
            applied += 1
            assert applied < FAR_TOO_MANY
            assert not they.error
        they.leave()
    for spec in specs:
        ok(lab.vnetmgr("apply", spec))


@pytest.mark.next
def test_an_edit_while_the_guest_lets_go_of_a_nic_stays(
    lab: Lab, other: Callable[..., Guest]
) -> None:
    """libvirt waits 5 s for the guest, and a call for both states would write the config that
    it has read before: the paused guest makes it wait that long. (11.3 has the edit wait, too.)"""
    guest = other(paused=True)
    ok(lab.vnetmgr("apply", write(lab, nic_spec("bridge: br0", domain="other"))))
    path = str(write(lab, PRUNED))
    running = tracing(lab, "apply", path, "--yes")
    assert running.until("detachDeviceFlags")
    edit(lab, "other", "meanwhile")
    assert running.is_at_work
    ok(lab.run(["virt-xml", "other", "--edit", "--metadata", "title=too", "--define"]))
    assert "has not let go of nic lan" in one_error(running.end(), 1)
    document = config(lab, "other")
    assert is_described(lab, "other", "meanwhile")
    assert "<title>too</title>" in document
    assert "ua-vnetmgr-lan" not in document
    assert "ua-vnetmgr-lan" in guest.domain.XMLDesc(0)


@pytest.fixture
def other(lab: Lab) -> Iterator[Callable[..., Guest]]:
    """Guests of a test's own."""
    made: list[Guest] = []

    def start(**options: object) -> Guest:
        guest = lab.guest("other", root_ports=4, booted=True, **options)  # type: ignore[arg-type]
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
    """What libvirt calls so: the guest's kernel panicked, and its QEMU is kept for a look."""
    guest.sh("(sleep 1; echo c > /proc/sysrq-trigger) > /dev/null 2>&1 &")
    eventually(lambda: guest.domain.state()[0] == libvirt.VIR_DOMAIN_CRASHED, "it panics")


def _killed(guest: Guest, lab: Lab) -> None:
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
    "killed": (_killed, {}, True, False),
    "crashed": (_crashed, PRESERVED, True, True),
}


@pytest.mark.next
@pytest.mark.parametrize("case", STATES.values(), ids=STATES.keys())
def test_every_state_of_a_domain(
    lab: Lab,
    other: Callable[..., Guest],
    case: tuple[Callable[[Guest, Lab], None], dict[str, object], bool, bool],
) -> None:
    become, options, in_config, in_live = case
    guest = other(**options)
    become(guest, lab)
    state = guest.domain.state()
    path = write(lab, nic_spec("bridge: br0", domain="other"))
    ok(lab.vnetmgr("apply", path))
    domain = lab.conn.lookupByName("other")
    if domain.isPersistent():
        config = domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)
        assert ("ua-vnetmgr-lan" in config) is in_config
    assert ("ua-vnetmgr-lan" in domain.XMLDesc(0)) is (in_live or in_config)
    assert domain.isActive() is int(in_live)
    silent(lab.vnetmgr("reconcile", path))
    assert domain.state() == state


@pytest.mark.next
def test_a_crashed_guest_keeps_its_nic_until_its_reset(
    lab: Lab, other: Callable[..., Guest]
) -> None:
    """It can let go of nothing, which is told; nobody else's nic is touched."""
    guest = other(**PRESERVED)
    plug(lab, "other", 0, "--live", "--config")
    ok(lab.vnetmgr("apply", write(lab, nic_spec("bridge: br0", domain="other"))))
    _crashed(guest, lab)
    ok(lab.vnetmgr("apply", write(lab, nic_spec("bridge: br1", domain="other"))))
    assert guest.domain.XMLDesc(0).count("<source bridge='br1'/>") == 2
    gone = write(lab, PRUNED)
    assert "has not let go of nic lan" in one_error(lab.vnetmgr("apply", gone), 1)
    assert lab.vnetmgr("plan", gone, "--check").returncode == 3
    assert guest.domain.state()[0] == libvirt.VIR_DOMAIN_CRASHED
    guest.domain.reset()
    guest.domain.resume()
    guest.wait_ready()
    assert list(guest.links()) == [THEIRS]
    assert all(is_plugged(each) for each in (config(lab, "other"), guest.domain.XMLDesc(0)))
    silent(lab.vnetmgr("reconcile", gone))


@pytest.mark.next
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
    assert "no answer within 2 s" in result.stderr
    ok(nets.lab.vnetmgr("reconcile", path))


def test_another_run_has_the_lock(nets: Vm) -> None:
    path = write(nets.lab, nic_spec("bridge: br0"))
    running = held(nets.lab, "apply", str(path), "--yes")
    result = nets.lab.vnetmgr("reconcile", path)
    assert result.returncode == 75
    assert running.end().returncode == 0
    silent(nets.lab.vnetmgr("reconcile", path))
