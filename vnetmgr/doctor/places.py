"""Where on its bridge a nic stands, so that a probe can stand there too."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from vnetmgr.doctor.segment import agent_addresses, port_pvid
from vnetmgr.model.path.probe import ProbePlace

if TYPE_CHECKING:
    from vnetmgr.doctor.check import Subject
    from vnetmgr.model.path.facts import PathFacts
    from vnetmgr.model.path.probe import ProbeFacts


def place_of(subject: Subject) -> ProbePlace | None:
    """None: it has no tap that is on a Linux bridge, or that was not seen."""
    tap = subject.tap
    if tap is None or tap.port is None:
        return None
    return ProbePlace(
        bridge=tap.port.bridge, vlan=_vlan(subject), isolated=tap.port.isolated, mtu=tap.mtu
    )


def _vlan(subject: Subject) -> int | None:
    """The VLAN of the tap's untagged frames; 0: they are in none."""
    tap = subject.tap
    bridge = None if tap is None or tap.port is None else subject.facts.link(tap.port.bridge)
    return port_pvid(subject.facts, tap, bridge)


def seen_from(subject: Subject) -> ProbeFacts | None:
    """What a probe has seen in the nic's place; None: there was none."""
    place, probes = place_of(subject), subject.facts.probes or ()
    return next((each for each in probes if each.place == place), None)


def known_addresses(subject: Subject) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses that the guest is said to have, by its agent or by a lease."""
    mac, network = subject.any.mac, subject.network
    leases = () if mac is None or network is None else subject.facts.leases_of(mac)
    leased = [each.address for each in leases if network and each.network == network.name]
    known = {each for each in (*agent_addresses(subject), *leased) if isinstance(each, IPv4Address)}
    return tuple(sorted(each for each in known if not each.is_link_local))


def near_addresses(facts: PathFacts, bridge: str) -> tuple[IPv4Address, ...]:
    """Those that the host has met on a bridge. Of an address that two have, its table has one or
    the other."""
    near = (each.address for each in facts.neighbours or () if each.link == bridge)
    return tuple(each for each in near if isinstance(each, IPv4Address))
