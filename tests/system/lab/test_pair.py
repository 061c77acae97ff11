"""Two hosts and their administrator: what tests of many hosts take for granted."""

from __future__ import annotations

import re

import libvirt
import pytest

from tests.lab import Guest, Host, Lab, Pair, eventually
from tests.system.conftest import ok

MAC = "52:54:00:00:00:01"
NIC = (
    f"<interface type='bridge'><mac address='{MAC}'/><source bridge='br0'/>"
    "<model type='virtio'/></interface>"
)
BOOT = "cat /proc/sys/kernel/random/boot_id"
QUICK = "-o ConnectTimeout=1 -o ConnectionAttempts=1"


@pytest.mark.parametrize("transport", ["tcp", "ssh"])
def test_the_administrator_reaches_the_libvirt_of_both(pair: Pair, transport: str) -> None:
    for host in pair.hosts:
        uri = f"qemu+{transport}://{host.name}/system"
        assert ok(pair.admin.run(["virsh", "-c", uri, "hostname"])).strip() == host.name


def test_who_logs_in_finds_a_host_with_vnetmgr(pair: Pair) -> None:
    for host in pair.hosts:
        said = pair.admin.sh(f"ssh {host.name} 'uname -n; id -u; vnetmgr list-networks -o name'")
        assert said.split() == [host.name, "0"]
        assert "authenticity" not in said


def test_the_hosts_are_two(pair: Pair, lab: Lab) -> None:
    capabilities = {host.conn.getCapabilities().split("<uuid>")[1][:36] for host in pair.hosts}
    assert len(capabilities) == 2
    pair.kvm1.sh("ip link add only-here type bridge")
    assert "only-here" not in pair.kvm2.sh("ip link")
    pair.kvm1.sh("ip link delete only-here")
    names = {machine.sh("uname -n").strip() for machine in (pair.admin, *pair.hosts)}
    assert names == {"admin", "kvm1", "kvm2"}
    assert lab.sh("uname -n").strip() not in names


def ram_bytes(guest: Guest, host: Host) -> int:
    """How much memory QEMU has for a guest: that is the largest of its blocks."""
    said = host.sh(f"virsh qemu-monitor-command {guest.name} --hmp 'info ramblock'")
    return max(int(used, 16) for used in re.findall(r" 0x\w+ (0x\w+) 0x", said))


def test_a_running_guest_moves_and_stays_in_its_lan(pair: Pair) -> None:
    guest = pair.kvm1.guest("mover", nics=[NIC])
    address = guest.dhcp(MAC)
    assert ram_bytes(guest, pair.kvm1) % (64 * 4096), "QEMU loses pages of it: see odd_memory"
    ping = ["ping", "-c", "1", "-W", "2", address]
    boot = guest.sh(BOOT)
    for host in (pair.kvm2, pair.kvm1):
        guest = pair.migrate(guest, host)
        assert guest.sh(BOOT) == boot
        eventually(lambda: pair.lan.run(ping).returncode == 0, "the LAN knows where it is")
        assert guest.fetch(pair.lan.address) == pair.lan.page
        assert pair.other(host).conn.listAllDomains() == []


def test_a_guest_whose_bridge_is_missing_there_stays(pair: Pair) -> None:
    guest = pair.kvm1.guest("mover", nics=[NIC.replace("br0", "br1")], paused=True)
    with pytest.raises(libvirt.libvirtError):
        pair.migrate(guest, pair.kvm2)
    assert guest.domain.isActive()
    assert pair.kvm2.conn.listAllDomains() == []


@pytest.mark.parametrize("number", [0, 1])
def test_a_host_is_cut_off_without_a_word(pair: Pair, number: int) -> None:
    host: Host = pair.hosts[number]
    with pair.cut_off(host):
        said = pair.admin.run(["sh", "-c", f"ssh {QUICK} {host.name} true"])
        assert said.returncode == 255
        assert "timed out" in said.stderr
        assert pair.admin.sh(f"ssh {pair.other(host).name} uname -n")
        assert pair.other(host).run(["ping", "-c", "1", host.name]).returncode == 0
    assert pair.admin.sh(f"ssh {host.name} uname -n").strip() == host.name


def test_a_host_is_cut_off_in_the_middle(pair: Pair) -> None:
    reading = "ssh -o ServerAliveInterval=1 -o ServerAliveCountMax=1 kvm2 cat /dev/zero | wc -c"
    with pair.cut_off(pair.kvm2, after_bytes=1_000_000):
        assert 100_000 < int(pair.admin.sh(reading)) < 1_000_000
