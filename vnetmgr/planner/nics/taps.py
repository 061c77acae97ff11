"""The writes that plug the taps of running guests into their network's bridge again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.libvirt_xml.networks.write import hop_network
from vnetmgr.libvirt_xml.nics.write import hop_forms, link_forms
from vnetmgr.model.network import HOP_BRIDGE, NOTHING_KEPT, hop_name
from vnetmgr.model.nic import Mode, Source
from vnetmgr.model.plan import Action, Change, Disruption, ObjectKind
from vnetmgr.model.sources import SWITCHED
from vnetmgr.model.state import State
from vnetmgr.model.writes import FlapLinks, LinkFlap, ReplugTaps, Tap, UnplugPort
from vnetmgr.planner.context import field_changes

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from vnetmgr.model.network import Kept, Network
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.seen.guests import Guest
    from vnetmgr.model.seen.observed import Links
    from vnetmgr.model.values import Bandwidth

# libvirt numbers them, and a link's name has 15 characters.
_HOP_BRIDGE = f"{HOP_BRIDGE}%d"


def strays_of(guests: Iterable[Guest], links: Links | None) -> Iterator[UnplugPort]:
    """Take taps that somebody has put on another bridge from there: a port is one bridge's alone,
    and libvirt, which believes them elsewhere, then cannot plug them in anywhere."""
    ports = links.ports if links is not None else None
    for guest in guests:
        tap, bridge = guest.live.target, guest.live.bridge
        found = ports.get(tap) if ports is not None and tap is not None else None
        if tap is not None and found is not None and found != bridge:
            yield UnplugPort(bridge=found, port=tap)


def replug(
    name: str,
    guests: Iterable[Guest],
    *,
    former: Network | None,
    stale: Container[Guest] = (),
    kept: Kept = NOTHING_KEPT,
) -> ReplugTaps:
    """The write that plugs taps into their bridge again. `former` is the network as it was when
    the nics were plugged in: what they have from it, they get anew. So do those in `stale`,
    whatever they have: all that their config does not say."""
    hop = hop_name(name)
    taps = []
    for guest in guests:
        away, back = hop_forms(
            guest.nic.live_xml or "",
            guest.nic.config_xml,
            hop=hop,
            home=_home(guest, name),
            inherited=_left_to_network(guest) if guest in stale else _inherited(guest, former),
        )
        taps.append(Tap(domain=guest.domain.name, label=guest.name, away=away, back=back))
    hop_xml = hop_network(hop, _HOP_BRIDGE, kept)
    return ReplugTaps(network=name, hop=hop, hop_xml=hop_xml, taps=tuple(taps))


def _home(guest: Guest, name: str) -> Source:
    """Where a nic belongs; one that a cut-off repair left on the hop network says it no more."""
    if guest.live.source.name != hop_name(name):
        return guest.live.source
    config = guest.nic.config
    known = config is not None and config.source.mode in SWITCHED
    return config.source if config is not None and known else Source(Mode.NETWORK, name)


def _left_to_network(guest: Guest) -> frozenset[str]:
    """The elements that a network can give to a nic and that the nic's config does not have."""
    config = guest.nic.config
    if config is None or guest.live.source.mode is not Mode.NETWORK:
        return frozenset()
    rates = config.inbound or config.outbound
    said = {"bandwidth": rates, "vlan": config.vlan, "port": config.isolated_port}
    return frozenset(tag for tag, value in said.items() if value is None)


def _inherited(guest: Guest, former: Network | None) -> frozenset[str]:
    """What a nic has only from its network: it has just that, and its config says nothing."""
    nic = guest.live
    if former is None or nic.source.mode is not Mode.NETWORK:
        return frozenset()
    group = former.portgroup(nic.portgroup)
    given = {
        "bandwidth": group is not None and (group.inbound, group.outbound) == _rates(nic),
        "vlan": ((group and group.vlan) or former.vlan or None) == nic.vlan,
        "port": former.isolated_ports == nic.isolated_port,
    }
    left = _left_to_network(guest) if guest.nic.config is not None else given.keys()
    return frozenset(tag for tag in left if given[tag])


def _rates(nic: Nic) -> tuple[Bandwidth | None, Bandwidth | None]:
    return nic.inbound, nic.outbound


def stale_guests(guests: Iterable[Guest], network: Network) -> Iterator[Guest]:
    """Those whose portgroup says something else by now: libvirt asks for it only when a nic is
    plugged in. What a nic's own config says is its own."""
    for guest in guests:
        group = network.portgroup(guest.live.portgroup)
        given = group is not None and "bandwidth" in _left_to_network(guest)
        if group is not None and given and (group.inbound, group.outbound) != _rates(guest.live):
            yield guest


def stale_change(guest: Guest, network: Network) -> Change:
    """What such a nic misses, for people."""
    group = network.portgroup(guest.live.portgroup)
    wanted = (group.inbound, group.outbound) if group is not None else (None, None)
    rows = zip(("inbound", "outbound"), _rates(guest.live), wanted, strict=True)
    return Change(
        action=Action.UPDATE,
        object=ObjectKind.NIC,
        domain=guest.domain.name,
        name=guest.name,
        scope=(State.LIVE,),
        disruption=Disruption.NEXT_START,
        fields=field_changes(tuple(row for row in rows if row[1] != row[2])),
    )


def flap(name: str, guests: Iterable[Guest]) -> FlapLinks:
    """The write that takes the guests' links down and up; one that is down on purpose stays."""
    links = []
    for guest in guests:
        if guest.live.link != "down":
            down, up = link_forms(guest.nic.live_xml or "")
            links.append(LinkFlap(domain=guest.domain.name, label=guest.name, down=down, up=up))
    return FlapLinks(network=name, links=tuple(links))


def repairs(guests: Iterable[Guest]) -> Iterator[Change]:
    """What plugging taps in again is, for people."""
    for guest in guests:
        yield Change(
            action=Action.REPAIR,
            object=ObjectKind.NIC,
            domain=guest.domain.name,
            name=guest.name,
            scope=(State.LIVE,),
        )
