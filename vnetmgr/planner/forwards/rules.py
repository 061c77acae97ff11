"""Port forwards to nics on this host's networks: rules of this machine's kernel."""

from __future__ import annotations

from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.errors import RefusedError, VnetError
from vnetmgr.model.names import joined
from vnetmgr.model.plan import Action, Change, FieldChange, ObjectKind, Op, Step
from vnetmgr.model.seen.forwarded import leads_to_user
from vnetmgr.model.seen.rules import LiveRules, foreign_objects, in_the_way, others_notes
from vnetmgr.model.state import State
from vnetmgr.model.writes import SetRules
from vnetmgr.planner.forwards.changes import forward_change, to_text
from vnetmgr.planner.forwards.guard import OPEN_TO_ALL, unguarded_steps
from vnetmgr.planner.forwards.guest_addresses import GuestAddresses, pins_of
from vnetmgr.planner.forwards.rule_set import (
    is_passable,
    passage_of,
    ports_of,
    rules_of,
    rules_untouched,
)
from vnetmgr.planner.forwards.targets import refuse_own_address, refuse_twin
from vnetmgr.planner.forwards.unowned import removal
from vnetmgr.planner.forwards.way import Share, Way

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from vnetmgr.model.dhcp import IpAddress
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.forward import Forward, ForwardWant
    from vnetmgr.model.network_want import AddressWant
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.seen.rules import Passage, Rule
    from vnetmgr.planner.forwards.rule_set import Port
    from vnetmgr.planner.forwards.targets import Target
    from vnetmgr.planner.forwards.way import DomainForwards, Resolved, Setting, Written


class Rules(Way):
    """By rules, which lead to the guest's address on its network."""

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._addresses = GuestAddresses(setting, self.later)
        self._blocked: set[tuple[str, str]] = set()
        """(domain, forward) of those that get back no port."""

    @cached_property
    def _present(self) -> dict[str, tuple[Rule, ...]]:
        """Domain's UUID -> its rules in the kernel."""
        rules = self.setting.observed.rules
        found: dict[str, list[Rule]] = {}
        for rule in rules.rules if rules is not None else ():
            found.setdefault(rule.domain, []).append(rule)
        return {uuid: tuple(mine) for uuid, mine in found.items()}

    @cached_property
    def _into(self) -> dict[str, list[Rule]]:
        """Bridge -> the rules in the kernel that lead into it, those from 127.0.0.1 first."""
        found: dict[str, list[Rule]] = {}
        every = chain.from_iterable(self._present.values())
        for rule in sorted(every, key=lambda rule: not rule.needs_localnet):
            found.setdefault(rule.bridge, []).append(rule)
        return found

    @cached_property
    def _ports(self) -> frozenset[Port]:
        """What the kernel forwards."""
        return frozenset(
            port for mine in self._present.values() for rule in mine for port in ports_of(rule)
        )

    def addresses(
        self, domain: SeenDomain, forward: Forward, target: Target
    ) -> Iterable[IpAddress]:
        """As DHCP gives and keeps them, or as they were given by hand."""
        network = target.network
        if network is None:
            raise ValueError("rules lead into a network")
        refuse_own_address(domain, forward, network)
        if forward not in domain.forwards:
            refuse_twin(domain, target.nic, self.setting.observed.domains)
        return self._addresses.of(domain, forward, target, network)

    def is_live(self, _domain: SeenDomain, _nic: Nic) -> bool:
        """The kernel has them whether or not the guest runs."""
        return True

    def has_any(self, domain: SeenDomain) -> bool:
        """Rules that the kernel has, whoever made them."""
        return bool(self._present.get(domain.uuid))

    def pins(self, resolved: Resolved) -> Iterable[AddressWant]:
        """Reservations, where DHCP gives the addresses."""
        return pins_of(resolved)

    def block(self, domain: SeenDomain, resolved: Resolved) -> VnetError | None:
        """While its rules were not in the kernel, anybody could listen on its ports."""
        live = self.setting.observed.rules
        if live is None or resolved.target.network is None:
            return None
        wanted = (port for rule in rules_of(domain, resolved) for port in ports_of(rule))
        lost = {port[-1] for port in wanted if port not in self._ports}
        there = in_the_way(live.listeners, resolved.forward)
        at = next((each for each in there if each.port in lost), None)
        if at is None:
            return None
        name = resolved.forward.name
        self._blocked.add((domain.name, name))
        blocked = VnetError(
            f"forward {domain.name}/{name}: {at}; it would lose the port, so the forward "
            "does not get it",
            "end that program, or take the forward away: "
            f"{Command('remove-forward', domain.name, name)}",
            about=resolved.forward.about(domain.name),
        )
        return blocked.at(resolved.origin)

    def _rules_of(self, domain: SeenDomain, resolved: Resolved) -> Iterator[Rule]:
        """A forward's rules, but for those whose port somebody else has."""
        blocked = (domain.name, resolved.forward.name) in self._blocked
        for rule in rules_of(domain, resolved):
            if not blocked or self._ports.issuperset(ports_of(rule)):
                yield rule

    def _rules(self, plan: DomainForwards) -> Iterator[Rule]:
        return (r for each in plan.resolved for r in self._rules_of(plan.domain, each))

    def share(self, plan: DomainForwards, _written: Written) -> Share:
        """One transaction for all of the domain's rules."""
        live, domain = self._live(plan), plan.domain
        if live.blockers and any(each.target.network for each in plan.resolved):
            raise foreign_objects(live.blockers)
        present = self._present.get(domain.uuid, ())
        untouched = rules_untouched(plan, present)
        rules = (*self._rules(plan), *untouched)
        passages = _passages(plan, untouched, live)
        broken = self._is_broken(domain, rules, passages, live)
        changed = set(present) != set(rules) or broken
        return Share(
            ops=(_set_rules(domain, rules, passages, present=present, live=live),)
            if changed
            else (),
            live=frozenset(self._not_working(plan, present, live)),
            unnamed=tuple(_unnamed(plan, rules, present)),
        )

    def _live(self, plan: DomainForwards) -> LiveRules:
        """What this machine has. Raises why it cannot be seen, where that counts."""
        observed = self.setting.observed
        if observed.rules is not None:
            return observed.rules
        if not _is_about(plan):
            return LiveRules()
        unseen = observed.rules_unseen or RefusedError("the rules cannot be seen from here")
        raise _of_forwards(unseen, plan)

    def _not_working(
        self, plan: DomainForwards, present: Collection[Rule], live: LiveRules
    ) -> Iterator[str]:
        for each in plan.resolved:
            network = each.target.network
            for rule in self._rules_of(plan.domain, each):
                passable = network is not None and is_passable(rule, passage_of(network), live)
                if rule not in present or not passable:
                    yield each.forward.name

    def _is_broken(
        self,
        domain: SeenDomain,
        rules: Sequence[Rule],
        passages: Iterable[Passage],
        live: LiveRules,
    ) -> bool:
        """Whether the bridges lack something that this domain's rules need."""
        if rules and not live.whole:
            return True
        for each in passages:
            mine = [rule for rule in rules if rule.bridge == each.bridge]
            first = next(self._others(domain, rules, each.bridge), None)
            if not mine and first is None:
                continue
            present = live.passage(each.bridge)
            if present is None:
                return True
            localnet = any(rule.needs_localnet for rule in (*mine, *([first] if first else ())))
            if (present.masquerade, present.localnet) != (each.masquerade, localnet):
                return True
            if not {rule.version for rule in mine} & set(each.accept) <= set(present.accept):
                return True
        return False

    def _others(self, domain: SeenDomain, rules: Sequence[Rule], bridge: str) -> Iterator[Rule]:
        """Other domains' rules into a bridge, but for those that lose their port to this one's."""
        for rule in self._into.get(bridge, ()):
            if rule.domain != domain.uuid and not any(each.takes_from(rule) for each in rules):
                yield rule

    def strays(self) -> Iterator[Step]:
        """Rules of domains that are gone, and what somebody else has taken away."""
        observed = self.setting.observed
        if observed.rules is not None:
            yield from _strays(observed.rules, {domain.uuid for domain in observed.domains})

    def left_open(self, plans: Sequence[DomainForwards]) -> Iterator[Step]:
        """Bridges that the kernel sends 127.0.0.0/8 to."""
        live = self.setting.observed.rules
        if live is not None:
            if any(map(_is_about, plans)):
                self.notes += others_notes(live)
            yield from unguarded_steps(live, (rule for plan in plans for rule in self._rules(plan)))

    def warnings(self, wants: Sequence[ForwardWant], plans: Sequence[DomainForwards]) -> list[str]:
        """What the kernel, or others' rules in it, do to connections."""
        if not any(map(_is_about, plans)):
            return []
        live = self.setting.observed.rules or LiveRules()
        notes = [OPEN_TO_ALL] if live.localnet_everywhere else []
        new = [want.forward for want in wants if want.forward is not None]
        if not new:
            return notes
        notes += [f"{each}: connections do not get past it" for each in live.obstacles]
        listen = {each.listen_alone for each in new} - {None}
        notes += [
            f"the host has no address {each}: nothing gets there until it has"
            for each in sorted(map(str, listen - (live.addresses or listen)))
        ]
        if any(each.loopback for each in new):
            note = "the host's ::1 cannot be forwarded: the kernel keeps what comes from there"
            notes.append(note)
        return notes


def _is_about(plan: DomainForwards) -> bool:
    """Whether rules have to do with a domain's forwards, as they were or will be."""
    return any(each.target.network is not None for each in plan.resolved) or any(
        not leads_to_user(plan.domain, each) for each in plan.domain.forwards
    )


def _of_forwards(unseen: VnetError, plan: DomainForwards) -> VnetError:
    """The same error, of a domain's forwards that need rules or have had some, at the place of the
    first that was asked for."""
    ruled = [each for each in plan.resolved if each.target.network is not None]
    names = [each.forward.name for each in ruled] or [
        each.name for each in plan.domain.forwards if not leads_to_user(plan.domain, each)
    ]
    whose = joined([f"{plan.domain.name}/{name}" for name in names])
    text = f"{'forward' if len(names) == 1 else 'forwards'} {whose}: {unseen.text}"
    return unseen.saying(text).at(next((each.origin for each in ruled), None))


def _passages(
    plan: DomainForwards, untouched: Iterable[Rule], live: LiveRules
) -> tuple[Passage, ...]:
    """What the bridges need that the domain's rules lead into."""
    targets = (each.target.network for each in plan.resolved)
    networks = {network.name: network for network in targets if network is not None}
    passages = tuple(passage_of(each) for each in networks.values() if each.bridge)
    kept = {rule.bridge for rule in untouched} - {each.bridge for each in passages}
    return (*passages, *(each for each in live.passages if each.bridge in kept))


def _set_rules(
    domain: SeenDomain,
    rules: tuple[Rule, ...],
    passages: tuple[Passage, ...],
    *,
    present: tuple[Rule, ...],
    live: LiveRules,
) -> Op:
    bridges = {rule.bridge for rule in present}
    old = tuple(each for each in live.passages if each.bridge in bridges)
    shut = tuple(sorted(live.localnet))
    return Op(
        do=SetRules(uuid=domain.uuid, rules=rules, passages=passages, shut=shut),
        undo=(SetRules(uuid=domain.uuid, rules=present, passages=old),),
        undo_when_failed=True,
    )


def _unnamed(
    plan: DomainForwards, rules: Iterable[Rule], present: Iterable[Rule]
) -> Iterator[Change]:
    """The domain's rules that go, and that none of its forwards is about."""
    kept = {rule.where for rule in rules}
    stranded = {each.name for each in plan.stranded}
    named = {
        (forward.protocol, port)
        for forward in plan.domain.forwards
        if forward.name not in stranded
        for port in forward.host_ports
    }
    for rule in sorted(set(present), key=lambda each: each.host_port):
        if rule.where not in kept and (rule.protocol, rule.host_port) not in named:
            field = FieldChange(field="to", before=to_text(rule), after=None)
            yield forward_change(Action.DELETE, plan.domain, rule.name, (field,), {State.LIVE})


def _strays(live: LiveRules, known: set[str]) -> Iterator[Step]:
    """What is left of domains that are gone, and of what somebody else has taken away."""
    gone = [uuid for uuid in dict.fromkeys(r.domain for r in live.rules) if uuid not in known]
    for uuid in gone:
        shut = tuple(sorted(live.localnet))
        changes = tuple(map(removal, live.of(uuid)))
        yield Step(group=uuid, changes=changes, ops=(Op(do=SetRules(uuid=uuid, shut=shut)),))
    theirs = live.others or live.blockers
    broken = not live.whole and (live.rules or not theirs)
    if not gone and (live.stray or broken):
        change = Change(
            action=Action.REPAIR,
            object=ObjectKind.FORWARD,
            domain=None,
            name="table inet vnetmgr",
            scope=(State.LIVE,),
        )
        yield Step(group="forwards", changes=(change,), ops=(Op(do=SetRules(uuid="")),))
