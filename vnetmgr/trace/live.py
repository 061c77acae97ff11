"""`trace --live`: the same question, put to the kernel while the guest sends.

What it says is what has happened. It says nothing of iptables-legacy, and nothing of what becomes
of a packet between its hooks: there a packet is lost, and what may be why is named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import RefusedError
from vnetmgr.model.path import live
from vnetmgr.model.path.live import Wanted
from vnetmgr.model.path.trace import Fate, HopKind, TraceHop, Way
from vnetmgr.model.record import replace
from vnetmgr.packets import rules_of
from vnetmgr.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vnetmgr.doctor.check import Subject
    from vnetmgr.model.path.facts import PathFacts
    from vnetmgr.model.path.live import LiveHop, LivePacket, LiveTrace
    from vnetmgr.model.path.trace import Trace
    from vnetmgr.packets import Rules

_NAT = frozenset({"dnat", "snat", "masquerade", "redirect", "DNAT", "SNAT", "MASQUERADE"})
_SAYS_NOTHING = frozenset({"continue", "return"})


def wanted_of(subject: Subject, static: Trace) -> Wanted:
    """The packets to watch for. Raises RefusedError where the kernel's rules see none of them."""
    tap = subject.tap
    if tap is None or tap.port is None:
        raise RefusedError(
            f"nic {subject.nic.key} of domain {subject.domain.name} has no tap on a bridge of the "
            "kernel's, and no rules see its packets there",
            "leave --live out: then what becomes of them is worked out",
        )
    return Wanted(
        destination=static.destination,
        source=static.source,
        mac=subject.any.mac,
        protocol=static.protocol,
        port=static.port,
    )


def told(facts: PathFacts, static: Trace, seen: LiveTrace) -> Trace:
    """What was seen, as a trace. `static` is what was worked out, to be compared."""
    there = [each for each in seen.packets if not each.reply]
    back = [each for each in seen.packets if each.reply]
    rules = rules_of(facts)
    verdict, reason, shown = _judge(there, back, rules, facts, seen.seconds)
    hops = [hop for packet in shown for hop in _hops(packet, static, rules)]
    found = replace(
        static,
        verdict=verdict,
        reason=printable(reason),
        hops=tuple(hops),
        unknown=tuple(_unknown(facts, seen)),
        live_s=seen.seconds,
    )
    if there and Fate.UNKNOWN not in (verdict, static.verdict) and verdict is not static.verdict:
        other = f"by what is loaded it should be {static.verdict}: {static.reason}"
        return replace(found, unknown=(*found.unknown, other))
    return found


def _judge(
    there: Sequence[LivePacket],
    back: Sequence[LivePacket],
    rules: Rules | None,
    facts: PathFacts,
    seconds: float,
) -> tuple[Fate, str, tuple[LivePacket, ...]]:
    """The verdict, why, and the packets to show. Who is stopped counts: others may get through."""
    if not (there or back):
        return (
            Fate.UNKNOWN,
            f"no such packet came by within {seconds:g} s: does the guest send?",
            (),
        )
    passed = next((each for each in there if each.fate is live.Fate.PASSED), None)
    for which, packets in (("", there), ("the answer: ", back)):
        before = (passed,) if which and passed else ()
        dropped = [each for each in packets if each.fate is live.Fate.DROPPED]
        if dropped:
            reason = _dropped(dropped, packets, rules)
            return Fate.DROPPED, which + reason, (*before, dropped[0])
        lost = [each for each in packets if each.fate is live.Fate.LOST]
        if lost:
            return Fate.UNKNOWN, which + _lost(lost[0], facts), (*before, lost[0])
    count = f"{len(there)} went there" if there else "the first was not seen"
    if not back:
        return Fate.UNKNOWN, f"{count}, and no answer came within {seconds:g} s", tuple(there[:1])
    first = (passed, back[0]) if passed else (back[0],)
    return Fate.DELIVERED, f"{count}, and {len(back)} came back", first


def _dropped(
    dropped: Sequence[LivePacket], packets: Sequence[LivePacket], rules: Rules | None
) -> str:
    hop = dropped[0].hops[-1]
    rule, owner = _named(hop, rules)
    some = f", {len(dropped)} of {len(packets)}" if len(dropped) < len(packets) else ""
    return f"{owner} drops it{some}: {_place(hop)}: {rule}"


def _lost(packet: LivePacket, facts: PathFacts) -> str:
    why = "there may be no route or neighbour, or the reverse path is filtered"
    if _legacy(facts):
        why = "rules of iptables-legacy, which the kernel does not trace, may drop it"
    return f"it was not seen any more after {packet.reached}: {why}"


def _legacy(facts: PathFacts) -> bool:
    found = facts.rulesets
    texts = () if found is None else (found.iptables_legacy, found.ip6tables_legacy)
    return any("\n-A " in f"\n{each}" for each in texts if each)


def _unknown(facts: PathFacts, seen: LiveTrace) -> Iterator[str]:
    if _legacy(facts):
        yield "iptables-legacy has rules, which the kernel does not trace"
    if seen.overrun:
        yield "the kernel told more than could be read: packets, or hops of theirs, are missing"
    if seen.traced < seen.matched:
        yield f"of {seen.matched} times that such a packet came by, {seen.traced} were traced"


def _hops(packet: LivePacket, static: Trace, rules: Rules | None) -> Iterator[TraceHop]:
    way = Way.BACK if packet.reply else Way.THERE
    if packet.in_link is not None:
        yield _link(packet.in_link, "it came by this", way)
    elif packet.reply:
        yield TraceHop(kind=HopKind.HOST, name="this host", rule="answers", verdict="pass", way=way)
    for hop in packet.hops:
        if hop.verdict not in _SAYS_NOTHING:
            yield _chain(hop, rules, way)
    if packet.left_as is not None:
        source, target = packet.left_as
        changed = f"{packet.source} -> {packet.target} is now {source} -> {target}"
        yield TraceHop(kind=HopKind.NAT, name="NAT", rule=changed, verdict="pass", way=way)
    if packet.fate is not live.Fate.PASSED:
        return
    if packet.out_link is not None:
        yield _link(packet.out_link, "it left by this", way)
    else:
        name = str(static.destination)
        yield TraceHop(kind=HopKind.HOST, name=name, rule="this host", verdict="pass", way=way)


def _link(name: str, what: str, way: Way) -> TraceHop:
    return TraceHop(kind=HopKind.LINK, name=printable(name), rule=what, verdict="pass", way=way)


def _chain(hop: LiveHop, rules: Rules | None, way: Way) -> TraceHop:
    rule, owner = _named(hop, rules)
    is_nat = hop.handle is not None and not _NAT.isdisjoint(rule.split())
    return TraceHop(
        kind=HopKind.NAT if is_nat else HopKind.CHAIN,
        name=printable(_place(hop)),
        rule=printable(rule),
        owner=printable(owner),
        verdict=printable(hop.verdict),
        way=way,
    )


def _place(hop: LiveHop) -> str:
    return f"table {hop.family} {hop.table}, chain {hop.chain}"


def _named(hop: LiveHop, rules: Rules | None) -> tuple[str, str]:
    """The rule as it is listed, and whose it is; one that is newer than the list has a number."""
    found = None
    if rules is not None:
        found = rules.named(hop.family, hop.table, hop.chain, hop.handle)
    nameless = f"policy {hop.verdict}" if hop.handle is None else f"handle {hop.handle}"
    return found or (nameless, f"table {hop.family} {hop.table}")
