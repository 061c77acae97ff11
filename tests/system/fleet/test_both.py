"""Commands on both hosts, over libvirt's transport and over ssh, where vnetmgr runs there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.system.conftest import ok, refused
from tests.system.fleet.conftest import TRANSPORTS, define

if TYPE_CHECKING:
    from tests.system.fleet.conftest import Fleet

SPEC = """
networks:
  lab: {mode: nat, subnet: 192.168.150.0/24, hosts: [kvm1]}
domains:
  web1: {nics: {lan: {bridge: br0}, mgmt: {network: lab, address: 192.168.150.10}}}
  db1: {host: kvm2, nics: {lan: {bridge: br0}}}
"""
LISTS = (
    "list-domains",
    "list-nics",
    "list-networks",
    "list-forwards",
    "list-leases",
    "list-models",
    "topology",
    "doctor",
    "metrics",
)


@pytest.mark.parametrize("over", TRANSPORTS)
def test_what_reads(fleet: Fleet, over: str) -> None:
    for host in fleet.pair.hosts:
        define(host, f"on-{host.name}")
    for command in LISTS:
        code, document = fleet.json(command, over=over)
        assert "items" in document, document
        assert [item["host"] for item in document["items"]] == ["kvm1", "kvm2"], command
        assert all("result" in item for item in document["items"]), (command, document)
        assert code in (0, 3), (command, document)
    said = ok(fleet("list-domains", "-o", "name", over=over))
    assert said.splitlines() == ["kvm1/on-kvm1", "kvm2/on-kvm2"]
    named = f"--hosts {fleet.pair.hosts_file(over)} --host kvm2"
    said = refused(fleet("show-network", "nope", "--host", "kvm2", over=over), 1)
    assert f"`vnetmgr list-networks {named}` shows those there are" in said
    fleet.leaves_nothing()


@pytest.mark.parametrize("over", TRANSPORTS)
def test_one_spec_for_both(fleet: Fleet, over: str) -> None:
    """It is brought about, and then there is nothing to do."""
    define(fleet.pair.kvm1, "web1")
    define(fleet.pair.kvm2, "db1")
    spec = fleet.write(SPEC)
    ok(fleet("validate", spec, over=over))
    assert fleet("plan", spec, "--check", over=over).returncode == 3
    ok(fleet("apply", spec, over=over))
    names = ok(fleet("list-nics", "-o", "name", over=over)).splitlines()
    assert names == ["kvm1/web1/lan", "kvm1/web1/mgmt", "kvm2/db1/lan"]
    networks = ok(fleet("list-networks", "-o", "name", over=over)).splitlines()
    assert networks == ["kvm1/lab"]
    for command in (("plan", "--check"), ("reconcile",)):
        result = fleet(command[0], spec, *command[1:], over=over)
        assert result.returncode == 0, result.stdout + result.stderr
    silent = fleet("reconcile", spec, over=over)
    assert (silent.returncode, silent.stdout, silent.stderr) == (0, "", "")
    fleet.leaves_nothing()


def test_what_only_the_host_itself_does(fleet: Fleet) -> None:
    """Its rules and its doctor are there over ssh; libvirt's transport does not reach them."""
    define(fleet.pair.kvm1, "web1")
    ok(fleet("create-network", "lab", "--subnet", "192.168.60.0/24", "--host", "kvm1"))
    ok(fleet("attach-nic", "web1", "--network", "lab", "--name", "mgmt"))  # found where it is
    refused(fleet("add-forward", "web1", "8080:80", "--host", "kvm1", over="tcp"), 4)
    ok(fleet("add-forward", "web1", "8080:80", "--host", "kvm1"))
    assert "8080" in fleet.pair.kvm1.sh("nft list table inet vnetmgr")
    (row,) = fleet.items("list-forwards")["kvm1"]["result"]["items"]
    assert (row["host_port"], row["active"]) == (8080, True)
    code, document = fleet.json("doctor", "--host", "kvm1")
    assert [item["host"] for item in document["items"]] == ["kvm1"]
    assert code == 0, document
    assert document["items"][0]["result"]["host"] == "kvm1"
    ok(fleet("remove-forward", "web1", "8080"))
