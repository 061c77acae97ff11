"""doctor on overlays, of real guests on two hosts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.lab import eventually
from vnetmgr.doctor.checks.overlays import ROWS

if TYPE_CHECKING:
    from tests.system.overlay.conftest import Hosts

BLUE = """
networks:
  blue: {mode: overlay, subnet: 10.66.0.0/24}
domains:
  web1: {nics: {lan: {network: blue, address: 10.66.0.10}}}
  web2: {nics: {lan: {network: blue, address: 10.66.0.20}}}
"""

CHECKS = {row.id for row in ROWS}


def findings(hosts: Hosts, *words: str) -> dict[str, dict[str, Any]]:
    """What doctor finds of web1's nic, by check."""
    said = hosts.at(hosts.pair.kvm1, "doctor", "web1", "-o", "json", *words, *hosts.northbound)
    assert said.stderr == ""
    return {each["check"]: each for each in json.loads(said.stdout)["items"]}


def test_what_is_wrong_with_a_port_is_told_and_mended(hosts: Hosts) -> None:
    hosts.apply(hosts.write(BLUE))
    for vm in hosts.vms:
        vm.guest.dhcp(hosts.nic(vm, "lan")["mac"])

    def all_is_well() -> bool:
        found = findings(hosts)
        states = {name: each["status"] for name, each in found.items() if "overlay" in name}
        return states.keys() >= CHECKS and set(states.values()) == {"ok"}

    eventually(all_is_well, "nothing is wrong")
    central, name = hosts.pair.central, port_of(hosts)
    central.nbctl(f"lsp-del {name}")
    found = findings(hosts)["overlay-no-port"]
    assert (found["status"], found["fixable"]) == ("broken", True)
    assert name in found["cause"]
    hosts.at(hosts.pair.kvm1, "doctor", "web1", "--fix", *hosts.northbound)
    eventually(all_is_well, "its port is there again, and bound")
    assert name == port_of(hosts)
    hosts.pair.kvm1.sh("ovs-vsctl --timeout=5 --if-exists del-port br-int ovn-kvm2-0")
    eventually(lambda: findings(hosts)["overlay-tunnel"]["status"] == "ok", "it is made again")


def port_of(hosts: Hosts) -> str:
    """The logical port of web1."""
    found = hosts.pair.central.nbctl(
        "--bare --columns=name find Logical_Switch_Port external_ids:vnetmgr-domain-name=web1"
    )
    return found.strip()
