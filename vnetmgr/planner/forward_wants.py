"""Plan the forwards that a command names: one is added or taken away, the others stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import NotFoundError, RefusedError
from vnetmgr.model.desired import Intent
from vnetmgr.model.host_forward import leads_to_user
from vnetmgr.model.patch import UNSET
from vnetmgr.model.record import Record, replace
from vnetmgr.planner.forward_guard import OPEN_TO_ALL
from vnetmgr.planner.forwards import ForwardPlanner
from vnetmgr.planner.match import find_nic, find_wanted
from vnetmgr.planner.network_wants import NetworkPlanner
from vnetmgr.planner.part import is_plugged
from vnetmgr.planner.spec_nics import as_nic
from vnetmgr.planner.taps import listed

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from vnetmgr.model.desired import Observed, Policy
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.forward import Forward, ForwardKey, ForwardWant
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.plan import Change, Step
    from vnetmgr.planner.part import Part


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


class ForwardPart(Record):
    """The forwards' share of the plan."""

    wants: tuple[ForwardWant, ...] = ()
    nic_steps: tuple[Step, ...] = ()
    """The steps of the command's nics, with what they bring about of it themselves."""
    steps: tuple[Step, ...] = ()
    waiting: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()


def plan_forwards(
    wants: Sequence[ForwardWant],
    observed: Observed,
    policy: Policy,
    parts: Sequence[Part],
) -> ForwardPart:
    """The steps for the forwards of one command. `parts` are the nics that the same command plugs
    in, and where its forwards lead. Raises VnetError before anything is touched."""
    nics = _planned_nics(parts, observed)
    networks = NetworkPlanner(observed, policy)
    planner = ForwardPlanner(
        observed,
        network_named=networks.named,
        planned={(each.domain, each.key): each.nic for each in nics},
        plugged=frozenset((each.domain, each.nic.mac) for each in nics if each.live),
        allow=policy.allow,
    )
    wants = [_onto(want, nics) for want in wants]
    known = frozenset((each.domain, each.key) for each in nics)
    present: dict[str, tuple[Forward, ...]] = {}
    notes: list[str] = []
    for want in wants:
        domain = observed.domain(want.domain)
        if domain is None:
            raise NotFoundError(f"domain {want.domain} does not exist", "virsh list --all")
        before = present.get(want.domain, domain.forwards)
        present[want.domain] = _with(want, domain, before, notes, known)
    for name, forwards in present.items():
        planner.want(name, tuple((forward, "") for forward in forwards))
    pins = planner.settle(list(present))
    for error in planner.errors:
        raise error
    for want in wants:
        if want.forward is not None and (
            lost := planner.blocked.get((want.domain, want.forward.name))
        ):
            raise RefusedError(lost.message, lost.hint)
    notes += [error.message for error in planner.blocked.values()]
    nic_steps = planner.carry(step for part in parts for step in part.steps)
    steps = list(planner.steps(repairs=False))
    if steps:
        notes += _warnings(wants, planner)
    group = next(iter(present)) if len(present) == 1 else None
    kept = [step for pin in pins for step in networks.address(pin).steps]
    if group is not None:  # undone with it
        kept = [replace(step, group=group) for step in kept]
    return ForwardPart(
        wants=tuple(replace(want, intent=_state(want)) for want in wants),
        nic_steps=tuple(nic_steps),
        steps=(*kept, *steps),
        waiting=tuple(planner.waiting),
        notes=(*notes, *planner.notes),
    )


def _planned_nics(parts: Sequence[Part], observed: Observed) -> tuple[PlannedNic, ...]:
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
        if want.intent is Intent.REMOVE and not leads_to_user(domain, found[0]):
            nic = found[0].nic
            notes.append(
                f"the address of {domain.name}/{nic} stays reserved; vnetmgr release-address "
                "gives it back"
            )
        return tuple(forward for forward in present if forward is not found[0])
    if want.intent is Intent.REMOVE:
        raise _not_one(want.key, domain, present, found)
    return present


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
            f"take that away first: vnetmgr remove-forward {domain.name} {old.name}",
        )
    if want.intent is Intent.CREATE:
        notes.append(f"domain {domain.name}: {old.text} is forwarded already")
    return present


def _not_one(
    key: ForwardKey, domain: SeenDomain, present: Sequence[Forward], found: Sequence[Forward]
) -> RefusedError | NotFoundError:
    if found:
        names = listed([each.text for each in found])
        return RefusedError(
            f"domain {domain.name}: {key} means {len(found)} forwards: {names}",
            "name the address or the protocol as well",
        )
    has = listed([each.text for each in present]) if present else "none"
    return NotFoundError(
        f"domain {domain.name} has no forward {key}; it has {has}",
        f"see them: vnetmgr list-forwards {domain.name}",
    )


def _warnings(wants: Sequence[ForwardWant], planner: ForwardPlanner) -> list[str]:
    """What will keep connections from getting through, or lets too many, whatever the rules say."""
    if not planner.leads_to_networks:
        return []
    live = planner.live
    everywhere = [OPEN_TO_ALL] if live.localnet_everywhere else []
    if all(want.forward is None for want in wants):
        return everywhere
    notes = [*everywhere]
    notes += [f"{each}: connections do not get past it" for each in live.obstacles]
    listen = {want.forward.listen_alone for want in wants if want.forward is not None} - {None}
    notes += [
        f"the host has no address {each}: nothing gets there until it has"
        for each in sorted(map(str, listen - (live.addresses or listen)))
    ]
    if any(want.forward is not None and want.forward.loopback for want in wants):
        notes.append("the host's ::1 cannot be forwarded: the kernel keeps what comes from there")
    return notes
