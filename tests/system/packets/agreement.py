"""Rulesets that a kernel has loaded, and packets that it has passed or not: what was evaluated
against what happened. `python -m tests.system.packets.agreement FIRST COUNT` in a network namespace
of its own prints what it found as JSON.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from ipaddress import ip_interface, ip_network
from pathlib import Path
from random import Random
from typing import NamedTuple

from tests.system.packets.grammar import Ruleset, ruleset
from tests.system.packets.universe import PORTS
from tests.system.packets.wire import ADDRESSES, HOST, HOST_MACS, MACS, Seen, Wire, loaded, run
from vnetmgr.local.path.asking import Asked
from vnetmgr.local.path.rulesets import read_rulesets
from vnetmgr.model.record import replace
from vnetmgr.packets import BridgeCalls, Outcome, Packet, Rules, Surroundings, Verdict, usual
from vnetmgr.packets.packet import IPV4, IPV6

PACKETS = 50
_BRIDGED_NAT = "NAT of a bridged packet"
_QUIET_S, _LATE_S = 0.025, 3.0
# (from, to): `host` is any of its own addresses.
_WAYS = (
    *(("a", "b"), ("b", "a"), ("a", "c"), ("c", "a"), ("b", "c"), ("a", "host"), ("c", "host")),
    *(("host", "a"), ("host", "c"), ("c", "b"), ("a", "b")),
)
AROUND = Surroundings(
    [
        (link, ip_interface(f"{each}/{24 if each.version == 4 else 64}"))
        for link, addresses in HOST.items()
        for each in addresses
    ],
    [
        (ip_network(text), link)
        for text, link in (
            *(("10.0.0.0/24", "br0"), ("10.1.0.0/24", "pc"), ("fd00::/64", "br0")),
            *(("fd01::/64", "pc"), ("fe80::/64", "br0"), ("fe80::/64", "pc")),
        )
    ],
)


class Expected(NamedTuple):
    """What was evaluated: whether it arrives, where, and as what; None: unknown."""

    passes: bool | None
    where: str
    packet: Packet
    outcome: Outcome


class Result(NamedTuple):
    """Of many packets."""

    agreed: int
    unknown: Counter[str]
    wrong: list[str]


def packets(seed: int) -> list[tuple[str, Packet]]:
    """Who sends what; each is the first of its connection."""
    random = Random(seed)  # noqa: S311 - the same ones again
    return [_packet(random, seed, number) for number in range(PACKETS)]


def _packet(random: Random, seed: int, number: int) -> tuple[str, Packet]:
    sender, receiver = random.choice(_WAYS)
    version = random.choice([4, 4, 4, 6])
    at = 0 if version == 4 else 1
    source = ADDRESSES[sender][at] if sender != "host" else HOST[_link_of(receiver)][at]
    link = _link_of(sender) if sender != "host" else ""
    target = ADDRESSES[receiver][at] if receiver != "host" else random.choice(HOST[link or "pc"])
    if target.version != version:
        target = HOST[link or "pc"][at]
    kind = random.choice(["tcp", "tcp", "udp", "udp", "icmp", "arp"])
    port, own = random.choice(PORTS), 10_000 + (seed * PACKETS + number) % 50_000
    if kind == "tcp":
        packet = replace(usual.tcp(source, target, port), source_port=own)
    elif kind == "udp":
        packet = replace(usual.udp(source, target, port), source_port=own)
    elif kind == "arp" and (sender, receiver) == ("a", "b"):
        packet = usual.arp(MACS["a"], ADDRESSES["a"][0], ADDRESSES["b"][0])
    else:
        packet = replace(usual.ping(source, target), source_port=own)
    return sender, _placed(packet, sender, receiver)


def _link_of(machine: str) -> str:
    return "pc" if machine == "c" else "br0"


def _placed(packet: Packet, sender: str, receiver: str) -> Packet:
    """Where it comes in, and to whom the frame goes."""
    if sender == "host":
        return packet
    link = _link_of(sender)
    direct = receiver in MACS and _link_of(receiver) == link
    return replace(
        packet,
        mac_from=MACS[sender],
        mac_to=packet.mac_to or (MACS[receiver] if direct else HOST_MACS[link]),
        in_link=link,
        in_port="" if sender == "c" else f"p{sender}",
    )


def expected(rules: Rules, sender: str, packet: Packet) -> Expected:
    """What the rules do with it, and the host's own tables."""
    if sender == "host":
        return _sent(rules, packet)
    receiver = next((name for name, mac in MACS.items() if mac == packet.mac_to), None)
    if packet.mac_to == "ff:ff:ff:ff:ff:ff":
        receiver = "b" if sender == "a" else "a"
    if receiver is not None:
        onto = replace(packet, out_link=packet.in_link, out_port=f"p{receiver}")
        return _found(rules.bridged(onto), receiver)
    arrived = rules.arriving(packet)
    if not arrived.passes or arrived.others:
        return _found(arrived, "")
    found = _routed(rules, packet, arrived)
    hops = (*arrived.hops, *found.outcome.hops)
    return found._replace(outcome=replace(found.outcome, hops=hops))


def _routed(rules: Rules, packet: Packet, arrived: Outcome) -> Expected:
    target = arrived.packet.target
    if any(target in addresses for addresses in HOST.values()):
        return _found(rules.delivered(arrived.packet), "host")
    receiver = next((name for name, each in ADDRESSES.items() if target in each), None)
    if receiver is None:
        return _found(arrived, "", lost=True)
    onto = replace(arrived.packet, **_out(receiver))
    if rules.bridges(packet, onto):
        return _found(replace(arrived, verdict=Verdict.UNKNOWN, unknown=(_BRIDGED_NAT,)), "")
    return _found(rules.passing(onto), receiver)


def _sent(rules: Rules, packet: Packet) -> Expected:
    receiver = next(name for name, each in ADDRESSES.items() if packet.target in each)
    outcome = rules.sending(replace(packet, **_out(receiver)))
    if not outcome.passes:
        return _found(outcome, "")
    if outcome.packet.target != packet.target:
        changed = ("NAT of what the host sends",)
        return _found(replace(outcome, verdict=Verdict.UNKNOWN, unknown=changed), "")
    return _found(rules.leaving(outcome.packet), receiver)


def _out(receiver: str) -> dict[str, str]:
    port = "" if receiver == "c" else f"p{receiver}"
    link = _link_of(receiver)
    macs = {"out_mac_from": HOST_MACS[link], "out_mac_to": MACS[receiver]}
    return {"out_link": link, "out_port": port, **macs}


def _found(outcome: Outcome, where: str, *, lost: bool = False) -> Expected:
    passes = {Verdict.ACCEPT: not lost, Verdict.UNKNOWN: None}.get(outcome.verdict, False)
    if outcome.others:
        passes = None
    return Expected(passes, where, outcome.packet, outcome)


def check(wire: Wire, seed: int) -> Result:
    """One ruleset, its packets, and answers to those that have arrived."""
    rules_text = ruleset(seed)
    with loaded():
        rules = _load(rules_text)
        sent = dict(enumerate(packets(seed), 1))
        guesses = {number: expected(rules, *each) for number, each in sent.items()}
        seen = _exchange(wire, sent, guesses)
        result = _compare(rules_text, seed, guesses, sent, seen)
        answers = dict(_answers(sent, guesses, seen))
        expectations = {number: expected(rules, *each) for number, each in answers.items()}
        back = _exchange(wire, answers, expectations)
        second = _compare(rules_text, seed, expectations, answers, back)
    return Result(
        result.agreed + second.agreed,
        result.unknown + second.unknown,
        result.wrong + second.wrong,
    )


def _exchange(
    wire: Wire, sent: dict[int, tuple[str, Packet]], guesses: dict[int, Expected]
) -> dict[int, list[Seen]]:
    for number, (sender, packet) in sent.items():
        wire.send(sender, packet, number)
    seen = wire.collect(_QUIET_S)
    if any(guess.passes and number not in seen for number, guess in guesses.items()):
        seen |= wire.collect(_LATE_S)  # the machine may be busy
    return seen


def _load(rules: Ruleset) -> Rules:
    for name in ("iptables", "ip6tables"):
        path = Path(f"/proc/sys/net/bridge/bridge-nf-call-{name}")
        path.write_text(str(int(rules.bridge_calls)))
    for part in rules.parts:
        run(*part.program, given=part.text)
    asked = Asked()
    found = read_rulesets(asked)
    if asked.unseen or found.nft is None:
        raise RuntimeError(f"{asked.unseen}")
    faces = {"ip": found.iptables_nft, "ip6": found.ip6tables_nft, "bridge": found.ebtables_nft}
    legacy = {4: found.iptables_legacy, 6: found.ip6tables_legacy}
    return Rules(
        found.nft,
        dormant=found.dormant,
        faces={family: text for family, text in faces.items() if text},
        legacy={version: text for version, text in legacy.items() if text},
        calls=BridgeCalls(rules.bridge_calls, rules.bridge_calls),
        around=AROUND,
    )


def _compare(
    rules: Ruleset,
    seed: int,
    guesses: dict[int, Expected],
    sent: dict[int, tuple[str, Packet]],
    seen: dict[int, list[Seen]],
) -> Result:
    agreed, unknown, wrong = 0, Counter[str](), []
    for number, guess in guesses.items():
        if guess.passes is None:
            unknown.update(guess.outcome.unknown or ("?",))
            continue
        sender, packet = sent[number]
        difference = _difference(guess, seen.get(number, []))
        if difference:
            hops = "\n".join(
                f"    {h.hook} {h.place}: {h.rule} -> {h.verdict}" for h in guess.outcome.hops
            )
            said = {n: v for n, v in packet.__dict__.items() if v not in (None, "", 0, False)}
            wrong.append(f"{seed}/{number} from {sender}: {said}\n  {difference}\n{hops}\n{rules}")
        else:
            agreed += 1
    return Result(agreed, unknown, wrong)


def _difference(guess: Expected, seen: list[Seen]) -> str:
    arrived = [each for each in seen if each.where == guess.where]
    if not guess.passes:
        return f"dropped, it was said, and arrived: {seen}" if seen else ""
    if not arrived:
        return f"passed to {guess.where}, it was said; seen: {seen}"
    packet, found = guess.packet, arrived[0]
    pairs: list[tuple[object, object]] = [
        (packet.source, found.source),
        (packet.target, found.target),
    ]
    if found.source_port is not None:
        pairs += [(packet.source_port, found.source_port), (packet.target_port, found.target_port)]
    pairs = [pair for pair in pairs if pair[1] is not None]
    if any(said is not None and said != is_ for said, is_ in pairs):
        return f"as {packet}, it was said; seen: {found}"
    return ""


def _answers(
    sent: dict[int, tuple[str, Packet]],
    guesses: dict[int, Expected],
    seen: dict[int, list[Seen]],
) -> list[tuple[int, tuple[str, Packet]]]:
    """From the machines that have got one; the host's own programs are not there."""
    found = []
    for number, (_, packet) in sent.items():
        guess = guesses[number]
        there = [each for each in seen.get(number, []) if each.where == guess.where]
        if not guess.passes or guess.where == "host" or not there or packet.arp_operation:
            continue
        gone = replace(
            guess.packet,
            source=there[0].source,
            target=there[0].target,
            source_port=there[0].source_port,
            target_port=there[0].target_port,
        )
        if gone.ethertype not in (IPV4, IPV6):
            continue
        found.append((number + 1000, (guess.where, _answer(packet, gone))))
    return found


def _answer(first: Packet, gone: Packet) -> Packet:
    answer = usual.answer(gone)
    if (gone.source, gone.source_port) != (first.source, first.source_port) and first.source:
        answer = replace(answer, becomes_target=(first.source, first.source_port))
    if (gone.target, gone.target_port) != (first.target, first.target_port) and first.target:
        answer = replace(answer, becomes_source=(first.target, first.target_port))
    machine = next(name for name, each in ADDRESSES.items() if gone.target in each)
    link = _link_of(machine)
    bridged = gone.in_link == link and gone.out_link == link and first.in_port != ""
    to = next((name for name, mac in MACS.items() if mac == first.mac_from), None)
    direct = bridged and first.mac_to == MACS[machine] and to is not None
    return replace(
        answer,
        mac_from=MACS[machine],
        mac_to=MACS[to] if direct and to else HOST_MACS[link],
        in_link=link,
        in_port="" if machine == "c" else f"p{machine}",
        out_link="",
        out_port="",
        # A ping is known by its number, which answers keep.
        source_port=first.source_port if answer.icmp_type is not None else answer.source_port,
    )


def main(first: int, count: int) -> None:
    """Print what was found."""
    wire = Wire()
    total = Result(0, Counter(), [])
    for seed in range(first, first + count):
        found = check(wire, seed)
        total = Result(
            total.agreed + found.agreed, total.unknown + found.unknown, total.wrong + found.wrong
        )
    json.dump(total._asdict(), sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
