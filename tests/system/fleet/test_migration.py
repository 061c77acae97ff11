"""A running guest moves to the other host, with all that vnetmgr has made for it: checked before,
reconciled after."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

from tests.lab import eventually
from tests.system.conftest import ok

if TYPE_CHECKING:
    from tests.lab import Guest, Host
    from tests.system.fleet.conftest import Fleet

ADDRESS = "192.168.150.10"
SPEC = """
networks:
  lab: {mode: nat, subnet: 192.168.150.0/24, hosts: [kvm1]}
domains:
  web1:
    nics:
      mgmt: {network: lab, address: 192.168.150.10}  # first: its way out is the guest's
      lan: {bridge: br0}
    forwards: ["8080:80"]
"""


def checked(fleet: Fleet, to: Host) -> tuple[int, dict[str, Any]]:
    """What stands between the guest and a host."""
    words = ("check-migration", "web1", to.name, "-o", "json")
    result = fleet(*words)
    return result.returncode, json.loads(result.stdout)


def kept(host: Host) -> tuple[bool, bool]:
    """Whether a host has the guest's reservation, and the rule of its forward."""
    networks = [each for each in host.conn.listAllNetworks() if each.name() == "lab"]
    reserved = any(f"ip='{ADDRESS}'" in network.XMLDesc() for network in networks)
    return reserved, ADDRESS in host.sh("nft list table inet vnetmgr 2> /dev/null", check=False)


def carries(fleet: Fleet, guest: Guest, host: Host) -> bool:
    """Whether others reach the guest's page by its host."""
    request = f"printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 3 {host.address} 8080"
    return "web1's page" in fleet.pair.admin.sh(request, check=False)


def test_a_running_guest_moves_with_all_that_is_made_for_it(fleet: Fleet) -> None:
    one, other = fleet.pair.hosts
    guest = one.guest("web1", root_ports=4)
    spec = fleet.write(SPEC)
    ok(fleet("apply", spec))
    nics = {nic["name"]: nic for nic in fleet.items("list-nics")["kvm1"]["result"]["items"]}
    address = guest.dhcp(nics["lan"]["mac"])
    assert guest.dhcp(nics["mgmt"]["mac"]) == ADDRESS
    guest.sh('mkdir -p /www; echo "web1\'s page" > /www/index.html; httpd -h /www -p 80')
    eventually(lambda: carries(fleet, guest, one), "the forward works")

    code, check = checked(fleet, other)
    assert code == 4
    blocking = [(item["object"], item["name"]) for item in check["items"] if item["blocking"]]
    assert blocking == [("network", "lab")]
    for item in check["items"]:
        if item["remedy"]:
            program, *words = shlex.split(item["remedy"])
            assert program == "vnetmgr"
            ok(fleet.quick(*words))
    code, check = checked(fleet, other)
    assert (code, [item for item in check["items"] if item["blocking"]]) == (0, [])

    spec = fleet.write(SPEC.replace("[kvm1]", "[kvm1, kvm2]"))
    guest = fleet.pair.migrate(guest, other)
    ok(fleet("reconcile", spec))
    assert (kept(one), kept(other)) == ((False, False), (True, True))
    eventually(lambda: carries(fleet, guest, other), "the forward works there")
    assert guest.dhcp(nics["mgmt"]["mac"]) == ADDRESS
    ping = ["ping", "-c", "1", "-W", "2", address]
    eventually(lambda: fleet.pair.lan.run(ping).returncode == 0, "the LAN reaches it there")
    silent = fleet("reconcile", spec)
    assert (silent.returncode, silent.stdout, silent.stderr) == (0, "", "")

    # And back again, which needs nothing more.
    assert checked(fleet, one)[0] == 0
    guest = fleet.pair.migrate(guest, one)
    ok(fleet("reconcile", spec))
    assert (kept(one), kept(other)) == ((True, True), (False, False))
    eventually(lambda: carries(fleet, guest, one), "the forward works again")
    assert fleet("reconcile", spec).stdout == ""
    fleet.leaves_nothing()
