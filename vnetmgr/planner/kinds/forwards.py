"""Port forwards: those that something is asked of, or all of the host's; and rules of nobody."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from vnetmgr.errors import VnetError
from vnetmgr.model.names import joined
from vnetmgr.model.record import replace
from vnetmgr.planner.context import is_plugged

if TYPE_CHECKING:
    from vnetmgr.model.network import Network
    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.planner.forwards.plan import ForwardPlanner
    from vnetmgr.planner.planning import Planning


def forwarded_addresses(planning: Planning) -> None:
    """Where all forwards lead, where they are looked after: their guests' addresses are kept."""
    desired, observed = planning.desired, planning.observed
    some = desired.forwards or planning.has_forwards or observed.rules is not None
    if not (planning.conduct.adopts and some):
        return
    from vnetmgr.model.forward import ForwardsWant
    from vnetmgr.model.seen.forwarded import needs_no_rules

    planner = planning.forwards = _planner(planning)
    if not planning.conduct.tends_forwards:
        return
    asked = [want.domain for want in desired.forwards]
    for want in desired.forwards:
        if isinstance(want, ForwardsWant):
            planner.want(want.domain, want.forwards)
    _leave_held(planning, planner)
    for name in planning.conduct.leaves:
        planner.leave(name)
    _note_unseen(planning, asked)
    # From afar only what is asked for is an error; what is there is looked after there.
    mine = [each.name for each in observed.domains if needs_no_rules(each)]
    names = None if observed.rules is not None else dict.fromkeys((*asked, *mine))
    planning.pins = planning.attempt(None, None, partial(planner.settle, names)) or []


def forwards(planning: Planning) -> None:
    """The forwards' own steps: after those of their networks, addresses and nics, of which some
    bring forwards with them."""
    planner = planning.forwards
    if planner is None:
        _by_command(planning)
        return
    planning.steps["nics"] = planner.along(planning.steps["nics"])
    if planning.conduct.tends_forwards:
        steps = planning.attempt(None, None, lambda: list(planner.steps(repairs=True)))
        planning.steps["forwards"] += steps or []
    planning.errors += [*planner.errors, *planner.lost, *planner.blocked.values()]
    planning.notes += [*planner.notes, *planner.later]
    planning.waiting += planner.waiting


def unowned(planning: Planning) -> None:
    """Rules that no domain's metadata has."""
    for want in planning.desired.unowned:
        from vnetmgr.planner.forwards.unowned import plan_unowned

        planning.take("forwards", plan_unowned(want, planning.observed))


def outdated_metadata(planning: Planning) -> None:
    """Domains that run with metadata of before, as those do that are restored."""
    outdated = [each for each in planning.observed.domains if each.outdated_data]
    if not (planning.conduct.tends_forwards and outdated):
        return
    from vnetmgr.planner.forwards.claims import refreshing

    steps = (*planning.steps["nics"], *planning.steps["forwards"])
    refreshed = (refreshing(each, steps) for each in outdated)
    planning.steps["late"] += filter(None, refreshed)


def _by_command(planning: Planning) -> None:
    """The forwards that a command names, and those to the nics that it changes. It says one more or
    one less, where a spec lists all that a domain has; what is made of that list is planned for
    both alike, by ForwardPlanner. A command is refused as a whole, though, and is told what it was
    not asked: so its forwards are planned last, when its nics are, and not before its networks."""
    desired, nics, observed = planning.desired, planning.nics, planning.observed
    if not desired.forwards and not (nics and planning.has_forwards):
        return
    from vnetmgr.model.forward import ForwardWant
    from vnetmgr.planner.forwards.wants import plan_forwards

    wants = [want for want in desired.forwards if isinstance(want, ForwardWant)]
    planned = plan_forwards(wants, observed, planning.policy, nics)
    planning.steps["nics"] = list(planned.nic_steps)
    planning.take("forwards", planned)


def _planner(planning: Planning) -> ForwardPlanner:
    from vnetmgr.planner.forwards.plan import ForwardPlanner
    from vnetmgr.planner.networks.reservations import Reservations

    reservations = Reservations(planning.desired, planning.observed, planning.after)

    def reserving(name: str) -> Network | None:
        network = planning.networks.named(name)
        return None if network is None else reservations.as_reserved(network)

    plugged = {
        (planned.want.domain, planned.after.mac)
        for planned in planning.nics
        if planned.after is not None and is_plugged(planned.steps)
    }
    wanted = {(want.domain, want.spec_name or "") for want in planning.desired.nics}
    return ForwardPlanner(
        _recorded(planning),
        network_named=reserving,
        planned=planning.after,
        failed=wanted - planning.after.keys(),
        plugged=plugged,
        gone=planning.gone,
        allow=planning.policy.allow,
    )


def _recorded(planning: Planning) -> Observed:
    """What is there, with the metadata as the nics' steps leave it."""
    return replace(
        planning.observed,
        domains=tuple(
            replace(each, data_xml=draft.data_xml, stamp=each.uuid, copied=())
            if (draft := planning.drafts[each.name]).data_xml != each.data_xml
            else each
            for each in planning.observed.domains
        ),
    )


def _leave_held(planning: Planning, planner: ForwardPlanner) -> None:
    if not planning.conduct.heeds_holds:
        return
    from vnetmgr.planner.holds import held

    for domain in planning.observed.domains:
        nics = {forward.nic for forward in domain.forwards}
        holds = (held(domain, None, nic, planning.observed.now_s) for nic in nics)
        if hold := next(filter(None, holds), None):
            planning.notes.append(f"domain {domain.name}: its forwards are held: {hold}")
            planner.leave(domain.name)


def _note_unseen(planning: Planning, asked: list[str]) -> None:
    """Say of whose forwards nobody knows whether they work, but for those that are asked for, of
    which that is told anyway."""
    from vnetmgr.model.seen.forwarded import needs_no_rules

    observed, spec = planning.observed, planning.spec
    unseen = observed.rules_unseen
    told = planning.conduct.leaves.union(asked)
    names = [
        domain.name
        for domain in observed.domains
        if domain.forwards and domain.name not in told and not needs_no_rules(domain)
    ]
    if unseen is None or not names:
        return
    text = f"port forwards of {joined(names)} are not looked after: {unseen.message}"
    only_these = not (spec.domains or spec.others or planning.desired.networks)
    if observed.rules_elsewhere and not only_these:
        planning.notes.append(text)
    else:
        planning.errors.append(VnetError(text, unseen.hint))
