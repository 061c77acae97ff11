"""Random rulesets, of everything that can be evaluated and of some that cannot."""

from __future__ import annotations

from functools import partial
from random import Random
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

_FOUR = ("10.0.0.1", "10.0.0.2", "10.0.0.3", "10.1.0.1", "10.1.0.2")
_SIX = ("fd00::1", "fd00::2", "fd00::3", "fd01::1", "fd01::2")
_NETWORKS = {4: ("10.0.0.0/24", "10.1.0.0/16", "10.0.0.2/31"), 6: ("fd00::/64", "fd01::/32")}
PORTS = (22, 53, 80, 443, 8080)
_MACS = ("02:00:00:00:00:01", "02:00:00:00:00:02", "02:00:00:00:00:03")


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
        "ebtables": lambda: [Loading(("ebtables-nft-restore",), _ebtables(random))],
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
        if transport == "any":
            way = random.choice(["drop", "goto y"])
            endings += [f"meta l4proto vmap {{ tcp : jump x, udp : {way} }}"]
    ending = random.choice(endings)
    if not matches and ending in ("drop", "reject"):
        ending = "counter"
    if hook not in ("input", "forward", "output") and ending == "reject":
        ending = "drop"  # the others know no reject
    return " ".join([*matches, ending]) or "counter"


def _nft_match(random: Random, version: int, transport: str) -> str:
    ip, addresses = ("ip", _FOUR) if version == 4 else ("ip6", _SIX)
    sign = random.choice(["", "", "", "!= "])
    side = random.choice(["saddr", "daddr"])
    found = [
        f"{ip} {side} {sign}{random.choice(addresses)}",
        f"{ip} {side} {sign}{random.choice(_NETWORKS[version])}",
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
        f"ct direction {random.choice(['original', 'reply'])}",
        f"ether saddr {sign}{random.choice(_MACS)}",
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
    address = random.choice(_FOUR if four else _SIX)
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
        f"ether saddr {sign}{random.choice(_MACS)}",
        f"ether daddr {sign}{random.choice(_MACS)}",
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
        f"ip saddr {sign}{random.choice(_FOUR)}",
        f"ip daddr {sign}{random.choice(_NETWORKS[4])}",
        f"ip6 daddr {sign}{random.choice(_SIX)}",
        f"tcp dport {sign}{random.choice(PORTS)}",
        f"udp dport {{ {random.choice(PORTS)}, 1-20 }}",
        f"arp operation {sign}{random.choice(['request', 'reply'])}",
        f"arp saddr ip {sign}{random.choice(_FOUR)}",
        f"vlan id {sign}5",
        f"meta l4proto {sign}{random.choice(['tcp', 'udp'])}",
    ]


# iptables


def _iptables(random: Random, kind: str) -> list[Loading]:
    versions = random.choice([(4,), (4,), (4, 6)])
    names = {4: "iptables", 6: "ip6tables"}
    return [
        Loading((f"{names[version]}-{kind}-restore",), _tables(random, version))
        for version in versions
    ]


def _tables(random: Random, version: int) -> str:
    lines = ["*filter", ":INPUT ACCEPT", f":FORWARD {random.choice(['ACCEPT', 'ACCEPT', 'DROP'])}"]
    lines += [":OUTPUT ACCEPT", ":OWN -", ":DOCKER-USER -"]
    for chain in ("INPUT", "FORWARD", "FORWARD", "OUTPUT", "OWN", "DOCKER-USER"):
        for _ in range(random.randint(1, 4)):
            lines.append(f"-A {chain} {_iptables_rule(random, version, chain)}")
    lines.append("COMMIT")
    if random.random() < 0.6:
        lines += _iptables_nat(random, version)
    if random.random() < 0.4:
        mark = random.choice(["MARK --set-xmark 0x1/0xff", "CONNMARK --set-xmark 0x3/0xffffffff"])
        lines += ["*mangle", ":PREROUTING ACCEPT", ":FORWARD ACCEPT", ":POSTROUTING ACCEPT"]
        lines += [f"-A PREROUTING {_iptables_match(random, version, 'PREROUTING')} -j {mark}"]
        lines += ["-A FORWARD -j CONNMARK --save-mark", "COMMIT"]
    return "\n".join([*lines, ""])


def _iptables_rule(random: Random, version: int, chain: str) -> str:
    matches = [_iptables_match(random, version, chain) for _ in range(random.choice([1, 1, 2]))]
    kept: dict[str, str] = {}
    for each in matches:
        kept.setdefault(_about(each), each)
    targets = ["ACCEPT", "ACCEPT", "DROP", "RETURN", "REJECT", 'LOG --log-prefix "x y"']
    targets += ["MARK --set-xmark 0x1/0xffffffff"] if chain in ("PREROUTING",) else []
    if chain in ("INPUT", "FORWARD", "OUTPUT"):
        targets += ["OWN", "DOCKER-USER"]
        if random.random() < 0.1:
            return " ".join([*kept.values(), "-g OWN"])
    return " ".join([*kept.values(), "-j", random.choice(targets)])


def _about(match: str) -> str:
    """Of options that iptables takes once, the first counts."""
    words = match.replace("! ", "").split()
    return "-p" if words[0] == "-p" else words[0] if words[0] != "-m" else " ".join(words[:2])


def _iptables_match(random: Random, version: int, chain: str) -> str:
    addresses, icmp = (_FOUR, "icmp") if version == 4 else (_SIX, "icmpv6")
    sign = random.choice(["", "", "! "])
    port, other = sorted(random.sample(PORTS, 2))
    transport = random.choice(["tcp", "udp"])
    echo = (
        "-p icmp -m icmp --icmp-type 8" if version == 4 else "-p icmpv6 -m icmp6 --icmpv6-type 128"
    )
    found = [
        f"{sign}-s {random.choice(addresses)}",
        f"{sign}-d {random.choice(_NETWORKS[version])}",
        f"{sign}-p {random.choice(['tcp', 'udp', icmp])}",
        f"-p {transport} -m {transport} {sign}--dport {port}",
        f"-p {transport} -m {transport} --dport {port}:{other}",
        f"-p {transport} -m multiport {sign}--dports {port},{other}",
        f"-p {transport} -m multiport --ports {port},30000:60000",
        f"-p tcp -m tcp {sign}--tcp-flags SYN,ACK SYN",
        echo,
        f"-m conntrack {sign}--ctstate {random.choice(['NEW', 'RELATED,ESTABLISHED', 'DNAT'])}",
        f"-m conntrack --ctdir {random.choice(['ORIGINAL', 'REPLY'])}",
        f"-m conntrack {sign}--ctorigdst {random.choice(addresses)}",
        f"-m mark {sign}--mark 0x1/0x1",
        f"-m connmark {sign}--mark 0x3",
        f"-m addrtype {sign}--dst-type LOCAL",
        '-m comment --comment "it\'s \\"so\\""',
        "-m limit --limit 1000/sec --limit-burst 1000",
        f"-m iprange {sign}--src-range {addresses[0]}-{addresses[1]}",
    ]
    if chain in ("INPUT", "FORWARD", "PREROUTING"):
        found += [
            f"{sign}-i {random.choice(['br0', 'pc', 'p+'])}",
            f"-m physdev {sign}--physdev-in {random.choice(['pa', 'pb'])}",
            f"-m mac {sign}--mac-source {random.choice(_MACS)}",
        ]
    if chain == "FORWARD":
        found += [
            f"{sign}-o {random.choice(['br0', 'pc', 'b+'])}",
            f"-m physdev {sign}--physdev-is-bridged",
            "-m physdev --physdev-is-bridged --physdev-out pb",
        ]
    if chain == "OUTPUT":
        found += [f"{sign}-o {random.choice(['br0', 'pc'])}"]
    return random.choice(found)


def _iptables_nat(random: Random, version: int) -> list[str]:
    address = random.choice(_FOUR if version == 4 else _SIX)
    wrapped = address if version == 4 else f"[{address}]"
    port = random.choice(PORTS)
    network = "10.0.0.0/24" if version == 4 else "fd00::/64"
    tcp, other = f"-p tcp -m tcp --dport {port}", "10.1.0.77" if version == 4 else "fd01::77"
    lines = ["*nat", ":PREROUTING ACCEPT", ":INPUT ACCEPT", ":OUTPUT ACCEPT", ":POSTROUTING ACCEPT"]
    lines += [":DOCKER -", "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER"]
    lines.append(
        random.choice(
            [
                f"-A DOCKER ! -i lo {tcp} -j DNAT --to-destination {wrapped}:80",
                f"-A PREROUTING -p udp -m udp --dport {port} -j DNAT --to-destination {address}",
                f"-A PREROUTING {tcp} -j REDIRECT --to-ports 8080",
            ]
        )
    )
    lines.append(
        random.choice(
            [
                f"-A POSTROUTING -s {network} ! -o br0 -j MASQUERADE",
                f"-A POSTROUTING -o pc -j SNAT --to-source {other}",
            ]
        )
    )
    return [*lines, "COMMIT"]


def _ebtables(random: Random) -> str:
    lines = ["*filter", ":INPUT ACCEPT", ":FORWARD ACCEPT", ":OUTPUT ACCEPT", ":OWN ACCEPT"]
    for chain in ("INPUT", "FORWARD", "FORWARD", "OUTPUT", "OWN"):
        for _ in range(random.randint(1, 3)):
            targets = ["ACCEPT", "DROP", "CONTINUE", *(["OWN"] if chain != "OWN" else ["RETURN"])]
            lines.append(f"-A {chain} {_ebtables_match(random, chain)} -j {random.choice(targets)}")
    return "\n".join([*lines, ""])


def _ebtables_match(random: Random, chain: str) -> str:
    sign = random.choice(["", "", "! "])
    found = [
        f"-s {sign}{random.choice(_MACS)}",
        f"-d {sign}{random.choice(_MACS)}",
        f"-p {sign}{random.choice(['IPv4', 'IPv6', 'ARP'])}",
        f"-p ARP --arp-op {random.choice(['Request', 'Reply'])}",
        f"-p ARP --arp-ip-src {sign}{random.choice(_FOUR)}",
        f"-p IPv4 --ip-src {sign}{random.choice(_FOUR)}",
        f"-p IPv4 --ip-dst {sign}10.0.0.0/24",
        f"-p IPv4 --ip-proto udp --ip-dport {random.choice(PORTS)}",
        f"-p IPv4 --ip-proto {sign}tcp",
        f"-p IPv6 --ip6-src {random.choice(_SIX)}",
    ]
    if chain in ("INPUT", "FORWARD"):
        found += [f"-i {sign}{random.choice(['pa', 'pb', 'p+'])}"]
    if chain in ("OUTPUT", "FORWARD"):
        found += [f"-o {sign}{random.choice(['pa', 'pb'])}"]
    return random.choice(found)
