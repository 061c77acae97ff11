"""Where a nic's frames get to: the bridge, what is behind it, and who else is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.nic import OPENVSWITCH, Mode
from vnetmgr.model.sources import SWITCHED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vnetmgr.doctor.check import Subject
    from vnetmgr.model.dhcp import IpAddress
    from vnetmgr.model.network import Network
    from vnetmgr.model.path.facts import PathFacts
    from vnetmgr.model.path.links import LinkFacts


def is_switched(subject: Subject) -> bool:
    """Whether it runs, and has a tap that belongs on a bridge."""
    live = subject.live
    return (
        live is not None
        and live.source.mode in SWITCHED
        and live.target is not None
        and subject.bridge_name is not None
    )


def has_bridge(subject: Subject) -> bool:
    """Whether that bridge is there, or nobody could see it: nothing is told of one that is not."""
    seen = subject.facts.links is None or subject.bridge is not None
    return is_switched(subject) and seen


def on_open_vswitch(subject: Subject) -> bool:
    """Whether its bridge is one of Open vSwitch."""
    network = subject.network
    virtualports = (subject.any.virtualport, network and network.network.virtualport)
    return OPENVSWITCH in virtualports or subject.bridge_name in (subject.facts.switches or ())


def on_linux_bridge(subject: Subject) -> bool:
    """Whether it runs, with a tap that belongs on a bridge of the kernel's."""
    return is_switched(subject) and not on_open_vswitch(subject)


def is_plugged(subject: Subject) -> bool:
    """Whether its tap is on its Linux bridge, or nobody could see where it is: what is asked of a
    port or beyond is of no use before that."""
    if not on_linux_bridge(subject) or subject.bridge_name is None:
        return False
    tap = subject.tap
    return subject.facts.links is None or (tap is not None and tap.master == subject.bridge_name)


def own_network(subject: Subject) -> Network | None:
    """The running network, where the host itself is what its guests meet: their gateway, their
    DHCP server. Also of a nic that names just its bridge."""
    network = subject.network
    if network is not None:
        live = network.live
        return live if live is not None and live.has_own_bridge else None
    name = subject.any.source.name if subject.any.source.mode is Mode.BRIDGE else None
    return next(
        (
            each.live
            for each in subject.facts.networks
            if name and each.live and each.live.has_own_bridge and each.live.bridge == name
        ),
        None,
    )


def overlay_of(subject: Subject) -> Network | None:
    """The overlay that the nic is on, with what OVN has of it."""
    found = None if subject.network is None else subject.network.network
    return found if found is not None and found.is_overlay else None


def on_own_network(subject: Subject) -> bool:
    """Whether it runs on such a network."""
    return is_switched(subject) and own_network(subject) is not None


def uplinks(subject: Subject) -> tuple[LinkFacts, ...]:
    """The ports by which its bridge's frames leave."""
    return () if subject.bridge_name is None else subject.facts.uplinks(subject.bridge_name)


def outward(subject: Subject) -> tuple[LinkFacts, ...]:
    """Every link that its frames meet beyond its tap and bridge, each once: the uplinks, or what a
    macvtap stands on; then what those stand on."""
    start = [*uplinks(subject)] if is_switched(subject) else [_parent(subject)]
    return tuple(_walk_outward(subject, start))


def outward_by(subject: Subject, uplink: LinkFacts) -> tuple[LinkFacts, ...]:
    """The same, by one of its uplinks alone."""
    return tuple(_walk_outward(subject, [uplink]))


def _walk_outward(subject: Subject, start: Sequence[LinkFacts | None]) -> Iterator[LinkFacts]:
    seen, ahead = {subject.bridge_name}, [*start]
    while ahead:
        link = ahead.pop(0)
        if link is None or link.name in seen:
            continue
        seen.add(link.name)
        yield link
        ahead += _beyond(link, subject)


def _beyond(link: LinkFacts, subject: Subject) -> list[LinkFacts | None]:
    """What a link's frames meet next."""
    facts = subject.facts
    if link.bridge is not None:
        return list(facts.uplinks(link.name))
    if link.kind == "bond":
        return list(facts.ports(link.name))
    parent = None if link.far_parent else facts.link(link.parent)
    if parent is None or link.kind != "veth":
        return [parent]
    return [parent, facts.link(parent.master)]


def _parent(subject: Subject) -> LinkFacts | None:
    """The host's link that a macvtap stands on."""
    source, tap = subject.any.source, subject.tap
    if source.mode is not Mode.DIRECT:
        return None
    return subject.facts.link((tap and tap.parent) or source.name)


def agent_addresses(subject: Subject) -> tuple[IpAddress, ...]:
    """What the guest's agent says that its links with the nic's MAC have."""
    mac, links = subject.any.mac, subject.domain.agent or ()
    return tuple(
        each.address for link in links if link.mac == mac is not None for each in link.addresses
    )


def addresses(subject: Subject) -> tuple[IpAddress, ...]:
    """The guest's usable addresses, by its agent, else by what its network's DHCP gave it."""
    told = tuple(each for each in agent_addresses(subject) if not each.is_link_local)
    network, mac = own_network(subject), subject.any.mac
    if told or network is None or mac is None:
        return told
    leases = subject.facts.leases_of(mac)
    return tuple(each.address for each in leases if each.network == network.name)


def pvid(subject: Subject) -> int | None:
    """The VLAN that the guest's untagged frames are in, where its bridge filters VLANs."""
    return port_pvid(subject.facts, subject.tap, subject.bridge) or None


def port_pvid(facts: PathFacts, tap: LinkFacts | None, bridge: LinkFacts | None) -> int | None:
    """The VLAN of a port's untagged frames, 0: they are in none; None: the bridge filters none."""
    if tap is None or bridge is None or bridge.bridge is None or not bridge.bridge.vlan_filtering:
        return None
    vlans = facts.vlans or ()
    return next((each.first for each in vlans if each.link == tap.name and each.pvid), 0)
