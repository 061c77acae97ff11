"""Which ports of the host several forwards want, or a program has that listens on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import VnetError
from vnetmgr.model.forward import Forward, HostPorts
from vnetmgr.model.seen.rules import in_the_way
from vnetmgr.planner.forwards.claims import standing
from vnetmgr.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.problem import Place

TAKEN = "take another port of the host"


class Ports:
    """The ports of the host, while all forwards are looked through."""

    def __init__(
        self,
        observed: Observed,
        wanted: Mapping[str, Sequence[tuple[Forward, Place | None]]],
        asked: Collection[str],
    ) -> None:
        """`asked`: the domains whose forwards somebody asks for."""
        self.problems: dict[str, list[Problem]] = {}
        """Domain -> which of its forwards want what is not theirs alone."""
        self.refused: dict[tuple[str, Forward], VnetError] = {}
        """(domain, forward) of a spec whose port a program has: its others go on."""
        self._observed = observed
        ports: HostPorts[str] = HostPorts()
        # Those that are there come first: who comes later is at fault.
        for name in sorted(wanted, key=lambda name: name in asked):
            domain = observed.domain(name)
            if domain is not None and domain.rivals and name not in asked:
                continue  # nobody's yet
            for forward, origin in wanted[name]:
                other = ports.take(name, forward)
                if other is not None and name not in asked:
                    self._both_there((name, forward), other)
                elif other is not None:
                    self._clash((name, forward), other, origin)
                elif name in asked and domain is not None:
                    self._look_for_listener(domain, forward, origin)

    def _clash(
        self,
        loser: tuple[str, Forward],
        rival: tuple[str, Forward],
        origin: Place | None = None,
    ) -> None:
        clash = f"host port {loser[1].name} leads to {rival[0]} already ({rival[1].text})"
        problem = Problem(loser[1].about(loser[0]), clash, origin=origin)
        self.problems.setdefault(loser[0], []).append(problem)

    def _both_there(self, one: tuple[str, Forward], other: tuple[str, Forward]) -> None:
        """Two domains have one port in their metadata: that is the fault of who has it not in the
        kernel, or does not run; else of both."""
        ours, theirs = self._observed.domain(one[0]), self._observed.domain(other[0])
        winner = standing(ours, theirs, one[1], self._observed) if ours and theirs else None
        for loser, rival in ((one, other), (other, one)):
            if winner is None or winner.name != loser[0]:
                self._clash(loser, rival)

    def _look_for_listener(
        self, domain: SeenDomain, forward: Forward, origin: Place | None
    ) -> None:
        """A program would lose its port to a forward that is new."""
        rules = self._observed.rules
        if rules is None:
            return  # where that counts, it is told later why they cannot be seen
        if any(forward.clashes(each) for each in domain.forwards):
            return  # it has lost it already, or what is lost is told of by itself
        at = next(in_the_way(rules.listeners, forward), None)
        if at is None:
            return
        text, about = f"host port {forward.name}: {at}", forward.about(domain.name)
        if origin is not None:
            self.refused[domain.name, forward] = VnetError(text, TAKEN, about=about).at(origin)
        else:
            self.problems.setdefault(domain.name, []).append(Problem(about, text))
