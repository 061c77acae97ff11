"""Bridges of networks that a spec makes together with forwards into them.

libvirt names a new network's bridge when it defines it; rules that lead there have to know the
name before.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from vnetmgr.model.nic import Mode
from vnetmgr.model.patch import UNSET
from vnetmgr.model.record import replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vnetmgr.model.desired import Desired
    from vnetmgr.model.network_want import NetworkWant
    from vnetmgr.model.seen.observed import Observed


def forwarded_networks(desired: Desired) -> frozenset[str]:
    """The networks that the nics of domains with forwards are on."""
    domains = {want.domain for want in desired.forwards}
    sources = (nic.patch.source for nic in desired.nics if nic.domain in domains)
    return frozenset(
        source.name or ""
        for source in sources
        if source is not UNSET and source.mode is Mode.NETWORK
    )


def with_bridge(
    want: NetworkWant, observed: Observed, others: Iterable[NetworkWant]
) -> NetworkWant:
    """A new network with a name for its bridge: the first that is free, as libvirt would do it."""
    if not want.patch.mode_if_new.has_own_bridge or want.patch.bridge is not UNSET:
        return want
    used = {
        found.bridge for seen in observed.networks for found in (seen.config, seen.live) if found
    }
    used |= {each.patch.bridge for each in others if isinstance(each.patch.bridge, str)}
    if observed.links is not None:
        used |= observed.links.names or observed.links.bridges
    others_new = [each.name for each in others if each.patch.bridge is UNSET]
    # Several new ones: each counts on from its place among them, so that no two get the same.
    free = (name for number in count() if (name := f"virbr{number}") not in used)
    place = others_new.index(want.name) if want.name in others_new else 0
    bridge = next(name for number, name in enumerate(free) if number == place)
    return replace(want, patch=replace(want.patch, bridge=bridge))
