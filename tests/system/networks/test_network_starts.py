"""Why a network does not start: who is in its way, and what to do."""

from __future__ import annotations

import sys
from subprocess import PIPE
from typing import TYPE_CHECKING

import pytest

from tests.lab import eventually
from tests.system.conftest import ok, refused

if TYPE_CHECKING:
    from tests.lab import Lab

UNSAFE = 4
LISTEN = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("0.0.0.0", int(sys.argv[1])))
sys.stdin.read()
"""
ZONED = (
    "<network><name>zoned</name><forward mode='nat'/><bridge name='virbr8' zone='work'/>"
    "<ip address='192.168.98.1' netmask='255.255.255.0'/></network>"
)


@pytest.mark.next
@pytest.mark.parametrize("port", [53, 67])
def test_who_listens_on_its_ports_is_named(lab: Lab, port: int) -> None:
    options = ("--mode", "nat", "--subnet", "192.168.97.0/24")
    bound = f"00000000:{port:04X}"
    with lab.popen([sys.executable, "-c", LISTEN, str(port)], stdin=PIPE) as program:
        try:
            eventually(lambda: bound in lab.sh("cat /proc/net/udp"), f"{bound} is bound")
            said = refused(lab.vnetmgr("create-network", "taken", *options), 1)
        finally:
            program.kill()  # what waits for it ends after it, and its port is free by then
    assert f"listens on 0.0.0.0:{port}/udp" in said
    ok(lab.vnetmgr("create-network", "taken", *options))
    ok(lab.vnetmgr("delete-network", "taken"))


@pytest.mark.next
def test_a_zone_of_firewalld_without_firewalld(lab: Lab) -> None:
    network = lab.conn.networkDefineXML(ZONED)
    try:
        said = refused(lab.vnetmgr("start-network", "zoned"), 1)
        assert "start firewalld" in said
        assert "--zone none" in said
    finally:
        network.undefine()


@pytest.mark.next
def test_its_bridge_is_set_up_as_asked(lab: Lab) -> None:
    def kernel() -> list[str]:
        return lab.sh("cd /sys/class/net/virbr7/bridge && cat stp_state forward_delay").split()

    new = ("--bridge", "virbr7", "--subnet", "192.168.96.0/24")
    by_libvirt = ("--mac-table-manager", "libvirt")
    complaint = refused(lab.vnetmgr("create-network", "set", *new, *by_libvirt), UNSAFE)
    assert "CONFIG_BRIDGE_VLAN_FILTERING" in complaint
    ok(lab.vnetmgr("create-network", "set", *new, "--no-stp", "--bridge-delay", "5"))
    try:
        assert kernel() == ["0", "500"]
        ok(lab.vnetmgr("update-network", "set", "--stp", "--allow", "restart"))
        assert kernel() == ["1", "500"]
        ok(lab.vnetmgr("update-network", "set", "--bridge-delay", "none", "--allow", "restart"))
        assert kernel() == ["1", "200"]  # the kernel's least with STP
    finally:
        ok(lab.vnetmgr("delete-network", "set"))
