"""A host joins OVN, leaves it, and is told what is in the way."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.lab.overlay.pair import (
    join,
    kill_controller,
    leave,
    start_controller,
    underlay_address,
)
from tests.lab.waiting import eventually
from tests.system.quick import Quick

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.lab import Host, OvnPair


PATIENT = ("--wait", "60")
"""It takes OVN a moment to know a host; on a busy machine, more."""


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
        again = vnetmgr(*words, *PATIENT)
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
        assert vnetmgr("join-overlay", "--datapath", "userspace", *PATIENT).returncode == 0

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


@pytest.fixture
def bound(overlay: OvnPair) -> Iterator[Host]:
    """A host that has a port of OVN's, `p1`; afterwards it is as it was."""
    host, central = overlay.kvm2, overlay.central
    central.nbctl("ls-add s -- lsp-add s p1")
    host.sh(
        "ovs-vsctl --timeout=10 add-port br-int vx"
        " -- set Interface vx type=internal external_ids:iface-id=p1"
    )
    eventually(lambda: central.bound("p1") == "kvm2", "the port is bound")
    try:
        yield host
    finally:
        host.sh("ovs-vsctl --timeout=10 --if-exists del-port vx")
        central.clear()
        join(host, central)
        eventually(lambda: "kvm2" in central.chassis(), "kvm2 is a chassis")


def test_a_host_leaves_and_joins_again(overlay: OvnPair, bound: Host) -> None:
    central = overlay.central

    def ports() -> set[str]:
        return set(bound.sh("ovs-vsctl --timeout=10 list-ports br-int").split())

    def tunnels() -> set[str]:
        return {port for port in ports() if "-kvm1-" in port}  # ovn-, or ovn0-

    def is_empty() -> bool:
        """Whether there is the bridge, with nothing on it."""
        look = "ovs-vsctl --timeout=10 br-exists br-int && ovs-vsctl --timeout=10 list-ports br-int"
        return bound.sh(f"{look} && echo looked", check=False).split() == ["looked"]

    words = ("--southbound", central.southbound, "--encap-ip", underlay_address(bound), *PATIENT)
    has = f"OVN has the chassis kvm2: geneve at {underlay_address(bound)}\n"
    with Quick(bound) as vnetmgr:
        refused = vnetmgr("leave-overlay")
        assert refused.returncode == 4
        assert "host kvm2 has guests on br-int: port vx\n" in refused.stderr
        forced = vnetmgr("leave-overlay", "--force")
        assert forced.returncode == 0, forced.stderr
        assert "OVN has no chassis kvm2\n" in forced.stderr
        assert "kvm2" not in central.chassis()
        assert (central.bound("p1"), ports()) == (None, {"vx"})
        back = vnetmgr("join-overlay", *words)
        assert (back.returncode, back.stderr) == (0, has)
        eventually(lambda: central.bound("p1") == "kvm2", "the port is bound again")
        eventually(tunnels, "there is a tunnel again")

        bound.sh("ovs-vsctl --timeout=10 del-port vx")
        left = vnetmgr("leave-overlay")
        assert left.returncode == 0, left.stderr
        again = vnetmgr("leave-overlay")
        assert (again.returncode, again.stderr) == (0, "this host is in no OVN\n")
        assert "kvm2" not in central.chassis()
        # ovn-controller runs, and has made an empty bridge.
        eventually(is_empty, "the bridge is empty")
        back = vnetmgr("join-overlay", *words)
        assert (back.returncode, back.stderr) == (0, has)
        eventually(tunnels, "there is a tunnel again")


def test_over_ssh_and_not_over_libvirt_alone(overlay: OvnPair) -> None:
    words = ("join-overlay", "--host", "kvm1", "--hosts")
    with Quick(overlay.admin) as vnetmgr:
        by_ssh = vnetmgr(*words, overlay.hosts_file("ssh"))
        assert by_ssh.returncode == 0
        assert "OVN has the chassis kvm1" in by_ssh.stdout + by_ssh.stderr
        by_tcp = vnetmgr(*words, overlay.hosts_file("tcp"))
        assert by_tcp.returncode == 4
        assert "said in its own Open vSwitch" in by_tcp.stderr
