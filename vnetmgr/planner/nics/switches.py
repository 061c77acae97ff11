"""Linux bridge or Open vSwitch: the virtualport that a nic has to have, by the kind of its bridge.

libvirt takes any into a config, and the guest's next start fails (9.0, 11.3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import RefusedError, VnetError
from vnetmgr.model.nic import OPENVSWITCH, Mode
from vnetmgr.model.patch import UNSET, Unset
from vnetmgr.model.record import replace
from vnetmgr.planner.allocate import derive_interface_id
from vnetmgr.planner.context import resolve
from vnetmgr.problem import Worded

if TYPE_CHECKING:
    from vnetmgr.model.network import Network
    from vnetmgr.model.nic import Nic, NicPatch, Source
    from vnetmgr.model.seen.observed import Links
    from vnetmgr.model.state import Seen
    from vnetmgr.planner.context import Context


def with_port(
    patch: NicPatch, nic: Nic | None, context: Context, template: Nic | None = None
) -> NicPatch:
    """A nic's patch with what it needs of its own on the switch that it is on, or comes onto. `nic`
    is the one that there is; a new one is made of a `template`."""
    patch = with_virtualport(patch, nic, context)
    start = nic or template
    if context.overlays is None or start is None:
        return patch
    return context.overlays.patch_of(patch, start)


def with_virtualport(patch: NicPatch, nic: Nic | None, context: Context) -> NicPatch:
    """A nic that comes onto a source has the virtualport that the source needs: that of an Open
    vSwitch network, and none where it leaves Open vSwitch. `nic` is the one that there is."""
    source = patch.source
    if source is UNSET or patch.virtualport is not UNSET or (nic and nic.source == source):
        return patch
    had = nic is not None and nic.virtualport == OPENVSWITCH
    if source.mode is Mode.BRIDGE:
        links = context.observed.links
        linux = links is not None and source.name in links.bridges
        return resolve(patch, virtualport=None) if had and linux else patch
    network = _network(source, context)
    if network is None:
        return patch
    group = None if isinstance(patch.portgroup, Unset) else patch.portgroup
    if _given(network, group) == OPENVSWITCH:
        return resolve(patch, virtualport=OPENVSWITCH)
    kept = kind_of(network.bridge, context.observed.links) == OPENVSWITCH
    return resolve(patch, virtualport=None) if had and not kept else patch


def as_switched(nic: Nic, context: Context) -> Nic:
    """The nic with the virtualport that its network gives it where it has none of its own."""
    network = None if nic.virtualport else _network(nic.source, context)
    gives = None if network is None else _given(network, nic.portgroup)
    return nic if gives is None else replace(nic, virtualport=gives)


def _given(network: Network, portgroup: str | None) -> str | None:
    """The virtual port that a network, or its portgroup, gives to a nic."""
    group = network.portgroup(portgroup)
    return network.virtualport or (group.virtualport if group is not None else None)


def _network(source: Source, context: Context) -> Network | None:
    seen = context.observed.network(source.name or "") if source.mode is Mode.NETWORK else None
    return None if seen is None else seen.live or seen.any


def kind_of(bridge: str | None, links: Links | None) -> str | None:
    """`linux` or `openvswitch`; None for what is neither, or cannot be seen from here."""
    if links is None or bridge is None:
        return None
    if bridge in links.bridges:
        return "linux"
    return OPENVSWITCH if bridge in (links.switches or ()) else None


def check_switch(nic: Nic, context: Context) -> None:
    """Refuse a nic whose virtualport does not go with the kind of its bridge: no guest could start
    with it."""
    links, name = context.observed.links, nic.source.name
    overlay = None if context.overlays is None else context.overlays.network(nic.source)
    if overlay is not None and nic.virtualport != OPENVSWITCH:
        raise RefusedError(
            f"network {overlay.name} is an overlay, and OVN knows a nic by the id in its "
            "virtualport openvswitch",
            Worded("leave --virtualport out", "leave virtualport out"),
        )
    if nic.source.mode is Mode.BRIDGE:
        _check_bridge(nic, name or "", links)
    elif (network := _network(nic.source, context)) is not None:
        _check_network(nic, network, links)


def _check_bridge(nic: Nic, name: str, links: Links | None) -> None:
    kind = kind_of(name, links)
    if nic.virtualport == OPENVSWITCH and kind == "linux":
        raise RefusedError(
            f"bridge {name} is a Linux bridge, and a nic with virtualport openvswitch does not "
            "start on one",
            Worded(
                "leave --virtualport out; --virtualport none takes it away from a nic that has it",
                "leave virtualport out; virtualport: none takes it away from a nic that has it",
            ),
        )
    if nic.virtualport != OPENVSWITCH and kind == OPENVSWITCH:
        raise VnetError(
            f"{name} is a bridge of Open vSwitch and no Linux bridge, and a nic does not start on "
            "it without its virtualport",
            Worded("add --virtualport openvswitch", "add virtualport: openvswitch"),
        )
    exists = links is not None and links.switches is not None and name in (links.names or ())
    if nic.virtualport == OPENVSWITCH and kind is None and links and exists:
        known = ", ".join(sorted(links.switches or ())) or "none"
        raise VnetError(
            f"{name} is no bridge of Open vSwitch; those here: {known}",
            f"make it first: ovs-vsctl add-br {name}",
        )


def _check_network(nic: Nic, network: Network, links: Links | None) -> None:
    asked = nic.virtualport == OPENVSWITCH
    if asked and not network.is_a_bridge_of_the_host:
        raise RefusedError(
            f"network {network.name} ({network.mode}) is not on Open vSwitch, and a nic with "
            "virtualport openvswitch does not start on it",
            Worded(
                "leave --virtualport out; --virtualport none takes it away from a nic that has it",
                "leave virtualport out; virtualport: none takes it away from a nic that has it",
            ),
        )
    if not network.is_a_bridge_of_the_host:
        return
    given = _given(network, nic.portgroup)
    kind, on = kind_of(network.bridge, links), OPENVSWITCH in (nic.virtualport, given)
    if on and kind == "linux":
        whose = "the network itself has" if given == OPENVSWITCH else "the nic has"
        raise RefusedError(
            f"network {network.name} is on {network.bridge}, a Linux bridge, and {whose} "
            "virtualport openvswitch: no guest starts on it so",
            Worded(
                "--virtualport none takes it away from a nic, and from a network (update-network)",
                "virtualport: none takes it away from a nic, and from a network",
            ),
        )
    if not on and kind == OPENVSWITCH:
        raise VnetError(
            f"network {network.name} is on {network.bridge}, a bridge of Open vSwitch, without its "
            "virtualport, and a nic does not start on it so",
            Worded("add --virtualport openvswitch", "add virtualport: openvswitch"),
        )


def choose_interface_id(context: Context, after: Nic, seen: Seen[Nic] | None) -> str:
    """What a nic that will be `after` has to be known by in its config, and where it is plugged in
    anew: what it has, else a new id. Raises RefusedError for a copy's, on an overlay."""
    domain, overlays = context.domain, context.overlays
    if overlays is not None and overlays.network(after.source) is not None:
        return overlays.config_id(domain, seen, after)
    nics = () if seen is None else (seen.config, seen.live)
    present = next((nic.interface_id for nic in nics if nic and nic.interface_id), None)
    if present is not None:
        return present
    both = (nic for each in domain.nics for nic in (each.config, each.live) if nic)
    return derive_interface_id(domain.uuid, after.key, {nic.interface_id for nic in both})
