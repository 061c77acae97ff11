"""From a network before and after to libvirt's network-update calls.

How libvirt finds what it changes (src/conf/network_conf.c, measured on 9.0): ranges by both ends,
reservations by each attribute given, host records by address, TXT records by name alone, SRV
records by all but their numbers, portgroups by name. Only reservations and portgroups can be
modified; the others are taken out and put in again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from vnetmgr.libvirt_xml.networks.update import Sections
from vnetmgr.model.dhcp import DhcpRange
from vnetmgr.model.dns import RecordKind
from vnetmgr.model.options.network_extra import lease_of_host, pairs_of_portgroup

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator
    from typing import TypeVar

    from vnetmgr.model.dhcp import IpAddress, Reservation
    from vnetmgr.model.dns import DnsRecord
    from vnetmgr.model.network import Network

    T = TypeVar("T", bound="Hashable")

Command = Literal["delete", "modify", "add"]
_RANGE = "ip-dhcp-range"
_ORDER: tuple[Command, ...] = ("delete", "modify", "add")


class Call(NamedTuple):
    """One network-update call, and the one that takes it back."""

    command: Command
    section: str
    parent: int
    """Which of the network's `<ip>` elements; -1: libvirt finds it."""
    xml: str
    inverse: Command
    inverse_xml: str
    turn: int | None = None
    """When it comes; None: as its command does."""

    @property
    def order(self) -> int:
        """What goes makes room first."""
        return _ORDER.index(self.command) if self.turn is None else self.turn


def update_calls(before: Network, after: Network, document: str) -> list[Call]:
    """The calls that bring a running network, or its config, to what is wanted.

    `document` is the network's, so that what an element has besides survives its change.
    """
    sections = Sections(document, after.extra)
    calls = [
        *_dhcp(before, after, sections),
        *_hosts(before, after, sections),
        *_records(before, after, sections),
        *_portgroups(before, after, sections),
        *_forward_devs(before, after, sections),
    ]
    return in_order(calls)


def in_order(calls: Iterable[Call]) -> list[Call]:
    """What goes makes room first."""
    return sorted(calls, key=lambda call: call.order)


def _delete(section: str, xml: str, index: int = -1) -> Call:
    return Call("delete", section, index, xml, "add", xml)


def _add(section: str, xml: str, index: int = -1) -> Call:
    return Call("add", section, index, xml, "delete", xml)


def _index(network: Network, address: IpAddress) -> int:
    """Which `<ip>` an address belongs to. libvirt takes reservations outside of all of them."""
    found = network.subnet_index(address)
    if found is not None or address.version == 4:
        return -1 if found is None else found
    versions = [subnet.version for subnet in network.subnets]
    return versions.index(6) if 6 in versions else -1


def replaces_whole(calls: Iterable[Call]) -> bool:
    """Whether a DHCP range goes and comes back: a run that is killed in between has lost it."""
    ranges = [each for each in calls if each.section == _RANGE]
    gone = {_ends(each.xml) for each in ranges if each.command == "delete"}
    return any(each.command == "add" and _ends(each.xml) in gone for each in ranges)


def _ends(xml: str) -> str:
    return xml.partition(">")[0].rstrip("/")


def _dhcp(before: Network, after: Network, sections: Sections) -> list[Call]:
    """All that concerns `<dhcp>`. libvirt writes it only while it has a range or a reservation:
    with the last one, what else is in it (`<bootp>`) would go, for good."""
    calls = [*_ranges(before, after, sections), *_reservations(before, after, sections)]
    for index in range(len(before.subnets)):
        here = [each for each in calls if each.parent == index]
        gone = sum(each.command == "delete" for each in here)
        new = [each for each in here if each.command == "add"]
        if not new or not sections.is_emptied(index, gone):
            continue
        old = {_ends(each.xml) for each in here if each.command == "delete"}
        fit = next((each for each in new if _ends(each.xml) not in old), None)
        if fit is not None:
            calls[calls.index(fit)] = fit._replace(turn=-1)
        else:
            xml = sections.new_range(_stand_in(before, index), None)
            calls.append(_add(_RANGE, xml, index)._replace(turn=-1))
            calls.append(_delete(_RANGE, xml, index)._replace(turn=len(_ORDER)))
    return calls


def _stand_in(network: Network, index: int) -> DhcpRange:
    """A range of one address that is there while the others are made anew."""
    subnet, gateway = network.subnets[index], network.gateways[index]
    taken = {each.start for each in network.dhcp_ranges if each.start == each.end}
    first = next(each.start for each in network.dhcp_ranges if each.start in subnet)
    near = (first, first + 1, first - 1, first + 2, first - 2)
    edges = (subnet.network_address, subnet.broadcast_address, gateway)
    free = (each for each in near if each not in taken and each in subnet and each not in edges)
    address = next(free, first)
    return DhcpRange(start=address, end=address)


def _ranges(before: Network, after: Network, sections: Sections) -> Iterator[Call]:
    section = _RANGE
    another_time = before.lease_time != after.lease_time
    for each in before.dhcp_ranges:
        if another_time or each not in after.dhcp_ranges:
            yield _delete(section, sections.range(each), _index(before, each.start))
    for each in after.dhcp_ranges:
        if another_time or each not in before.dhcp_ranges:
            xml = sections.new_range(each, after.lease_time)
            yield _add(section, xml, _index(after, each.start))


def _reservations(before: Network, after: Network, sections: Sections) -> Iterator[Call]:
    section = "ip-dhcp-host"
    gone, new = _apart(before.reservations, after.reservations)
    for each in before.reservations if before.extra != after.extra else ():
        leases = [lease_of_host(network.extra, each.address) for network in (before, after)]
        if each not in gone and leases[0] != leases[1]:
            old, xml = sections.reservation(each), sections.changed_reservation(each, each)
            yield Call("modify", section, _index(before, each.address), xml, "modify", old)
    heirs = {(each.client, each.address.version): each for each in new}
    for each in gone:
        heir = heirs.pop((each.client, each.address.version), None)
        index = _index(before, each.address)
        old = sections.reservation(each)
        if heir is None:
            yield _delete(section, old, index)
            continue
        xml = sections.changed_reservation(each, heir)
        if _recognised(each, heir):
            yield Call("modify", section, index, xml, "modify", old)
        else:
            yield _delete(section, old, index)
            yield _add(section, xml, index)
    for each in heirs.values():
        yield _add(section, sections.new_reservation(each), _index(after, each.address))


def _recognised(old: Reservation, new: Reservation) -> bool:
    """Whether libvirt finds the one by the other: it looks at MAC, address and name, not at an
    IPv6 client's DUID."""
    pairs = ((old.mac, new.mac), (old.address, new.address), (old.hostname, new.hostname))
    return any(one is not None and one == other for one, other in pairs)


def _hosts(before: Network, after: Network, sections: Sections) -> Iterator[Call]:
    """All names of an address are one element, which libvirt finds by its address alone: any one
    name that is another's as well would be one too many."""
    section = "dns-host"
    old, new = _names(before), _names(after)
    for address in old.keys() | new.keys():
        if set(old.get(address, ())) != set(new.get(address, ())):
            place = sections.host(address, ())
            if address in old:
                xml = sections.host(address, old[address])
                yield Call("delete", section, -1, place, "add", xml)
            if address in new:
                xml = sections.host(address, new[address])
                yield Call("add", section, -1, xml, "delete", place)


def _names(network: Network) -> dict[IpAddress, list[str]]:
    names: dict[IpAddress, list[str]] = {}
    for record in network.records:
        if record.kind is RecordKind.HOST and record.address is not None:
            names.setdefault(record.address, []).append(record.name)
    return names


def _records(before: Network, after: Network, sections: Sections) -> Iterator[Call]:
    for kind in (RecordKind.SRV, RecordKind.TXT):
        gone, new = _apart(
            (each for each in before.records if each.kind is kind),
            (each for each in after.records if each.kind is kind),
        )
        # libvirt takes what a service leaves out for anything: those that say more make way.
        aside = [
            kept
            for kept in before.records
            if kind is RecordKind.SRV
            and kept in after.records
            and any(_covers(each, kept) for each in (*gone, *new))
        ]
        for each in sorted((*gone, *aside), key=_said, reverse=True):
            yield _delete(f"dns-{kind}", sections.record(each))
        for each in sorted((*new, *aside), key=_said):
            yield _add(f"dns-{kind}", sections.record(each))


def _covers(record: DnsRecord, other: DnsRecord) -> bool:
    """Whether libvirt finds the other, too, when it is given the SRV record."""
    if (record.kind, record.name, record.protocol) != (other.kind, other.name, other.protocol):
        return False
    return record.domain in (None, other.domain) and record.target in (None, other.target)


def _said(record: DnsRecord) -> int:
    return sum(each is not None for each in (record.domain, record.target))


def _portgroups(before: Network, after: Network, sections: Sections) -> Iterator[Call]:
    section = "portgroup"
    # libvirt has one default at any time: the old one gives way first.
    for group in sorted(after.portgroups, key=lambda group: group.default):
        present = next((each for each in before.portgroups if each.name == group.name), None)
        extra, had = (pairs_of_portgroup(each.extra, group.name) for each in (after, before))
        xml = sections.portgroup(group, extra)
        if present is None:
            yield _add(section, xml)
        elif (present, set(had)) != (group, set(extra)):
            yield Call("modify", section, -1, xml, "modify", sections.portgroup(present, had))
    names = {group.name for group in after.portgroups}
    for group in before.portgroups:
        if group.name not in names:
            had = pairs_of_portgroup(before.extra, group.name)
            yield _delete(section, sections.portgroup(group, had))


def _forward_devs(before: Network, after: Network, sections: Sections) -> Iterator[Call]:
    section = "forward-interface"
    gone, new = _apart(before.forward_devs, after.forward_devs)
    yield from (_delete(section, sections.forward_interface(each)) for each in gone)
    yield from (_add(section, sections.forward_interface(each)) for each in new)


def _apart(before: Iterable[T], after: Iterable[T]) -> tuple[list[T], list[T]]:
    """What is only in the one, and what is only in the other."""
    old, new = list(before), list(after)
    ours, theirs = set(old), set(new)
    return [each for each in old if each not in theirs], [each for each in new if each not in ours]
