"""Plan the forwards that a command names: one is added or taken away, the others stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import NotFoundError, RefusedError
from vnetmgr.model.desired import Intent
from vnetmgr.model.record import Record, replace
from vnetmgr.planner.forwards import ForwardPlanner
from vnetmgr.planner.match import find_nic
from vnetmgr.planner.network_wants import NetworkPlanner
from vnetmgr.planner.taps import listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetmgr.model.desired import Observed, Policy
    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.forward import Forward, ForwardKey, ForwardWant
    from vnetmgr.model.plan import Step


class ForwardPart(Record):
    """The forwards' share of the plan."""

    wants: tuple[ForwardWant, ...] = ()
    steps: tuple[Step, ...] = ()
    notes: tuple[str, ...] = ()


def plan_forwards(wants: Sequence[ForwardWant], observed: Observed, policy: Policy) -> ForwardPart:
    """The steps for the forwards of one command. Raises VnetError before anything is touched."""
    networks = NetworkPlanner(observed, policy)
    planner = ForwardPlanner(observed, network_named=networks.named)
    present: dict[str, tuple[Forward, ...]] = {}
    notes: list[str] = []
    for want in wants:
        domain = observed.domain(want.domain)
        if domain is None:
            raise NotFoundError(f"domain {want.domain} does not exist", "virsh list --all")
        before = present.get(want.domain, domain.forwards)
        present[want.domain] = _with(want, domain, before, notes)
    for name, forwards in present.items():
        planner.want(name, tuple((forward, "") for forward in forwards))
    pins = planner.settle(list(present))
    for error in planner.errors:
        raise error
    steps = list(planner.steps(repairs=False))
    if steps:
        notes += _warnings(wants, planner)
    group = next(iter(present)) if len(present) == 1 else None
    kept = [step for pin in pins for step in networks.address(pin).steps]
    if group is not None:  # undone with it
        kept = [replace(step, group=group) for step in kept]
    return ForwardPart(
        wants=tuple(replace(want, intent=_state(want)) for want in wants),
        steps=(*kept, *steps),
        notes=tuple(notes),
    )


def _state(want: ForwardWant) -> Intent:
    return Intent.PRESENT if want.forward is not None else Intent.ABSENT


def _with(
    want: ForwardWant, domain: SeenDomain, present: tuple[Forward, ...], notes: list[str]
) -> tuple[Forward, ...]:
    """A domain's forwards with one more, or one less."""
    if want.forward is not None:
        return _added(want, want.forward, domain, present, notes)
    if want.key is None:
        raise ValueError("a forward is wanted, or named")
    found = [forward for forward in present if want.key.names(forward)]
    if len(found) == 1:
        if want.intent is Intent.REMOVE:
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
) -> tuple[Forward, ...]:
    if forward.nic is not None:
        nic = find_nic(domain, forward.nic).any
        forward = replace(forward, nic=nic.name or str(nic.mac))
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
    """What will keep connections from getting through, whatever the rules say."""
    if all(want.forward is None for want in wants):
        return []
    live = planner.live
    notes = [f"{each}: connections do not get past it" for each in live.obstacles]
    if any(want.forward is not None and want.forward.loopback for want in wants):
        notes.append("the host's ::1 cannot be forwarded: the kernel keeps what comes from there")
    return notes
