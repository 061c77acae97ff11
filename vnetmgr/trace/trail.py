"""The hops as they are walked, and how a walk ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from vnetmgr.model.path.trace import Fate, HopKind, TraceHop, Way
from vnetmgr.packets import Verdict
from vnetmgr.printable import printable

if TYPE_CHECKING:
    from vnetmgr.model.path.facts import PathFacts
    from vnetmgr.packets import Hop, Outcome, Packet

_NAT = frozenset({"dnat", "snat", "masquerade", "redirect"})


class Ended(Exception):  # noqa: N818
    """The packet goes no further, or where it goes is not known."""

    def __init__(self, fate: Fate, reason: str, unknown: tuple[str, ...] = ()) -> None:
        super().__init__(reason)
        self.fate, self.reason = fate, printable(reason)
        self.unknown = tuple(map(printable, unknown))


class Trail:
    """Collects hops. What stops the packet raises Ended."""

    def __init__(self, facts: PathFacts) -> None:
        self._facts = facts
        self.hops: list[TraceHop] = []
        self.way = Way.THERE

    def passes(self, kind: HopKind, name: str, what: str | None = None) -> None:
        """It goes on."""
        self._add(kind, name, what, "pass")

    def drops(self, kind: HopKind, name: str, what: str) -> NoReturn:
        """It ends here."""
        self._add(kind, name, what, "drop")
        raise Ended(Fate.DROPPED, f"{self._which}{kind} {name}: {what}")

    def loses(self, kind: HopKind, name: str, what: str) -> NoReturn:
        """Nobody can tell what becomes of it."""
        self._add(kind, name, what, "unknown")
        raise Ended(Fate.UNKNOWN, f"{self._which}{kind} {name}: {what}", (what,))

    def needs(self, part: str, kind: HopKind, name: str) -> None:
        """Raise where a part of the facts was not seen."""
        first, _, second = part.partition(".")
        value = getattr(self._facts, first)
        if second and value is not None:
            value = getattr(value, second)
        if value is None:
            unseen = self._facts.why_unseen(part) or self._facts.why_unseen(first)
            why = unseen.why if unseen else "was not looked at"
            self.loses(kind, name, f"{part}: {why}")

    def through(self, outcome: Outcome) -> Packet:
        """It has met rules: as it is afterwards, where it goes on."""
        for hop in _telling(outcome):
            self._chain(hop)
        if outcome.verdict is Verdict.UNKNOWN:
            named = ", ".join(outcome.unknown)
            raise Ended(
                Fate.UNKNOWN,
                f"{self._which}what the rules do depends on {named}, which cannot be evaluated",
                outcome.unknown,
            )
        if not outcome.passes:
            raise Ended(Fate.DROPPED, self._dropped(outcome.decided_by))
        if any(_end(each) != _end(outcome.packet) for each in outcome.others):
            named = ", ".join(outcome.unknown)
            raise Ended(
                Fate.UNKNOWN,
                f"{self._which}where NAT sends it depends on {named}, which cannot be evaluated",
                outcome.unknown,
            )
        return outcome.packet

    @property
    def _which(self) -> str:
        return "the answer: " if self.way is Way.BACK else ""

    def _dropped(self, by: Hop | None) -> str:
        if by is None:
            return f"{self._which}a rule drops it"
        verb = "rejects" if by.verdict == "reject" else "drops"
        who = "a rule" if by.owner.startswith("table ") else by.owner  # nobody is known
        return f"{self._which}{who} {verb} it: {by.place}: {by.rule}"

    def _chain(self, hop: Hop) -> None:
        kind = HopKind.NAT if hop.verdict.split()[0] in _NAT else HopKind.CHAIN
        self._add(kind, hop.place, hop.rule, hop.verdict, hop.owner)

    def _add(
        self, kind: HopKind, name: str, what: str | None, verdict: str, owner: str | None = None
    ) -> None:
        self.hops.append(
            TraceHop(
                kind=kind,
                name=printable(name),
                rule=None if what is None else printable(what),
                owner=None if owner is None else printable(owner),
                verdict=printable(verdict),
                way=self.way,
            )
        )


def _telling(outcome: Outcome) -> list[Hop]:
    """Without jumps to chains that had nothing to say, and without what was in doubt and made no
    difference."""
    kept: list[Hop] = []
    chains: set[str] = set()
    for hop in reversed(outcome.hops):
        verb, _, chain = hop.verdict.partition(" ")
        is_jump = verb in ("jump", "goto")
        if is_jump and chain not in chains:
            continue
        if hop.verdict == "unknown" and outcome.verdict is not Verdict.UNKNOWN:
            continue
        chains = chains | {hop.chain} if is_jump else {hop.chain}
        kept.append(hop)
    return kept[::-1]


def _end(packet: Packet) -> object:
    return packet.target, packet.target_port
