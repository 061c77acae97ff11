"""What the kernel says of packets: over a bridge, a route and NAT, stopped by whatever stops them.
Between namespaces, no guests: the rules see ports and addresses."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.lab.features import lab_unavailable
from tests.lab.namespaces import Namespaces
from tests.lab.process import LabProcess, entering
from tests.lab.programs import find_program
from vnetmgr.model.path.codec import from_json
from vnetmgr.model.path.live import Fate, LivePacket, LiveTrace
from vnetmgr.packets.evaluate import BridgeCalls, Rules
from vnetmgr.packets.packet import Packet, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).parents[3]
GUEST, LAN, HOST, OUT = "10.9.0.10", "10.9.0.1", "10.9.0.2", "192.0.2.9"
_SETUP = """
set -e
ip link set lo up
ip link add name br0 address 02:00:00:00:00:01 type bridge stp_state 0 forward_delay 0
ip address add 10.9.0.2/24 dev br0
ip link set dev br0 up
host() {  # NAME ADDRESS MAC
    ip netns add $1
    ip link add name $1 type veth peer name eth0 address $3 netns $1
    ip link set dev $1 up
    ip -n $1 link set dev lo up
    ip -n $1 address add $2/24 dev eth0
    ip -n $1 link set dev eth0 up
}
host guest 10.9.0.10 02:00:00:00:00:10; host lan 10.9.0.1 02:00:00:00:00:11
host out 192.0.2.9 02:00:00:00:00:12
ip link set dev guest master br0; ip link set dev lan master br0
ip address add 192.0.2.1/24 dev out
ip -n guest route add default via 10.9.0.2
# Where rules drop it, ARP would not tell: nobody has to ask.
ip -n guest neighbour replace 10.9.0.2 lladdr 02:00:00:00:00:01 dev eth0
ip -n guest neighbour replace 10.9.0.1 lladdr 02:00:00:00:00:11 dev eth0
ip -n lan neighbour replace 10.9.0.10 lladdr 02:00:00:00:00:10 dev eth0
ip neighbour replace 10.9.0.10 lladdr 02:00:00:00:00:10 dev br0
ip neighbour replace 192.0.2.9 lladdr 02:00:00:00:00:12 dev out
echo 1 > /proc/sys/net/ipv4/ip_forward
echo 0 > /proc/sys/net/ipv6/conf/all/disable_ipv6
"""
_SEND = """
import json, socket, sys, time
for line in sys.stdin:
    before = None
    for address, protocol, port in json.loads(line):
        if before not in (None, (address, protocol, port)):
            time.sleep(0.002)  # those that are alike are a burst, which is to be one
        before = address, protocol, port
        kind = {"tcp": socket.SOCK_STREAM, "udp": socket.SOCK_DGRAM}[protocol]
        with socket.socket(socket.AF_INET, kind) as channel:
            channel.setblocking(False)
            try:
                channel.connect((address, port))
                channel.send(b"x")
            except OSError:
                pass
    print("sent", flush=True)
"""
_WATCH = """
import json, subprocess, sys, time
from ipaddress import ip_address
from threading import Thread
from vnetmgr.local.nftrace.watch import watch
from vnetmgr.model.path.codec import to_json
from vnetmgr.model.path.live import Wanted

def nft(*words, given=""):
    how = dict(input=given, text=True, check=True, capture_output=True)
    return subprocess.run(["nft", *words], **how).stdout

def send(packets, ended):
    while "vntrace" not in nft("list", "tables"):
        time.sleep(0.01)
    print(packets, file=sender.stdin, flush=True)
    sender.stdout.readline()
    ended.append(time.monotonic())

found = []
command = ["ip", "netns", "exec", "guest", sys.executable, "-c", sys.argv[1]]
sender = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
for rules, calls, destination, protocol, packets in json.load(sys.stdin):
    nft("flush", "ruleset")
    nft("-f", "-", given=rules)
    with open("/proc/sys/net/bridge/bridge-nf-call-iptables", "w") as switch:
        switch.write(calls)
    before = json.loads(nft("-j", "list", "ruleset"))["nftables"]
    wanted = Wanted(
        source=ip_address("10.9.0.10"), destination=ip_address(destination), protocol=protocol
    )
    for seconds in (0.6, 3.0, 10.0):
        ended = []
        sending = Thread(target=send, args=(packets, ended), daemon=True)
        sending.start()
        seen = watch(wanted, seconds)
        until = time.monotonic()
        sending.join()
        if ended[0] + 0.3 < until:  # 0.2 s of it are after the end, for what is under way
            break
    assert len(json.loads(nft("-j", "list", "ruleset"))["nftables"]) == len(before)
    found.append([before, to_json(seen)])
sender.communicate()
print(json.dumps(found))
"""
_HOLD = """
from ipaddress import ip_address
from vnetmgr.local.nftrace.watch import watch
from vnetmgr.model.path.live import Wanted
watch(Wanted(destination=ip_address("10.9.0.1")), 60)
"""
NAT = """
table ip nat {
    chain post { type nat hook postrouting priority 100; oifname "out" masquerade; }
}
"""
DROPS = """
table inet fw {
    chain blocked { udp dport 7002 drop; }
    chain flt {
        type filter hook forward priority 0; policy accept
        udp dport 7000 accept
        jump blocked
        udp dport 7003 reject
    }
    chain last { type filter hook forward priority 10; policy drop; udp dport != 7004 accept; }
}
"""


class Lab:
    """The namespaces."""

    def __init__(self, namespaces: Namespaces) -> None:
        self._namespaces = namespaces

    def popen(self, *argv: str) -> LabProcess:
        line = entering(argv, namespaces_of=self._namespaces.pid, cwd=REPOSITORY)
        return LabProcess(line, env=dict(os.environ), stdin=subprocess.PIPE)

    def run(self, *argv: str, given: str = "") -> str:
        with self.popen(*argv) as process:
            out, said = process.communicate(given, timeout=300)
        assert process.returncode == 0, said
        return out

    def watch(
        self, *asked: tuple[str, bool, str, str | None, list[tuple[str, str, int]]]
    ) -> list[tuple[list[Any], LiveTrace]]:
        """(rules, whether bridges call IP's, destination, protocol, packets) -> the rules as nft
        lists them, and what was seen."""
        scenes = [
            (rules, str(int(calls)), destination, protocol, json.dumps(packets))
            for rules, calls, destination, protocol, packets in asked
        ]
        line = (sys.executable, "-P", "-c", _WATCH, _SEND)
        found = json.loads(self.run(*line, given=json.dumps(scenes)))
        return [(rules, from_json(LiveTrace, seen)) for rules, seen in found]

    def see(self, rules: str, destination: str, *ports: int, calls: bool = False) -> LiveTrace:
        """UDP to these ports."""
        packets = [(destination, "udp", port) for port in ports]
        ((_, seen),) = self.watch((rules, calls, destination, "udp", packets))
        return seen

    def tables(self) -> str:
        return self.run("nft", "list", "tables")


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    if reason := lab_unavailable():
        pytest.skip(reason)
    namespaces = Namespaces()
    try:
        made = Lab(namespaces)
        made.run("sh", "-c", _SETUP)
        yield made
    finally:
        namespaces.close()


def fates(seen: LiveTrace) -> dict[int | None, Fate]:
    return {each.target_port: each.fate for each in seen.packets if not each.reply}


def test_over_a_bridge_where_ip_rules_have_a_say(lab: Lab) -> None:
    seen = lab.see(DROPS, LAN, *range(7000, 7005), calls=True)
    assert fates(seen) == {
        7000: Fate.PASSED,
        7001: Fate.PASSED,
        7002: Fate.DROPPED,
        7003: Fate.DROPPED,
        7004: Fate.DROPPED,
    }
    stopped = {each.target_port: each.hops[-1] for each in seen.packets if not each.reply}
    assert (stopped[7002].chain, stopped[7002].verdict) == ("blocked", "drop")
    assert (stopped[7004].chain, stopped[7004].handle) == ("last", None)  # its policy
    (first, *_) = seen.packets
    assert (first.in_link, first.out_link, first.left_as) == ("guest", "lan", None)


def test_over_a_bridge_where_they_have_none(lab: Lab) -> None:
    seen = lab.see(DROPS, LAN, 7002, 7004)
    assert fates(seen) == {7002: Fate.PASSED, 7004: Fate.PASSED}
    assert not any(each.hops for each in seen.packets)


def test_routed_by_nat_there_and_back(lab: Lab) -> None:
    """The answer is the port's: nobody listens there."""
    seen = lab.see(NAT, OUT, 7000)
    there = next(each for each in seen.packets if not each.reply)
    assert (there.fate, there.in_link, there.out_link) == (Fate.PASSED, "guest", "out")
    assert there.left_as == (ip_address("192.0.2.1"), ip_address(OUT))
    assert [each.chain for each in there.hops] == ["post"]
    packets = [(OUT, "tcp", 7000)]
    ((_, seen),) = lab.watch((NAT, False, OUT, "tcp", packets))
    back = next(each for each in seen.packets if each.reply)
    assert (back.source, back.target) == (ip_address(OUT), ip_address("192.0.2.1"))
    assert back.left_as == (ip_address(OUT), ip_address(GUEST))
    assert (back.fate, back.in_link, back.out_link) == (Fate.PASSED, "out", "guest")


def test_to_the_host_itself(lab: Lab) -> None:
    (packet, *_) = lab.see("", HOST, 7000).packets
    assert (packet.fate, packet.reached) == (Fate.PASSED, "inet input")


def test_iptables_legacy_is_a_hole_that_is_seen(lab: Lab) -> None:
    if not find_program("iptables-legacy"):
        pytest.skip("no iptables-legacy")
    rule = ("FORWARD", "-p", "udp", "--dport", "7000", "-j", "DROP")
    lab.run("iptables-legacy", "-A", *rule)
    try:
        seen = lab.see("", OUT, 7000, 7001)
    finally:
        lab.run("iptables-legacy", "-D", *rule)
    assert fates(seen) == {7000: Fate.LOST, 7001: Fate.PASSED}


def test_only_so_many_are_traced_and_that_is_said(lab: Lab) -> None:
    packets = [(LAN, "udp", 7000)] * 60
    ((_, seen),) = lab.watch(("", False, LAN, "udp", packets))
    assert seen.matched > seen.traced
    assert len([each for each in seen.packets if not each.reply]) < 60


def test_other_packets_are_not_traced(lab: Lab) -> None:
    packets = [(OUT, "udp", 7000), (LAN, "tcp", 7000)]
    ((_, seen),) = lab.watch(("", False, LAN, "udp", packets))
    assert (seen.packets, seen.matched) == ((), 0)


def test_the_tables_go_with_the_process(lab: Lab) -> None:
    """Whenever that is killed, and nobody else can remove them."""
    lab.run("nft", "flush", "ruleset")
    for wait_s in (0.3, None, 0.1, 0.2):
        with lab.popen(sys.executable, "-P", "-c", _HOLD) as process:
            if wait_s is None:
                _until(lambda: "vntrace" in lab.tables())
                lab.run("sh", "-c", "nft flush ruleset || true")
                assert "vntrace" in lab.tables()
            else:
                time.sleep(wait_s)
            process.kill()
            process.communicate(timeout=30)
        _until(lambda: lab.tables() == "")


def _until(met: Any) -> None:
    end = time.monotonic() + 30
    while not met():
        assert time.monotonic() < end
        time.sleep(0.02)


# The evaluator and the kernel, over the same rules


def test_the_evaluator_says_the_same(lab: Lab) -> None:
    assert _compare(lab, random.Random(16), rulesets=8) > 60  # noqa: S311


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(5))
def test_it_does_so_of_a_thousand_packets(lab: Lab, seed: int) -> None:
    assert _compare(lab, random.Random(seed), rulesets=40) > 300  # noqa: S311


def _compare(lab: Lab, chance: random.Random, rulesets: int) -> int:
    """How many packets went by random rules as the evaluator says, rule by rule."""
    scenes = []
    for number in range(rulesets):
        destination = (LAN, OUT)[number % 2]
        packets = [(destination, chance.choice(("udp", "tcp")), each) for each in range(7000, 7016)]
        scenes.append((_random_rules(chance), chance.random() < 0.7, destination, None, packets))
    compared = 0
    for scene, (rules, seen) in zip(scenes, lab.watch(*scenes), strict=True):
        evaluated = Rules(rules, calls=BridgeCalls(ip=scene[1], ip6=True))
        for packet in seen.packets:
            if packet.reply or _is_repeated(packet, seen):
                continue
            expected = _evaluate(evaluated, packet)
            if expected is not None:
                assert (packet.fate, _hops(packet)) == expected, (scene[0], packet)
                compared += 1
    return compared


def _is_repeated(packet: LivePacket, seen: LiveTrace) -> bool:
    """A SYN that is sent again is of a connection that is known."""
    alike = [each for each in seen.packets if each.source_port == packet.source_port]
    return alike[0] is not packet


def _evaluate(rules: Rules, seen: LivePacket) -> tuple[Fate, list[tuple[Any, ...]]] | None:
    bridged = str(seen.target) == LAN
    packet = Packet(
        mac_from="02:00:00:00:00:10",
        mac_to="02:00:00:00:00:11" if bridged else "02:00:00:00:00:01",
        source=seen.source,
        target=seen.target,
        protocol=seen.protocol,
        source_port=seen.source_port,
        target_port=seen.target_port,
        in_link="br0",
        in_port="guest",
        out_link="br0" if bridged else "out",
        out_port="lan" if bridged else "",
    )
    outcome = rules.bridged(packet) if bridged else rules.forwarded(packet)
    if outcome.verdict is Verdict.UNKNOWN:
        return None
    fate = Fate.PASSED if outcome.passes else Fate.DROPPED
    return fate, [(hop.family, hop.table, hop.chain, hop.handle) for hop in outcome.hops]


def _hops(packet: LivePacket) -> list[tuple[Any, ...]]:
    return [
        (hop.family, hop.table, hop.chain, hop.handle)
        for hop in packet.hops
        if hop.verdict not in ("continue", "return")  # of which the evaluator says nothing
    ]


def _random_rules(chance: random.Random) -> str:
    """Tables of both families with chains that jump on."""
    text = ""
    for family, table in (("bridge", "b"), ("inet", "i"), ("ip", "v4")):
        inner = "\n".join(f"  {_random_rule(chance, family, [])}" for _ in range(4))
        text += f"table {family} {table} {{\n chain more {{\n{inner}\n }}\n"
        for hook in chance.sample(["prerouting", "forward", "postrouting"], 2):
            rules = "\n".join(f"  {_random_rule(chance, family, ['more'])}" for _ in range(6))
            policy = chance.choice(["accept", "accept", "drop"])
            priority = chance.choice([-10, 0, 5])
            text += f" chain at_{hook} {{ type filter hook {hook} priority {priority};"
            text += f" policy {policy}\n  udp dport 7000-7007 counter\n{rules}\n"
            text += "  udp dport >= 7000 accept\n }\n"
        text += "}\n"
    return text


def _random_rule(chance: random.Random, family: str, chains: list[str]) -> str:
    low = chance.randrange(7000, 7016)
    link = "guest" if family == "bridge" else "br0"
    match = chance.choice(
        [
            f"udp dport {low}",
            f"tcp dport {low}-{low + 3}",
            f"th dport {{ {low}, {low + 2}, {low + 5} }}",
            f"ip daddr {chance.choice([LAN, OUT])} udp dport != {low}-7020",
            f'iifname "{link}" tcp dport < {low - 5}',
            "ip saddr 10.9.0.0/28 ip protocol tcp meta mark 1",
            f"udp dport vmap {{ {low} : accept, {low + 3} : drop }} udp dport {low + 1}",
            f"udp sport 1024-65535 udp dport {low}",
            "ct state established,related"
            if family != "bridge"
            else f"ether type ip th dport {low}",
            f"ct state new tcp dport {low}" if family != "bridge" else f"tcp dport {low}",
        ]
    )
    verdicts = ["accept", "drop", "return", "meta mark set 1", *(f"jump {each}" for each in chains)]
    match = match.replace("th dport", "meta l4proto { tcp, udp } th dport")
    return f"{match} {chance.choice([*verdicts, *(f'goto {each}' for each in chains)])}"
