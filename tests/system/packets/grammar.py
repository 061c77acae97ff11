"""Random rulesets, of everything that can be evaluated and of some that cannot."""

from __future__ import annotations

from functools import partial
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from tests.system.packets.iptables_grammar import ebtables, iptables
from tests.system.packets.universe import FOUR, MACS, NETWORKS, PORTS, SIX

if TYPE_CHECKING:
    from collections.abc import Callable


class Loading(NamedTuple):
    """What loads one part of a ruleset."""

    program: tuple[str, ...]
    text: str


class Ruleset(NamedTuple):
    """One host's rules."""

    parts: tuple[Loading, ...]
    bridge_calls: bool

    def __str__(self) -> str:
        calls = f"bridge-nf-call-iptables={int(self.bridge_calls)}"
        return "\n".join(
            [calls, *(f"{' '.join(each.program)}:\n{each.text}" for each in self.parts)]
        )


def ruleset(seed: int) -> Ruleset:
    """The ruleset of a number."""
    random = Random(seed)  # noqa: S311 - the same ones again
    kinds = random.sample(["nft", "iptables-nft", "iptables-legacy", "bridge", "ebtables"], 2)
    if ("bridge" in kinds and "ebtables" in kinds) or kinds == ["ebtables"]:
        kinds.append("nft")
    makers: dict[str, Callable[[], list[Loading]]] = {
        "nft": lambda: [Loading(("nft", "-f", "-"), _nft(random))],
        "iptables-nft": lambda: _iptables(random, "nft"),
        "iptables-legacy": lambda: _iptables(random, "legacy"),
        "bridge": lambda: [Loading(("nft", "-f", "-"), _bridge(random))],
        "ebtables": lambda: [Loading(("ebtables-nft-restore",), ebtables(random))],
    }
    parts = [part for kind in sorted(set(kinds)) for part in makers[kind]()]
    return Ruleset(tuple(parts), random.random() < 0.7)


# nftables


def _nft(random: Random) -> str:
    family = random.choice(["inet", "inet", "ip", "ip6"])
    lines = [f"table {family} t {{", *_sets(random)]
    lines += ["chain x {", *_some(random, lambda: _nft_rule(random, family, 2), 3), "}"]
    lines += ["chain y {", *_some(random, lambda: _nft_rule(random, family, 1), 3), "}"]
    hooks = random.sample(["prerouting", "input", "forward", "output", "postrouting"], 3)
    for hook in (*hooks, *(("forward",) if random.random() < 0.5 else ())):
        name = f"{hook}{len(lines)}"
        priority = random.choice([-310, -150, -10, 0, 0, 10, 150])
        policy = random.choice(["accept"] * 5 + ["drop"])
        lines.append(
            f"chain {name} {{ type filter hook {hook} priority {priority}; policy {policy};"
        )
        lines += [*_some(random, partial(_nft_rule, random, family, 3, hook), 7), "}"]
    lines += _nft_nat(random, family)
    return "\n".join([*lines, "}", ""])


def _base(name: str, hook: str, priority: int, policy: str) -> str:
    return f"chain {name} {{ type filter hook {hook} priority {priority}; policy {policy};"


def _sets(random: Random) -> list[str]:
    elements = ", ".join(random.sample(["10.0.0.2", "10.1.0.0/24", "10.0.0.128-10.0.0.200"], 2))
    return [
        f"set four {{ type ipv4_addr; flags interval; elements = {{ {elements} }} }}",
        "set six { type ipv6_addr; elements = { fd00::2, fd01::2 } }",
        f"set ports {{ type inet_service; elements = {{ {random.choice(PORTS)} }} }}",
        "set pairs { type ipv4_addr . inet_service; flags interval; "
        f"elements = {{ 10.0.0.0/24 . {random.choice(PORTS)}, 10.1.0.2 . 20-90 }} }}",
        "map verdicts { type inet_service : verdict; elements = { "
        f"{random.choice(PORTS)} : {random.choice(['drop', 'accept', 'jump y'])} }} }}",
    ]


def _some(random: Random, make: Callable[[], str], most: int) -> list[str]:
    return [make() for _ in range(random.randint(1, most))]


def _fib(random: Random) -> str:
    """At some hooks only."""
    ends, how = random.choice(["saddr . iif", "daddr"]), random.choice(["exists", "missing"])
    kind = random.choice(["local", "unicast", "!= multicast"])
    return random.choice([f"fib daddr type {kind}", f"fib {ends} oif {how}"])


def _nft_rule(random: Random, family: str, depth: int, hook: str = "") -> str:
    version = {"ip": 4, "ip6": 6}.get(family) or random.choice([4, 4, 6])
    transport = random.choice(["tcp", "tcp", "udp", "icmp", "any", "any"])
    matches = [
        _nft_match(random, version, transport) for _ in range(random.choice([0, 1, 1, 2, 2, 3]))
    ]
    if hook in ("prerouting", "input", "forward") and random.random() < 0.15:
        matches.append(_fib(random))
    endings = ["accept", "accept", "drop", "return", "counter", "continue", "", "reject"]
    endings += ["meta mark set mark or 0x1", "meta mark set 0x2", "ct mark set 0x3"]
    if depth > 2:
        endings += ["jump x", "goto y", "jump x", "jump y"]
        endings += ["ct state vmap { established : accept, invalid : drop }"]
        endings += ["tcp dport vmap @verdicts"] if transport == "tcp" else []
        if transport == "tcp" and version == 4:
            pairs = f"10.0.0.2 . {random.choice(PORTS)} : drop, 10.1.0.0/24 . 1-100 : jump y"
            endings += [f"ip saddr . tcp dport vmap {{ {pairs} }}"]
        if transport == "any":
            way = random.choice(["drop", "goto y"])
            endings += [f"meta l4proto vmap {{ tcp : jump x, udp : {way} }}"]
    ending = random.choice(endings)
    if not matches and ending in ("drop", "reject"):
        ending = "counter"
    if hook in ("prerouting", "output") and matches and random.random() < 0.1:
        ending = "notrack"  # which has an effect before connections are recognised
    if hook not in ("input", "forward", "output") and ending == "reject":
        ending = "drop"  # the others know no reject
    return " ".join([*matches, ending]) or "counter"


def _nft_match(random: Random, version: int, transport: str) -> str:
    ip, addresses = ("ip", FOUR) if version == 4 else ("ip6", SIX)
    sign = random.choice(["", "", "", "!= "])
    side = random.choice(["saddr", "daddr"])
    found = [
        f"{ip} {side} {sign}{random.choice(addresses)}",
        f"{ip} {side} {sign}{random.choice(NETWORKS[version])}",
        f"{ip} {side} {sign}{{ {', '.join(random.sample(addresses, 2))} }}",
        f"{ip} saddr {sign}@{'four' if version == 4 else 'six'}",
        f"{ip} daddr . meta l4proto {{ {addresses[1]} . tcp, {addresses[4]} . udp }}",
        f"iifname {sign}{random.choice(['br0', 'pc', 'p*', '{ br0, x }'])}",
        f"oifname {sign}{random.choice(['br0', 'pc', 'b*'])}",
        f"iif {sign}{random.choice(['br0', 'pc', 'lo'])}",
        f"meta mark {sign}{random.choice(['0x0', '0x1', '0x2'])}",
        f"meta mark & 0x1 {random.choice(['==', '!='])} 0x1",
        f"ct state {sign}{random.choice(['new', 'established', 'established,related'])}",
        "ct state { new, untracked }",
        f"ct mark {sign}0x3",
        "ct status dnat",
        f"ct original {ip} daddr {sign}{random.choice(addresses)}",
        f"meta pkttype {sign}{random.choice(['host', 'broadcast'])}",
        "meta skuid 0",
        f"meta length {random.choice(['>', '<'])} 1000",
        f"ct direction {random.choice(['original', 'reply'])}",
        f"ether saddr {sign}{random.choice(MACS)}",
        "limit rate 1000/second burst 1000 packets",
        "limit rate over 1000/second burst 1000 packets",
        'log prefix "x y"',
    ]
    return random.choice(found + 3 * _of_transport(random, version, transport, sign))


def _of_transport(random: Random, version: int, transport: str, sign: str) -> list[str]:
    port, other = random.sample(PORTS, 2)
    if transport == "any":
        return [
            f"meta l4proto {sign}{random.choice(['tcp', 'udp', 'icmp', 'ipv6-icmp'])}",
            f"meta l4proto {{ tcp, udp }} th dport {sign}{port}",
            f"meta l4proto {{ tcp, udp }} th dport {{ {port}, {other} }}",
        ]
    if transport == "icmp":
        if version == 6:
            return ["icmpv6 type { echo-request, nd-redirect }"]
        return [f"icmp type {sign}echo-request", "ip protocol icmp"]
    found = [
        f"{transport} dport {sign}{port}",
        f"{transport} dport {sign}{{ {port}, {other}-9000 }}",
        f"{transport} dport >= {port}",
        f"{transport} sport {sign}20000-40000",
        f"{transport} dport {sign}@ports",
    ]
    if transport == "tcp":
        found += [
            f"tcp flags {random.choice(['syn', '& (syn | ack) == syn', '!= syn'])}",
            *(["ip saddr . tcp dport @pairs"] if version == 4 else []),
        ]
    return found


def _nft_nat(random: Random, family: str) -> list[str]:
    if random.random() < 0.4:
        return []
    four = family != "ip6"
    address = random.choice(FOUR if four else SIX)
    word = "ip" if four else "ip6"
    wrapped = address if four else f"[{address}]"
    port = random.choice(PORTS)
    first = _nft_match(random, 4 if four else 6, "tcp")
    lines = [
        "chain nat1 { type nat hook prerouting priority dstnat;",
        random.choice(
            [
                f"{first} tcp dport {port} dnat {word} to {wrapped}:80",
                f"udp dport {port} dnat {word} to {address}",
                f"meta l4proto {{ tcp, udp }} dnat {word} to th dport map {{ {port} : {address} }}",
                f"tcp dport {port} redirect to :8080",
                *(_nat_by_maps(port, address) if family == "ip" else []),
            ]
        ),
        "}",
        "chain nat2 { type nat hook postrouting priority srcnat;",
        random.choice(
            [
                "oifname pc masquerade",
                "oifname br0 ct status dnat masquerade",
                f"{word} saddr {'10.0.0.0/24' if four else 'fd00::/64'} oifname pc masquerade",
                f"oifname pc snat {word} to {'10.1.0.77' if four else 'fd01::77'}",
            ]
        ),
        "}",
    ]
    if random.random() < 0.3:
        lines += [
            "chain nat3 { type nat hook output priority -100;",
            f"udp dport {port} dnat {word} to {address}",
            "}",
        ]
    return lines


def _nat_by_maps(port: int, address: str) -> list[str]:
    pair = f"10.1.0.2 . {port} : {address} . 80"
    return [
        f"dnat ip to ip saddr . tcp dport map {{ {pair} }}",
        f"ip saddr vmap {{ 10.0.0.3 : accept }} udp dport {port} dnat to {address}:53",
    ]


# The bridge family


def _bridge(random: Random) -> str:
    lines = ["table bridge t {", "chain x {", *_some(random, lambda: _bridge_rule(random), 3), "}"]
    for hook in random.sample(["prerouting", "input", "forward", "output", "postrouting"], 3):
        priority = random.choice([-300, -1, 0, 5])
        policy = random.choice(["accept"] * 5 + ["drop"])
        lines.append(
            f"chain {hook}1 {{ type filter hook {hook} priority {priority}; policy {policy};"
        )
        lines += [*_some(random, lambda: _bridge_rule(random, jumps=True), 6), "}"]
    return "\n".join([*lines, "}", ""])


def _bridge_rule(random: Random, *, jumps: bool = False) -> str:
    matches = [random.choice(_bridge_protocol(random)), random.choice(_bridge_frame(random))]
    kept = random.sample(matches, random.choice([1, 1, 2]))
    endings = ["accept", "drop", "counter", "meta mark set 0x1", *(["jump x"] if jumps else [])]
    return " ".join([*kept, random.choice(endings)])


def _bridge_frame(random: Random) -> list[str]:
    sign = random.choice(["", "", "!= "])
    return [
        f"ether saddr {sign}{random.choice(MACS)}",
        f"ether daddr {sign}{random.choice(MACS)}",
        f"iifname {sign}{random.choice(['pa', 'pb', 'p*'])}",
        f"oifname {sign}{random.choice(['pa', 'pb'])}",
        f"meta mark {sign}0x1",
        "ether daddr & 01:00:00:00:00:00 == 01:00:00:00:00:00",
    ]


def _bridge_protocol(random: Random) -> list[str]:
    """Two of them would contradict each other."""
    sign = random.choice(["", "", "!= "])
    return [
        f"ether type {sign}{random.choice(['ip', 'ip6', 'arp', '8021q'])}",
        f"meta protocol {sign}{random.choice(['ip', 'arp'])}",
        f"ip saddr {sign}{random.choice(FOUR)}",
        f"ip daddr {sign}{random.choice(NETWORKS[4])}",
        f"ip6 daddr {sign}{random.choice(SIX)}",
        f"tcp dport {sign}{random.choice(PORTS)}",
        f"udp dport {{ {random.choice(PORTS)}, 1-20 }}",
        f"arp operation {sign}{random.choice(['request', 'reply'])}",
        f"arp saddr ip {sign}{random.choice(FOUR)}",
        f"vlan id {sign}5",
        f"meta l4proto {sign}{random.choice(['tcp', 'udp'])}",
    ]


def _iptables(random: Random, kind: str) -> list[Loading]:
    versions = random.choice([(4,), (4,), (4, 6)])
    names = {4: "iptables", 6: "ip6tables"}
    return [
        Loading((f"{names[version]}-{kind}-restore",), iptables(random, version))
        for version in versions
    ]
