"""A host joins OVN, leaves it by hand, and is told what is in the way."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.lab.overlay.pair import (
    kill_controller,
    leave,
    start_controller,
    underlay_address,
)
from tests.system.quick import Quick

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab import Host, OvnPair


@pytest.fixture
def outsider(overlay: OvnPair) -> Iterator[Host]:
    """A host with Open vSwitch that has left OVN; afterwards it is a chassis again."""
    leave(overlay.kvm2)
    try:
        yield overlay.kvm2
    finally:
        overlay.rejoin()


def test_a_host_joins(overlay: OvnPair, outsider: Host) -> None:
    address, at = underlay_address(outsider), overlay.central.southbound
    assert "kvm2" not in overlay.central.chassis()
    words = (
        *("join-overlay", "--southbound", at, "--encap-ip", address),
        *("--datapath", "userspace", "--bridge-mapping", "physnet:br-ex"),
    )
    with Quick(outsider) as vnetmgr:
        planned = vnetmgr(*words, "--dry-run")
        assert (planned.returncode, planned.stderr) == (0, "")
        assert (
            outsider.sh("ovs-vsctl get Open_vSwitch . external_ids:ovn-remote", check=False) == ""
        )

        kill_controller(outsider)
        done = vnetmgr(*words, "--wait", "0")
        assert (done.returncode, done.stderr) == (0, "")
        late = vnetmgr("join-overlay", "--wait", "0.1")
        assert late.returncode == 1
        assert "ovn-controller does not run" in late.stderr

        start_controller(outsider)
        again = vnetmgr(*words)
        assert (again.returncode, again.stderr) == (
            0,
            f"OVN has the chassis kvm2: geneve at {address}\n",
        )
        assert "nothing to do" in again.stdout or again.stdout == ""
        assert {"kvm1", "kvm2"} <= overlay.central.chassis()
        kept = outsider.sh("cat /etc/openvswitch/system-id.conf").strip()
        assert kept == "kvm2"
        assert outsider.sh("ovs-vsctl get Bridge br-int fail_mode").strip() == "secure"

        other = vnetmgr("join-overlay", "--datapath", "kernel", "--wait", "0.5")
        if not Path("/sys/module/openvswitch").exists():
            assert other.returncode == 1
            assert "has not made the bridge br-int" in other.stderr
        assert vnetmgr("join-overlay", "--datapath", "userspace").returncode == 0

        for option, wrong, text in (
            ("--system-id", "kvm9", "is the chassis kvm2 already"),
            ("--encap-ip", underlay_address(overlay.kvm1), "does not have the address"),
        ):
            refused = vnetmgr("join-overlay", option, wrong)
            assert refused.returncode == 4
            assert text in refused.stderr

        kill_controller(outsider)  # whose chassis stays
        taken = vnetmgr("join-overlay", "--system-id", "kvm1")
        assert taken.returncode == 4
        assert (
            f"chassis kvm1 is another host: kvm1 ({underlay_address(overlay.kvm1)})" in taken.stderr
        )
        other = vnetmgr("join-overlay", "--system-id", "kvm9")
        assert other.returncode == 4
        assert f"chassis kvm2 of kvm2 has the address {address}" in other.stderr


def test_over_ssh_and_not_over_libvirt_alone(overlay: OvnPair) -> None:
    words = ("join-overlay", "--host", "kvm1", "--hosts")
    with Quick(overlay.admin) as vnetmgr:
        by_ssh = vnetmgr(*words, overlay.hosts_file("ssh"))
        assert by_ssh.returncode == 0
        assert "OVN has the chassis kvm1" in by_ssh.stdout + by_ssh.stderr
        by_tcp = vnetmgr(*words, overlay.hosts_file("tcp"))
        assert by_tcp.returncode == 4
        assert "said in its own Open vSwitch" in by_tcp.stderr
