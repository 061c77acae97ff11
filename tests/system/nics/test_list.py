"""list-nics: every nic once, with the truth about it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab import eventually
from tests.system.conftest import BOTH, ok

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.lab import Lab
    from tests.system.conftest import Vm

pytestmark = pytest.mark.next

KEYS = {
    *("domain", "name", "mac", "mode", "source", "model", "target", "link", "vlan", "mtu"),
    *("addresses", "in_config", "in_live", "pending", "pending_values", "orphan", "owned"),
    "state",
}


def table(vm: Vm) -> dict[str, list[str]]:
    """The table's rows by nic: columns are two spaces apart."""
    lines = ok(vm("list-nics")).splitlines()
    assert lines[0].split() == [
        *("DOMAIN", "NIC", "MAC", "MODE", "SOURCE", "MODEL", "TARGET", "LINK", "ADDRESSES", "STATE")
    ]
    rows = [[cell for cell in line.split("  ") if cell] for line in lines[1:]]
    return {row[1].strip(): [cell.strip() for cell in row] for row in rows}


def test_keys_and_states(vm: Vm) -> None:
    ok(vm("attach-nic", "--bridge", "br0", "--name", "good"))
    ok(vm("attach-nic", "--bridge", "br0", "--name", "cfg", "--config"))
    ok(vm("attach-nic", "--bridge", "br0", "--name", "liv", "--live"))
    ok(vm("attach-nic", "--bridge", "br0", "--name", "pend"))
    ok(vm("update-nic", "pend", "--mtu", "1400", "--queues", "2"))
    assert all(set(nic) == KEYS for nic in vm.nics())
    assert {name: row[-1] for name, row in table(vm).items()} == {
        "good": "ok",
        "cfg": "config only",
        "liv": "live only",
        "pend": "pending: mtu - -> 1400, queues 1 -> 2",
    }
    assert vm.nic("pend")["pending"] == ["mtu", "queues"]
    assert vm.nic("pend")["pending_values"] == {
        "mtu": {"live": None, "config": "1400"},
        "queues": {"live": "1", "config": "2"},
    }
    assert vm.nic("pend")["mtu"] is None  # as the guest has it


def test_a_base_chain_that_drops_frames_is_told(vm: Vm) -> None:
    """Of the bridge's own family, and of IP's where br_netfilter hands frames to it."""
    ok(vm("attach-nic", "--bridge", "br0", "--name", "n"))
    chain = "{ type filter hook forward priority 0; policy drop; }"
    call = "/proc/sys/net/bridge/bridge-nf-call-iptables"
    before = vm.lab.sh(f"cat {call}").strip()
    try:
        for family, on, says in (
            ("bridge", 0, "ARP dropped by table bridge theirs"),
            ("ip", 0, "ok"),
            ("ip", 1, "DHCP dropped by table ip theirs"),
        ):
            vm.lab.sh(f"nft 'table {family} theirs {{ chain mine {chain}; }}'; echo {on} > {call}")
            assert table(vm)["n"][-1] == says
            vm.lab.sh(f"nft delete table {family} theirs")
        assert table(vm)["n"][-1] == "ok"
    finally:
        vm.lab.sh(f"echo {before} > {call}; nft delete table ip theirs", check=False)


def _ipv4(nic: dict[str, Any]) -> list[dict[str, Any]]:
    """Its addresses but for those that IPv6's own traffic lets the host know at any moment."""
    return [each for each in nic["addresses"] if ":" not in each["address"]]


def test_a_guest_without_an_agent_is_heard_by_the_hosts_neighbours(vm: Vm) -> None:
    ok(vm("attach-nic", "--bridge", "br0", "--name", "n"))
    mac, lan = vm.nic("n")["mac"], vm.lab.lan("br0")
    address = str(lan.network[77])
    link = vm.guest.link(mac)
    vm.guest.sh(f"ip link set {link} up; ip address add {address}/24 dev {link}")
    assert _ipv4(vm.nic("n")) == []
    found = {"address": address, "prefix": lan.network.prefixlen, "origin": "arp"}

    def probed() -> bool:
        listed = json.loads(ok(vm("list-nics", "--probe", "-o", "json")))["items"]
        return [_ipv4(nic) for nic in listed] == [[found]]

    eventually(probed, "the guest is asked, and answers in time")
    vm.lab.sh(f"ping -c 1 -W 15 {address}")
    assert _ipv4(vm.nic("n")) == [found]
    assert f"{address} (arp)" in ok(vm("list-nics"))


def test_an_orphan_is_seen(vm: Vm) -> None:
    ok(vm("attach-nic", "--bridge", "br0", "--name", "lost"))
    vm.lab.sh(f"ip link set {vm.nic('lost')['target']} nomaster")
    assert vm.nic("lost")["orphan"] is True
    assert table(vm)["lost"][-1] == "orphan"


def test_a_tap_on_the_wrong_bridge_is_an_orphan(vm: Vm) -> None:
    ok(vm("attach-nic", "--bridge", "br0", "--name", "astray"))
    vm.lab.sh(f"ip link set {vm.nic('astray')['target']} master br1")
    assert vm.nic("astray")["orphan"] is True


def test_a_restarted_network_leaves_orphans_behind(vm: Vm) -> None:
    network = vm.lab.conn.networkCreateXML(
        "<network><name>short</name><bridge name='virbr9'/></network>"
    )
    ok(vm("attach-nic", "--network", "short", "--name", "n"))
    assert vm.nic("n")["orphan"] is False
    network.destroy()
    assert vm.nic("n")["orphan"] is True


@pytest.mark.parametrize("mode", ["bridge", "direct"])
def test_a_nic_on_a_network_that_is_a_host_bridge_is_on_that_network(vm: Vm, mode: str) -> None:
    """Live, libvirt shows it as a plain bridge (or macvtap) nic."""
    if mode == "direct" and (reason := vm.lab.lacks("macvtap")):
        pytest.skip(reason)
    inner = {
        "bridge": "<forward mode='bridge'/><bridge name='br0'/>",
        "direct": "<forward mode='bridge'><interface dev='mv0'/></forward>",
    }[mode]
    if mode == "direct":
        vm.lab.sh("ip link add mv0 type veth peer name mv1; ip link set mv0 up; ip link set mv1 up")
    network = vm.lab.conn.networkCreateXML(f"<network><name>office</name>{inner}</network>")
    try:
        ok(vm("attach-nic", "--network", "office", "--name", "n"))
        nic = vm.nic("n")
        assert (nic["mode"], nic["source"]) == ("network", "office")
        assert nic["pending"] == []
        assert nic["orphan"] is False
        ok(vm("update-nic", "n", "--link", "down"))
        assert (vm.nic("n")["mode"], vm.nic("n")["source"]) == ("network", "office")
    finally:
        vm.strip()
        network.destroy()
        vm.lab.sh("ip link del mv0", check=False)


def test_what_a_portgroup_gives_is_not_pending(vm: Vm) -> None:
    network = vm.lab.conn.networkCreateXML(
        "<network><name>groups</name><forward mode='bridge'/><bridge name='br0'/>"
        "<portgroup name='slow'><bandwidth><inbound average='500'/></bandwidth></portgroup>"
        "</network>"
    )
    try:
        ok(vm("attach-nic", "--network", "groups", "--portgroup", "slow", "--name", "n"))
        assert vm.nic("n")["pending"] == []
        assert "groups/slow" in ok(vm("list-nics"))
        ok(vm("update-nic", "n", "--inbound", "10mbit"))
        ok(vm("update-nic", "n", "--inbound", "none"))
        assert "as asked" in vm("update-nic", "n", "--inbound", "none").stderr
    finally:
        vm.strip()
        network.destroy()


def test_a_read_only_connection_lists_and_says_what_it_cannot(agent_vm: Vm) -> None:
    ok(agent_vm("attach-nic", "--bridge", "br0", "--name", "lan", "--wait", "120"))
    try:
        result = agent_vm("list-nics", "--readonly", "-o", "json")
        listed = json.loads(ok(result))
        origins = {each["origin"] for nic in listed["items"] for each in nic["addresses"]}
        assert origins <= {"arp"}
        assert "not checked" in listed["notes"][0]
        assert "not checked" in agent_vm("list-nics", "--readonly").stderr
    finally:
        agent_vm.strip()


def test_an_agent_that_does_not_answer_is_named_and_does_not_hang(agent_vm: Vm) -> None:
    ok(agent_vm("attach-nic", "--bridge", "br0", "--name", "lan"))
    agent_vm.guest.domain.suspend()
    try:
        listed = json.loads(ok(agent_vm("list-nics", "-o", "json")))
        assert [nic["name"] for nic in listed["items"]] == ["lan"]
        assert any("did not answer" in note and "agent" in note for note in listed["notes"])
    finally:
        agent_vm.guest.domain.resume()
        agent_vm.strip()


def test_all_domains_or_those_named(lab: Lab, off: Callable[..., str]) -> None:
    nic = "<interface type='user'/>"
    names = [off(name, nic) for name in ("one", "two", "three")]
    listed = json.loads(ok(lab.vnetmgr("list-nics", "-o", "json")))["items"]
    assert {nic["domain"] for nic in listed} >= set(names)
    listed = json.loads(ok(lab.vnetmgr("list-nics", "three", "one", "-o", "json")))["items"]
    assert [nic["domain"] for nic in listed] == ["one", "three"]
    wrong = lab.vnetmgr("list-nics", "one", "twoo", "thre")
    assert wrong.returncode == 1
    assert "twoo" in wrong.stderr
    assert "thre" in wrong.stderr


def test_a_domain_that_owned_a_nic_from_a_spec_says_so(vm: Vm) -> None:
    vm.guest.domain.attachDeviceFlags(
        "<interface type='user'><mac address='52:54:00:10:20:34'/><model type='virtio'/>"
        "<alias name='ua-vnetmgr-web'/></interface>",
        BOTH,
    )
    nic = vm.nic("web")
    assert nic["owned"] is True


def test_a_lease_stays_with_its_network_when_the_nic_leaves(vm: Vm) -> None:
    """A re-made nic has its old MAC, and dnsmasq keeps the old lease for an hour."""
    network = vm.lab.conn.networkCreateXML(
        "<network><name>leasing</name><bridge name='virbr8'/>"
        "<ip address='192.168.79.1' netmask='255.255.255.0'>"
        "<dhcp><range start='192.168.79.2' end='192.168.79.99'/></dhcp></ip></network>"
    )
    try:
        ok(vm("attach-nic", "--network", "leasing", "--name", "n"))
        leased = vm.guest.dhcp(vm.nic("n")["mac"])
        assert [each["address"] for each in _ipv4(vm.nic("n"))] == [leased]
        ok(vm("detach-nic", "n"))
        ok(vm("attach-nic", "--user", "--name", "n"))
        assert vm.nic("n")["addresses"] == []
    finally:
        vm.strip()
        network.destroy()
