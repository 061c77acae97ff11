"""VLANs on Linux bridges: what they take of the host, and what else there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vnetmgr.model.seen.observed import BridgeVlans, Links

OTHER_WAYS = (
    "use an Open vSwitch bridge (--virtualport openvswitch), or a host bridge on the VLAN "
    "(ip link add link eth0 name eth0.10 type vlan id 10, then a bridge on eth0.10); "
    "--vlan none takes the tags away"
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
