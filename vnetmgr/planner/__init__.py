"""From what is wanted and what is there to a plan. Pure: no I/O, no clock, no randomness."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from vnetmgr.model.desired import Desired, DomainWant, HoldWant, NicWant, SlotsWant
from vnetmgr.model.forward import ForwardWant, UnownedWant
from vnetmgr.model.intent import Intent
from vnetmgr.model.network import NetworkMode
from vnetmgr.model.network_want import AddressWant, NetworkWant, RecordWant
from vnetmgr.model.plan import Plan
from vnetmgr.model.record import replace
from vnetmgr.planner.allocate import TakenMacs
from vnetmgr.planner.context import Context, Draft
from vnetmgr.planner.nics.attach import plan_creation, plan_new
from vnetmgr.planner.nics.match import find_nic, find_wanted
from vnetmgr.planner.scope import all_nics, scope_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vnetmgr.model.desired import Policy
    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.planner.forwards.wants import ForwardPart
    from vnetmgr.planner.networks.wants import NetworkPlanner
    from vnetmgr.planner.result import Planned

W = TypeVar("W")

__all__ = ["make_plan", "scope_of"]


def make_plan(desired: Desired, observed: Observed, policy: Policy) -> Plan:
    """The ordered steps from observed to desired. The kinds of object stand here once.

    Raises UsageError, NotFoundError or RefusedError before anything is touched.
    """
    if desired.spec is not None:
        from vnetmgr.planner.spec import plan_spec

        return plan_spec(desired, desired.spec, observed, policy, scope_of(desired, policy))
    desired, observed, unseen = _with_host_devices(desired, observed)
    networks, kept = _with_forwards_kept(desired, observed, policy)
    others: list[Planned[Any]] = [
        *_domains(desired, observed, policy),
        *_slots(desired, observed),
        *_holds(desired, observed),
    ]
    nics = list(_nics(desired, observed, policy))
    forwards = _forward_part(desired, observed, policy, nics)
    unowned = list(_unowned(desired, observed))
    every: list[Planned[Any]] = [*networks, *others, *nics, *unowned]
    settled = _settled(desired, every, forwards)
    return Plan(
        host=observed.host,
        steps=(
            *(step for each in (*networks, *others) for step in each.steps),
            *(forwards.nic_steps if forwards else (s for each in nics for s in each.steps)),
            *(forwards.steps if forwards else ()),
            *(step for each in unowned for step in each.steps),
        ),
        desired=settled,
        scope=scope_of(settled, policy),
        policy=policy,
        waiting=(
            *(change for each in every for change in each.waiting),
            *(forwards.waiting if forwards else ()),
        ),
        notes=tuple(
            dict.fromkeys(
                (
                    *unseen,
                    *(note for each in every for note in each.notes),
                    *kept,
                    *(forwards.notes if forwards else ()),
                )
            )
        ),
    )


def _settled(
    desired: Desired, every: Iterable[Planned[Any]], forwards: ForwardPart | None
) -> Desired:
    """What is wanted as states, with nothing left open: planned again it has to be empty."""
    wants = [each.want for each in every]

    def of(kind: type[W]) -> tuple[W, ...]:
        return tuple(want for want in wants if isinstance(want, kind))

    return replace(
        desired,
        networks=of(NetworkWant),
        addresses=of(AddressWant),
        records=of(RecordWant),
        domains=of(DomainWant),
        slots=of(SlotsWant),
        holds=of(HoldWant),
        nics=of(NicWant),
        forwards=forwards.wants if forwards else (),
        unowned=of(UnownedWant),
    )


def _with_host_devices(desired: Desired, observed: Observed) -> tuple[Desired, Observed, list[str]]:
    """Both in terms of PCI addresses and pools, and what of that cannot be seen from here."""
    unseen: list[str] = []
    if scope_of(desired).host_devices:
        from vnetmgr.planner.nics.hostdev import settle_hostdevs, unseen_notes

        desired = settle_hostdevs(desired, observed)
        unseen = unseen_notes(desired, observed)
    if any(seen.any.mode is NetworkMode.HOSTDEV for seen in observed.networks):
        from vnetmgr.planner.nics.hostdev import with_pools

        observed = with_pools(observed, desired)
    return desired, observed, unseen


def _with_forwards_kept(
    desired: Desired, observed: Observed, policy: Policy
) -> tuple[list[Planned[Any]], tuple[str, ...]]:
    """The parts of networks, with the forwards into those that start; and what to say of these."""
    if not (desired.networks or desired.addresses or desired.records):
        return [], ()
    from vnetmgr.planner.networks.wants import NetworkPlanner  # nic commands have no use for it

    planner = NetworkPlanner(observed, policy)
    parts = list(_network_parts(desired, planner))
    if not any(domain.forwards for domain in observed.domains):
        return parts, ()
    from vnetmgr.planner.forwards.kept import with_forwards_kept  # few hosts have any

    kept = [with_forwards_kept(part.steps, observed, planner.named) for part in parts]
    parts = [replace(part, steps=each.steps) for part, each in zip(parts, kept, strict=True)]
    notes = tuple(note for each in kept for note in each.notes)
    if desired.addresses and desired.spec is None:
        from vnetmgr.planner.forwards.addresses import follow, refuse_given

        changed = [part.want for part in parts if isinstance(part.want, AddressWant) and part.steps]
        refuse_given(changed, observed)
        followed = follow(changed, observed, planner.named)
        notes += followed.notes
        if parts:
            last = parts[-1]
            parts[-1] = replace(last, steps=(*last.steps, *followed.steps))
    return parts, notes


def _network_parts(desired: Desired, planner: NetworkPlanner) -> Iterator[Planned[Any]]:
    # A network that one domain's command brings along is undone with it; shared ones are not.
    domains = {want.domain for want in all_nics(desired)}
    group = domains.pop() if len(domains) == 1 else None
    for network in desired.networks:
        part = planner.network(network)
        if group is not None:
            part = replace(part, steps=tuple(replace(step, group=group) for step in part.steps))
        yield part
    yield from map(planner.address, desired.addresses)
    yield from map(planner.record, desired.records)


def _domains(desired: Desired, observed: Observed, policy: Policy) -> Iterator[Planned[DomainWant]]:
    if not desired.domains:
        return
    from vnetmgr.planner.domains import plan_domain

    for want in desired.domains:
        yield plan_domain(want, observed=observed, policy=policy, networks=_made(desired))


def _slots(desired: Desired, observed: Observed) -> Iterator[Planned[SlotsWant]]:
    if not desired.slots:
        return
    from vnetmgr.planner.nics.slots import plan_slots

    for want in desired.slots:
        domain = observed.domain(want.domain)
        if domain is not None:
            yield plan_slots(want, domain)


def _holds(desired: Desired, observed: Observed) -> Iterator[Planned[HoldWant]]:
    if not desired.holds:
        return
    from vnetmgr.planner.holds import plan_hold

    for want in desired.holds:
        yield plan_hold(want, observed)


def _nics(desired: Desired, observed: Observed, policy: Policy) -> Iterator[Planned[NicWant]]:
    drafts = {domain.name: Draft.of(domain, observed.unlisted) for domain in observed.domains}
    taken = TakenMacs(observed)
    for want in desired.nics:
        context = Context(
            observed=observed,
            policy=policy,
            draft=drafts[want.domain],
            taken=taken,
            planned_networks=_made(desired),
        )
        yield _plan_nic(want, context)


def _forward_part(
    desired: Desired, observed: Observed, policy: Policy, nics: Sequence[Planned[NicWant]]
) -> ForwardPart | None:
    wants = [want for want in desired.forwards if isinstance(want, ForwardWant)]
    if not wants and not (nics and any(domain.forwards for domain in observed.domains)):
        return None
    from vnetmgr.planner.forwards.wants import plan_forwards  # few hosts have any

    return plan_forwards(wants, observed, policy, nics)


def _unowned(desired: Desired, observed: Observed) -> Iterator[Planned[UnownedWant]]:
    if not desired.unowned:
        return
    from vnetmgr.planner.forwards.unowned import plan_unowned

    for want in desired.unowned:
        yield plan_unowned(want, observed)


def _made(desired: Desired) -> frozenset[str]:
    return frozenset(want.name for want in desired.networks)


def _plan_nic(want: NicWant, context: Context) -> Planned[NicWant]:
    if want.intent in (Intent.REMOVE, Intent.ABSENT):
        from vnetmgr.planner.nics.detach import plan_removal  # attach-nic is to start fast

        return plan_removal(want, context)
    if want.intent is Intent.CREATE:
        return plan_creation(want, context)
    seen = find_nic(context.domain, want.nic) if want.nic else None
    seen = seen or find_wanted(context.domain, want.patch)
    if not seen:
        return plan_new(want, context)
    from vnetmgr.planner.nics.update import plan_update

    return plan_update(want, seen, context)
