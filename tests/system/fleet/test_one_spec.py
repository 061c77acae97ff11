"""What two real hosts have as one spec, which changes nothing on either, however it comes there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.system.conftest import ok
from tests.system.fleet.conftest import TRANSPORTS, define

if TYPE_CHECKING:
    from tests.lab import Host
    from tests.system.fleet.conftest import Fleet

LAB = """<network><name>lab</name><forward mode='nat'/><bridge name='virbr7'/>
<ip address='192.168.150.1' netmask='255.255.255.0'>
<dhcp><range start='192.168.150.2' end='192.168.150.99'/></dhcp></ip></network>"""
KEPT = "<host mac='52:54:00:00:19:03' ip='192.168.150.10'/></dhcp>"
ONLY = LAB.replace("lab", "only").replace("virbr7", "virbr8").replace(".150.", ".151.")
NIC = (
    "<interface type='{}'><mac address='52:54:00:00:19:0{}'/><source {}/><model type='virtio'/>"
    "</interface>"
)


def run_network(host: Host, xml: str) -> None:
    """Define and start it."""
    host.conn.networkDefineXML(xml).create()


@pytest.fixture
def both(fleet: Fleet) -> Fleet:
    """Both have network lab, which keeps an address for kvm1's guest, kvm2 another one; and a
    domain each."""
    run_network(fleet.pair.kvm1, LAB.replace("</dhcp>", KEPT))
    run_network(fleet.pair.kvm2, LAB)
    run_network(fleet.pair.kvm2, ONLY)
    nics = NIC.format("bridge", 1, "bridge='br0'") + NIC.format("network", 3, "network='lab'")
    define(fleet.pair.kvm1, "web1", nics)
    define(fleet.pair.kvm2, "db1", NIC.format("network", 2, "network='only'"))
    return fleet


@pytest.mark.parametrize("over", TRANSPORTS)
def test_it_changes_nothing(both: Fleet, over: str) -> None:
    text = ok(both("export", over=over))
    spec = both.write(text.partition("version: 1\n")[2])
    assert "  only:\n    hosts: [kvm2]\n" in text
    assert "  lab:\n    mode: nat\n" in text
    assert "        network: lab\n        address: 192.168.150.10\n" in text
    assert "addresses" not in text
    assert ok(both("validate", spec, over=over)) == "kvm1:\nOK\n\nkvm2:\nOK\n"
    for words in ((), ("--prune",)):
        planned = both("plan", spec, "--check", *words, over=over)
        assert (planned.returncode, planned.stdout.count("nothing to do")) == (0, 2)
    for host in both.pair.hosts:
        pulled = host.vnetmgr("reconcile", spec, "--this-host", "--dry-run")
        assert (pulled.returncode, pulled.stdout, pulled.stderr) == (0, "", "")
    both.leaves_nothing()


def test_an_inventory_leads_to_the_same_hosts(both: Fleet) -> None:
    folder = both.pair.admin.directory / "tmp"
    program = folder / "inventory"
    program.write_text(
        """#!/bin/sh
echo '{"_meta": {"hostvars": {"kvm1": {}, "kvm2": {}}},
"all": {"hosts": ["kvm1", "kvm2"], "vars": {"vnetmgr_connect": "qemu+tcp://kvm1/system"}},
"far": {"hosts": ["kvm2"], "vars": {"vnetmgr_connect": "qemu+tcp://kvm2/system"}}}'
"""
    )
    program.chmod(0o755)
    hosts = folder / "inventory.yaml"
    hosts.write_text(f"version: 1\ninventory: {program}\n")
    hosts.chmod(0o644)
    assert ok(both("list-domains", "-o", "name", hosts=hosts)) == "kvm1/web1\nkvm2/db1\n"
