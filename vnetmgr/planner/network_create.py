"""Plan a new network: from a template, with a free subnet where none is given."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from vnetmgr.errors import usage_problems
from vnetmgr.libvirt_xml.network_read import read_network
from vnetmgr.libvirt_xml.network_write import new_network
from vnetmgr.model.addressing import default_ranges, first_host
from vnetmgr.model.desired import Intent
from vnetmgr.model.domain import State
from vnetmgr.model.network import Network, NetworkMode
from vnetmgr.model.network_want import NetworkPatch
from vnetmgr.model.nic_options import DEFAULT_NETWORK
from vnetmgr.model.patch import Unset
from vnetmgr.model.plan import Action, FieldChange, Op, Step
from vnetmgr.model.record import replace
from vnetmgr.model.show import show
from vnetmgr.planner.network_checks import check_network, refuse_misfits
from vnetmgr.planner.network_part import NetworkContext, NetworkPart, network_change
from vnetmgr.planner.subnets import free_subnet
from vnetmgr.planner.taps import Guest, guests_of, repairs

if TYPE_CHECKING:
    from vnetmgr.model.dhcp import IpAddress, IpNetwork
    from vnetmgr.model.network_want import NetworkWant

# The one that libvirt's packages bring along.
_LIBVIRTS_OWN = "192.168.122.0/24"


def plan_creation(want: NetworkWant, context: NetworkContext) -> NetworkPart[NetworkWant]:
    """The step that makes a network and, unless it is not to run, starts it."""
    draft, name = context.draft, want.name
    template = want.template or _template(want, context)
    patch = _settled(want, template, context)
    refuse_misfits(read_network(new_network(template, name=name, patch=NetworkPatch())), patch)
    xml = new_network(template, name=name, patch=patch, owned=want.owned)
    made = read_network(xml)
    _refuse_placeholders(want, made)
    _check_pool(made, context)
    check_network(made, None, context, starts=bool(want.running))
    autostart = want.autostart is not False
    ops: list[Op] = [*draft.create(xml), *draft.set_autostart(autostart=autostart)]
    scope = [State.CONFIG]
    guests: list[Guest] = []
    if want.running:
        guests = _waiting_guests(want, context)
        ops += [*draft.start(), *draft.replug(guests, gave=None)]
        scope.append(State.LIVE)
    change = replace(
        network_change(Action.CREATE, name, scope),
        fields=tuple(
            FieldChange(field=field, before=None, after=shown)
            for field in NetworkPatch.FIELDS
            if (shown := show(getattr(made, field)))
        ),
    )
    step = Step(group=f"network {name}", changes=(change, *repairs(guests)), ops=tuple(ops))
    resolved = replace(want, intent=Intent.PRESENT, patch=patch, template=None)
    return NetworkPart(want=resolved, steps=(step,))


def _template(want: NetworkWant, context: NetworkContext) -> str:
    mode = NetworkMode.NAT if isinstance(want.patch.mode, Unset) else want.patch.mode
    return context.observed.templates[f"network/{mode}.xml"]


def _refuse_placeholders(want: NetworkWant, made: Network) -> None:
    """vnetmgr's own templates have to name something where libvirt wants a name."""
    if want.template is not None:
        return
    for mode, field in ((NetworkMode.BRIDGE, "bridge"), (NetworkMode.HOSTDEV, "pf")):
        if made.mode is mode and isinstance(getattr(want.patch, field), Unset):
            raise usage_problems(
                [f"network {want.name}: --mode {mode} needs --{field}"],
                "vnetmgr create-network --help shows every option",
            )


def _settled(want: NetworkWant, template: str, context: NetworkContext) -> NetworkPatch:
    """The patch with what a new network has if nobody says otherwise: a free subnet, all of it
    for DHCP."""
    patch = want.patch
    base = read_network(new_network(template, name=want.name, patch=NetworkPatch()))
    mode = base.mode if isinstance(patch.mode, Unset) else patch.mode
    if not mode.has_own_bridge:
        return patch
    if isinstance(patch.subnets, Unset) and not base.subnets:
        patch = replace(patch, subnets=(_chosen_subnet(want, context),))
    moved = not isinstance(patch.subnets, Unset)
    if isinstance(patch.dhcp_ranges, Unset) and (moved or not base.dhcp_ranges):
        subnets = base.subnets if isinstance(patch.subnets, Unset) else patch.subnets or ()
        given = patch.gateways
        gateways = () if isinstance(given, Unset) or given is None else given
        firsts = tuple(first_host(subnet) for subnet in subnets if not _has(subnet, gateways))
        patch = replace(patch, dhcp_ranges=default_ranges(subnets, (*gateways, *firsts)))
    return patch


def _has(subnet: IpNetwork, gateways: tuple[IpAddress, ...]) -> bool:
    return any(gateway in subnet for gateway in gateways)


def _chosen_subnet(want: NetworkWant, context: NetworkContext) -> IpNetwork:
    routes = context.observed.routes
    if routes is not None:
        return free_subnet(context.observed.networks, routes)
    if want.name == DEFAULT_NETWORK:
        return IPv4Network(_LIBVIRTS_OWN)
    raise usage_problems(
        [
            f"network {want.name}: which subnet is free on {context.observed.host} cannot be seen "
            "from here"
        ],
        "give one with --subnet",
    )


def _waiting_guests(want: NetworkWant, context: NetworkContext) -> list[Guest]:
    """Running guests that name a network which was deleted under them."""
    seen = context.draft.as_seen() if want.guests else None
    return guests_of(seen, context.observed) if seen is not None else []


def _check_pool(made: Network, context: NetworkContext) -> None:
    if made.mode is NetworkMode.HOSTDEV and made.pf is not None:
        from vnetmgr.planner.hostdev import check_pool

        check_pool(made.name, made.pf, context.observed)
