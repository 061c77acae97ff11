"""Port forwards into a network that a plan starts: what the kernel loses with the bridge comes back
in the network's own step, and in its undo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.model.plan import Op, Step
from vnetmgr.model.record import Record, replace
from vnetmgr.model.writes import CreateNetwork, SetRules, StartNetwork
from vnetmgr.planner.forwards.plan import ForwardPlanner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.network import Network
    from vnetmgr.model.network_want import AddressWant
    from vnetmgr.model.plan import Change
    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.model.seen.rules import LiveRules
    from vnetmgr.model.writes import Write


class Kept(Record):
    """The steps, with the forwards kept; and what cannot be kept."""

    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()


def with_forwards_kept(
    steps: Sequence[Step], observed: Observed, network_named: Callable[[str], Network | None]
) -> Kept:
    """The steps of networks; those that start one end by putting back its forwards."""
    domains = [domain for domain in observed.domains if domain.forwards]
    if not domains or not any(_started(step) for step in steps):
        return Kept(steps=tuple(steps))
    notes: list[str] = []
    if observed.rules is None:
        if observed.rules_unseen is not None:
            notes.append(
                f"not seen whether port forwards need mending: {observed.rules_unseen.message}"
            )
        return Kept(steps=tuple(steps), notes=tuple(notes))
    kept = []
    for step in steps:
        names = _started(step)
        bridges = _bridges(names, observed, network_named)
        every = _planned(domains, bridges, observed, observed.rules, network_named, notes)
        # The label says what was lost for certain: accepts mostly stay.
        shown = _planned(domains, bridges, observed, observed.rules, network_named, [], accept=True)
        kept.append(_with_rules(step, names, every, shown, observed))
    return Kept(steps=tuple(kept), notes=tuple(dict.fromkeys(notes)))


def _started(step: Step) -> frozenset[str]:
    return frozenset(
        op.do.network for op in step.ops if isinstance(op.do, StartNetwork | CreateNetwork)
    )


def _bridges(
    names: Iterable[str], observed: Observed, network_named: Callable[[str], Network | None]
) -> frozenset[str]:
    """Their bridges, as they were and as they will be."""
    found: list[Network | None] = []
    for name in names:
        found.append(network_named(name))
        if (seen := observed.network(name)) is not None:
            found += [seen.live, seen.config]
    return frozenset(each.bridge for each in found if each is not None and each.bridge is not None)


def _planned(
    domains: Sequence[SeenDomain],
    bridges: frozenset[str],
    observed: Observed,
    live: LiveRules,
    network_named: Callable[[str], Network | None],
    notes: list[str],
    *,
    accept: bool = False,
) -> list[Step]:
    """What would put their forwards back, once the kernel has lost what is the bridge's."""
    if not bridges:
        return []
    lost = replace(observed, rules=_without(bridges, live, accept=accept))
    planner = ForwardPlanner(lost, network_named=network_named)
    pins = planner.settle([domain.name for domain in domains])
    loose = {str(pin.mac) for pin in pins if not _is_reserved(pin, network_named)}
    notes += [f"not put back: {error.message}" for error in (*planner.errors, *planner.lost)]
    notes += [f"not put back: {error.message}" for error in planner.blocked.values()]
    found = []
    for step in planner.steps(repairs=False):
        for op in step.ops:
            write = op.do
            leads_there = isinstance(write, SetRules) and any(
                rule.bridge in bridges for rule in write.rules
            )
            if not isinstance(write, SetRules) or not leads_there:
                continue
            if any(rule.mac in loose for rule in write.rules):
                notes.append(
                    f"domain {step.group}: the address that its forwards lead to is reserved no "
                    f"more; {Command('reconcile')} reserves it and puts them back"
                )
                continue
            found.append(replace(step, ops=(Op(do=replace(write, restores=step.group)),)))
    return found


def _without(bridges: frozenset[str], live: LiveRules, *, accept: bool) -> LiveRules:
    """What the kernel has left when bridges have gone and come. `accept`: and their accepts."""
    passages = (
        replace(each, localnet=False, accept=each.accept if accept else ())
        if each.bridge in bridges
        else each
        for each in live.passages
    )
    return replace(live, passages=tuple(passages))


def _is_reserved(pin: AddressWant, network_named: Callable[[str], Network | None]) -> bool:
    network = network_named(pin.network)
    return network is not None and any(
        (each.mac, each.address) == (pin.mac, pin.address) for each in network.reservations
    )


def _with_rules(
    step: Step,
    names: frozenset[str],
    every: Sequence[Step],
    shown: Sequence[Step],
    observed: Observed,
) -> Step:
    if not every:
        return step
    again = [op.do for each in every for op in each.ops if isinstance(op.do, SetRules)]
    live = observed.rules
    before: tuple[Write, ...] = ()
    if live is not None:
        before = tuple(
            SetRules(uuid=each.uuid, rules=live.of(each.uuid), passages=live.passages)
            for each in again
        )
    ops = [replace(op, undo=_undo(op.undo, names, before)) for op in step.ops]
    ops += [Op(do=each, may_finish_later=True) for each in again]
    changes: list[Change] = [change for each in shown for change in each.changes]
    return replace(step, ops=tuple(ops), changes=(*step.changes, *changes))


def _undo(
    undo: tuple[Write, ...], names: frozenset[str], before: tuple[Write, ...]
) -> tuple[Write, ...]:
    """The network that is started again has its forwards again, too."""
    starts = any(
        isinstance(each, StartNetwork | CreateNetwork) and each.network in names for each in undo
    )
    return (*undo, *before) if starts else undo
