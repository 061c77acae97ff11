"""What is behind the network that a nic is on, and what that network gives to the nic.

A live document shows effective values: fed back elsewhere, a network's bandwidth, VLAN and
isolation would become the nic's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.libvirt_xml.nics.read import shown_mode
from vnetmgr.libvirt_xml.nics.write import without
from vnetmgr.model.network import hop_name
from vnetmgr.model.nic import Mode
from vnetmgr.model.patch import UNSET
from vnetmgr.model.sources import PAST_THE_HOST
from vnetmgr.model.state import State

if TYPE_CHECKING:
    from vnetmgr.model.network import Network
    from vnetmgr.model.nic import Nic, NicPatch, Source
    from vnetmgr.model.state import Seen
    from vnetmgr.planner.context import Context

# Each element that a network can give, and the nic's fields in it.
_GIFTS = {
    "bandwidth": ("inbound", "outbound"),
    "vlan": ("vlan",),
    "port": ("isolated_port",),
}


def stays_a_tap(seen: Seen[Nic], after: Source, context: Context) -> bool:
    """Whether a running nic is a tap on a bridge and, moved there, will be one: a network of
    macvtap or of a card's functions is none, though the nic is on a network all the same."""
    live_xml = seen.live_xml
    before = shown_mode(live_xml) if live_xml is not None else None
    if before in PAST_THE_HOST:
        return False
    network = _network(after, context)
    return network is None or network.has_taps


def elsewhere(before: Nic, after: Nic, context: Context) -> bool:
    """Whether a running nic that moves is in another LAN then. It is not where it stays on one
    bridge without VLANs, or comes back from where a run that was cut short has left it; what cannot
    be told counts as another."""
    network = _network(after.source, context)
    there = after.source.name if network is None else network.bridge
    if before.source.name == hop_name(after.source.name or ""):
        return False
    if before.bridge is None or before.bridge != there:
        return True
    groups = () if network is None else network.portgroups
    given = () if network is None else (network.vlan, *(group.vlan for group in groups))
    return any((before.vlan, after.vlan, *given))


def own_form(seen: Seen[Nic], document: str, patch: NicPatch, context: Context) -> str:
    """A live document that is to be fed back elsewhere, without what the nic has only from where
    it is: its network gives that, and its config does not say it."""
    moved = patch.source is not UNSET or patch.portgroup is not UNSET
    if not moved or seen.live is None or seen.live.source.mode is not Mode.NETWORK:
        return document
    gone = [
        tag
        for tag in given(seen.live, context)
        if seen.config is None or all(getattr(seen.config, name) is None for name in _GIFTS[tag])
    ]
    return without(document, gone)


def given(nic: Nic, context: Context) -> frozenset[str]:
    """The elements that a nic's network gives something in."""
    network = _network(nic.source, context)
    if network is None:
        return frozenset()
    group = network.portgroup(nic.portgroup)
    gifts = {
        "bandwidth": group is not None and bool(group.inbound or group.outbound),
        "vlan": group is not None and group.vlan is not None,
        "port": bool(network.isolated_ports),
    }
    return frozenset(tag for tag, gives in gifts.items() if gives)


def falls_to_portgroup(seen: Seen[Nic], patch: NicPatch, context: Context) -> bool:
    """Whether a live nic's rates are its portgroup's, and the patch leaves it none of its own: then
    they are as they are to be, also where the patch clears one."""
    live, config = seen.live, seen.config
    network = None if live is None else _network(live.source, context)
    if live is None or network is None:
        return False
    group = network.portgroup(live.portgroup)
    if group is None or (group.inbound, group.outbound) != (live.inbound, live.outbound):
        return False
    said = {name: getattr(patch, name) for name in _GIFTS["bandwidth"]}
    kept = (getattr(config, name, None) for name, value in said.items() if value is UNSET)
    # A rate of the nic's own is in place of both of the portgroup's.
    return all(value is None or value is UNSET for value in (*said.values(), *kept))


def _network(source: Source, context: Context) -> Network | None:
    if source.mode is not Mode.NETWORK or source.name is None:
        return None
    seen = context.observed.network(source.name)
    return None if seen is None else seen.value(State.LIVE) or seen.any
