"""The same commands over a remote connection: nothing is guessed about a machine elsewhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.system.conftest import ok, refused

if TYPE_CHECKING:
    from tests.lab import Lab
    from tests.system.conftest import Vm

pytestmark = pytest.mark.next


@pytest.fixture(scope="module")
def far(lab: Lab) -> str:
    """A remote URI of the lab's own libvirtd, tunnelled as libvirt's ssh transport does it."""
    tunnel = lab.directory / "far"
    tunnel.write_text("#!/bin/sh\nexec virt-ssh-helper qemu:///system\n")
    tunnel.chmod(0o755)
    return f"qemu+ext://elsewhere/system?command={tunnel}"


def test_attach_move_list_and_detach(vm: Vm, far: str) -> None:
    ok(vm("attach-nic", "--bridge", "br0", "--name", "lan", "-c", far))
    assert vm.guest.dhcp(vm.nic("lan")["mac"]).startswith("10.10.0.")
    ok(vm("update-nic", "lan", "--bridge", "br1", "-c", far))
    assert vm.guest.dhcp(vm.nic("lan")["mac"]).startswith("10.11.0.")
    (nic,) = json.loads(ok(vm("list-nics", "-c", far, "-o", "json")))["items"]
    assert nic["orphan"] is None
    assert "not visible from here" in ok(vm("list-nics", "-c", far))
    ok(vm("detach-nic", "lan", "-c", far))
    assert vm.nics() == []


def test_port_forwards_are_refused_and_said_where_to_make(nets: Vm, far: str) -> None:
    vm = nets
    ok(vm.lab.vnetmgr("create-network", "lab", "--subnet", "192.168.60.0/24"))
    ok(vm("attach-nic", "--network", "lab"))
    said = refused(vm("add-forward", "8080:80", "-c", far), 4)
    assert f"forward {vm.name}/8080/tcp: port forwards are rules of" in said
    assert "run vnetmgr on that host" in said
    assert "no port forwards" in ok(vm("list-forwards", "-c", far))
    shown = json.loads(ok(vm.lab.vnetmgr("show-network", "lab", "-c", far, "-o", "json")))
    assert (shown["forwards"], [note for note in shown["notes"] if "forward" in note]) == ([], [])
    ok(vm("add-forward", "8080:80"))
    try:
        shown = json.loads(ok(vm.lab.vnetmgr("show-network", "lab", "-c", far, "-o", "json")))
        (row,) = shown["forwards"]
        assert (row["host_port"], row["active"], row["connections"]) == (8080, None, None)
        assert any("not seen whether they work" in note for note in shown["notes"])
    finally:
        ok(vm("remove-forward", "8080"))


def test_a_bridge_that_the_far_host_does_not_have(vm: Vm, far: str) -> None:
    said = refused(vm("attach-nic", "--bridge", "br7", "-c", far), 1)
    assert "bridge br7 does not exist on" in said
    assert "bridges there: br0, br1" in said
    assert vm.nics() == []


def test_metrics_of_a_far_host_are_counted_by_libvirt(vm: Vm, far: str) -> None:
    ok(vm("attach-nic", "--bridge", "br0", "--name", "n"))
    mac = vm.nic("n")["mac"]
    vm.guest.dhcp(mac)
    items = json.loads(ok(vm.lab.vnetmgr("metrics", "-c", far, "-o", "json")))["items"]
    values = {
        item["name"]: [
            each["value"] for each in item["samples"] if each["labels"].get("mac") == mac
        ]
        for item in items
    }
    counted = vm.guest.domain.interfaceStats(vm.nic("n")["target"])
    assert 0 < values["vnetmgr_nic_transmit_packets_total"][0] <= counted[5]
    assert 0 < values["vnetmgr_nic_receive_bytes_total"][0] <= counted[0]
    assert values["vnetmgr_nic_link_up"] == [1.0]
    assert values["vnetmgr_nic_orphan"] == []  # which cannot be seen from here
