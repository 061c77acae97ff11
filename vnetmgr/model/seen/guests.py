"""Which guests are on a network, and which of their taps have lost its bridge.

When a network stops, libvirt removes its bridge; when it starts again, nobody puts the taps of
running guests back, and everything reports success.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vnetmgr.model.network import HOP, HOP_BRIDGE, hop_name
from vnetmgr.model.nic import OPENVSWITCH, Mode, Nic
from vnetmgr.model.record import Row, replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vnetmgr.model.domain import SeenDomain
    from vnetmgr.model.network import Kept, SeenNetwork
    from vnetmgr.model.seen.observed import Links, Observed
    from vnetmgr.model.state import Seen


class Guest(Row):
    """A running guest's nic on a network."""

    domain: SeenDomain
    nic: Seen[Nic]
    live: Nic

    @property
    def label(self) -> str:
        """How messages call it: `web1/lan`."""
        return f"{self.domain.name}/{self.name}"

    @property
    def name(self) -> str:
        """The nic's name, or its MAC."""
        return self.live.key


def guests_of(network: SeenNetwork, observed: Observed) -> list[Guest]:
    """The running guests' nics on a network, also those that name just its bridge."""
    return [
        Guest(domain, nic, nic.live)
        for domain in observed.domains
        for nic in domain.nics
        if nic.live is not None and _is_on(nic.live, network)
    ]


def _is_on(nic: Nic, network: SeenNetwork) -> bool:
    """Also one that a repair that was cut short has left on the hop network."""
    return nic.source.is_on((network.name, hop_name(network.name)), network.own_bridges)


def same_macs(domains: Iterable[SeenDomain]) -> dict[int, tuple[str, ...]]:
    """Of running nics that share their MAC and their bridge, by the id of each `Seen`: the labels
    of the others. To bridges and to DHCP they are one; a copied domain is how it comes about."""
    found: dict[tuple[object, ...], list[Guest]] = {}
    for domain in domains:
        for seen in domain.nics:
            nic = seen.live
            if nic is not None and nic.mac is not None and nic.bridge is not None:
                key = nic.mac, nic.bridge, nic.vlan
                found.setdefault(key, []).append(Guest(domain, seen, nic))
    return {
        id(guest.nic): tuple(sorted(other.label for other in guests if other is not guest))
        for guests in found.values()
        if len(guests) > 1
        for guest in guests
    }


def running_twin(domain: SeenDomain, nic: Nic, domains: Iterable[SeenDomain]) -> str | None:
    """The label of a running nic of another domain that has this one's MAC on the same source: to
    its DHCP server they are one. None where there is none, as far as was looked."""
    for other in domains:
        for seen in other.nics if other is not domain else ():
            live = seen.live
            if live is not None and nic.mac == live.mac and nic.source == live.source:
                return Guest(other, seen, live).label
    return None


def sleepers_of(network: SeenNetwork, observed: Observed) -> list[str]:
    """Who does not run on a network and needs it at a start: nics of configs, and of saved
    guests, which are restored as they were."""
    found: dict[str, None] = {}
    for domain in observed.domains:
        for seen in domain.nics:
            on_it, running = (
                nic is not None and _is_on(nic, network) for nic in (seen.config, seen.live)
            )
            if on_it and not running:
                state = "config" if domain.active else "off"
                found[f"{domain.name}/{seen.any.key} ({state})"] = None
        for nic in domain.saved_nics:
            if _is_on(nic, network):
                found.pop(f"{domain.name}/{nic.key} (off)", None)
                found[f"{domain.name}/{nic.key} (saved)"] = None
    return list(found)


def home_of(nic: Nic, observed: Observed) -> SeenNetwork | None:
    """The network that a nic is on by its name: that where it belongs, for one that a repair which
    was cut short has left on a hop network. None, too, where it was not looked at."""
    on = nic.source.name if nic.source.mode is Mode.NETWORK else None
    return observed.network(on.removeprefix(HOP)) if on is not None else None


def bridge_of(nic: Nic, network: SeenNetwork | None) -> str | None:
    """The bridge that a live nic's tap should be a port of: its network's, else its own; None
    where it has none, or none is known."""
    if network is not None:
        return (network.live or network.any).bridge
    return None if _on_hop(nic, network) else nic.bridge


def _on_hop(nic: Nic, network: SeenNetwork | None) -> bool:
    on = nic.source.name if nic.source.mode is Mode.NETWORK else None
    if on is None or not on.startswith(HOP):
        return False
    return network is None or network.name != on


def is_orphan(nic: Nic, observed: Observed, network: SeenNetwork | None = None) -> bool | None:
    """Whether a live nic's tap is no port of the bridge that it should be on. None: cannot be seen.
    `network`: one that the nic is on without naming it.

    Here, the kernel or Open vSwitch says so. Over a remote connection a port record that is
    missing proves it; one that is there proves nothing, as libvirt 11.3 writes it again without a
    bridge. Networks on a bridge that is not their own lose the records at each restart, and no tap.
    """
    network, links = network or home_of(nic, observed), observed.links
    if _on_hop(nic, network):
        return True  # a repair was cut short
    if nic.target is None or nic.bridge is None:
        return False
    if network is not None and network.live is None and network.any.has_own_bridge:
        return True  # it went when the network stopped; what libvirtd, being killed, left is no use
    bridge = bridge_of(nic, network)
    if bridge is None:
        return False
    switched = OPENVSWITCH in (nic.virtualport, network and network.any.virtualport)
    if links is not None and links.ports is not None:
        on_it = links.is_port(nic.target, bridge, virtualport=OPENVSWITCH if switched else None)
        return None if on_it is None else not on_it
    if network is None or switched:
        return None
    if network.live is None:
        return False
    if network.any.has_own_bridge and nic.source.mode is Mode.NETWORK and network.ports is not None:
        return True if nic.port_id not in network.ports else None
    return None


def orphans_of(network: SeenNetwork, observed: Observed) -> list[Guest]:
    """The guests' nics that are known to have lost the network's bridge, and come back with it.
    One of Open vSwitch neither comes nor goes with a network: the nic itself is put back there."""
    if network.any.virtualport == OPENVSWITCH:
        return []
    return [
        guest
        for guest in guests_of(network, observed)
        if guest.live.virtualport != OPENVSWITCH and is_orphan(guest.live, observed, network)
    ]


def foreign_ports(network: SeenNetwork, observed: Observed) -> tuple[str, ...]:
    """The ports of a running network's own bridge that no guest of this libvirt has: a
    container's, another libvirt's. A restart of the network unplugs them as well."""
    live = network.live
    if live is None or not live.has_own_bridge or live.bridge is None:
        return ()
    return strangers_on(live.bridge, observed)


def left_bridge(name: str, observed: Observed) -> str | None:
    """The bridge of a network that is off: what a libvirtd leaves that is killed while it starts
    or stops the network. Its MAC says whose it is: the config may name another bridge by now."""
    network, links = observed.network(name), observed.links
    if links is None or (network is not None and network.live is not None):
        return None
    macs = links.bridge_macs
    hop = observed.network(hop_name(name))
    kept = hop.any.kept if hop is not None else None
    if kept is not None and kept.bridge is not None and macs.get(kept.bridge[0]) == kept.bridge[1]:
        return kept.bridge[0]
    config = network.config if network is not None else None
    if config is None or config.mac is None or not config.has_own_bridge:
        return None
    if config.bridge is not None and macs.get(config.bridge) == config.mac:
        return config.bridge
    # A network that was copied with its MAC has a bridge of its own.
    others = {
        each.bridge
        for seen in observed.networks
        if seen.name != name
        for each in (seen.config, seen.live)
        if each is not None
    }
    found = [each for each, mac in macs.items() if mac == config.mac and each not in others]
    return found[0] if len(found) == 1 else None


def strangers_on(bridge: str, observed: Observed) -> tuple[str, ...]:
    """The ports of a bridge that no guest of this libvirt has."""
    if observed.links is None:
        return ()
    taps = {
        nic.live.target
        for domain in observed.domains
        for nic in domain.nics
        if nic.live is not None
    }
    # virbr0-nic: what libvirt before 6.8 held its bridges' MAC with.
    ports = observed.links.ports_of(bridge)
    return tuple(port for port in ports if port not in {*taps, f"{bridge}-nic"})


def still_absent(kept: Kept, links: Links | None) -> Kept:
    """What is kept, but for ports that are gone, or that somebody has made a port of another
    bridge; as far as this can be seen."""
    if links is None or links.ports is None or links.names is None:
        return kept
    free = (port for port in kept.ports if port in links.names and port not in links.ports)
    return replace(kept, ports=tuple(free))


def hop_litter(observed: Observed) -> tuple[str, ...]:
    """Bridges of hop networks that no network has; where they can be removed."""
    links = observed.links
    if links is None or links.ports is None:
        return ()
    named = re.compile(f"{HOP_BRIDGE}[0-9]+")
    owned = {seen.live.bridge for seen in observed.networks if seen.live is not None}
    return tuple(sorted(each for each in links.bridges - owned if named.fullmatch(each)))
