"""What the kernel has said of packets, as a trace: whose rule it was, and what is not known."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

import pytest

from tests.unit.model.path.examples import BRIDGE, FACTS, MAC, TAP, WEB1
from vnetmgr.doctor.check import Subject
from vnetmgr.errors import RefusedError
from vnetmgr.model.path.live import Fate, LiveHop, LivePacket, LiveTrace, Wanted
from vnetmgr.model.path.rulesets import Rulesets
from vnetmgr.model.path.trace import Fate as Verdict
from vnetmgr.model.path.trace import HopKind, Trace, Way
from vnetmgr.model.record import replace
from vnetmgr.trace.live import told, wanted_of

GUEST, OTHER, HOST = map(ip_address, ("10.0.0.5", "192.0.2.9", "192.0.2.1"))
STATIC = Trace(
    domain="web1",
    nic="lan",
    destination=OTHER,
    protocol="tcp",
    port=443,
    source=GUEST,
    verdict=Verdict.UNKNOWN,
    reason="",
)
DOCKER = ("ip", "filter", "DOCKER-USER")
PLACE = {"family": "ip", "table": "filter"}
RULES: tuple[dict[str, Any], ...] = (
    {"table": {"family": "ip", "name": "filter"}},
    {"chain": {**PLACE, "name": "DOCKER-USER", "handle": 2}},
    {
        "chain": {
            **PLACE,
            "name": "FORWARD",
            "handle": 1,
            "type": "filter",
            "hook": "forward",
            "prio": 0,
            "policy": "drop",
        }
    },
    {"rule": {**PLACE, "chain": "DOCKER-USER", "handle": 7, "expr": [{"drop": None}]}},
)
LOADED = replace(
    FACTS,
    rulesets=Rulesets(nft=RULES, dormant=(), iptables_legacy="", ip6tables_legacy=""),
)
THERE = LivePacket(
    reply=False,
    source=GUEST,
    target=OTHER,
    protocol="tcp",
    in_link="vnet0",
    out_link="eth0",
    reached="inet postrouting",
    fate=Fate.PASSED,
)
BACK = replace(THERE, reply=True, source=OTHER, target=GUEST, in_link="eth0", out_link="vnet0")
DROPPED = replace(
    THERE,
    hops=(LiveHop("ip", "filter", "FORWARD", 5, "continue"), LiveHop(*DOCKER, 7, "drop")),
    reached="inet prerouting",
    fate=Fate.DROPPED,
)
LOST = replace(THERE, reached="inet forward", fate=Fate.LOST)


def seen(*packets: LivePacket, static: Trace = STATIC, **more: Any) -> Trace:
    return told(more.pop("facts", LOADED), static, LiveTrace(seconds=5, packets=packets, **more))


@pytest.mark.parametrize(
    ("packets", "verdict", "reason"),
    [
        (
            (),
            Verdict.UNKNOWN,
            "no such packet came by within 5 s: does the guest send?",
        ),
        ((THERE, BACK, THERE), Verdict.DELIVERED, "2 went there, and 1 came back"),
        ((BACK,), Verdict.DELIVERED, "the first was not seen, and 1 came back"),
        ((THERE,), Verdict.UNKNOWN, "1 went there, and no answer came within 5 s"),
        (
            (DROPPED, THERE),
            Verdict.DROPPED,
            "Docker drops it, 1 of 2: table ip filter, chain DOCKER-USER: drop",
        ),
        (
            (THERE, replace(BACK, fate=Fate.DROPPED, hops=DROPPED.hops)),
            Verdict.DROPPED,
            "the answer: Docker drops it: table ip filter, chain DOCKER-USER: drop",
        ),
        (
            (LOST,),
            Verdict.UNKNOWN,
            "it was not seen any more after inet forward: there may be no route or neighbour, or "
            "the reverse path is filtered",
        ),
    ],
)
def test_what_became_of_the_packets(
    packets: tuple[LivePacket, ...], verdict: Verdict, reason: str
) -> None:
    found = seen(*packets)
    assert (found.verdict, found.reason, found.unknown) == (verdict, reason, ())
    assert found.live_s == 5


def test_the_way_of_a_packet_and_of_its_answer() -> None:
    routed = replace(THERE, left_as=(HOST, OTHER), hops=(LiveHop("inet", "x", "y", 3, "accept"),))
    hops = seen(routed, BACK).hops
    assert [(each.way, each.kind, each.name) for each in hops] == [
        (Way.THERE, HopKind.LINK, "vnet0"),
        (Way.THERE, HopKind.CHAIN, "table inet x, chain y"),
        (Way.THERE, HopKind.NAT, "NAT"),
        (Way.THERE, HopKind.LINK, "eth0"),
        (Way.BACK, HopKind.LINK, "eth0"),
        (Way.BACK, HopKind.LINK, "vnet0"),
    ]
    assert hops[1].rule == "handle 3"  # which is newer than the list
    assert hops[2].rule == "10.0.0.5 -> 192.0.2.9 is now 192.0.2.1 -> 192.0.2.9"


def test_a_policy_is_whose_it_is_known_to_be() -> None:
    packet = replace(DROPPED, hops=(LiveHop("ip", "filter", "FORWARD", None, "drop"),))
    assert seen(packet).reason == "Docker drops it: table ip filter, chain FORWARD: policy drop"


def test_to_the_host_itself() -> None:
    local = replace(THERE, out_link=None, reached="inet input")
    answer = replace(BACK, in_link=None)
    hops = seen(local, answer).hops
    assert [each.kind for each in hops] == [
        HopKind.LINK,
        HopKind.HOST,
        HopKind.HOST,
        HopKind.LINK,
    ]


def test_what_the_kernel_does_not_say_is_said() -> None:
    rulesets = LOADED.rulesets
    assert rulesets is not None
    legacy = replace(rulesets, iptables_legacy="*filter\n-A FORWARD -j DROP\nCOMMIT\n")
    found = seen(LOST, facts=replace(LOADED, rulesets=legacy), overrun=True, matched=90, traced=20)
    assert found.reason.endswith(
        "rules of iptables-legacy, which the kernel does not trace, may drop it"
    )
    assert found.unknown == (
        "iptables-legacy has rules, which the kernel does not trace",
        "the kernel told more than could be read: packets, or hops of theirs, are missing",
        "of 90 times that such a packet came by, 20 were traced",
    )


def test_where_it_is_not_as_worked_out_both_are_said() -> None:
    static = replace(STATIC, verdict=Verdict.DELIVERED, reason="leaves this host by eth0")
    assert seen(DROPPED, static=static).unknown == (
        "by what is loaded it should be delivered: leaves this host by eth0",
    )
    assert seen(THERE, BACK, static=static).unknown == ()
    assert seen(static=static).unknown == ()


def test_which_packets_are_meant() -> None:
    subject = Subject(facts=FACTS, domain=WEB1, nic=WEB1.nics[0])
    assert wanted_of(subject, STATIC) == Wanted(
        destination=OTHER, source=GUEST, mac=MAC, protocol="tcp", port=443
    )


def test_a_nic_that_no_rules_see_is_refused() -> None:
    facts = replace(FACTS, links=(replace(TAP, port=None), BRIDGE))
    with pytest.raises(RefusedError, match="has no tap on a bridge of the kernel's"):
        wanted_of(Subject(facts=facts, domain=WEB1, nic=WEB1.nics[0]), STATIC)
