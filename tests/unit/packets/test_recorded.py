"""Rulesets of other programs', as a kernel has taken them, and what becomes of packets."""

from __future__ import annotations

import json
from ipaddress import ip_address, ip_interface
from pathlib import Path

import pytest

from vnetmgr.model.record import replace
from vnetmgr.packets import Packet, Rules, Surroundings, Verdict, usual

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
