"""Nics on Open vSwitch: no config that cannot start, one interfaceid, ports that are observed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.lab import eventually
from tests.system.conftest import element, ok, refused

if TYPE_CHECKING:
    from pathlib import Path

    from tests.system.conftest import Vm

OVS = ("--virtualport", "openvswitch")


@pytest.mark.next
def test_a_nic_on_open_vswitch(nets: Vm, tmp_path: Path) -> None:
    if reason := nets.lab.lacks("openvswitch"):
        pytest.skip(reason)
    for bridge in ("ovsbr0", "ovsbr1"):
        nets.lab.openvswitch(bridge)
    config, live = nets.documents()
    refused(nets("attach-nic", "--bridge", "br1", *OVS, "--config"), 4)
    refused(nets("attach-nic", "--bridge", "ovsbr0", "--config"), 1)
    assert nets.documents() == (config, live)

    ok(nets("attach-nic", "--bridge", "ovsbr0", *OVS, "--name", "sw"))
    mac = nets.nic("sw")["mac"]

    def ids() -> set[str]:
        found = (re.findall("interfaceid='(.*?)'", element(xml, mac)) for xml in nets.documents())
        return {each for several in found for each in several}

    (interface_id,) = ids()
    assert nets.nic("sw")["orphan"] is False
    for elsewhere in ("ovsbr1", "br0", "ovsbr0"):
        virtualport = OVS if elsewhere == "ovsbr0" else ()
        moved = ok(nets("update-nic", "sw", "--bridge", elsewhere, *virtualport))
        assert "waits for the next start" in moved
        ok(nets("update-nic", "sw", "--bridge", elsewhere, *virtualport, "--allow", "replug"))
        nic = nets.nic("sw")
        assert (nic["source"], nic["orphan"], nic["pending"]) == (elsewhere, False, [])
        assert len(ids()) == (elsewhere != "br0")
    (interface_id,) = ids()

    switch = nets.lab.openvswitch("ovsbr0")
    switch.vsctl(f"del-port {nic['target']}")
    assert nets.nic("sw")["orphan"] is True
    assert "plugged no" in ok(nets("update-nic", "sw", "--link", "up"))
    ok(nets("update-nic", "sw", "--bridge", "ovsbr0"))
    assert nets.nic("sw")["orphan"] is False
    switch.vsctl(f"del-port {nic['target']}")
    spec = tmp_path / "spec.yaml"
    wanted = f"{{sw: {{bridge: ovsbr0, mac: '{mac}'}}}}"
    spec.write_text(f"version: 1\ndomains: {{{nets.name}: {{nics: {wanted}}}}}\n")
    assert "plugged in again" in ok(nets.lab.vnetmgr("reconcile", spec))
    assert interface_id in switch.vsctl(f"get Interface {nic['target']} external_ids:iface-id")
    assert nets.nic("sw")["orphan"] is False


def test_another_vlan_is_told_to_the_guest(nets: Vm) -> None:
    if reason := nets.lab.lacks("openvswitch"):
        pytest.skip(reason)
    switch = nets.lab.openvswitch("ovsbr0")
    ok(nets("attach-nic", "--bridge", "ovsbr0", *OVS, "--name", "sw", "--vlan", "10"))
    link = nets.guest.link(nets.nic("sw")["mac"])
    nets.guest.sh(f"ip link set {link} up")

    def flaps() -> int:
        return int(nets.guest.sh(f"cat /sys/class/net/{link}/carrier_down_count"))

    before = flaps()
    assert "vlan 10 -> 20" in ok(nets("update-nic", "sw", "--vlan", "20"))
    nic = nets.nic("sw")
    assert switch.vsctl(f"get Port {nic['target']} tag").strip() == "20"
    assert (nic["link"], nic["pending"]) == ("up", [])
    eventually(lambda: flaps() == before + 1, "the guest has seen its link go down")
    ok(nets("update-nic", "sw", "--vlan", "20", "--vlan", "30"))
    eventually(lambda: flaps() == before + 2, "and once more")
    ok(nets("update-nic", "sw", "--vlan", "20", "--vlan", "30", "--vlan", "40"))
    assert flaps() == before + 2
