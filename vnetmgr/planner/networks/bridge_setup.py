"""How a network's own bridge is set up: what this libvirt, this host's kernel and its firewalld
would make of what is asked, where libvirt takes it all the same. Measured on 9.0 and 11.3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.names import did_you_mean, joined
from vnetmgr.model.network import NetworkMode
from vnetmgr.model.network_want import network_problem
from vnetmgr.problem import Worded, behind

if TYPE_CHECKING:
    from collections.abc import Iterator, Set

    from vnetmgr.model.network import Network
    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.problem import Problem

_LEAST_DELAY_S = 2  # the kernel's with STP, which makes 2 of 1 (net/bridge/br_stp.c)


def setup_problems(
    after: Network, changed: frozenset[str], observed: Observed, *, starts: bool
) -> Iterator[Problem]:
    """What would not be as asked, or keep the network from starting."""
    if after.zone is not None and changed & {"zone", "mode"}:
        text = _zone_problem(after, after.zone, observed, starts=starts)
        if text is not None:
            yield network_problem("zone", text, after.zone)
    if after.bridge_delay == 1 and after.stp is not False and changed & {"bridge_delay", "stp"}:
        text = behind(
            f"with STP the kernel waits {_LEAST_DELAY_S} seconds at least; ",
            Worded("--no-stp turns it off", "stp: no turns it off"),
        )
        yield network_problem("bridge_delay", text, after.bridge_delay)
    by_libvirt = after.mac_table_manager == "libvirt"
    asked = by_libvirt and ("mac_table_manager" in changed or starts)
    if asked and not observed.features.bridges_filter_vlans:
        text = (
            "libvirt needs a kernel that filters VLANs on bridges for it "
            "(CONFIG_BRIDGE_VLAN_FILTERING), and this host's does not"
        )
        yield network_problem("mac_table_manager", text, after.mac_table_manager)


def setup_notes(after: Network, changed: Set[str], observed: Observed) -> Iterator[str]:
    """What will keep a network from starting that is not started now."""
    if after.zone is not None and "zone" in changed and observed.zones == frozenset():
        yield f"firewalld does not run on {observed.host}: no network with a zone starts without"


def _zone_problem(after: Network, zone: str, observed: Observed, *, starts: bool) -> str | None:
    if after.mode is NetworkMode.OPEN and not observed.features.zone_of_open_networks:
        bridge = after.bridge or "BRIDGE"
        return (
            "this libvirt puts no open network's bridge into a zone; firewalld does: "
            f"firewall-cmd --permanent --zone={zone} --add-interface={bridge}"
        )
    zones = observed.zones
    if zones is None or zone in zones:
        return None
    if zones:
        return f"firewalld has no zone {zone}.{did_you_mean(zone, zones)} It has {_all(zones)}"
    if starts:
        return (
            f"firewalld does not run on {observed.host}, and libvirt starts no network with a zone "
            "without it; start firewalld first"
        )
    return None


def _all(zones: frozenset[str]) -> str:
    return joined(sorted(zones), most=20)
