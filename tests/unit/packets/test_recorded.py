"""Rulesets of other programs', as a kernel has taken them, and what becomes of packets."""

from __future__ import annotations

import json
from ipaddress import ip_address, ip_interface
from pathlib import Path

import pytest

from tests.unit.doctor.rulesets import recorded
from vnetmgr.model.record import replace
from vnetmgr.packets import (
    BridgeCalls,
    Outcome,
    Packet,
    Rules,
    Surroundings,
    Verdict,
    usual,
)

RECORDED = Path(__file__).parent / "recorded"
AROUND = Surroundings(
    [
        ("br0", ip_interface("10.0.0.1/24")),
        ("eth0", ip_interface("192.0.2.9/24")),
        ("docker0", ip_interface("172.17.0.1/16")),
    ]
)
GUEST, WEB = ip_address("10.0.0.5"), ip_address("198.51.100.1")
OUT = replace(usual.tcp(GUEST, WEB, 443), in_link="br0", out_link="eth0")
PUBLISHED = replace(
    usual.tcp(WEB, ip_address("192.0.2.9"), 8080), in_link="eth0", out_link="docker0"
)
CONTAINER = replace(
    usual.tcp(ip_address("172.17.0.2"), WEB, 443), in_link="docker0", out_link="eth0"
)


def objects(name: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads((RECORDED / f"{name}.json").read_text())["nftables"]
    return found


def docker(kind: str) -> Rules:
    """As nft's JSON alone shows it; with what iptables-nft-save says; loaded by iptables-legacy,
    which says the same."""
    text = (RECORDED / "docker.txt").read_text()
    if kind == "legacy":
        return Rules([], legacy={4: text}, around=AROUND)
    return Rules(objects("docker"), faces={"ip": text} if kind == "face" else {}, around=AROUND)


@pytest.mark.parametrize("kind", ["json", "face", "legacy"])
def test_docker_drops_what_is_not_its_own(kind: str) -> None:
    outcome = docker(kind).forwarded(OUT)
    by = outcome.decided_by
    assert by is not None
    assert (outcome.verdict, by.owner, by.chain, by.rule) == (
        Verdict.DROP,
        "Docker",
        "FORWARD",
        "policy drop",
    )


@pytest.mark.parametrize("kind", ["face", "legacy"])
@pytest.mark.parametrize(
    ("packet", "target", "port", "source"),
    [
        (PUBLISHED, "172.17.0.2", 80, "198.51.100.1"),
        (CONTAINER, "198.51.100.1", 443, "192.0.2.9"),
    ],
)
def test_dockers_nat(kind: str, packet: Packet, target: str, port: int, source: str) -> None:
    outcome = docker(kind).forwarded(packet)
    after = outcome.packet
    assert outcome.passes
    assert (str(after.target), after.target_port, str(after.source)) == (target, port, source)


def test_what_json_does_not_say_is_named() -> None:
    outcome = docker("json").forwarded(PUBLISHED)
    assert outcome.verdict is Verdict.UNKNOWN
    assert "the target DNAT of iptables (ip nat DOCKER)" in outcome.unknown


GUEST_OF_NETWORK = ip_address("192.168.150.20")
HOST_OF_NETWORK = Surroundings(
    [("virbr0", ip_interface("192.168.150.1/24")), ("eth0", ip_interface("192.0.2.9/24"))]
)
FROM_GUEST = {"in_link": "virbr0", "in_port": "vnet0"}
DHCP = replace(usual.dhcp("52:54:00:00:00:01"), **FROM_GUEST)
DNS = replace(usual.dns(GUEST_OF_NETWORK, ip_address("192.168.150.1")), **FROM_GUEST)
HTTPS = replace(usual.tcp(GUEST_OF_NETWORK, WEB, 443), **FROM_GUEST, out_link="eth0")
INTO = replace(
    usual.tcp(WEB, GUEST_OF_NETWORK, 80), in_link="eth0", out_link="virbr0", out_port="vnet0"
)
ON_LAN = replace(HTTPS, in_link="br0", out_link="br0", out_port="eth0")


def fate(outcome: Outcome) -> str:
    """accept, or whose rule it is that stops it."""
    by = outcome.decided_by
    return by.owner if by else str(outcome.verdict)


@pytest.mark.parametrize(
    ("name", "dhcp", "dns", "out", "into", "on_lan"),
    [
        ("docker", "accept", "accept", "Docker", "Docker", "Docker"),
        ("docker_libvirt", "accept", "accept", "accept", "libvirt", "Docker"),
        ("docker_user", "accept", "accept", "Docker", "Docker", "accept"),
        ("ufw", "ufw", "ufw", "ufw", "ufw", "ufw"),
        ("ufw_allowed", "accept", "accept", "accept", "ufw", "accept"),
        ("ufw_libvirt", "accept", "accept", "accept", "libvirt", "ufw"),
        ("firewalld", "accept", "accept", "accept", "firewalld", "firewalld"),
        (
            "firewalld_without_zone",
            *("firewalld", "firewalld", "firewalld", "firewalld", "firewalld"),
        ),
        ("libvirt", "accept", "accept", "accept", "libvirt", "accept"),
        ("libvirt_nftables", "accept", "accept", "accept", "libvirt", "accept"),
    ],
)
def test_what_becomes_of_a_guests_packets(
    name: str, dhcp: str, dns: str, out: str, into: str, on_lan: str
) -> None:
    """Bridged frames pass IP's rules: br_netfilter is on."""
    found = recorded(name)
    faces = {"ip": found.iptables_nft, "ip6": found.ip6tables_nft, "bridge": found.ebtables_nft}
    rules = Rules(
        found.nft or (),
        faces={family: text for family, text in faces.items() if text},
        calls=BridgeCalls(ip=True, ip6=True),
        around=HOST_OF_NETWORK,
    )
    outcomes = (
        *(rules.received(DHCP), rules.received(DNS), rules.forwarded(HTTPS)),
        *(rules.forwarded(INTO), rules.bridged(ON_LAN)),
    )
    assert tuple(map(fate, outcomes)) == (dhcp, dns, out, into, on_lan)


@pytest.mark.parametrize("port", [1, 3, 7, 22, 53, 80, 443])
@pytest.mark.parametrize("source", ["10.1.1.1", "9.9.9.9", "1.1.1.1", "2.2.2.2"])
def test_listings_of_two_versions_of_nft_mean_the_same(port: int, source: str) -> None:
    """Of one ruleset that has nearly everything. What 1.0.6 does not list: netdev's links."""
    old, new = (
        Rules([each for each in objects(f"everything_{version}") if "netdev" not in str(each)])
        for version in ("1.0.6", "1.1.3")
    )
    packet = replace(usual.tcp(ip_address(source), WEB, port), in_link="br0", out_link="eth0")
    assert old.forwarded(packet) == new.forwarded(packet)
    assert old.received(packet) == new.received(packet)
