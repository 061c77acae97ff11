"""VLANs on Linux bridges: what they take of the host, and what else there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.nic import OPENVSWITCH, Mode
from vnetmgr.model.patch import UNSET
from vnetmgr.problem import Worded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vnetmgr.model.desired import Desired
    from vnetmgr.model.nic import NicPatch, Source
    from vnetmgr.model.seen.observed import BridgeVlans, Links, Observed

_LINK = "ip link add link eth0 name eth0.10 type vlan id 10, then a bridge on eth0.10"
OTHER_WAYS = Worded(
    "use an Open vSwitch bridge (--virtualport openvswitch), or a host bridge on the VLAN "
    f"({_LINK}); --vlan none takes the tags away",
    "use an Open vSwitch bridge (virtualport: openvswitch), or a host bridge on the VLAN "
    f"({_LINK}); vlan: none takes the tags away",
)
"""What to do where the host tags none."""


def on_linux_bridge(
    bridge: str | None, tags: Iterable[int], links: Links | None
) -> list[tuple[str, str]]:
    """What is missing for guests' VLANs on a Linux bridge whose libvirt tags there, each with the
    command that mends it: libvirt starts the guest, and its frames go nowhere."""
    seen = links.bridge_vlans.get(bridge) if links is not None and bridge is not None else None
    if seen is None:
        return []
    if not seen.filters:
        command = f"ip link set {bridge} type bridge vlan_filtering 1"
        return [(f"bridge {bridge} does not filter VLANs, and so tags none", command)]
    return list(_not_carried(f"{bridge}", tags, seen))


def _not_carried(bridge: str, tags: Iterable[int], seen: BridgeVlans) -> Iterator[tuple[str, str]]:
    """The tags that no port carries which leads out. A bridge may have none that does."""
    uplinks = seen.uplinks or {}
    for tag in tags:
        if uplinks and not any(
            first <= tag <= last for ranges in uplinks.values() for first, last in ranges
        ):
            ports = sorted(uplinks)
            yield (
                f"VLAN {tag} is on no port by which frames leave bridge {bridge} "
                f"({', '.join(ports)})",
                f"bridge vlan add dev {ports[0]} vid {tag}",
            )


def unseen_vlans(desired: Desired, observed: Observed) -> list[str]:
    """What is not checked of VLANs on Linux bridges, because the bridges are another machine's."""
    links = observed.links
    if not observed.features.vlan_on_linux_bridge or (links is not None and links.names):
        return []
    return [
        f"{what}: whether bridge {bridge} of {observed.host} filters VLANs, and the ports by which "
        "frames leave it carry these, cannot be seen from here; it was not checked"
        for what, bridge in _tagged(desired, observed)
    ]


def _tagged(desired: Desired, observed: Observed) -> Iterator[tuple[str, str]]:
    """What wants VLANs on a Linux bridge, as far as is known, and that bridge."""
    for want in desired.networks:
        groups = want.patch.portgroups if isinstance(want.patch.portgroups, tuple) else ()
        seen = observed.network(want.name)
        values = (want.patch.bridge, want.patch.virtualport)
        present = (seen.any.bridge, seen.any.virtualport) if seen is not None else (None, None)
        bridge, virtualport = (
            there if given is UNSET else given for given, there in zip(values, present, strict=True)
        )
        tagged = isinstance(want.patch.vlan, tuple) or any(group.vlan for group in groups)
        if tagged and bridge is not None and virtualport != OPENVSWITCH:
            yield f"network {want.name}", bridge
    for nic in desired.nics:
        source = nic.patch.source
        if source is not UNSET and isinstance(nic.patch.vlan, tuple):
            bridge = _linux_bridge(nic.patch, source, observed)
            if bridge is not None:
                yield f"domain {nic.domain}", bridge


def _linux_bridge(patch: NicPatch, source: Source, observed: Observed) -> str | None:
    """The bridge of a source, unless it is one of Open vSwitch."""
    if source.mode is Mode.BRIDGE:
        return source.name if patch.virtualport != OPENVSWITCH else None
    seen = observed.network(source.name or "") if source.mode is Mode.NETWORK else None
    if seen is None or not seen.any.is_a_bridge_of_the_host:
        return None
    return seen.any.bridge if OPENVSWITCH not in (patch.virtualport, seen.any.virtualport) else None
