"""update-nic on a running guest: nothing is unplugged that was not meant to be."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import libvirt
import pytest

from tests.lab import eventually
from tests.system.conftest import BOOTABLE, BOTH, element, ok, refused
from vnetmgr.libvirt_xml.nics.read import read_nic

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lab import Lab
    from tests.system.conftest import Vm

pytestmark = pytest.mark.next


@pytest.fixture
def lan(vm: Vm) -> str:
    """A nic `lan` on br0 that has an address; its MAC."""
    ok(vm("attach-nic", "--bridge", "br0", "--name", "lan"))
    mac: str = vm.nic("lan")["mac"]
    vm.guest.dhcp(mac)
    return mac


def ifindex(vm: Vm, mac: str) -> str:
    """The number of the guest's link: another one after any re-plug."""
    return vm.guest.sh(f"cat /sys/class/net/{vm.guest.link(mac)}/ifindex").strip()


@pytest.mark.parametrize(
    ("options", "parts"),
    [
        (("--bridge", "br1"), ["bridge='br1'"]),
        (("--link", "down"), ["<link state='down'/>"]),
        (("--inbound", "10mbit"), ["<inbound average='1250'/>"]),
        (("--outbound", "1.5MB/s,burst=64KiB"), ["<outbound average='1500' burst='64'/>"]),
        (
            ("--filter", "clean-traffic", "--filter-param", "IP=10.10.0.50"),
            ["<filterref filter='clean-traffic'>", "<parameter name='IP' value='10.10.0.50'/>"],
        ),
        (("--isolated-port",), ["<port isolated='yes'/>"]),
    ],
)
def test_in_place(vm: Vm, lan: str, options: tuple[str, ...], parts: list[str]) -> None:
    before = ifindex(vm, lan)
    report = json.loads(ok(vm("update-nic", "lan", *options, "-o", "json")))
    (change,) = report["changes"]
    assert (change["result"], change["scope"]) == ("done", ["config", "live"])
    assert ifindex(vm, lan) == before
    for document in vm.documents():
        for part in parts:
            assert part in element(document, lan)
    assert vm.nic("lan")["pending"] == []
    again = json.loads(ok(vm("update-nic", "lan", *options, "-o", "json")))
    assert again["changes"] == []


def test_peak_and_burst_are_the_kernels_at_once(vm: Vm, lan: str) -> None:
    if reason := vm.lab.lacks("sch_htb"):
        pytest.skip(reason)
    before, tap = ifindex(vm, lan), vm.nic("lan")["target"]
    for inbound, said in (
        ("10mbit,peak=20mbit,burst=64kB", "rate 10Mbit ceil 20Mbit burst 64Kb "),
        ("10mbit,peak=40mbit,burst=512KiB", "rate 10Mbit ceil 40Mbit burst 512Kb "),
        ("10mbit", "rate 10Mbit ceil 10Mbit "),
    ):
        ok(vm("update-nic", "lan", "--inbound", inbound))
        assert said in vm.lab.sh(f"tc class show dev {tap}")
        assert vm.nic("lan")["pending"] == []
    assert ifindex(vm, lan) == before


def carrier_changes(vm: Vm, mac: str) -> int:
    """How often the guest has seen its carrier come or go."""
    return int(vm.guest.sh(f"cat /sys/class/net/{vm.guest.link(mac)}/carrier_changes"))


def test_a_move_to_another_lan_reaches_it_and_back_again(vm: Vm, lan: str) -> None:
    before, changes = ifindex(vm, lan), carrier_changes(vm, lan)
    ok(vm("update-nic", "lan", "--bridge", "br1"))
    eventually(lambda: carrier_changes(vm, lan) == changes + 2, "the guest has seen both")
    assert vm.nic("lan")["orphan"] is False
    assert vm.guest.dhcp(lan).startswith("10.11.0.")
    assert vm.guest.fetch(vm.lab.lan("br1").address) == "hello from lan1"
    ok(vm("update-nic", lan, "--bridge", "br0"))
    eventually(lambda: carrier_changes(vm, lan) == changes + 4, "the guest has seen both")
    assert vm.guest.dhcp(lan).startswith("10.10.0.")
    assert ifindex(vm, lan) == before


def test_a_move_between_bridge_and_network(vm: Vm, lan: str) -> None:
    network = vm.lab.conn.networkCreateXML(
        "<network><name>lab</name><forward mode='nat'/><bridge name='virbr7'/>"
        "<ip address='192.168.78.1' netmask='255.255.255.0'>"
        "<dhcp><range start='192.168.78.2' end='192.168.78.99'/></dhcp></ip></network>"
    )
    try:
        before = ifindex(vm, lan)
        ok(vm("update-nic", "lan", "--network", "lab"))
        assert vm.guest.dhcp(lan).startswith("192.168.78.")
        changes = carrier_changes(vm, lan)
        ok(vm("update-nic", "lan", "--bridge", "virbr7"))
        assert carrier_changes(vm, lan) == changes, "it is where it was"
        ok(vm("update-nic", "lan", "--bridge", "br0"))
        assert vm.guest.dhcp(lan).startswith("10.10.0.")
        assert ifindex(vm, lan) == before
    finally:
        vm.strip()
        network.destroy()


@pytest.mark.parametrize("clear", ["--inbound", "--outbound", "--filter"])
def test_none_clears_and_keeps_the_rest(vm: Vm, lan: str, clear: str) -> None:
    options = {"--inbound": "8mbit", "--outbound": "16mbit", "--filter": "clean-traffic"}
    ok(vm("update-nic", "lan", *(word for pair in options.items() for word in pair)))
    ok(vm("update-nic", "lan", clear, "none"))
    parts = {"--inbound": "<inbound", "--outbound": "<outbound", "--filter": "<filterref"}
    for document in vm.documents():
        found = {option for option, part in parts.items() if part in element(document, lan)}
        assert found == set(options) - {clear}


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (("--mtu", "1400"), "<mtu size='1400'/>"),
        (("--model", "e1000e"), "<model type='e1000e'/>"),
        (("--queues", "2"), "queues='2'"),
        (("--user",), "<interface type='user'>"),
        (("--mac", "52:54:00:77:77:77"), "52:54:00:77:77:77"),
        (("--name", "renamed"), "ua-renamed"),
    ],
)
class TestWhatNeedsAReplug:
    def test_waits_by_default_and_is_silent_about_it_afterwards(
        self, vm: Vm, lan: str, options: tuple[str, ...], part: str
    ) -> None:
        before = ifindex(vm, lan)
        report = json.loads(ok(vm("update-nic", "lan", *options, "-o", "json")))
        assert [change["result"] for change in report["changes"]] == ["done", "waiting"]
        config, live = vm.documents()
        assert part in config
        assert part not in live
        assert ifindex(vm, lan) == before
        name = "renamed" if "--name" in options else "lan"
        again = json.loads(ok(vm("update-nic", name, *options, "-o", "json")))
        assert [change["result"] for change in again["changes"]] == ["waiting"]

    def test_is_done_at_once_with_leave(
        self, vm: Vm, lan: str, options: tuple[str, ...], part: str
    ) -> None:
        before = ifindex(vm, lan)
        slot = vm.guest.domain.XMLDesc(0)
        ok(vm("update-nic", "lan", *options, "--allow", "replug"))
        config, live = vm.documents()
        assert part in config
        assert part in live
        (nic,) = vm.nics()
        assert nic["pending"] == []
        assert ifindex(vm, nic["mac"]) != before
        assert address_of(slot, lan) == address_of(live, nic["mac"])

    def test_live_alone_is_refused(
        self, vm: Vm, lan: str, options: tuple[str, ...], part: str
    ) -> None:
        before = vm.documents()
        assert "cannot change while it is plugged in" in refused(
            vm("update-nic", "lan", *options, "--live"), 4
        )
        assert vm.documents() == before


def address_of(document: str, mac: str) -> str:
    """Where a nic sits."""
    (line,) = [line for line in element(document, mac).splitlines() if "type='pci'" in line]
    return line.strip()


def test_one_state_alone(vm: Vm, lan: str) -> None:
    ok(vm("update-nic", "lan", "--bridge", "br1", "--live"))
    assert vm.nic("lan")["pending"] == ["source"]
    config, live = (element(document, lan) for document in vm.documents())
    assert "br0" in config
    assert "br1" in live
    ok(vm("update-nic", "lan", "--bridge", "br1", "--config"))
    assert vm.nic("lan")["pending"] == []


def test_what_others_set_survives(vm: Vm) -> None:
    vm.guest.domain.attachDeviceFlags(
        "<interface type='bridge'><mac address='52:54:00:10:20:30'/><source bridge='br0'/>"
        "<model type='virtio'/><driver txmode='iothread' queues='2'/>"
        "<coalesce><rx><frames max='7'/></rx></coalesce><rom enabled='no'/></interface>",
        BOTH,
    )
    ok(vm("update-nic", "52:54:00:10:20:30", "--bridge", "br1", "--inbound", "8mbit"))
    for document in vm.documents():
        nic = element(document, "52:54:00:10:20:30")
        for part in ("txmode='iothread'", "queues='2'", "frames max='7'", "enabled='no'", "br1"):
            assert part in nic


def test_a_nic_without_a_name_is_addressed_by_mac_target_or_pci_address(vm: Vm) -> None:
    vm.guest.domain.attachDeviceFlags(
        "<interface type='bridge'><mac address='52:54:00:10:20:31'/><source bridge='br0'/>"
        "<model type='virtio'/></interface>",
        BOTH,
    )
    (nic,) = vm.nics()
    assert nic["name"] is None
    for address in ("5254.0010.2031", nic["target"]):
        ok(vm("update-nic", address, "--link", "down"))
        assert vm.nics()[0]["link"] == "down"
        ok(vm("update-nic", address, "--link", "up"))
    assert "has no nic 0;" in refused(vm("update-nic", "0", "--link", "down"), 1)


def test_two_nics_with_one_mac_are_refused_by_name_and_told_apart_by_address(vm: Vm) -> None:
    """libvirt accepts them, and then finds neither by the MAC."""
    for name, bus in (("a", "0x03"), ("b", "0x04")):
        vm.guest.domain.attachDeviceFlags(
            f"<interface type='bridge'><mac address='52:54:00:10:20:32'/><source bridge='br0'/>"
            f"<model type='virtio'/><alias name='ua-{name}'/>"
            f"<address type='pci' domain='0' bus='{bus}' slot='0' function='0'/></interface>",
            BOTH,
        )
    said = refused(vm("update-nic", "52:54:00:10:20:32", "--link", "down"), 4)
    assert "means 2 nics: a (bridge br0), b (bridge br0)" in said
    ok(vm("update-nic", "b", "--link", "down"))
    assert {nic["name"]: nic["link"] for nic in vm.nics()} == {"a": "up", "b": "down"}


def test_a_vlan_on_a_linux_bridge_is_refused_in_every_state(vm: Vm, lan: str) -> None:
    before = vm.documents()
    for state in ((), ("--config",), ("--live",)):
        assert "tags no VLANs" in refused(vm("update-nic", "lan", "--vlan", "5", *state), 4)
    assert vm.documents() == before


def test_no_option_is_bad_usage(vm: Vm, lan: str) -> None:
    assert "nothing to change" in refused(vm("update-nic", "lan"), 2)


def test_a_shut_off_domain(lab: Lab, off: Callable[..., str]) -> None:
    nic = "<interface type='bridge'><mac address='52:54:00:01:01:01'/><source bridge='br0'/>"
    name = off("cold", nic + "<alias name='ua-lan'/></interface>")
    options = ("--mtu", "1400", "--model", "e1000e", "--mac", "52:54:00:01:01:02", "--name", "x")
    ok(lab.vnetmgr("update-nic", name, "lan", *options))
    document = element(lab.conn.lookupByName(name).XMLDesc(0), "52:54:00:01:01:02")
    assert "ua-x" in document
    assert "<mtu size='1400'/>" in document
    assert "e1000e" in document


def test_a_managed_save_is_named_since_the_change_waits_through_its_start(vm: Vm, lan: str) -> None:
    vm.guest.domain.managedSave(0)
    try:
        result = vm("update-nic", "lan", "--inbound", "8mbit")
        ok(result)
        assert "managed save" in result.stderr
    finally:
        vm.guest.domain.create()
    assert vm.nic("lan")["pending"] == ["inbound"]
    ok(vm("update-nic", "lan", "--inbound", "8mbit"))
    assert vm.nic("lan")["pending"] == []


def test_the_agent_is_used_to_prove_a_static_address(agent_vm: Vm) -> None:
    ok(agent_vm("attach-nic", "--bridge", "br0", "--name", "lan", "--wait", "120"))
    try:
        mac = agent_vm.nic("lan")["mac"]
        # What it has been seen to send may be its question for an address.
        eventually(lambda: agent_vm.guest.addresses(mac), "an address")
        addresses: list[dict[str, Any]] = agent_vm.nic("lan")["addresses"]
        assert {"agent"} == {each["origin"] for each in addresses}
        v4 = [each for each in addresses if ":" not in each["address"]]
        assert [each["address"] for each in v4] == agent_vm.guest.addresses(mac)
        assert v4[0]["prefix"] == 24
    finally:
        agent_vm.strip()


def test_dry_run_of_a_replug_names_the_disruption(vm: Vm, lan: str) -> None:
    plan = json.loads(ok(vm("update-nic", "lan", "--mtu", "1400", "--dry-run", "-o", "json")))
    assert [change["disruption"] for change in plan["changes"]] == ["next-start"]
    assert [change["disruption"] for change in plan["waiting"]] == ["next-start"]
    allowed = ("--mtu", "1400", "--dry-run", "--allow", "replug", "-o", "json")
    plan = json.loads(ok(vm("update-nic", "lan", *allowed)))
    assert [change["disruption"] for change in plan["changes"]] == ["replug"]
    assert vm.guest.domain.state()[0] == libvirt.VIR_DOMAIN_RUNNING


def test_a_nic_with_a_new_name_and_a_new_mac_is_still_one(vm: Vm, lan: str) -> None:
    """Neither its name nor its MAC tells, until the next cold start, that it is."""
    ok(vm("update-nic", "lan", "--name", "new"))
    ok(vm("update-nic", "new", "--mac", "52:54:00:00:99:01"))
    (nic,) = vm.nics()
    assert (nic["name"], nic["in_config"], nic["in_live"]) == ("lan", True, True)
    assert nic["pending"] == ["name", "mac"]
    assert nic["pending_values"]["name"] == {"live": "lan", "config": "new"}
    ok(vm("update-nic", "lan", "--mac", "52:54:00:00:99:02"))  # it runs by that name
    ok(vm("update-nic", "52:54:00:00:99:02", "--link", "down"))
    (nic,) = vm.nics()
    assert nic["link"] == "down"
    assert nic["pending_values"]["mac"]["config"] == "52:54:00:00:99:02"
    for document in vm.documents():
        assert "<link state='down'/>" in document
    ok(vm("detach-nic", "new"))
    assert vm.nics() == []


def test_a_command_keeps_the_settings_that_it_does_not_name(
    lab: Lab, off: Callable[..., str]
) -> None:
    name = off("maps", BOOTABLE)

    def extra() -> dict[str, str]:
        (nic,) = re.findall("<interface .*?</interface>", config(), re.DOTALL)
        return dict(read_nic(nic).extra or ())

    def config() -> str:
        return lab.conn.lookupByName(name).XMLDesc(0)

    both = ("ip.address=10.0.9.0", "ip.prefix=24", "ip6.address=fd00:7::", "ip6.prefix=64")
    options = [word for each in both for word in ("--extra", each)]
    ok(lab.vnetmgr("attach-nic", name, "--user", "--name", "u", *options))
    ok(lab.vnetmgr("update-nic", name, "u", "--extra", "acpi.index=7"))
    ok(lab.vnetmgr("update-nic", name, "u", "--extra", "ip.address=10.0.8.0"))
    whole = {
        "ip.address": "10.0.8.0",
        "ip.prefix": "24",
        "ip.family": "ipv4",
        "acpi.index": "7",
        "ip6.address": "fd00:7::",
        "ip6.prefix": "64",
    }
    assert extra() == whole
    ok(lab.vnetmgr("update-nic", name, "u", "--extra", "acpi.index=none"))
    del whole["acpi.index"]
    assert extra() == whole
    ok(lab.vnetmgr("update-nic", name, "u", "--bridge", "br0"))
    assert extra() == {}
    for option in ("rom.bar=off", "driver.packed=on"):
        ok(lab.vnetmgr("update-nic", name, "u", "--extra", option, "--queues", "2"))
    ok(lab.vnetmgr("update-nic", name, "u", "--model", "e1000e"))
    assert extra() == {"rom.bar": "off"}
