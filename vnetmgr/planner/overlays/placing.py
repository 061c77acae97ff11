"""Which logical port a nic has to have: where, for which of its states, and with what."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vnetmgr.libvirt_xml.nics.read import read_nic
from vnetmgr.model.record import Record

if TYPE_CHECKING:
    from vnetmgr.model.network import Network
    from vnetmgr.model.nic import Nic, Source
    from vnetmgr.planner.overlays.context import Becoming, Overlays

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class Place(Record):
    """What a port is for: a nic in one of its states, on an overlay."""

    nic: Nic
    port_id: str
    network: Network
    runs: bool


def place_of(becoming: Becoming, overlays: Overlays) -> Place | None:
    """The port that a nic has to have: as it runs on an overlay, else as its config says. None: it
    is on none, or runs with another's id. Raises RefusedError where nobody knows whose that is.

    Never both: of two ports with one MAC on a switch only one gets its packets.
    """
    live, config = becoming.live, becoming.config
    network = None if live is None else overlays.network(live.source)
    if live is not None and network is not None and live.interface_id is not None:
        if not _has(becoming, live.interface_id, overlays):
            return None
        on = _where(becoming, network, overlays)
        return Place(nic=live, port_id=live.interface_id, network=on, runs=True)
    network = None if config is None else overlays.network(config.source)
    if config is None or network is None or config.interface_id is None:
        return None
    if not _has(becoming, config.interface_id, overlays):
        return None  # it gets its own
    return Place(nic=config, port_id=config.interface_id, network=network, runs=False)


def _has(becoming: Becoming, port_id: str, overlays: Overlays) -> bool:
    seen = becoming.seen
    present = {nic.interface_id for nic in (seen.config, seen.live) if nic} if seen else set()
    if seen is None or port_id not in present:
        return True  # it was derived for it just now
    return overlays.ids.is_of(becoming.domain, seen, port_id)


def _where(becoming: Becoming, network: Network, overlays: Overlays) -> Network:
    """The overlay that a running nic is to be on: once both its documents say the same, that. Until
    then its port may have been moved without them, or waits for its start."""
    seen, config, live = becoming.seen, becoming.config, becoming.live
    if seen is None or seen.live is None or live is None or config is None:
        return network
    said = overlays.network(config.source)
    if said is None or said.name == network.name or live.source != seen.live.source:
        return network
    return said if _source_of(seen.live_xml) == config.source else network


def _source_of(document: str | None) -> Source | None:
    return None if document is None else read_nic(document).source


def dns_name(domain: str, network: Network) -> str | None:
    """The name of a guest in its overlay's DNS; None where it can have none."""
    label = domain.lower()
    if network.dns_domain is None or not _LABEL.fullmatch(label):
        return None
    return f"{label}.{network.dns_domain.lower()}"
