"""Plan a new network: from a template, with a free subnet where none is given."""

from __future__ import annotations

from ipaddress import IPv4Network
from itertools import count
from typing import TYPE_CHECKING

from vnetmgr.errors import UsageError
from vnetmgr.libvirt_xml.networks.read import read_network
from vnetmgr.libvirt_xml.networks.write import new_network
from vnetmgr.model.intent import Intent
from vnetmgr.model.network_want import NetworkPatch, network_problem
from vnetmgr.model.options.addressing import slaac_notes
from vnetmgr.model.options.network_extra import lists_functions
from vnetmgr.model.options.networks import OPTION_OF
from vnetmgr.model.options.nics import DEFAULT_NETWORK
from vnetmgr.model.patch import UNSET, Unset
from vnetmgr.model.plan import Action, Op, Step
from vnetmgr.model.record import replace
from vnetmgr.model.seen.guests import Guest, guests_of
from vnetmgr.model.show import show
from vnetmgr.model.state import State
from vnetmgr.planner.networks.bridge_setup import setup_notes
from vnetmgr.planner.networks.checks import check_network, fitting, refuse_name
from vnetmgr.planner.networks.context import NetworkContext, network_change, refuse_other_switch
from vnetmgr.planner.networks.dns import dns_notes, unread_notes, with_local_names
from vnetmgr.planner.networks.extra import extra_problems, new_extra
from vnetmgr.planner.networks.ip_side import host_notes
from vnetmgr.planner.networks.links import link_notes
from vnetmgr.planner.networks.settle import given_out, settle, with_gateways
from vnetmgr.planner.nics.taps import repairs
from vnetmgr.planner.overlays.checks import overlay_notes, template_problems
from vnetmgr.planner.result import Planned
from vnetmgr.planner.subnets import free_subnet
from vnetmgr.problem import About, Option, Problem, Worded, behind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vnetmgr.model.dhcp import IpNetwork
    from vnetmgr.model.network import Network
    from vnetmgr.model.network_want import NetworkWant
    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.planner.networks.draft import NetworkDraft

# The one that libvirt's packages bring along.
_LIBVIRTS_OWN = "192.168.122.0/24"


def plan_creation(want: NetworkWant, context: NetworkContext) -> Planned[NetworkWant]:
    """The step that makes a network and, unless it is not to run, starts it."""
    draft, name = context.draft, want.name
    refuse_name(name)
    template = want.template or _template(want, context)
    new = new_network(template, name=name, patch=NetworkPatch(), fleet=draft.fleet)
    base = draft.joined(read_network(new))
    settled = draft.settled(new_extra(_settled(want, base, context), base), base)
    present = base if draft.joins else None
    if want.intent is Intent.CREATE and present is not None:
        refuse_other_switch(want, present, settled)
    patch, misfits = fitting(base, settled)
    misfits += [*_misplaced(want, base, settled, patch), *_of_template(new, settled, draft)]
    autostart = want.autostart is not False
    owned_as = _derived_uuid(name, context) if want.owned else None
    marks = {"owned_as": owned_as, "fleet": draft.fleet}
    xml = new_network(template, name=name, patch=patch, unfinished=autostart, **marks)
    made = draft.made(xml, patch)
    _check_pool(made, context)
    misfits += _placeholders(want, made)
    misfits += extra_problems(None, patch, made, context.observed.features)
    check_network(made, None, context, starts=bool(want.running), misfits=misfits)
    ops: list[Op] = draft.set_switch(patch)
    upkeep = draft.keep_switch()
    ops += [*upkeep.ops, *draft.create(xml)]
    if autostart:
        # A run that is killed in between leaves the mark, and the next one goes on from there.
        ops += [*draft.set_autostart(autostart=True), *draft.finish()]
    scope = [State.CONFIG]
    guests: list[Guest] = []
    if want.running:
        guests = _waiting_guests(want, context)
        ops += [*draft.start(), *draft.replug(guests, former=None)]
        scope.append(State.LIVE)
    differences = (*_settings(made), *upkeep.differences)
    change = network_change(Action.CREATE, name, scope, differences)
    step = Step(group=f"network {name}", changes=(change, *repairs(guests)), ops=tuple(ops))
    resolved = replace(want, intent=Intent.PRESENT, patch=patch, template=None)
    notes = tuple(behind(f"network {name}: ", each) for each in _told(made, context, present))
    return Planned(want=resolved, steps=(step,), notes=notes)


def _settings(made: Network) -> Iterator[tuple[str, None, object]]:
    values = ((field, getattr(made, field)) for field in NetworkPatch.FIELDS)
    return ((field, None, value) for field, value in values if show(value))


def _told(made: Network, context: NetworkContext, present: Network | None) -> Iterator[str]:
    """What to know of a new network. `present`: what other hosts have of it."""
    said = {field for field, _, _ in _settings(made)}
    had = {each for each in said if present is not None and _same(each, present, made)}
    yield from slaac_notes(made.subnets, made.dhcp_ranges)
    yield from link_notes(None, made, context)
    yield from host_notes(made, said, context.observed)
    yield from setup_notes(made, said, context.observed)
    yield from overlay_notes(made, said, context.observed, had=had)
    yield from dns_notes(made)
    yield from unread_notes(made, said)


def _same(field: str, present: Network, made: Network) -> bool:
    return bool(getattr(present, field) == getattr(made, field))


def _misplaced(
    want: NetworkWant, base: Network, settled: NetworkPatch, patch: NetworkPatch
) -> Iterator[Problem]:
    """Why addresses that fit no subnet fit none: it was chosen."""
    mode = base.mode if isinstance(patch.mode, Unset) else patch.mode
    chosen = mode.has_own_bridge and isinstance(want.patch.subnets, Unset)
    chosen |= mode.kind.spans_hosts and not base.subnets and want.patch.subnets is UNSET
    if chosen and _placed(patch) != _placed(settled):
        free = "then it is one that is free"
        text = Worded(f"--subnet was not given: {free}", f"subnets are not given: {free}")
        yield network_problem("subnets", text)


def _of_template(new: str, patch: NetworkPatch, draft: NetworkDraft) -> Iterable[Problem]:
    return () if draft.fleet is None else template_problems(read_network(new), patch)


def _derived_uuid(name: str, context: NetworkContext) -> str:
    """A UUID for the network of a spec, so that its mark can have it: always the same for one host
    and name, the next one where a copy has taken it."""
    from uuid import NAMESPACE_DNS, uuid5

    observed = context.observed
    taken = {seen.any.uuid for seen in observed.networks}
    derived = (str(uuid5(NAMESPACE_DNS, f"{observed.host}/{name}/{n}")) for n in count())
    return next(each for each in derived if each not in taken)


def _template(want: NetworkWant, context: NetworkContext) -> str:
    return context.observed.templates[f"network/{want.patch.mode_if_new}.xml"]


def _placeholders(want: NetworkWant, made: Network) -> Iterator[Problem]:
    """vnetmgr's own templates have to name something where libvirt wants a name."""
    needed = made.mode.kind.needs
    if want.template is not None or needed is None or made.has_own_bridge:
        return  # of a subnet, a free one is chosen
    if isinstance(getattr(want.patch, needed), Unset) and not lists_functions(made.extra):
        option, mode = OPTION_OF[needed], made.mode
        text = Worded(f"--mode {mode} needs {Option(option)}", f"mode {mode} needs {option}")
        yield network_problem(needed, text)


def _settled(want: NetworkWant, base: Network, context: NetworkContext) -> NetworkPatch:
    """The patch with what a new network has if nobody says otherwise: a free subnet, all of it
    for DHCP."""
    patch = with_local_names(want.patch)
    mode = base.mode if isinstance(patch.mode, Unset) else patch.mode
    if context.draft.joins:
        return settle(want, base)
    if not mode.kind.gets_subnet:
        return patch
    if isinstance(patch.subnets, Unset) and not base.subnets:
        patch = replace(patch, subnets=(_chosen_subnet(want, context),))
    patch = with_gateways(patch, base)
    moved = not isinstance(patch.subnets, Unset)
    subnets = base.subnets if isinstance(patch.subnets, Unset) else patch.subnets or ()
    usual = given_out(subnets, patch.gateways) if moved or not base.dhcp_ranges else None
    if isinstance(patch.dhcp_ranges, Unset):
        return patch if usual is None else replace(patch, dhcp_ranges=usual)
    if want.intent is Intent.CREATE and patch.dhcp_ranges:
        # A command's ranges are those of their IP version; a spec's are all there are.
        said = {each.start.version for each in patch.dhcp_ranges}
        others = base.dhcp_ranges if usual is None else usual
        left = (each for each in others if each.start.version not in said)
        patch = replace(patch, dhcp_ranges=(*left, *patch.dhcp_ranges))
    return patch


def _placed(patch: NetworkPatch) -> tuple[object, object]:
    return patch.gateways, patch.dhcp_ranges


def _chosen_subnet(want: NetworkWant, context: NetworkContext) -> IpNetwork:
    routes = context.observed.routes
    if routes is not None:
        return free_subnet(context.observed.networks, routes, _taken(context.observed))
    if want.name == DEFAULT_NETWORK:
        return IPv4Network(_LIBVIRTS_OWN)
    raise UsageError(
        f"network {want.name}: which subnet is free on {context.observed.host} cannot be seen "
        "from here",
        Worded("give one with --subnet", "give one: subnets"),
        about=About("network", want.name, field="subnets"),
    )


def _taken(observed: Observed) -> list[IpNetwork]:
    """What overlays have on other hosts."""
    northbound = observed.northbound
    overlays = () if northbound is None else northbound.overlays
    return [subnet for each in overlays for subnet in each.network.subnets]


def _waiting_guests(want: NetworkWant, context: NetworkContext) -> list[Guest]:
    """Running guests that name a network which was deleted under them."""
    seen = context.draft.as_seen() if want.guests else None
    return guests_of(seen, context.observed) if seen is not None else []


def _check_pool(made: Network, context: NetworkContext) -> None:
    if made.hands_out_cards and made.pf is not None:
        from vnetmgr.planner.nics.hostdev import check_pool

        check_pool(made.name, made.pf, context.observed)
