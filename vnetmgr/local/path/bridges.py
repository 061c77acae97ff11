"""What Linux bridges know of MACs and VLANs, from `bridge -j fdb` and `bridge -j vlan`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vnetmgr.model.path.links import FdbEntry, PortVlan
from vnetmgr.model.values import Mac

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

FDB = ("bridge", "-j", "fdb", "show")
VLANS = ("bridge", "-j", "vlan", "show")


def parse_fdb(objects: Iterable[dict[str, Any]]) -> tuple[FdbEntry, ...]:
    """The bridges' own tables. What a link keeps for itself (`self`: multicast, VXLAN) is not
    a bridge's."""
    return tuple(
        FdbEntry(
            mac=Mac.normalise(each["mac"]),
            link=each["ifname"],
            bridge=each["master"],
            vlan=each.get("vlan"),
            own=each.get("state") == "permanent",
        )
        for each in objects
        if "master" in each
    )


def parse_vlans(objects: Iterable[dict[str, Any]]) -> tuple[PortVlan, ...]:
    """Of each port, and of the bridge as the host's own port on it."""
    return tuple(_vlans(objects))


def _vlans(objects: Iterable[dict[str, Any]]) -> Iterator[PortVlan]:
    for each in objects:
        for vlan in each.get("vlans", ()):
            flags = vlan.get("flags", ())
            yield PortVlan(
                link=each["ifname"],
                first=vlan["vlan"],
                last=vlan.get("vlanEnd", vlan["vlan"]),
                pvid="PVID" in flags,
                untagged="Egress Untagged" in flags,
            )
