"""libvirt's networks: the one of that name there has to be what the guest has here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vnetmgr.migration.checks.links import USUAL_MTU, bridge_item, link_item, mtu_items
from vnetmgr.migration.checks.overlays import chassis_item
from vnetmgr.migration.item import Thing
from vnetmgr.migration.making import create_network
from vnetmgr.model.nic import inherited
from vnetmgr.model.record import Record
from vnetmgr.model.rows.migration import Part
from vnetmgr.model.seen.guests import guests_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vnetmgr.migration.facts import Carried
    from vnetmgr.model.network import Network, Portgroup, SeenNetwork
    from vnetmgr.model.rows.migration import MigrationItem


class Pair(Record):
    """A network as it runs here, and that of its name there."""

    of: Carried
    here: Network
    there: Network

    @property
    def name(self) -> str:
        """What both are called."""
        return self.there.name

    @property
    def groups(self) -> tuple[Portgroup | None, Portgroup | None]:
        """What they give to the nic, here and there."""
        wanted = self.of.nic.portgroup
        return self.here.portgroup(wanted), self.there.portgroup(wanted)

    def own(self, field: str) -> Any:
        """What the nic says itself, and so takes along; None: its network says it."""
        nic, config = self.of.nic, self.of.config
        value = getattr(nic, field)
        if config is not None:
            return None if inherited(field, config=config, live=nic) else value
        given = given_by(self.here, self.groups[0], field)
        return None if value == given else value

    def command(self, *words: str) -> str:
        """What changes the network there."""
        return self.of.facts.destination.called.command("update-network", self.name, *words)


def given_by(network: Network, group: Portgroup | None, field: str) -> Any:
    """What a network gives to a nic of a portgroup."""
    return (group is not None and getattr(group, field)) or getattr(network, field) or None


def network_items(of: Carried) -> Iterator[MigrationItem]:
    """All that a nic has of its network."""
    facts, name = of.facts, of.nic.source.name or ""
    here, there = facts.source.observed.network(name), facts.destination.observed.network(name)
    thing = Thing(Part.NETWORK, name, of)
    if there is None:
        yield _absent(thing, of, here)
        return
    if there.live is None:
        start = facts.destination.called.command("start-network", name)
        yield thing.is_missing("it is off there, and a guest on it needs it on", start)
    if here is None:
        yield thing.is_unseen("it is gone here: there is nothing to compare with")
        return
    pair = Pair(of=of, here=here.live or here.any, there=there.live or there.any)
    if there.live is not None:
        yield _network(thing, pair)
    yield from _of_network(pair)
    if pair.here.has_own_bridge:
        yield from _neighbours(of, here)


def _absent(thing: Thing, of: Carried, here: SeenNetwork | None) -> MigrationItem:
    """One like it cannot be made where another has its subnet."""
    text = "no network of that name there"
    state = None if here is None else here.live or here.any
    # An overlay is in nobody's way: it is on no link of the host's.
    mine = () if state is None or state.is_overlay else state.subnets
    for other in of.facts.destination.observed.networks:
        for subnet in (other.live or other.any).subnets:
            if any(each.overlaps(subnet) for each in mine if each.version == subnet.version):
                return thing.is_missing(f"{text}, and network {other.name} has {subnet}")
    words = None if here is None else create_network(here)
    make = None if words is None else of.facts.destination.called.command(*words)
    return thing.is_missing(text, make)


def _network(thing: Thing, pair: Pair) -> MigrationItem:
    here, there = pair.here, pair.there
    if here.mode is not there.mode:
        on_lan = all(
            each.mode.kind.hosts_bridge or each.mode.kind.on_link for each in (here, there)
        )
        return thing.differs(f"{there.mode} there, {here.mode} here", blocking=not on_lan)
    if here.fleet != there.fleet:
        return thing.differs(
            f"it is fleet {there.fleet}'s there and {here.fleet}'s here: another network"
        )
    missing = [subnet for subnet in here.subnets if subnet not in there.subnets]
    if missing:
        lost, has = _texts(missing), _texts(there.subnets) or "none"
        return thing.differs(
            f"it has no subnet {lost} there, but {has}: the guest's address is lost"
        )
    moved = [gateway for gateway in here.gateways if gateway not in there.gateways]
    if moved:
        lost = f"{_texts(moved)} here, {_texts(there.gateways) or 'none'} there"
        return thing.differs(f"the host has another address on it: {lost}")
    if here.dhcp_ranges and not there.dhcp_ranges:
        return thing.differs("it has no DHCP there: the guest's lease is not renewed")
    subnets = f", {_texts(here.subnets)}" if here.subnets else ""
    return thing.is_ok(f"{there.mode} there{subnets}")


def _texts(values: Iterable[object]) -> str:
    return ", ".join(map(str, values))


def _of_network(pair: Pair) -> Iterator[MigrationItem]:
    yield from _portgroup(pair)
    port: str | None = pair.own("virtualport") or given_by(
        pair.there, pair.groups[1], "virtualport"
    )
    if pair.there.is_a_bridge_of_the_host and pair.there.bridge is not None:
        bridge = pair.there.bridge
        thing = Thing(Part.BRIDGE, bridge, pair.of)
        yield bridge_item(thing, bridge, pair.of.facts.destination, virtualport=port)
        if pair.there.is_overlay:
            there = pair.of.facts.destination
            yield chassis_item(Thing(Part.CHASSIS, bridge, pair.of), there)
        elif pair.here.is_a_bridge_of_the_host and pair.here.bridge is not None:
            yield from mtu_items(pair.of, pair.here.bridge, pair.there.bridge)
    for link in pair.there.forward_devs if pair.there.mode.kind.on_link else ():
        yield link_item(link, pair.of)
    if pair.there.has_own_bridge:
        yield from _mtu(pair)
    yield from _vlan(pair)
    yield from _bandwidth(pair)


def _portgroup(pair: Pair) -> Iterator[MigrationItem]:
    """libvirt takes a nic of a portgroup that is not there, and gives it nothing (9.0)."""
    here, there = pair.groups
    name = pair.of.nic.portgroup or (here.name if here is not None else None)
    if name is None:
        return
    thing = Thing(Part.PORTGROUP, name, pair.of)
    make = None if here is None else pair.command("--portgroup", str(here))
    if there is None:
        yield thing.is_missing(
            f"network {pair.name} has no such portgroup there; libvirt goes on without",
            make,
            blocking=False,
        )
    elif here is not None and there != here:
        yield thing.differs(f"{there} there, {here} here", make, blocking=False)
    else:
        yield thing.is_ok(f"{there} there")


def _vlan(pair: Pair) -> Iterator[MigrationItem]:
    here, there = (
        pair.own("vlan") or given_by(network, group, "vlan")
        for network, group in zip((pair.here, pair.there), pair.groups, strict=True)
    )
    if here is None and there is None:
        return
    thing = Thing(Part.VLAN, _texts(here or there), pair.of)
    if here == there:
        yield thing.is_ok("the same there")
        return
    shown = "none" if there is None else _texts(there)
    ours = pair.groups[0]
    make = pair.command("--portgroup", str(ours)) if ours is not None and ours.vlan else None
    yield thing.differs(f"VLAN {shown} there: the guest would be in another LAN", make)


def _bandwidth(pair: Pair) -> Iterator[MigrationItem]:
    """A floor is a part of what its network has for all ("network has no inbound QoS set")."""
    wanted = pair.of.nic.inbound
    if wanted is None or wanted.floor is None:
        return
    thing = Thing(Part.BANDWIDTH, f"floor={wanted.floor}", pair.of)
    if pair.there.inbound is not None:
        yield thing.is_ok(f"network {pair.name} has {pair.there.inbound} there")
        return
    ours = pair.here.inbound
    make = None if ours is None else pair.command("--inbound", str(ours), "--allow", "restart")
    yield thing.is_missing(f"network {pair.name} has no inbound rate there to guarantee it", make)


def _mtu(pair: Pair) -> Iterator[MigrationItem]:
    here, there = pair.here.mtu or USUAL_MTU, pair.there.mtu or USUAL_MTU
    if not pair.here.has_own_bridge:
        here = pair.of.nic.mtu or USUAL_MTU
    wanted = min(pair.of.nic.mtu or here, here)
    thing = Thing(Part.MTU, pair.name, pair.of)
    if there >= wanted:
        yield thing.is_ok(f"{there} there")
        return
    make = pair.command("--mtu", str(here), "--allow", "restart")
    yield thing.differs(f"{there} there: packets of up to {wanted} bytes would be lost", make)


def _neighbours(of: Carried, here: SeenNetwork) -> Iterator[MigrationItem]:
    """Whom the guest leaves behind: two hosts' networks of one name are two networks."""
    mine = of.facts.domain.name
    left = sorted(
        guest.label
        for guest in guests_of(here, of.facts.source.observed)
        if guest.domain.name != mine
    )
    if left:
        from vnetmgr.model.names import joined

        stay = "stays" if len(left) == 1 else "stay"
        yield Thing(Part.NEIGHBOUR, here.name, of).warns(
            f"{joined(left)} {stay} on {of.facts.source.name}: the network there is another one, "
            "and does not lead to it"
        )
