"""A probe on real bridges: what it sees of DHCP, addresses and gateways, and that nothing of it
is left, whoever is killed when. No guests: their places on the bridges are enough."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from ipaddress import IPv4Address, IPv6Network
from pathlib import Path
from signal import SIGINT, SIGKILL
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.features import lab_unavailable, lacks
from tests.lab.namespaces import Namespaces
from tests.lab.process import LabProcess, entering
from vnetmgr.model.path.codec import from_json, to_json
from vnetmgr.model.path.probe import (
    PROBE_MAC,
    Outcome,
    ProbeFacts,
    ProbePlace,
    Step,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from subprocess import CompletedProcess

REPOSITORY = Path(__file__).parents[3]
NO_VLANS = lacks("bridge_vlan_filtering")

_LANS = """
set -e
ip link set lo up
segment() {  # NAME MTU
    ip link add name $1 mtu $2 address 02:00:00:00:00:01 type bridge stp_state 0 forward_delay 0
    ip link set dev $1 up
}
host() {  # BRIDGE NAME ADDRESS MTU
    ip netns add $2
    ip link add name $2 mtu $4 type veth peer name eth0 mtu $4 netns $2
    ip link set dev $2 master $1 up
    ip -n $2 link set lo up
    ip -n $2 address add $3/24 dev eth0
    ip -n $2 link set eth0 up
}
dhcp() {  # HOST RANGE OPTIONS...
    name=$1; range=$2; shift 2
    ip netns exec $name dnsmasq --conf-file=/dev/null --user=root --interface=eth0 \
        --bind-interfaces --dhcp-authoritative --dhcp-range=$range,255.255.255.0,1h --no-resolv \
        --dhcp-leasefile=$DIR/$name.leases --pid-file=$DIR/$name.pid "$@"
}

segment one 1500; host one one1 10.1.0.1 1500
ip -n one1 address add fd00:1::1/64 dev eth0 nodad
dhcp one1 10.1.0.100,10.1.0.199 --address=/example.com/10.1.0.1 --dhcp-option=26,1442 \
    --enable-ra --dhcp-range=::,constructor:eth0,ra-only
mkdir $DIR/www
ip netns exec one1 busybox httpd -p 10.1.0.1:80 -h $DIR/www

segment two 9000; host two two1 10.2.0.1 9000; host two two2 10.2.0.2 9000
dhcp two1 10.2.0.100,10.2.0.199 --no-ping
dhcp two2 10.2.0.50,10.2.0.99 --no-ping --port=0

segment none 1500; host none none1 10.3.0.1 1500; host none none2 10.3.0.9 1500
host none none3 10.3.0.9 1500
ip link set dev none type bridge stp_state 1 forward_delay 200

segment isolated 1500; host isolated isolated1 10.4.0.1 1500; dhcp isolated1 10.4.0.100,10.4.0.199
bridge link set dev isolated1 isolated on

segment taken 1500; host taken taken1 10.5.0.1 1500; host taken taken2 10.5.0.77 1500
dhcp taken1 10.5.0.77,10.5.0.77 --no-ping
"""
_VLANS = """
for vlan in 10 20; do
    name=vlan$vlan
    ip link add name $name type bridge stp_state 0 forward_delay 0 vlan_filtering 1
    ip link set dev $name up
    host $name ${name}h 10.6.0.1 1500
    bridge vlan del dev ${name}h vid 1
    bridge vlan add dev ${name}h vid 10 pvid untagged
    dhcp ${name}h 10.6.0.100,10.6.0.199 --no-ping
done
"""
_PROBE = """
import json, sys
from ipaddress import IPv4Address
from vnetmgr.local.probe.probe import Questions, probe_all
from vnetmgr.model.path.codec import from_json, to_json
from vnetmgr.model.path.probe import ProbePlace

asked = [
    Questions(
        place=from_json(ProbePlace, place),
        addresses=tuple(map(IPv4Address, addresses)),
        endpoints=tuple((IPv4Address(address), port) for address, port in endpoints),
    )
    for place, addresses, endpoints in json.loads(sys.argv[1])
]
print(json.dumps([to_json(each) for each in probe_all(asked)]))
"""
_ARP = """
import sys
from ipaddress import IPv4Address
from vnetmgr.local.probe.arp import probe_arp

for each in probe_arp(sys.argv[1], [IPv4Address(address) for address in sys.argv[2:]]):
    print(each.address, len(each.macs))
"""

ASKED: dict[str, tuple[ProbePlace, list[str], list[tuple[str, int]]]] = {
    "one": (
        ProbePlace(bridge="one", mtu=1400),
        ["10.1.0.1", "10.1.0.200"],
        [("10.1.0.1", 80), ("10.1.0.1", 81), ("10.1.0.250", 80)],
    ),
    "two": (ProbePlace(bridge="two", mtu=9000), [], []),
    "none": (ProbePlace(bridge="none"), ["10.3.0.9", "10.3.0.1"], []),
    "isolated": (ProbePlace(bridge="isolated", isolated=True), ["10.4.0.1"], []),
    "taken": (ProbePlace(bridge="taken"), [], []),
    "missing": (ProbePlace(bridge="missing"), [], []),
    "vlan10": (ProbePlace(bridge="vlan10", vlan=10), [], []),
    "vlan20": (ProbePlace(bridge="vlan20", vlan=20), [], []),
}


class Lans:
    """Bridges with hosts behind them, in namespaces of their own."""

    def __init__(self, namespaces: Namespaces) -> None:
        self._namespaces = namespaces
        self.directory = namespaces.directory
        self.facts: dict[str, ProbeFacts] = {}

    def popen(self, *argv: str) -> LabProcess:
        line = entering(argv, namespaces_of=self._namespaces.pid, cwd=REPOSITORY)
        return LabProcess(line, env={**os.environ, "DIR": str(self.directory)})

    def run(self, *argv: str) -> CompletedProcess[str]:
        with self.popen(*argv) as process:
            out, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
        return subprocess.CompletedProcess(argv, process.returncode, out, said)

    def probing(self, *bridges: str) -> LabProcess:
        asked = [(to_json(place), *rest) for place, *rest in map(ASKED.__getitem__, bridges)]
        return self.popen(sys.executable, "-P", "-c", _PROBE, json.dumps(asked))

    def ports(self) -> list[dict[str, Any]]:
        """The probes' ports that there are now."""
        found = json.loads(self.run("ip", "-j", "-d", "link", "show", "type", "veth").stdout)
        return [each for each in found if each["ifname"].startswith("vnprobe")]


@pytest.fixture(scope="module")
def lans() -> Iterator[Lans]:
    if reason := lab_unavailable():
        pytest.skip(reason)
    namespaces = Namespaces()
    try:
        made = Lans(namespaces)
        made.run("sh", "-c", _LANS + ("" if NO_VLANS else _VLANS))
        names = [each for each in ASKED if not (NO_VLANS and each.startswith("vlan"))]
        with made.probing(*names) as process:
            out, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
        answers = [from_json(ProbeFacts, each) for each in json.loads(out)]
        made.facts = dict(zip(names, answers, strict=True))
        yield made
    finally:
        namespaces.close()


def test_a_network_that_works(lans: Lans) -> None:
    seen = lans.facts["one"]
    gateway = IPv4Address("10.1.0.1")
    (offer,) = seen.offers
    assert (offer.server, offer.routers, offer.dns) == (gateway, (gateway,), (gateway,))
    assert (offer.prefix, offer.mtu, offer.lease_s) == (24, 1442, 3600)
    assert seen.sender == offer.address
    assert seen.macs_of(gateway) == (offer.mac,)
    assert seen.macs_of(IPv4Address("10.1.0.200")) == ()
    assert [(each.step, each.port, each.outcome) for each in seen.attempts] == [
        (Step.PING, None, Outcome.ANSWERED),
        (Step.DNS, 53, Outcome.ANSWERED),
        (Step.TCP, 80, Outcome.ANSWERED),
        (Step.TCP, 81, Outcome.REFUSED),
        (Step.TCP, 80, Outcome.SILENT),
    ]
    (router,) = seen.routers6
    assert router.prefixes == (IPv6Network("fd00:1::/64"),)


def test_nothing_was_leased(lans: Lans) -> None:
    leases = {file.name: file.read_text() for file in lans.directory.glob("*.leases")}
    assert len(leases) >= 5
    assert not [name for name, text in leases.items() if PROBE_MAC in text]


def test_two_servers_are_told_apart(lans: Lans) -> None:
    offers = lans.facts["two"].offers
    assert {str(each.server) for each in offers} == {"10.2.0.1", "10.2.0.2"}
    assert len({each.mac for each in offers}) == 2


def test_without_a_server_addresses_have_their_owners_all_the_same(lans: Lans) -> None:
    """Through a bridge with STP, which makes a new port wait."""
    seen = lans.facts["none"]
    assert (seen.problem, seen.offers, seen.attempts) == (None, (), ())
    assert seen.no_sender == "no DHCP server has offered an address"
    assert len(seen.macs_of(IPv4Address("10.3.0.9")) or ()) == 2
    assert len(seen.macs_of(IPv4Address("10.3.0.1")) or ()) == 1


def test_an_isolated_port_sees_no_other(lans: Lans) -> None:
    seen = lans.facts["isolated"]
    assert (seen.problem, seen.offers) == (None, ())
    assert seen.macs_of(IPv4Address("10.4.0.1")) == ()


def test_an_address_that_somebody_has_is_not_used(lans: Lans) -> None:
    seen = lans.facts["taken"]
    assert len(seen.offers) == 1
    assert (seen.sender, seen.attempts) == (None, ())
    assert seen.no_sender == "somebody has the address already that was offered, 10.5.0.77"


def test_a_bridge_that_is_missing_is_said(lans: Lans) -> None:
    assert lans.facts["missing"].problem == "there is no link missing"


@pytest.mark.skipif(NO_VLANS is not None, reason=str(NO_VLANS))
def test_a_vlan_is_seen_from_within(lans: Lans) -> None:
    assert (lans.facts["vlan10"].problem, len(lans.facts["vlan10"].offers)) == (None, 1)
    assert (lans.facts["vlan20"].problem, lans.facts["vlan20"].offers) == (None, ())


def test_the_host_asks_who_has_an_address(lans: Lans) -> None:
    asked = ("10.3.0.9", "10.3.0.1", "10.3.0.77")
    said = lans.run(sys.executable, "-P", "-c", _ARP, "none", *asked).stdout
    assert said.splitlines() == ["10.3.0.9 2", "10.3.0.1 1", "10.3.0.77 0"]


def test_the_port_is_as_the_guests_is_and_goes_with_whoever_is_killed(lans: Lans) -> None:
    for victim, number in (("child", SIGKILL), ("vnetmgr", SIGKILL), ("vnetmgr", SIGINT)):
        with lans.probing("isolated") as process:
            port = _until_plugged(lans)
            data = port["linkinfo"]["info_slave_data"]
            assert (port["master"], port["mtu"], data["isolated"]) == ("isolated", 1500, True)
            (pid,) = _children(process.pid)
            if victim == "child":
                (pid,) = _children(pid)
            os.kill(pid, number)
            out, _ = process.communicate(timeout=30)
        _until_gone(lans)
        if victim == "child":
            assert "the probe did not come to its end: it was killed" in out


def test_a_kill_at_any_moment_leaves_nothing(lans: Lans) -> None:
    for _ in range(8):
        with lans.probing("one", "two") as process:
            time.sleep(random.uniform(0.0, 0.5))  # noqa: S311
            process.kill()
            process.communicate(timeout=30)
        _until_gone(lans)


def _children(pid: int) -> list[int]:
    """Of all its threads."""
    files = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(each) for file in files for each in file.read_text().split()]


def _until_plugged(lans: Lans) -> dict[str, Any]:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        for port in lans.ports():
            if port["operstate"] == "UP":
                return port
    raise AssertionError("no port of a probe's has come")


def _until_gone(lans: Lans) -> None:
    end = time.monotonic() + 30
    while lans.ports():
        assert time.monotonic() < end, lans.ports()
        time.sleep(0.02)
