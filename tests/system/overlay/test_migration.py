"""A guest migrates with a ping through it. With vnetmgr at work next to nothing is lost and nothing
comes twice; with nothing of it at work the guest keeps its network all the same.
"""

from __future__ import annotations

import re
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING

import libvirt

from tests.lab import eventually
from tests.system.conftest import ok
from tests.system.watching import Watching

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.lab import Guest, Host, OvnPair
    from tests.lab.process import LabProcess

SPEC = """\
version: 1
networks:
  blue: {mode: overlay, subnet: 10.66.0.0/24}
"""
MAC, PROBE, PROBE_MAC = "52:54:00:66:00:01", "10.66.0.250", "0a:00:00:66:00:fa"
# As virsh attaches one: libvirt makes up an id when it starts, and would make up another one there.
NIC = (
    f"<interface type='network'><mac address='{MAC}'/><source network='blue'/>"
    "<model type='virtio'/></interface>"
)


@contextmanager
def at_work(overlay: OvnPair, spec: Path) -> Iterator[None]:
    """On both hosts: a watch of a spec that names the overlay and no domain, and libvirt's hook."""
    remote = ("--ovn-nb", overlay.central.northbound)
    with ExitStack() as open_:
        for host in overlay.hosts:
            ok(host.vnetmgr("install-service", "--migration-hook", *remote))
            reload = "kill -HUP $(cat /run/libvirtd.pid)"
            open_.callback(host.sh, f"rm /etc/libvirt/hooks/qemu.d/vnetmgr; {reload}")
            host.sh(reload)
            watching = Watching(host, spec, *remote)
            open_.callback(watching.kill)
            eventually(partial(watching.said, "keeping"), "it watches")
        yield


@contextmanager
def probe(overlay: OvnPair, host: Host) -> Iterator[tuple[str, ...]]:
    """A port of the overlay without a guest; how a command is run behind it."""
    overlay.central.nbctl(
        f"--wait=hv lsp-add blue probe -- lsp-set-addresses probe '{PROBE_MAC} {PROBE}'"
    )
    host.sh(
        f"""set -e
        ovs-vsctl --timeout=10 add-port br-int probe -- set Interface probe type=internal \\
            external_ids:iface-id=probe
        ip netns add probe
        ip link set probe netns probe
        ip -n probe link set probe address {PROBE_MAC} mtu 1400 up
        ip -n probe address add {PROBE}/24 dev probe"""
    )
    yield "ip", "netns", "exec", "probe"
    host.sh("ovs-vsctl --timeout=10 del-port br-int probe; ip netns del probe")


class Pings:
    """One every hundredth of a second."""

    def __init__(self, host: Host, behind: tuple[str, ...], address: str) -> None:
        words = ("busybox", "ping", "-i", "0.01", "-W", "3", address)
        self._process: LabProcess = host.popen([*behind, *words])

    def ended(self) -> tuple[int, int]:
        """How many were lost, and how many answers came twice."""
        self._process.terminate()
        said, _ = self._process.communicate(timeout=60)
        answers = [int(each) for each in re.findall(r"seq=(\d+) ", said)]
        return max(answers) + 1 - len(set(answers)), len(answers) - len(set(answers))


def stood_still(guest: Guest) -> int:
    """For how many milliseconds a guest that has come did not run, as libvirt says there."""
    return int(guest.domain.jobStats(libvirt.VIR_DOMAIN_JOB_STATS_COMPLETED)["downtime"])


def port_of(overlay: OvnPair, guest: Guest) -> dict[str, str]:
    """The guest's port: its `options`, and the `host` that looks after it."""
    row = f"find Logical_Switch_Port external_ids:vnetmgr-domain-name={guest.name}"
    said = overlay.central.nbctl(f"--bare --columns=options,external_ids {row}")
    options, ids = (line.split() for line in said.split("\n")[:2])
    (host,) = (each for each in ids if each.startswith("vnetmgr-host="))
    return {"options": " ".join(options), "host": host.partition("=")[2]}


def test_a_guest_that_migrates_keeps_its_network(overlay: OvnPair, tmp_path: Path) -> None:
    one, two = overlay.hosts
    spec = tmp_path / "spec.yaml"
    spec.write_text(SPEC)
    for host in overlay.hosts:
        ok(host.vnetmgr("apply", spec, "--ovn-nb", overlay.central.northbound))
    with probe(overlay, one) as behind:
        with at_work(overlay, spec):
            guest = one.guest("g1", nics=[NIC], wait=False)
            guest.wait_ready()
            address = guest.dhcp(MAC)
            pings = Pings(one, behind, address)
            guest = overlay.migrate(guest, two)
            gone = {"options": "", "host": "kvm2"}
            eventually(lambda: port_of(overlay, guest) == gone, "the port follows it")
            lost, twice = pings.ended()
            # Nobody answers while the guest stands still, which lasts longer on a busy machine, as
            # what OVN does on both sides of it: had it lost its network, all the others would be.
            assert lost <= 100 + stood_still(guest) / 10
            assert twice == 0
            assert guest.addresses(MAC) == [address]
        # Nobody looks after it any more.
        guest = overlay.migrate(guest, one)
        eventually(
            lambda: guest.run(f"ping -c 1 -W 1 {PROBE}")[0] == 0, "it is still in its network"
        )
        assert port_of(overlay, guest) == {"options": "", "host": "kvm2"}
