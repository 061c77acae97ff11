"""What becomes of a packet in rules that are written by hand."""

from __future__ import annotations

from ipaddress import ip_address, ip_interface, ip_network

import pytest

from tests.unit.packets.rulesets import (
    Json,
    base,
    do,
    forward_rules,
    match,
    meta,
    payload,
    table,
)
from vnetmgr.model.record import replace
from vnetmgr.packets import BridgeCalls, Packet, Rules, Surroundings, Verdict, usual

GUEST, WEB = ip_address("10.0.0.5"), ip_address("192.0.2.1")
HTTPS = replace(
    usual.tcp(GUEST, WEB, 443), in_link="br0", in_port="vnet0", out_link="eth0", tcp_flags=2
)
BRIDGED = replace(HTTPS, out_link="br0", out_port="eth0", mac_from="52:54:00:00:00:01")
SPORT = payload("tcp", "sport")  # HTTPS's is not known
STATE = {"ct": {"key": "state"}}
SIX = replace(
    usual.tcp(ip_address("2001:db8::1"), ip_address("2001:db8::2"), 443),
    in_link="br0",
    out_link="eth0",
)


@pytest.mark.parametrize(
    ("expression", "matches"),
    [
        (match(meta("iifname"), "br0"), True),
        (match(meta("iifname"), "br*"), True),
        (match(meta("iifname"), "br1"), False),
        (match(meta("iifname"), {"set": ["eth0", "br*"]}), True),
        (match(meta("oif"), "eth0", "!="), False),
        (match(meta("l4proto"), {"set": ["tcp", 17]}), True),
        (match(meta("protocol"), "ip6"), False),
        (match(meta("nfproto"), "ipv4"), True),
        (match(payload("ip", "saddr"), "10.0.0.5"), True),
        (match(payload("ip", "saddr"), {"prefix": {"addr": "10.0.0.0", "len": 24}}), True),
        (match(payload("ip", "saddr"), {"range": ["10.0.0.1", "10.0.0.4"]}), False),
        (match(payload("ip", "saddr"), {"set": ["10.0.0.5", "10.0.0.6"]}, "!="), False),
        (match(payload("ip6", "saddr"), "::1", "!="), False),
        (match(payload("tcp", "dport"), {"range": [400, 500]}), True),
        (match(payload("tcp", "dport"), 443, ">"), False),
        (match(payload("tcp", "dport"), 443, ">="), True),
        (match(payload("udp", "dport"), 443, "!="), False),
        (match(payload("th", "dport"), 443), True),
        (match(payload("tcp", "flags"), "syn", "in"), True),
        (
            match({"&": [payload("tcp", "flags"), ["fin", "syn", "rst", "ack"]]}, "syn"),
            True,
        ),
        (match({"&": [payload("tcp", "flags"), {"|": ["syn", "ack"]}]}, "ack"), False),
        (match(payload("icmp", "type"), "echo-request"), False),
        (match(STATE, "new", "in"), True),
        (match(STATE, ["established", "related"], "in"), False),
        (match(STATE, {"set": ["new", "untracked"]}), True),
        (match(STATE, {"|": ["established", "related"]}, "!="), True),
        (match(STATE, "invalid", "!"), True),
        (match({"ct": {"key": "status"}}, "dnat", "in"), False),
        (match({"ct": {"key": "direction"}}, "original"), True),
        (match({"ct": {"key": "ip saddr", "dir": "original"}}, "10.0.0.5"), True),
        (match(meta("mark"), 0), True),
        (match({"&": [meta("mark"), 3]}, 1), False),
        (match({"fib": {"result": "type", "flags": ["daddr"]}}, "local"), False),
        (match({"fib": {"result": "oif", "flags": ["saddr", "iif"]}}, right=False), False),
        (match({"exthdr": {"name": "frag"}}, right=True), False),
        (
            match(
                {"concat": [payload("ip", "saddr"), payload("tcp", "dport")]},
                {"set": [{"concat": [{"prefix": {"addr": "10.0.0.0", "len": 8}}, 443]}]},
            ),
            True,
        ),
        ({"limit": {"rate": 1, "per": "second", "burst": 5}}, True),
        ({"limit": {"rate": 1, "per": "second", "burst": 5, "inv": True}}, False),
        ({"counter": {"packets": 0, "bytes": 0}}, True),
        ({"log": {"prefix": "x"}}, True),
    ],
)
def test_matches(*, expression: Json, matches: bool) -> None:
    around = Surroundings(
        [("br0", ip_interface("10.0.0.1/24"))], [(ip_network("10.0.0.0/24"), "br0")]
    )
    chains = {"f": (base("forward"), [[expression, do("drop")]])}
    outcome = Rules(table("inet", "t", chains), around=around).forwarded(HTTPS)
    assert (outcome.verdict, outcome.unknown) == (
        (Verdict.DROP if matches else Verdict.ACCEPT),
        (),
    )


def test_what_decides_is_named() -> None:
    rules = forward_rules([match(payload("tcp", "dport"), 443), do("drop")])
    by = rules.forwarded(HTTPS).decided_by
    assert by is not None
    assert (by.place, by.hook, by.rule) == (
        "table inet t, chain f",
        "forward",
        "tcp dport 443 drop",
    )


def test_a_drop_beats_an_accept_of_another_table() -> None:
    first = table("inet", "a", {"f": (base("forward", prio=-10), [[do("accept")]])})
    second = table("ip", "b", {"f": (base("forward", policy="drop"), [])})
    assert Rules(first + second).forwarded(HTTPS).verdict is Verdict.DROP
    assert Rules(first + second, dormant=["ip b"]).forwarded(HTTPS).passes


@pytest.mark.parametrize(
    ("first", "verdict"),
    [
        ([do("jump", "x")], Verdict.DROP),
        ([do("goto", "x")], Verdict.ACCEPT),
        ([do("return")], Verdict.ACCEPT),
        ([do("continue")], Verdict.DROP),
    ],
)
def test_jumps(first: list[Json], verdict: Verdict) -> None:
    """x gives everything back: to the next rule after a jump, to the policy after a goto."""
    rules = forward_rules(first, [do("drop")], x=(None, [[do("return")], [do("drop")]]))
    assert rules.forwarded(HTTPS).verdict is verdict


@pytest.mark.parametrize(
    ("rules", "policy", "verdict"),
    [
        ([[match(SPORT, 5), do("drop")]], "accept", Verdict.UNKNOWN),
        ([[match(SPORT, 5), do("drop")]], "drop", Verdict.DROP),
        ([[match(SPORT, 5), {"counter": {}}]], "accept", Verdict.ACCEPT),
        ([[match(SPORT, 5), do("accept")], [do("accept")]], "drop", Verdict.ACCEPT),
        ([[match(SPORT, 5), do("jump", "x")]], "accept", Verdict.ACCEPT),
        ([[match(payload("tcp", "dport"), 1), {"what": 1}, do("drop")]], "accept", Verdict.ACCEPT),
        ([[do("accept")], [{"what": 1}, do("drop")]], "accept", Verdict.ACCEPT),
    ],
)
def test_what_is_not_known_counts_where_it_makes_a_difference(
    rules: list[list[Json]], policy: str, verdict: Verdict
) -> None:
    loaded = forward_rules(*rules, policy=policy, x=(None, [[match(SPORT, 6), do("return")]]))
    outcome = loaded.forwarded(HTTPS)
    assert outcome.verdict is verdict
    assert bool(outcome.unknown) == (verdict is Verdict.UNKNOWN)


def test_what_is_not_known_is_named() -> None:
    rules = forward_rules([{"xt": {"type": "match", "name": "bpf"}}, do("drop")])
    assert rules.forwarded(HTTPS).unknown == ("the match bpf of iptables (inet t f)",)


def test_many_doubts_are_few_ways() -> None:
    doubtful = [[match(SPORT, port), do("accept")] for port in range(500)]
    assert forward_rules(*doubtful).forwarded(HTTPS).passes


@pytest.mark.parametrize(("calls", "passes"), [(True, False), (False, True), (None, None)])
def test_br_netfilter(*, calls: bool | None, passes: bool | None) -> None:
    objects = table("ip", "filter", {"FORWARD": (base("forward", policy="drop"), [])})
    outcome = Rules(objects, calls=BridgeCalls(ip=calls)).bridged(BRIDGED)
    assert (
        outcome.verdict
        is {
            True: Verdict.ACCEPT,
            False: Verdict.DROP,
            None: Verdict.UNKNOWN,
        }[passes]
    )


def test_a_bridges_own_switch() -> None:
    objects = table("ip", "filter", {"FORWARD": (base("forward", policy="drop"), [])})
    calls = BridgeCalls(bridges={"br0": (True, False)})
    assert Rules(objects, calls=calls).bridged(BRIDGED).verdict is Verdict.DROP
    assert Rules(objects, calls=calls).bridged(replace(SIX, in_link="br0")).passes


@pytest.mark.parametrize(
    ("packet", "verdict"),
    [
        (usual.arp("52:54:00:00:00:01", GUEST, WEB), Verdict.DROP),
        (BRIDGED, Verdict.ACCEPT),
    ],
)
def test_arp_in_the_bridge_family(packet: Packet, verdict: Verdict) -> None:
    rule = [match(payload("ether", "type"), "arp"), match(meta("iifname"), "vnet0"), do("drop")]
    objects = table("bridge", "b", {"f": (base("forward"), [rule])})
    packet = replace(packet, in_port="vnet0", in_link="br0", out_port="eth0", out_link="br0")
    assert Rules(objects).bridged(packet).verdict is verdict


def test_nat_changes_what_later_rules_see() -> None:
    nat = {
        "p": (
            base("prerouting", kind="nat", prio=-100),
            [[{"dnat": {"family": "ip", "addr": "10.0.0.9", "port": 8443}}]],
        ),
        "f": (
            base("forward", policy="drop"),
            [[match({"ct": {"key": "status"}}, "dnat", "in"), do("accept")]],
        ),
        "q": (base("postrouting", kind="nat", prio=100), [[{"masquerade": None}]]),
    }
    around = Surroundings([("eth0", ip_interface("192.0.2.9/24"))])
    outcome = Rules(table("inet", "t", nat), around=around).forwarded(HTTPS)
    after = outcome.packet
    assert outcome.passes
    assert (after.target, after.target_port) == (ip_address("10.0.0.9"), 8443)
    assert (after.source, after.snat, after.original) == (
        ip_address("192.0.2.9"),
        True,
        (GUEST, WEB),
    )


def test_a_rule_for_another_family_is_none() -> None:
    """nft does not list the family before a reject that implies it."""
    rules = forward_rules([{"reject": {"type": "icmpv6", "expr": "no-route"}}])
    assert rules.forwarded(HTTPS).passes
    assert rules.forwarded(SIX).verdict is Verdict.REJECT


def test_marks_are_followed() -> None:
    rules = forward_rules(
        [{"mangle": {"key": meta("mark"), "value": {"|": [meta("mark"), 4]}}}],
        [match({"&": [meta("mark"), 4]}, 4), do("drop")],
    )
    assert rules.forwarded(HTTPS).verdict is Verdict.DROP


def test_verdict_maps() -> None:
    key = payload("tcp", "dport")
    verdicts = {"name": "m", "map": "verdict", "type": "x", "elem": [[443, {"drop": None}]]}
    chains = {"f": (base("forward"), [[{"vmap": {"key": key, "data": "@m"}}]])}
    assert Rules(table("inet", "t", chains, [verdicts])).forwarded(HTTPS).verdict is Verdict.DROP


@pytest.mark.parametrize(
    "expressions",
    [
        [None],
        ["x"],
        [{}],
        [{"match": None}],
        [{"match": {"op": "==", "left": {"payload": {}}, "right": []}}],
        [{"match": {"op": "==", "left": {"meta": {"key": []}}, "right": {"set": 3}}}],
        [{"vmap": {"key": 1, "data": "@no"}}],
        [{"jump": {}}],
        [{"dnat": {"addr": {"map": {}}}}],
    ],
)
def test_what_nobody_expects_is_unknown(expressions: list[object]) -> None:
    rules = forward_rules([*expressions, do("drop")])  # type: ignore[list-item]
    outcome = rules.forwarded(HTTPS)
    assert outcome.verdict is Verdict.UNKNOWN
    assert outcome.unknown
