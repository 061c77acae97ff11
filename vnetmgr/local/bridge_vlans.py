"""Which Linux bridges of this machine filter VLANs, and what leads out of them carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import NoAnswerError, VnetError
from vnetmgr.local.links import SYSFS
from vnetmgr.local.path.asking import objects
from vnetmgr.local.path.bridges import VLANS, parse_vlans
from vnetmgr.model.record import replace
from vnetmgr.model.seen.observed import BridgeVlans

if TYPE_CHECKING:
    from pathlib import Path

    from vnetmgr.model.path.links import PortVlan
    from vnetmgr.model.seen.observed import Links


def with_bridge_vlans(links: Links, root: Path = SYSFS) -> Links:
    """The links with what their bridges do with VLANs."""
    filtering = {name: _filters(root, name) for name in links.bridges}
    told = _port_vlans() if any(filtering.values()) else None
    vlans = {
        name: BridgeVlans(filters=filters, uplinks=_uplinks(name, links, told, root))
        for name, filters in filtering.items()
        if filters is not None
    }
    return replace(links, bridge_vlans=vlans)


def _filters(root: Path, bridge: str) -> bool | None:
    """Documentation/ABI/testing/sysfs-class-net: bridge/vlan_filtering. None: it does not say."""
    try:
        return (root / bridge / "bridge" / "vlan_filtering").read_text().strip() != "0"
    except OSError:
        return None


def _port_vlans() -> tuple[PortVlan, ...] | None:
    try:
        return parse_vlans(objects(VLANS))
    except NoAnswerError:
        raise
    except (VnetError, ValueError, KeyError, TypeError, AttributeError):
        return None  # not checked then


def _uplinks(
    bridge: str, links: Links, told: tuple[PortVlan, ...] | None, root: Path
) -> dict[str, tuple[tuple[int, int], ...]] | None:
    """The ports that are no guest's tap, each with the VLANs that it carries."""
    if told is None:
        return None
    return {
        port: tuple((each.first, each.last) for each in told if each.link == port)
        for port in links.ports_of(bridge)
        if not (root / port / "tun_flags").exists()
    }
