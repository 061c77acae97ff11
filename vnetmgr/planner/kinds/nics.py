"""Nics: those that are wanted, and owned ones that nobody wants any more."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from vnetmgr.command import Command
from vnetmgr.model.desired import NicWant
from vnetmgr.model.intent import Intent
from vnetmgr.model.nic import NicPatch
from vnetmgr.model.patch import UNSET
from vnetmgr.model.record import replace
from vnetmgr.planner.allocate import TakenMacs
from vnetmgr.planner.context import Context
from vnetmgr.planner.nics.wants import plan_nic
from vnetmgr.planner.scope import scope_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.state import Seen
    from vnetmgr.planner.planning import Planning
    from vnetmgr.planner.result import Planned


def host_devices(planning: Planning) -> None:
    """Devices of the host that a command gives to guests: each to one, and what cannot be checked
    of them is said."""
    if not planning.conduct.attended:
        return
    scope = scope_of(planning.desired)
    if scope.tags:
        from vnetmgr.planner.vlans import unseen_vlans

        planning.notes += unseen_vlans(planning.desired, planning.observed)
    if scope.host_devices:
        from vnetmgr.planner.nics.hostdev import settle_hostdevs, unseen_notes

        planning.desired = settle_hostdevs(planning.desired, planning.observed)
        planning.notes += unseen_notes(planning.desired, planning.observed)


def nics(planning: Planning) -> None:
    """The nics of domains that are here."""
    taken, made = TakenMacs(planning.observed), frozenset(planning.made)
    other, failed = frozenset(_of_other_modes(planning)), planning.failed_networks
    wanted: dict[str, list[NicWant]] = {}
    for want in planning.desired.nics:
        wanted.setdefault(want.domain, []).append(want)
    plan = _way(planning)
    for want in planning.desired.nics:
        draft = planning.drafts.get(want.domain)
        if draft is None:
            continue
        context = Context(
            observed=planning.observed,
            policy=planning.policy,
            draft=draft,
            taken=taken,
            planned_networks=made,
            other_networks=other,
            failed_networks=failed,
            floors=lambda: planning.floors,
            overlays=planning.overlays,
        )
        one = partial(plan, want, context, wanted[want.domain])
        planned = planning.attempt(want.about, want.origin, one)
        planning.take("nics", planned)
        if planned is not None:
            planning.nics.append(planned)
            if planned.after is not None:
                planning.after[want.domain, want.spec_name or ""] = planned.after


def _of_other_modes(planning: Planning) -> Iterator[str]:
    """The networks that are there by a spec's name, and are refused as they are of another mode."""
    for want in planning.desired.networks:
        seen = None if want.name in planning.made else planning.observed.network(want.name)
        if seen is not None and want.patch.mode not in (UNSET, seen.any.mode):
            yield want.name


def _way(
    planning: Planning,
) -> Callable[[NicWant, Context, Sequence[NicWant]], Planned[NicWant] | None]:
    """How one of a domain's nics is planned; all that are wanted of the domain are known, too. A
    command names a nic that is there, or says what is new; a spec's may be either, found by what
    it says and by what the others mean, and what is found becomes its own or is held. What is
    planned for one that is found, or is new, is the same for both: attach.py, update.py."""
    if not planning.conduct.adopts:
        return lambda want, context, _: plan_nic(want, context)
    from vnetmgr.planner.kinds.spec_nics import plan_unless_held

    return partial(plan_unless_held, planning)


def unwanted_nics(planning: Planning) -> None:
    """Owned nics that nobody wants any more, and no others."""
    conduct, observed = planning.conduct, planning.observed
    if not (conduct.prunes_all or conduct.prunes_domains):
        return
    from vnetmgr.planner.owned import OwnedNics

    domains, taps = [], set()
    # Of several hosts, a domain may be a copy of another one's.
    everybody = planning.spec.host is None and not planning.spec.partial
    owned = OwnedNics(observed.domains, everybody=everybody)
    for domain in observed.domains:
        unnamed = [
            seen
            for seen in domain.nics
            if seen.any.owned and id(seen) not in planning.matched and conduct.prunes(domain.name)
        ]
        gone = [seen for seen in unnamed if owned.has(domain, seen.any)]
        planning.notes += _left_alone(planning, domain, [s for s in unnamed if s not in gone])
        for seen in gone:
            _prune(planning, domain, seen.any)
            taps.add(seen.live.target if seen.live is not None else None)
        left = tuple(seen for seen in domain.nics if seen not in gone)
        domains.append(replace(domain, nics=left) if gone else domain)
    links = observed.links
    links = links.without(taps) if links is not None else None
    planning.left = replace(observed, domains=tuple(domains), links=links)


def _is_held(planning: Planning, domain: SeenDomain, nic: Nic) -> bool:
    from vnetmgr.planner.holds import held

    return planning.conduct.heeds_holds and bool(
        held(domain, nic, nic.name, planning.observed.now_s)
    )


def _left_alone(planning: Planning, domain: SeenDomain, nics: list[Seen[Nic]]) -> Iterator[str]:
    for seen in nics:
        nic = seen.any
        if not _is_held(planning, domain, nic):
            from vnetmgr.planner.nics.match import describe

            yield (
                f"domain {domain.name}: nic {describe(nic)} has a name of vnetmgr's, and "
                "nothing says that it was made for this domain, and not copied: not pruned; "
                f"{Command('detach-nic', domain.name, nic.key)} takes it out"
            )


def _prune(planning: Planning, domain: SeenDomain, nic: Nic) -> None:
    if _is_held(planning, domain, nic):
        return
    from vnetmgr.planner.nics.detach import plan_removal

    want = NicWant(domain=domain.name, nic=str(nic.mac), intent=Intent.ABSENT, patch=NicPatch())
    context = Context(
        observed=planning.observed,
        policy=planning.policy,
        draft=planning.drafts[domain.name],
        taken=TakenMacs(planning.observed),
        overlays=planning.overlays,
    )
    planned = planning.attempt(want.about, None, partial(plan_removal, want, context))
    if planned is not None:
        planning.gone.add((domain.name, nic.key))
        planning.take("nics", planned)


def on_overlays(planning: Planning) -> None:
    """Nics that somebody else has put on overlays."""
    if planning.overlays is not None:
        from vnetmgr.planner.kinds.overlays import others_nics

        others_nics(planning, planning.overlays)


def ports(planning: Planning) -> None:
    """The logical ports of nics on overlays."""
    if planning.overlays is not None:
        from vnetmgr.planner.kinds.overlays import logical_ports

        logical_ports(planning, planning.overlays)
