"""What is wrong with a nic, as far as libvirt and this machine's links tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.network import HOP
from vnetmgr.model.nic import Mode
from vnetmgr.model.sources import ON_LINKS

if TYPE_CHECKING:
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.seen.observed import Links, Observed
    from vnetmgr.model.state import Seen


def missing(seen: Seen[Nic], observed: Observed) -> str | None:
    """What a nic's source names and the host has not: it cannot start, or leads nowhere."""
    for nic in (seen.config, seen.live):
        found = None if nic is None else _missing_source(nic, observed)
        if found is not None:
            return found
    return None if seen.live is None else _missing_link(seen.live, observed.links)


def _missing_link(live: Nic, links: Links | None) -> str | None:
    """A macvtap that somebody has removed; a tap that is gone is an orphan."""
    if live.source.mode is not Mode.DIRECT or links is None or links.names is None:
        return None
    return None if live.target in (None, *links.names) else f"no link {live.target}"


def _missing_source(nic: Nic, observed: Observed) -> str | None:
    """What is missing of a nic's source, as far as it can be seen, in words."""
    name, links = nic.source.name, observed.links
    if name is None or not observed.features.host_links:
        return None
    if nic.source.mode is Mode.NETWORK and not name.startswith(HOP):
        return _missing_network(name, observed)
    if nic.source.mode is Mode.BRIDGE:
        return _missing_bridge(name, links, switch=nic.virtualport is not None)
    if nic.source.mode in ON_LINKS and links is not None and links.names is not None:
        return None if name in links.names else f"no link {name}"
    return None


def _missing_network(name: str, observed: Observed) -> str | None:
    network = observed.network(name)
    if network is None:
        return f"no network {name}"
    if network.live is None:
        return f"network {name} is off"
    live, links = network.live, observed.links
    if live.is_a_bridge_of_the_host and live.bridge is not None:
        return _missing_bridge(live.bridge, links, switch=live.virtualport is not None)
    return None


def _missing_bridge(name: str, links: Links | None, *, switch: bool) -> str | None:
    """Whether the host lacks a bridge, in words; of one that is another kind of `switch`, whether
    it lacks the link. Afar, libvirt shows a bridge without ports as another link."""
    if links is None or links.names is None:
        return None
    there = name in (links.names if switch else links.bridges)
    return None if there else f"no bridge {name}"
