"""trace over an overlay, by OVN's own word."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.lab import eventually

if TYPE_CHECKING:
    from tests.system.overlay.conftest import Hosts

BLUE = """
networks:
  blue: {mode: overlay, subnet: 10.66.0.0/24, dns_domain: blue.test}
domains:
  web1: {nics: {lan: {network: blue, address: 10.66.0.10}}}
  web2: {nics: {lan: {network: blue, address: 10.66.0.20}}}
"""


def trace(hosts: Hosts, to: str) -> dict[str, Any]:
    said = hosts.at(hosts.pair.kvm1, "trace", "web1/lan", to, "-o", "json", *hosts.northbound)
    return dict(json.loads(said.stdout))


def test_a_packet_is_followed_to_a_guest_on_another_host(hosts: Hosts) -> None:
    hosts.apply(hosts.write(BLUE))
    there = "to guest web2/lan on host kvm2"

    def arrives() -> bool:
        return bool(trace(hosts, "10.66.0.20:80")["reason"] == there)

    eventually(arrives, "both hosts have their ports")
    for to in ("10.66.0.20", "web2", "web2.blue.test:443/tcp"):
        found = trace(hosts, to)
        assert (found["verdict"], found["reason"]) == ("delivered", there), found
        assert {hop["way"] for hop in found["hops"]} == {"there", "back"}
    nobody = trace(hosts, "10.66.0.77")
    assert nobody["verdict"] == "dropped"
    assert nobody["reason"] == "overlay blue: no logical port has 10.66.0.77"
    assert trace(hosts, "192.0.2.1")["verdict"] == "dropped"
    # An ACL that somebody has made by hand.
    hosts.pair.central.nbctl("acl-add blue to-lport 1000 'tcp.dst == 81' drop")
    eventually(
        lambda: trace(hosts, "10.66.0.20:81")["reason"] == "overlay blue: OVN's flows drop it",
        "the ACL counts",
    )
    assert trace(hosts, "10.66.0.20:80")["verdict"] == "delivered"
