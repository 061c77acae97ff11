"""detach-nic: gone means gone, in every state, and nothing else is taken."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.lab import eventually
from tests.system.conftest import BOTH, interfaces, ok, refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lab import Lab
    from tests.system.conftest import Vm

pytestmark = pytest.mark.next


def test_it_is_gone_from_config_live_and_the_guest(vm: Vm) -> None:
    ok(vm("attach-nic", "--bridge", "br0", "--name", "lan"))
    ok(vm("attach-nic", "--bridge", "br1", "--name", "other"))
    mac = vm.nic("lan")["mac"]
    vm.guest.link(mac)
    report = json.loads(ok(vm("detach-nic", "lan", "-o", "json")))
    assert [change["result"] for change in report["changes"]] == ["done"]
    (facts,) = report["facts"]
    assert (facts["configured"], facts["plugged"]) == (False, False)
    assert [nic["name"] for nic in vm.nics()] == ["other"]
    assert mac not in vm.guest.links()


def test_its_domain_by_id_and_uuid_while_it_runs(vm: Vm) -> None:
    domain = vm.guest.domain
    uuid = domain.UUIDString()
    for word in (str(domain.ID()), uuid, uuid.upper(), uuid.replace("-", "")):
        ok(vm("attach-nic", "--bridge", "br0", "--name", "lan"))
        said = ok(vm.lab.vnetmgr("list-nics", word, "-o", "json"))
        assert [nic["name"] for nic in json.loads(said)["items"]] == ["lan"]
        said = ok(vm.lab.vnetmgr("detach-nic", word, "lan", "--if-exists"))
        assert said.startswith(f"nic {domain.name()}/lan: removed in config and live")
        again = vm.lab.vnetmgr("detach-nic", word, "lan", "--if-exists")
        assert ok(again) == ""
        assert f"domain {domain.name()} has no nic lan" in again.stderr
    twin = (
        f"<domain type='qemu'><name>{domain.ID()}</name><memory>1024</memory><os><type>hvm</type>"
    )
    other = vm.lab.conn.defineXML(f"{twin}</os></domain>")
    try:
        said = refused(vm.lab.vnetmgr("list-nics", str(domain.ID())), 4)
        assert f"it is the id of {domain.name()}, and the name of another" in said
        assert other.UUIDString() in said
    finally:
        other.undefine()


def test_one_state_alone(vm: Vm) -> None:
    ok(vm("attach-nic", "--bridge", "br0", "--name", "lan"))
    ok(vm("detach-nic", "lan", "--live"))
    nic = vm.nic("lan")
    assert nic["in_config"]
    assert not nic["in_live"]
    assert "is not in live" in refused(vm("detach-nic", "lan", "--live"), 1)
    ok(vm("detach-nic", "lan", "--config"))
    assert vm.nics() == []


def test_states_that_differ_are_both_cleared(vm: Vm) -> None:
    ok(vm("attach-nic", "--bridge", "br0", "--name", "lan"))
    ok(vm("update-nic", "lan", "--mtu", "1400"))
    ok(vm("detach-nic", "lan"))
    assert vm.nics() == []


def test_twins_by_mac_lose_the_one_that_was_named(vm: Vm) -> None:
    for name, bus in (("a", "0x03"), ("b", "0x04")):
        vm.guest.domain.attachDeviceFlags(
            f"<interface type='bridge'><mac address='52:54:00:10:20:33'/><source bridge='br0'/>"
            f"<model type='virtio'/><alias name='ua-{name}'/>"
            f"<address type='pci' domain='0' bus='{bus}' slot='0' function='0'/></interface>",
            BOTH,
        )
    assert "means 2 nics" in refused(vm("detach-nic", "52:54:00:10:20:33"), 4)
    ok(vm("detach-nic", "b"))
    assert [nic["name"] for nic in vm.nics()] == ["a"]


def test_a_paused_guest_does_not_let_go_and_that_is_said(vm: Vm) -> None:
    ok(vm("attach-nic", "--bridge", "br0", "--name", "lan"))
    vm.guest.link(vm.nic("lan")["mac"])
    vm.guest.domain.suspend()
    try:
        result = vm("detach-nic", "lan", "-o", "json")
        said = refused(result, 1)
        assert "requested, the guest has not let go of nic lan" in said
        assert "config: removed" in said
        (facts,) = json.loads(result.stdout)["facts"]
        assert (facts["configured"], facts["plugged"]) == (False, True)
        assert vm.nic("lan")["in_live"]
    finally:
        vm.guest.domain.resume()
    eventually(lambda: not vm.nics(), "the resumed guest lets go")


def test_a_shut_off_domain(lab: Lab, off: Callable[..., str]) -> None:
    name = off("cold")
    ok(lab.vnetmgr("attach-nic", name, "--bridge", "br0", "--name", "lan"))
    ok(lab.vnetmgr("detach-nic", name, "lan"))
    assert interfaces(lab.conn.lookupByName(name).XMLDesc(0)) == []
