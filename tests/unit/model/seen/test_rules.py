"""This machine's rules: what of them changes with one domain's, and who is in their way."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from vnetmgr.model.forward import Forward, Protocol
from vnetmgr.model.record import replace
from vnetmgr.model.seen.rules import Listener, LiveRules, Obstacle, Passage, Rule, in_the_way

A, B = "11111111-2222-3333-4444-555555555555", "99999999-2222-3333-4444-555555555555"
WEB = Rule(
    domain=A,
    mac="52:54:00:00:00:01",
    bridge="virbr7",
    protocol=Protocol.TCP,
    listen=None,
    host_port=8080,
    guest_address=ip_address("10.0.0.5"),
    guest_port=80,
)
LOCAL = replace(WEB, loopback=True)
SIX = replace(WEB, guest_address=ip_address("fd00::5"))
OTHER = replace(WEB, domain=B, host_port=8081)
THERE = replace(OTHER, bridge="virbr8")
NET = Passage(bridge="virbr7", masquerade=(ip_network("10.0.0.0/24"),), accept=(4,))
NEXT = Passage(bridge="virbr8", masquerade=(ip_network("10.1.0.0/24"),), accept=(4, 6))


def test_a_rule_and_what_it_takes() -> None:
    assert (WEB.version, SIX.version) == (4, 6)
    assert WEB.where == (4, Protocol.TCP, None, 8080, 1)
    assert SIX.where != WEB.where


@pytest.mark.parametrize(
    ("before", "rules", "passages", "after"),
    [
        (LiveRules(), (WEB,), (NET,), LiveRules(rules=(WEB,), passages=(NET,))),
        (LiveRules(rules=(WEB,), passages=(NET,)), (), (), LiveRules()),
        # The other domain needs the bridge still, or has another one.
        (
            LiveRules(rules=(WEB, OTHER), passages=(NET,)),
            (),
            (),
            LiveRules(rules=(OTHER,), passages=(NET,)),
        ),
        (
            LiveRules(rules=(WEB, THERE), passages=(NET, NEXT)),
            (),
            (),
            LiveRules(rules=(THERE,), passages=(NEXT,)),
        ),
        (
            LiveRules(rules=(THERE,), passages=(NEXT,)),
            (WEB,),
            (NET,),
            LiveRules(rules=(THERE, WEB), passages=(NET, NEXT)),
        ),
        # A passage that is given replaces the one that is there.
        (
            LiveRules(rules=(WEB,), passages=(replace(NET, masquerade=(), accept=()),)),
            (WEB,),
            (NET,),
            LiveRules(rules=(WEB,), passages=(NET,)),
        ),
        # Whether 127.0.0.0/8 is let through is what the rules say.
        (
            LiveRules(),
            (LOCAL,),
            (NET,),
            LiveRules(rules=(LOCAL,), passages=(replace(NET, localnet=True),)),
        ),
        (
            LiveRules(rules=(LOCAL,), passages=(replace(NET, localnet=True),)),
            (WEB,),
            (),
            LiveRules(rules=(WEB,), passages=(NET,)),
        ),
        (
            LiveRules(),
            (replace(SIX, loopback=True),),
            (NET,),
            LiveRules(rules=(replace(SIX, loopback=True),), passages=(NET,)),
        ),
        (LiveRules(), (WEB,), (), LiveRules(rules=(WEB,))),
        # A port that moves: whoever comes first, the kernel has it once.
        (
            LiveRules(rules=(replace(WEB, domain=B), OTHER, replace(SIX, domain=B))),
            (WEB,),
            (),
            LiveRules(rules=(OTHER, replace(SIX, domain=B), WEB)),
        ),
        (
            LiveRules(rules=(replace(WEB, domain=B, listen=ip_address("192.0.2.1")),)),
            (WEB,),
            (),
            LiveRules(rules=(WEB,)),
        ),
    ],
)
def test_with_other_rules_for_a_domain(
    before: LiveRules, rules: tuple[Rule, ...], passages: tuple[Passage, ...], after: LiveRules
) -> None:
    assert before.with_domain(A, rules, passages) == after


def test_what_is_there_of_a_domain_and_a_bridge() -> None:
    live = LiveRules(rules=(WEB, THERE), passages=(NET,))
    assert (live.of(A), live.of(B), live.of("")) == ((WEB,), (THERE,), ())
    assert (live.passage("virbr7"), live.passage("virbr8")) == (NET, None)


def test_an_obstacle_in_words() -> None:
    found = Obstacle(place="table inet firewall, chain forward", what="its policy is drop")
    assert str(found) == "table inet firewall, chain forward: its policy is drop"


@pytest.mark.parametrize(
    ("address", "listen", "hit"),
    [
        ("0.0.0.0", None, True),
        ("0.0.0.0", "10.0.0.1", True),
        ("0.0.0.0", "fd00::1", False),
        ("::", None, True),
        # Such a socket takes IPv4 as well.
        ("::", "10.0.0.1", True),
        ("::", "fd00::1", True),
        ("10.0.0.1", None, True),
        ("10.0.0.1", "10.0.0.1", True),
        ("10.0.0.1", "10.0.0.2", False),
        ("10.0.0.1", "0.0.0.0", True),
        ("fd00::1", "0.0.0.0", False),
        ("fd00::1", "::", True),
    ],
)
def test_who_is_in_the_way(address: str, listen: str | None, hit: bool) -> None:  # noqa: FBT001
    socket = Listener(
        protocol=Protocol.TCP, address=ip_address(address), port=8080, program="nginx"
    )
    others = (replace(socket, port=8081), replace(socket, protocol=Protocol.UDP))
    at = ip_address(listen) if listen else None
    forward = Forward(listen=at, host_port=8080, guest_port=80)
    found = next(in_the_way((*others, socket), forward), None)
    assert found == (socket if hit else None)
    assert list(in_the_way(others, forward)) == []
