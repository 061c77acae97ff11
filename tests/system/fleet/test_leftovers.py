"""What one host has of a domain that is on another is left alone there, and what was shown of both
is what is carried out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libvirt

from tests.system.conftest import ok
from tests.system.fleet.conftest import define

if TYPE_CHECKING:
    from tests.lab import Host
    from tests.system.fleet.conftest import Fleet

SPEC = """
networks:
  apps: {mode: nat, subnet: 10.66.0.0/24}
domains:
  mover:
    nics:
      lan: {bridge: br0}
      mgmt: {network: apps, address: 10.66.0.10}
    forwards:
      - {host_port: 8066, guest_port: 80, nic: mgmt}
"""


def kept(host: Host) -> tuple[bool, bool]:
    """Whether a host has the domain's reservation, and the rule of its forward."""
    reserved = "ip='10.66.0.10'" in host.conn.networkLookupByName("apps").XMLDesc()
    return reserved, "10.66.0.10" in host.sh("nft list table inet vnetmgr", check=False)


def test_what_a_migration_leaves_behind_is_named_and_left_alone(fleet: Fleet) -> None:
    one, other = fleet.pair.hosts
    guest = one.guest("mover", root_ports=4)
    spec = fleet.write(SPEC)
    # Two rounds: what is counted first is carried out, also by the vnetmgrs there.
    assert fleet("apply", spec, "--max-changes", "1").returncode == 4
    ok(fleet("apply", spec, "--max-changes", "20"))
    assert (kept(one), kept(other)) == ((True, True), (False, False))

    left = guest.domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)
    fleet.pair.migrate(guest, other)
    domain = one.conn.defineXML(left)
    before = domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)
    done = fleet("apply", spec, "--prune")
    ok(done)
    assert "kvm1: domain mover is on kvm2, and a migration has left its definition" in done.stderr
    assert domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE) == before
    assert (kept(one), kept(other)) == ((True, True), (True, True))

    domain.undefine()
    said = ok(fleet("reconcile", spec))
    assert "address apps/" in said
    assert (kept(one), kept(other)) == ((False, False), (True, True))
    assert ok(fleet("reconcile", spec)) == ""


def test_two_of_one_name_are_left_alone_on_both(fleet: Fleet) -> None:
    one, other = fleet.pair.hosts
    for host in (one, other):
        define(host, "mover")
    spec = fleet.write(SPEC)
    result = fleet("apply", spec)
    assert (result.returncode, "domain mover is on kvm1, kvm2" in result.stderr) == (4, True)
    assert (kept(one), kept(other)) == ((False, False), (False, False))
    ok(fleet("apply", fleet.write(SPEC.replace("  mover:", "  mover:\n    host: kvm2"))))
    assert (kept(one), kept(other)) == ((False, False), (True, True))
    names = ok(fleet("list-nics", "-o", "name")).split()
    assert names == ["kvm2/mover/lan", "kvm2/mover/mgmt"]
