"""Plan port forwards: what domains' metadata says of them, and what their ways do for it."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.errors import RefusedError, VnetError, refused_problems
from vnetmgr.model.plan import Action, Change, Step
from vnetmgr.model.record import replace
from vnetmgr.model.state import State
from vnetmgr.planner.forwards.along import forwards_along
from vnetmgr.planner.forwards.changes import forward_change, forward_changes, waiting_changes
from vnetmgr.planner.forwards.claims import unclaimed
from vnetmgr.planner.forwards.metadata import stamp_steps, with_metadata
from vnetmgr.planner.forwards.ports import TAKEN, Ports
from vnetmgr.planner.forwards.targets import find_target, network_behind, stranding
from vnetmgr.planner.forwards.way import DomainForwards, Resolved, Setting, joined
from vnetmgr.planner.forwards.ways import Ways
from vnetmgr.problem import About

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.forward import Forward, ForwardWant
    from vnetmgr.model.network import Network
    from vnetmgr.model.network_want import AddressWant
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.planner.forwards.way import Share, Written
    from vnetmgr.problem import Place, Problem


class ForwardPlanner:
    """The forwards of a host while they are planned.

    `want` says what domains shall have; the others are as their metadata says. Then `settle`
    gives the reservations that keep the guests' addresses, `along` the nics' steps with what goes
    along, and `steps` the forwards' own.
    """

    def __init__(
        self,
        observed: Observed,
        *,
        network_named: Callable[[str], Network | None] | None = None,
        planned: Mapping[tuple[str, str], Nic] | None = None,
        failed: Collection[tuple[str, str]] = (),
        plugged: Collection[tuple[str, str | None]] = (),
        gone: Collection[tuple[str, str]] = (),
        allow: frozenset[str] = frozenset(),
    ) -> None:
        """`network_named`: networks as the plan leaves them; `failed`: nics that could not be
        planned. The others are as Setting says; they may fill while a spec is planned."""
        self.errors: list[VnetError] = []
        self.blocked: dict[tuple[str, str], VnetError] = {}
        """(domain, forward) of what was there before, and has lost its port."""
        self.lost: list[VnetError] = []
        """What was there before, and of which it cannot be told now where it leads."""
        self.waiting: list[Change] = []
        self.plans: list[DomainForwards] = []
        self._notes: list[str] = []
        self._observed = observed
        self._wanted: dict[str, tuple[tuple[Forward, Place | None], ...]] = {
            domain.name: tuple((forward, None) for forward in domain.forwards)
            for domain in observed.domains
        }
        self._asked: set[str] = set()
        self._failed = failed
        self._written: Written = frozenset()
        self._setting = Setting(
            observed=observed,
            network_of=lambda nic: network_behind(nic, observed=observed, named=network_named),
            wanted=self._wanted,
            planned={} if planned is None else planned,
            plugged=plugged,
            gone=gone,
            allow=allow,
        )
        self._ways = Ways(self._setting)

    @property
    def notes(self) -> list[str]:
        """What to say besides."""
        return [*self._notes, *chain.from_iterable(way.notes for way in self._ways)]

    @property
    def later(self) -> list[str]:
        """What to say of guests that have another address than is reserved for them."""
        return [*chain.from_iterable(way.later for way in self._ways)]

    def warnings(self, wants: Sequence[ForwardWant]) -> list[str]:
        """What will keep connections from getting through, or lets too many."""
        every = (way.warnings(wants, self.plans) for way in self._ways)
        return [*chain.from_iterable(every)]

    def want(self, domain: str, forwards: Sequence[tuple[Forward, Place | None]]) -> None:
        """What a domain shall have, and where each was asked for."""
        self._wanted[domain] = tuple(forwards)
        self._asked.add(domain)

    def leave(self, domain: str) -> None:
        """Leave a domain's forwards as they are."""
        self._wanted.pop(domain, None)

    def settle(self, names: Iterable[str] | None = None) -> list[AddressWant]:
        """Find where the domains' forwards lead (all domains' if none are named), and say which
        addresses have to be kept for that. What cannot be is an error, and stays as it is."""
        pins: dict[tuple[str, str], AddressWant] = {}
        clashing = self._clashing()
        for name in self._wanted if names is None else names:
            domain = self._observed.domain(name)
            wanted = self._wanted.get(name)
            if domain is None or wanted is None:
                continue  # gone, or left alone
            if not (wanted or domain.forwards or self._has(domain)):
                continue
            try:
                if domain.rivals and name not in self._asked:
                    raise unclaimed(domain)
                if name in clashing:
                    raise refused_problems(clashing[name], TAKEN)
                plan = self._settled(domain)
                for refusal in filter(None, (way.refusal(plan) for way in self._ways)):
                    raise refusal
            except VnetError as error:
                self.errors.append(error.of(About("domain", name)))
                continue
            self.plans.append(plan)
            for each in plan.resolved:
                way = self._ways.of(each.target.nic)
                if (blocked := way.block(domain, each)) is not None:
                    self.blocked[name, each.forward.name] = blocked
                pins |= {(pin.network, str(pin.address)): pin for pin in way.pins(each)}
        return list(pins.values())

    def _clashing(self) -> dict[str, list[Problem]]:
        """Domain -> which of its forwards want what is not theirs alone."""
        ports = Ports(self._observed, self._wanted, self._asked)
        self.errors += ports.refused.values()
        for name in {name for name, _ in ports.refused}:
            kept = (each for each in self._wanted[name] if (name, each[0]) not in ports.refused)
            self._wanted[name] = tuple(kept)
        return ports.problems

    def _has(self, domain: SeenDomain) -> bool:
        return any(way.has_any(domain) for way in self._ways)

    def _settled(self, domain: SeenDomain) -> DomainForwards:
        """Where each of a domain's forwards leads. One that was there and leads nowhere, or nobody
        knows where, stays, and blocks no other."""
        resolved, stranded, untouched = [], [], []
        there = {each.name for each in domain.forwards}
        for forward, origin in self._wanted[domain.name]:
            before = forward.name in there
            reason = self._stranding(domain, forward) if before else None
            if reason is not None:
                stranded.append(forward)
                self._say_stranded(domain, forward, reason, origin)
                continue
            try:
                resolved.append(self._resolved(domain, forward, origin))
            except VnetError as error:
                if before:
                    untouched.append(forward)
                (self.lost if before else self.errors).append(error)
        return DomainForwards(
            domain=domain,
            resolved=tuple(resolved),
            stranded=tuple(stranded),
            untouched=tuple(untouched),
        )

    def _stranding(self, domain: SeenDomain, forward: Forward) -> str | None:
        setting = self._setting
        return stranding(
            domain,
            forward,
            gone=setting.gone,
            planned=setting.planned,
            network_of=setting.network_of,
        )

    def _say_stranded(
        self, domain: SeenDomain, forward: Forward, reason: str, origin: Place | None
    ) -> None:
        text = f"forward {domain.name}/{forward.name} leads nowhere: {reason}"
        if origin:
            about = forward.about(domain.name)
            lost = RefusedError(text, "take it out of the spec", about=about)
            self.lost.append(lost.at(origin))
            return
        self._notes.append(
            f"{text}; it is kept for one that comes back, and "
            f"{Command('remove-forward', domain.name, forward.name)} takes it away"
        )

    def _resolved(self, domain: SeenDomain, forward: Forward, origin: Place | None) -> Resolved:
        try:
            setting = self._setting
            target = find_target(
                domain,
                forward,
                planned=setting.planned,
                failed=self._failed,
                network_of=setting.network_of,
            )
            addresses = self._ways.of(target.nic).addresses(domain, forward, target)
            return Resolved(
                forward=replace(forward, nic=target.key),
                target=target,
                addresses=tuple(addresses),
                origin=origin,
            )
        except VnetError as error:
            error = error.of(forward.about(domain.name))
            if origin is not None:
                raise error.at(origin) from None
            text = f"forward {domain.name}/{forward.name}: {error.text}"
            raise error.saying(text) from None

    def along(self, steps: Iterable[Step]) -> list[Step]:
        """The steps of nics, with what these themselves bring about of their forwards."""
        found, self._written = forwards_along(steps, self._ways, self._observed, self.plans)
        return found

    def steps(self, *, repairs: bool) -> Iterator[Step]:
        """The steps for the domains that were settled. `repairs`: also for what belongs to
        domains that are gone, and for what all forwards need."""
        for plan in self.plans:
            try:
                share = joined([way.share(plan, self._written) for way in self._ways])
            except VnetError as error:
                if not repairs or self._observed.rules is not None:
                    raise
                self.errors.append(error)  # of this domain alone: others may need no rules
                continue
            self.waiting += waiting_changes(plan.domain, share)
            step = self._step(plan, share)
            if step is not None:
                yield step
            asked = plan.domain.name in self._asked
            yield from stamp_steps(plan, step, self._observed.domains, asked=asked)
        for way in self._ways:
            if repairs:
                yield from way.strays()
            yield from way.left_open(self.plans)

    def _step(self, plan: DomainForwards, share: Share) -> Step | None:
        """One domain's step: its metadata, and what its ways do."""
        domain = plan.domain
        ops = with_metadata(domain, plan.forwards, share.ops)
        if not ops:
            return None
        changes = tuple(forward_changes(plan, share, self._written, self._ways.of))
        if not changes:  # what nobody needs any more is left of a bridge's
            live, names = (State.LIVE,), [each.name for each in plan.forwards]
            changes = tuple(forward_change(Action.REPAIR, domain, n, (), live) for n in names)
        return Step(group=domain.name, changes=changes, ops=tuple(ops))
