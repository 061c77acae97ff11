"""Two hosts that OVN joins: what tests of overlays take for granted."""

from __future__ import annotations

from functools import partial
from uuid import UUID

import pytest

from tests.lab import OvnPair, eventually
from tests.lab.overlay.pair import kill_controller, kill_vswitchd, revive

NETWORK = """
<network>
  <name>blue</name><forward mode='bridge'/><bridge name='br-int'/>
  <virtualport type='openvswitch'/>
</network>"""
# Options of OVN's DHCP server, and where names are known.
DHCP = "server_id=10.66.0.1 server_mac=0a:00:00:00:00:01 lease_time=3600 mtu=1442 router=10.66.0.1"


def mac(number: int) -> str:
    return f"52:54:00:66:00:{number:02x}"


def nic(number: int) -> str:
    """One that can speak TCP on a userspace datapath."""
    return (
        f"<interface type='network'><mac address='{mac(number)}'/><source network='blue'/>"
        "<virtualport type='openvswitch'>"
        f"<parameters interfaceid='{UUID(int=number)}'/></virtualport>"
        "<model type='virtio'/><driver name='qemu'><host csum='off'/></driver></interface>"
    )


def make_switch(overlay: OvnPair, *numbers: int) -> None:
    """The logical switch, its DHCP and DNS, a port for each nic, and a router to the LAN."""
    options = overlay.central.nbctl("create DHCP_Options cidr=10.66.0.0/24").strip()
    overlay.central.nbctl(f"dhcp-options-set-options {options} dns_server=10.66.0.1 {DHCP}")
    ports = [
        f"-- lsp-add blue {(port := UUID(int=number))}"
        f" -- lsp-set-addresses {port} '{mac(number)} 10.66.0.1{number}'"
        f" -- lsp-set-dhcpv4-options {port} {options}"
        for number in numbers
    ]
    overlay.central.nbctl(
        f"""--wait=hv ls-add blue {" ".join(ports)} \\
        -- --id=@dns create DNS records={{g2.blue.test=10.66.0.12}} \\
        -- add Logical_Switch blue dns_records @dns \\
        -- lsp-add blue to-r -- lsp-set-type to-r router -- lsp-set-addresses to-r router \\
        -- lsp-set-options to-r router-port=r-blue \\
        -- lr-add r -- lrp-add r r-blue 0a:00:00:00:00:01 10.66.0.1/24 \\
        -- lrp-add r r-ext 0a:00:00:00:00:02 10.10.0.9/24 \\
        -- lrp-set-gateway-chassis r-ext kvm1 \\
        -- lr-nat-add r snat 10.10.0.9 10.66.0.0/24 \\
        -- ls-add ext -- lsp-add ext to-lan -- lsp-set-type to-lan localnet \\
        -- lsp-set-addresses to-lan unknown -- lsp-set-options to-lan network_name=physnet \\
        -- lsp-add ext ext-r -- lsp-set-type ext-r router -- lsp-set-addresses ext-r router \\
        -- lsp-set-options ext-r router-port=r-ext"""
    )


def _is_at(overlay: OvnPair, number: int) -> bool:
    """Whether OVN has a guest's port where it runs."""
    return overlay.central.bound(str(UUID(int=number))) == overlay.hosts[number - 1].name


def test_guests_on_two_hosts_are_in_one_network(overlay: OvnPair) -> None:
    make_switch(overlay, 1, 2)
    guests = []
    for number, host in enumerate(overlay.hosts, 1):
        host.conn.networkDefineXML(NETWORK).create()
        guests.append(host.guest(f"g{number}", nics=[nic(number)], wait=False))
    one, two = guests
    for number, guest in enumerate(guests, 1):
        guest.wait_ready()
        assert guest.dhcp(mac(number)) == f"10.66.0.1{number}"
        assert guest.sh("cat /sys/class/net/eth0/mtu") == "1442"
        # OVN's flows on a host do not wait for what its database says of the port.
        eventually(partial(_is_at, overlay, number), "the port is bound")
    eventually(lambda: one.run("ping -c 3 -W 2 10.66.0.12")[0] == 0, "they talk")
    assert "10.66.0.12" in one.sh("nslookup -type=a g2.blue.test")
    two.sh("mkdir /www; echo two > /www/index.html; httpd -h /www -p 80")
    assert one.fetch("10.66.0.12") == "two"
    assert two.fetch(overlay.lan.address) == overlay.lan.page

    # What is killed comes back, and finds all as it was.
    overlay.central.kill("ovn-northd")
    overlay.central.kill("sb")
    kill_controller(overlay.kvm1)
    assert one.run("ping -c 5 -W 2 10.66.0.12")[0] == 0
    kill_vswitchd(overlay.kvm2)
    assert one.run("ping -c 1 -W 1 10.66.0.12")[0] == 1
    overlay.central.revive()
    for host in overlay.hosts:
        revive(host)
    eventually(lambda: one.run("ping -c 1 -W 2 10.66.0.12")[0] == 0, "traffic goes on")
    overlay.central.nbctl("--wait=hv sync")

    moved = overlay.migrate(one, overlay.kvm2)
    assert moved.addresses(mac(1)) == ["10.66.0.11"]
    eventually(lambda: overlay.central.bound(str(UUID(int=1))) == "kvm2", "the port is bound there")
    eventually(lambda: moved.run("ping -c 1 -W 2 10.66.0.12")[0] == 0, "a guest that moved talks")
    assert moved.fetch(overlay.lan.address) == overlay.lan.page


def test_a_third_host_joins(overlay: OvnPair) -> None:
    third = overlay.third()
    assert overlay.central.chassis() == {"kvm1", "kvm2", "kvm3"}
    assert overlay.admin.sh(f"ssh {third.name} 'uname -n; ovs-vsctl br-exists br-int'").split() == [
        "kvm3"
    ]


@pytest.mark.soak
def test_a_cluster_of_databases_outlives_its_leader() -> None:
    with OvnPair(northbound_servers=3) as pair:
        leader = pair.central.leader()
        pair.central.kill(f"nb{leader or ''}")
        pair.central.nbctl("--wait=hv ls-add blue")
        assert pair.central.leader() != leader
        pair.clear()
        assert pair.central.nbctl("ls-list") == ""
