"""Networks, and what is in them: reservations and DNS records."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from vnetmgr.model.intent import Intent
from vnetmgr.model.patch import UNSET
from vnetmgr.model.record import replace
from vnetmgr.model.writes import SetPorts
from vnetmgr.planner.scope import all_nics
from vnetmgr.problem import About

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vnetmgr.model.network import SeenNetwork
    from vnetmgr.model.network_want import AddressWant, NetworkPatch, NetworkWant
    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.planner.planning import Planning
    from vnetmgr.planner.result import Planned


def chassis(planning: Planning) -> None:
    """What this machine is to be to OVN: before all that needs its bridge."""
    for want in planning.desired.chassis:
        from vnetmgr.planner.chassis.plan import plan_chassis

        planning.take("networks", plan_chassis(want, planning.observed))


def networks(planning: Planning) -> None:
    """Networks, but for lists of reservations, which are complete: those need the nics' MACs."""
    desired, observed = planning.desired, planning.observed
    if not desired.networks:
        return
    from vnetmgr.planner.forwards.bridges import forwarded_networks, with_bridge

    forwarded = forwarded_networks(desired)
    for want in desired.networks:
        first = replace(want, patch=_without_reservations(want.patch, observed.network(want.name)))
        if want.name in forwarded and observed.network(want.name) is None:
            first = with_bridge(first, observed, desired.networks)
        planned = planning.attempt(
            want.about, want.origin, partial(planning.networks.network, first)
        )
        if planned is not None:
            planning.made.add(want.name)
            _take(planning, planned)


def _without_reservations(patch: NetworkPatch, seen: SeenNetwork | None) -> NetworkPatch:
    """A patch without a list of reservations, and without what else is said of those; that stays
    as it is meanwhile."""
    if patch.reservations is not UNSET and isinstance(patch.extra, tuple | None):
        from vnetmgr.planner.networks.extra import beside_reservations

        patch = replace(patch, extra=beside_reservations(patch.extra or (), seen))
    return replace(patch, reservations=UNSET)


def left_in_pieces(planning: Planning) -> None:
    """What a killed libvirtd has left of networks, where there is no spec that names them."""
    if planning.spec.nothing_asked:
        from vnetmgr.planner.networks.context import left_networks

        planning.errors += left_networks(planning.observed)


def addresses(planning: Planning) -> None:
    """The reservations of nics, those that forwards need, and those that networks list; and that
    those go which are of domains on other hosts."""
    desired, stale = planning.desired, _stale_addresses(planning)
    if not (desired.addresses or desired.networks or planning.pins or stale):
        return
    from vnetmgr.planner.networks.reservations import Reservations

    reservations = Reservations(desired, planning.observed, planning.after)
    wants = reservations.wants(planning.pins)
    complete = {
        want.name: want for want in reservations.complete(wants) if want.name in planning.made
    }
    for network in complete.values():
        _complete(planning, network)
    # With its MAC known, a reservation does not say any more whose it is.
    whose = {want.origin: want.about for want in desired.addresses}
    changed: list[AddressWant] = []

    def attempt(
        want: AddressWant, plan: Callable[[AddressWant], Planned[AddressWant]]
    ) -> Planned[AddressWant] | None:
        about = whose.get(want.origin, want.about) if want.origin else want.about
        planned = planning.attempt(about, want.origin, partial(plan, want))
        if planned is not None and planned.steps:
            changed.append(planned.want)
        return planned

    single = (want for want in (*stale, *wants) if want.network not in complete)
    for first, write in planning.networks.addresses(single, attempt):
        about = About("network", first.network, field="addresses")
        if (kept := planning.attempt(about, first.origin, write)) is not None:
            _take(planning, kept)
    if planning.has_forwards and not planning.conduct.tends_forwards:
        _follow(planning, changed)


def _complete(planning: Planning, network: NetworkWant) -> None:
    """A network with all that it keeps."""
    planned = partial(planning.networks.network, network)
    whole = planning.attempt(network.about, network.origin, planned)
    if whole is not None:  # the rest of it was told before, but for what is new
        is_new = planning.observed.network(network.name) is None
        _take(planning, replace(whole, waiting=(), notes=whole.notes if is_new else ()))


def _stale_addresses(planning: Planning) -> list[AddressWant]:
    if not planning.spec.elsewhere:
        return []
    from vnetmgr.planner.elsewhere import stale_addresses

    found = stale_addresses(planning.spec, planning.observed)
    planning.notes += found.values()
    return [*found]


def records(planning: Planning) -> None:
    """DNS records; a spec has them in its networks."""
    for want in planning.desired.records:
        planned = planning.attempt(want.about, want.origin, partial(planning.networks.record, want))
        if planned is not None:
            _take(planning, planned)


def unwanted_networks(planning: Planning) -> None:
    """Owned networks that nobody wants any more. Nobody is on them by then."""
    if not planning.conduct.prunes_all:
        return
    from vnetmgr.model.network_want import NetworkWant
    from vnetmgr.planner.networks.wants import NetworkPlanner
    from vnetmgr.planner.owned import owned_networks

    left = _without_gone_ports(planning)
    planner = NetworkPlanner(left, planning.policy, of_spec=True)
    unwanted = owned_networks(left.networks) - {want.name for want in planning.desired.networks}
    for network in left.networks:
        if network.name in unwanted and _is_of_its_fleet(network, planning):
            gone = NetworkWant(name=network.name, intent=Intent.ABSENT, guests=True)
            planning.take(
                "late", planning.attempt(gone.about, None, partial(planner.network, gone))
            )


def _is_of_its_fleet(network: SeenNetwork, planning: Planning) -> bool:
    """Whether the spec may be the one that has made an overlay; any other network, it may."""
    from vnetmgr.model.overlay.settings import DEFAULT_FLEET

    ovn = planning.desired.ovn
    fleet = (ovn.fleet if ovn is not None else None) or DEFAULT_FLEET
    return not network.is_overlay or network.any.fleet in (None, fleet)


def _without_gone_ports(planning: Planning) -> Observed:
    """What is there without what the plan takes away by then, ports of OVN's among it."""
    left, northbound = planning.left, planning.left.northbound
    if northbound is None:
        return left
    writes = (op.do for steps in planning.steps.values() for step in steps for op in step.ops)
    gone = {
        change.before.name
        for write in writes
        if isinstance(write, SetPorts)
        for change in write.changes
        if change.before is not None and change.after is None
    }
    ports = tuple(each for each in northbound.ports if each.name not in gone)
    return replace(left, northbound=replace(northbound, ports=ports))


def _take(planning: Planning, planned: Planned[Any]) -> None:
    steps, notes = planned.steps, planned.notes
    if steps and not planning.conduct.goes_on:
        domains = {want.domain for want in all_nics(planning.desired)}
        # What one domain's command brings along is undone with it; what others share is not.
        if len(domains) == 1:
            steps = tuple(replace(step, group=next(iter(domains))) for step in steps)
    if planning.has_forwards and planning.spec.forwards:
        from vnetmgr.planner.forwards.kept import with_forwards_kept

        kept = with_forwards_kept(steps, planning.observed, planning.networks.named)
        steps, notes = kept.steps, (*notes, *kept.notes)
    planning.take("networks", replace(planned, steps=steps, notes=notes))


def _follow(planning: Planning, changed: Sequence[AddressWant]) -> None:
    """Forwards go where the addresses do that a command changes."""
    from vnetmgr.planner.forwards.addresses import follow, refuse_given

    refuse_given(changed, planning.observed)
    followed = follow(changed, planning.observed, planning.networks.named)
    planning.steps["networks"] += followed.steps
    planning.notes += followed.notes
