"""Plan the forwards that a command names: one is added or taken away, the others stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.errors import NotFoundError, RefusedError
from vnetmgr.model.intent import Intent
from vnetmgr.model.names import joined
from vnetmgr.model.patch import UNSET
from vnetmgr.model.record import Record, replace
from vnetmgr.model.seen.forwarded import nic_of
from vnetmgr.model.seen.rules import LiveRules
from vnetmgr.model.state import State
from vnetmgr.planner.context import is_plugged
from vnetmgr.planner.forwards.plan import ForwardPlanner
from vnetmgr.planner.networks.wants import NetworkPlanner
from vnetmgr.planner.nics.match import find_nic, find_wanted
from vnetmgr.planner.nics.spec import as_it_leads, as_nic
from vnetmgr.planner.result import Planned

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from vnetmgr.model.desired import NicWant, Policy
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.forward import Forward, ForwardKey, ForwardWant
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.plan import Step
    from vnetmgr.model.seen.observed import Observed


class PlannedNic(Record):
    """A nic that the same plan makes."""

    domain: str
    nic: Nic
    live: bool
    """Whether it is plugged into the running domain."""

    @property
    def key(self) -> str:
        """What forwards name it by."""
        return self.nic.key


class PlannedForwards(Planned[tuple["ForwardWant", ...]]):
    """What is planned for the forwards of one command."""

    nic_steps: tuple[Step, ...] = ()
    """The steps of the command's nics, with what goes along."""


class _NicChange(Record):
    """What a command does to a nic that forwards lead to."""

    domain: str
    key: str
    after: Nic | None
    """None: it goes."""


def nic_changes(parts: Sequence[Planned[NicWant]], observed: Observed) -> tuple[_NicChange, ...]:
    """What a command does to the nics of domains that have forwards: those that go, and those that
    get another name or place."""
    found = []
    for part in parts:
        domain = observed.domain(part.want.domain)
        seen = part.seen
        if domain is None or seen is None:
            continue
        if not any(nic_of(domain, forward) is seen for forward in domain.forwards):
            continue
        key, states = (
            seen.any.key,
            {s for step in part.steps for c in step.changes for s in c.scope},
        )
        if part.want.intent is Intent.ABSENT:
            if all(state in states for state in State if seen.value(state) is not None):
                found.append(_NicChange(domain=domain.name, key=key, after=None))
            continue
        after = as_it_leads(seen, replace(seen.any, **dict(part.want.patch.items())), part)
        if (after.key, after.source) != (key, seen.any.source):
            found.append(_NicChange(domain=domain.name, key=key, after=after))
    return tuple(found)


def _renamed(forward: Forward, domain: str, changes: Sequence[_NicChange]) -> Forward:
    """A forward to a nic that gets another name names it so."""
    for each in changes:
        if (each.domain, each.key) == (domain, forward.nic) and each.after is not None:
            return replace(forward, nic=each.after.key)
    return forward


def plan_forwards(
    wants: Sequence[ForwardWant],
    observed: Observed,
    policy: Policy,
    parts: Sequence[Planned[NicWant]],
) -> PlannedForwards:
    """The steps for the forwards of one command. `parts` are the nics that the same command plugs
    in, changes or takes away, and where its forwards lead. Raises VnetError before anything is
    touched."""
    changes = nic_changes(parts, observed)
    unseen = observed.rules is None and observed.rules_unseen is not None
    if not wants and (unseen or not changes):
        return _along(changes, observed, policy, parts)
    if not wants and observed.rules is None:
        observed = replace(observed, rules=LiveRules())  # nothing was there to be looked at
    nics = _planned_nics(parts, observed)
    networks = NetworkPlanner(observed, policy)
    planner = ForwardPlanner(
        observed,
        network_named=networks.named,
        planned={(each.domain, each.key): each.nic for each in nics}
        | {(each.domain, each.after.key): each.after for each in changes if each.after},
        plugged=frozenset((each.domain, each.nic.mac) for each in nics if each.live),
        gone=frozenset((each.domain, each.key) for each in changes if each.after is None),
        allow=policy.allow,
    )
    wants = [_onto(want, nics) for want in wants]
    known = frozenset((each.domain, each.key) for each in nics)
    notes: list[str] = []
    present = _present(wants, observed, changes, notes, known)
    for name, forwards in present.items():
        planner.want(name, tuple((forward, None) for forward in forwards))
    pins = planner.settle(list(present))
    _refuse_broken(wants, planner)
    reserved = [write() for _, write in networks.addresses(pins, lambda pin, plan: plan(pin))]
    kept = [step for part in reserved for step in part.steps]
    if len(present) == 1:  # undone with it
        kept = [replace(step, group=next(iter(present))) for step in kept]
    return _part(wants, planner, parts, notes=notes, kept=kept)


def _refuse_broken(wants: Sequence[ForwardWant], planner: ForwardPlanner) -> None:
    """A command is refused as a whole."""
    for error in planner.errors:
        raise error
    for want in wants:
        name = want.forward.name if want.forward is not None else ""
        if lost := planner.blocked.get((want.domain, name)):
            refusal = RefusedError(lost.text, lost.hint, about=lost.about, problems=lost.problems)
            raise refusal.at(lost.origin)


def _part(
    wants: Sequence[ForwardWant],
    planner: ForwardPlanner,
    parts: Sequence[Planned[NicWant]],
    *,
    notes: Sequence[str],
    kept: Sequence[Step],
) -> PlannedForwards:
    """`kept`: the steps that keep the guests' addresses."""
    nic_steps = planner.along(step for part in parts for step in part.steps)
    steps = list(planner.steps(repairs=False))
    lost = (error.message for error in (*planner.lost, *planner.blocked.values()))
    warnings = planner.warnings(wants) if steps else ()
    return PlannedForwards(
        want=tuple(replace(want, intent=_state(want)) for want in wants),
        nic_steps=tuple(nic_steps),
        steps=(*kept, *steps),
        waiting=tuple(planner.waiting),
        notes=(*notes, *lost, *warnings, *planner.notes, *planner.later),
    )


def _present(
    wants: Sequence[ForwardWant],
    observed: Observed,
    changes: Sequence[_NicChange],
    notes: list[str],
    known: Collection[tuple[str, str]],
) -> dict[str, tuple[Forward, ...]]:
    """What the domains that it is about shall have, by their names."""
    present: dict[str, tuple[Forward, ...]] = {}
    for want in wants:
        domain = observed.domain(want.domain)
        if domain is None:
            raise NotFoundError(f"domain {want.domain} does not exist", "virsh list --all")
        before = present.get(want.domain, domain.forwards)
        present[want.domain] = _with(want, domain, before, observed, notes, known)
    for each in changes:
        seen = observed.domain(each.domain)
        if seen is not None:
            present.setdefault(each.domain, seen.forwards)
    return {
        name: tuple(_renamed(forward, name, changes) for forward in forwards)
        for name, forwards in present.items()
    }


def _along(
    changes: Sequence[_NicChange],
    observed: Observed,
    policy: Policy,
    parts: Sequence[Planned[NicWant]],
) -> PlannedForwards:
    """The steps of nics whose forwards stay as they are. Where this machine's rules cannot be
    seen, what becomes of those is only said."""
    planner = ForwardPlanner(observed, allow=policy.allow)
    nic_steps = planner.along(step for part in parts for step in part.steps)
    why = observed.rules_unseen
    notes = [
        f"domain {each.domain}: port forwards lead to nic {each.key}, and their rules stay as "
        f"they are: {why.message}"
        for each in changes
        if why is not None
    ]
    return PlannedForwards(want=(), nic_steps=tuple(nic_steps), notes=(*notes, *planner.notes))


def _planned_nics(parts: Sequence[Planned[NicWant]], observed: Observed) -> tuple[PlannedNic, ...]:
    """The nics of a command, as its plan leaves them."""
    found = []
    for part in parts:
        want, domain = part.want, observed.domain(part.want.domain)
        seen = find_wanted(domain, want.patch) if domain is not None else None
        if seen is not None or want.patch.source is not UNSET:
            nic = seen.any if seen is not None else as_nic(want)
            found.append(PlannedNic(domain=want.domain, nic=nic, live=is_plugged(part.steps)))
    return tuple(found)


def _onto(want: ForwardWant, nics: Sequence[PlannedNic]) -> ForwardWant:
    """A forward that comes with a nic leads there."""
    mine = [each for each in nics if each.domain == want.domain]
    if want.forward is None or want.forward.nic is not None:
        return want
    if want.nic is None and len(mine) != 1:
        return want
    return replace(want, forward=replace(want.forward, nic=mine[want.nic or 0].key))


def _state(want: ForwardWant) -> Intent:
    return Intent.PRESENT if want.forward is not None else Intent.ABSENT


def _with(
    want: ForwardWant,
    domain: SeenDomain,
    present: tuple[Forward, ...],
    observed: Observed,
    notes: list[str],
    known: Collection[tuple[str, str]],
) -> tuple[Forward, ...]:
    """A domain's forwards with one more, or one less."""
    if want.forward is not None:
        return _added(want, want.forward, domain, present, notes, known)
    if want.key is None:
        raise ValueError("a forward is wanted, or named")
    found = [forward for forward in present if want.key.names(forward)]
    if len(found) == 1:
        others = tuple(forward for forward in present if forward is not found[0])
        if want.intent is Intent.REMOVE:
            notes += _still_reserved(domain, found[0], others, observed)
        return others
    if want.intent is Intent.REMOVE:
        raise _not_one(want.key, domain, present, found)
    return present


def _still_reserved(
    domain: SeenDomain, forward: Forward, others: Sequence[Forward], observed: Observed
) -> list[str]:
    """What is said of the address that the last forward to a nic leaves reserved."""

    seen = nic_of(domain, forward)
    if seen is None or any(nic_of(domain, each) is seen for each in others):
        return []
    networks = sorted(
        network.name
        for network in observed.networks
        if any(each.mac and each.mac == seen.any.mac for each in network.any.reservations)
    )
    nic = f"{domain.name}/{seen.any.key}"
    return [
        f"the address of {nic} stays reserved; "
        f"{Command('release-address', network, nic)} gives it back"
        for network in networks
    ]


def _added(
    want: ForwardWant,
    forward: Forward,
    domain: SeenDomain,
    present: tuple[Forward, ...],
    notes: list[str],
    known: Collection[tuple[str, str]],
) -> tuple[Forward, ...]:
    if forward.nic is not None and (domain.name, forward.nic) not in known:
        nic = find_nic(domain, forward.nic).any
        forward = replace(forward, nic=nic.key)
    old = next((each for each in present if each.name == forward.name), None)
    if old is None:
        return (*present, forward)
    if replace(forward, nic=forward.nic or old.nic) != old:
        raise RefusedError(
            f"domain {domain.name}: host port {forward.name} is forwarded already, in another way "
            f"({old.text} to nic {old.nic})",
            f"take that away first: {Command('remove-forward', domain.name, old.name)}",
        )
    if want.intent is Intent.CREATE:
        notes.append(f"domain {domain.name}: {old.text} is forwarded already")
    return present


def _not_one(
    key: ForwardKey, domain: SeenDomain, present: Sequence[Forward], found: Sequence[Forward]
) -> RefusedError | NotFoundError:
    if found:
        names = joined([each.text for each in found])
        return RefusedError(
            f"domain {domain.name}: {key} means {len(found)} forwards: {names}",
            "name the address or the protocol as well",
        )
    has = joined([each.text for each in present])
    return NotFoundError(
        f"domain {domain.name} has no forward {key}; it has {has}",
        f"see them: {Command('list-forwards', domain.name)}",
    )
