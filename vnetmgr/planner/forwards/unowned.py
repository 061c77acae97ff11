"""Rules in this machine's kernel that no domain's metadata has.

They are left by a domain that was undefined, by a run that was killed, or by somebody else's hand.
They work, so they are shown and can be taken away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.errors import NotFoundError, RefusedError
from vnetmgr.model.intent import Intent
from vnetmgr.model.names import joined
from vnetmgr.model.plan import Action, Change, FieldChange, ObjectKind, Op, Step
from vnetmgr.model.record import replace
from vnetmgr.model.seen.rules import LiveRules, forward_of
from vnetmgr.model.state import State
from vnetmgr.model.writes import SetRules
from vnetmgr.planner.forwards.changes import to_text
from vnetmgr.planner.result import Planned

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.forward import UnownedWant
    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.model.seen.rules import Rule


def unowned_rules(live: LiveRules, domains: Iterable[SeenDomain]) -> tuple[Rule, ...]:
    """The rules that no forward of their domain's metadata is about."""
    forwards = {domain.uuid: domain.forwards for domain in domains}
    return tuple(
        rule for rule in live.rules if forward_of(rule, forwards.get(rule.domain, ())) is None
    )


def plan_unowned(want: UnownedWant, observed: Observed) -> Planned[UnownedWant]:
    """The steps that take such rules away.

    Raises NotFoundError or RefusedError before anything is touched.
    """
    live = observed.rules
    if live is None:
        if observed.rules_unseen is not None:
            raise observed.rules_unseen
        live = LiveRules()
    gone = _named(want, live, observed)
    steps = []
    for uuid in dict.fromkeys(rule.domain for rule in gone):
        mine = [rule for rule in gone if rule.domain == uuid]
        kept = tuple(rule for rule in live.of(uuid) if rule not in mine)
        bridges = {rule.bridge for rule in kept}
        passages = tuple(each for each in live.passages if each.bridge in bridges)
        shut = tuple(sorted(live.localnet))
        write = SetRules(uuid=uuid, rules=kept, passages=passages, shut=shut)
        changes = tuple(removal(rule) for rule in mine)
        steps.append(Step(group=uuid or "forwards", changes=changes, ops=(Op(do=write),)))
    return Planned(want=replace(want, intent=Intent.ABSENT), steps=tuple(steps))


def _named(want: UnownedWant, live: LiveRules, observed: Observed) -> Sequence[Rule]:
    key = want.key
    ports = range(key.host_port, key.host_port + key.ports)
    there = [
        rule
        for rule in live.rules
        if key.protocol in (None, rule.protocol)
        and (key.listen is None or key.listen == rule.listen)
        and key.guest_port in (None, rule.guest_port)
        and set(rule.host_ports) <= set(ports)
    ]
    unowned = unowned_rules(live, observed.domains)
    found = [rule for rule in there if rule in unowned]
    if want.intent is not Intent.REMOVE:
        return found
    if not found:
        if there:
            owner = next(e.name for e in observed.domains if e.uuid == there[0].domain)
            raise RefusedError(
                f"forward {there[0].name} is domain {owner}'s",
                str(Command("remove-forward", owner, there[0].name)),
            )
        others = joined(list(dict.fromkeys(rule.name for rule in unowned)))
        raise NotFoundError(
            f"no rule for {key} without a domain; there are {others}",
            f"see {Command('list-forwards')}",
        )
    kinds = dict.fromkeys((rule.protocol, rule.listen) for rule in found)
    if len(kinds) > 1:
        names = joined(list(dict.fromkeys(rule.name for rule in found)))
        raise RefusedError(
            f"{key} means {len(kinds)} forwards without a domain: {names}",
            "name the address or the protocol as well",
        )
    return found


def removal(rule: Rule) -> Change:
    """What is said of a rule that goes, and that is no domain's."""
    return Change(
        action=Action.DELETE,
        object=ObjectKind.FORWARD,
        domain=None,
        name=rule.name,
        scope=(State.LIVE,),
        fields=(FieldChange(field="to", before=to_text(rule), after=None),),
    )
