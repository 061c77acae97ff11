"""Networks that span hosts, from one place: by the vnetmgr that is on each host, or over libvirt by
the only machine that can write OVN's database."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.lab import eventually
from tests.system.conftest import ok

if TYPE_CHECKING:
    from tests.system.overlay.conftest import Hosts

BLUE = """
prune: yes
networks:
  blue: {mode: overlay, subnet: 10.66.0.0/24, addresses: {"52:54:00:00:00:77": 10.66.0.77}}
domains:
  web1: {nics: {lan: {network: blue, address: 10.66.0.10}}}
  web2: {nics: {lan: {network: blue, address: 10.66.0.11}}}
"""
NOTHING = """
prune: yes
networks: {}
domains: {web1: {nics: {}}, web2: {nics: {}}}
"""
SOCKET = "unix:/run/ovn/ovnnb_db.sock"


@pytest.mark.parametrize("transport", ["ssh", "tcp"])
def test_a_spec_is_pushed_and_taken_back(hosts: Hosts, transport: str) -> None:
    admin, central = hosts.pair.admin, hosts.pair.central
    among = ("--hosts", hosts.pair.hosts_file(transport))
    remote = central.northbound if transport == "ssh" else SOCKET
    ovn = ("--ovn-nb", remote, "--revision", "7")
    spec = hosts.write(BLUE, northbound='"tcp:127.0.0.1:1"')  # which nobody is to ask
    pushed = hosts.at(admin, "apply", spec, *among, *ovn, "--yes")
    ok(pushed)
    assert "over libvirt" not in pushed.stdout + pushed.stderr
    assert central.nbctl("--bare --columns=name list Logical_Switch").split() == ["blue"]
    switch = central.nbctl("list Logical_Switch blue")
    assert 'vnetmgr-revision="7"' in switch
    assert {"vnetmgr-host-kvm1", "vnetmgr-host-kvm2"} <= set(switch.replace("=", " ").split())
    eventually(lambda: _up(hosts) == 2, "both guests have their ports")

    again = json.loads(hosts.at(admin, "plan", spec, *among, *ovn, "-o", "json").stdout)
    assert [item["result"]["changes"] for item in again["items"]] == [[], []]
    older = hosts.at(admin, "plan", hosts.write(NOTHING), *among, *ovn[:2], "--revision", "6")
    assert older.returncode == 4
    assert "of revision 6" in older.stderr

    ok(hosts.at(admin, "apply", hosts.write(NOTHING), *among, *ovn, "--yes"))
    assert central.nbctl("list Logical_Switch") == ""
    for host in hosts.pair.hosts:
        assert "blue" not in host.sh("virsh net-list --all --name")


def _up(hosts: Hosts) -> int:
    nics = "external_ids:vnetmgr-role=nic up=true"
    return len(
        hosts.pair.central.nbctl(f"--bare --columns=name find Logical_Switch_Port {nics}").split()
    )


def test_a_guest_would_keep_its_overlay_on_the_other_host(hosts: Hosts) -> None:
    admin, among = hosts.pair.admin, ("--hosts", hosts.pair.hosts_file("ssh"))
    spec = hosts.write(BLUE)
    ok(hosts.at(admin, "apply", spec, *among, "--yes"))
    words = ("check-migration", "web1", "kvm2", "--host", "kvm1", *among, *hosts.northbound)
    check = json.loads(hosts.at(admin, *words, "-o", "json").stdout)
    found = {item["object"]: item["status"] for item in check["items"]}
    wanted = ("network", "bridge", "chassis", "reservation")
    assert {kind: found[kind] for kind in wanted} == dict.fromkeys(wanted, "ok"), check
    assert [item for item in check["items"] if item["blocking"]] == []


def test_a_socket_is_this_machines_also_where_a_vnetmgr_is_there(hosts: Hosts) -> None:
    among = ("--hosts", hosts.pair.hosts_file("ssh"))
    spec = hosts.write(BLUE, northbound=f'"{SOCKET}"')
    planned = hosts.at(hosts.pair.admin, "plan", spec, *among)
    ok(planned)
    note = f"kvm1, kvm2: done over libvirt alone: {SOCKET} is a socket of this machine"
    assert note in planned.stderr
