"""The elements that libvirt's network-update takes, for each of its sections.

What each of them is matched by when it is deleted or modified: see virNetworkDefUpdateSection
(src/conf/network_conf.c).
"""

from __future__ import annotations

from copy import deepcopy
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from lxml import etree

from vnetmgr.libvirt_xml.documents import parse_as, serialise
from vnetmgr.libvirt_xml.edit import child, remove, set_attribute, write_attributes
from vnetmgr.libvirt_xml.networks.dhcp import write_lease, write_range, write_reservation
from vnetmgr.libvirt_xml.networks.dns import plain_records, write_host, write_record
from vnetmgr.libvirt_xml.networks.extra import write_extra
from vnetmgr.libvirt_xml.networks.ip import ip_elements, lease_of, ranges_of, reservations_of
from vnetmgr.libvirt_xml.networks.read import portgroups_of
from vnetmgr.libvirt_xml.networks.write import write_portgroup
from vnetmgr.model.dns import RecordKind
from vnetmgr.model.options.network_extra import lease_of_host

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lxml.etree import _Element as Element

    from vnetmgr.model.dhcp import DhcpRange, IpAddress, Reservation
    from vnetmgr.model.dns import DnsRecord
    from vnetmgr.model.network import Portgroup
    from vnetmgr.model.nic import Pairs

T = TypeVar("T")


class Sections:
    """Elements for network-update: those of a network's document, as they stand there or with
    changes, and new ones."""

    def __init__(self, document: str, extra: Pairs = ()) -> None:
        """`extra`: the network's, as it has to be."""
        self._root = parse_as("network", document)
        self._extra = extra

    def range(self, value: DhcpRange) -> str:
        """The `<range>` that is there."""
        found = (pair for ip in self._root.findall("ip") for pair in ranges_of(ip))
        return _text(_find(found, value))

    def new_range(self, value: DhcpRange, lease_time: int | None) -> str:
        """A new `<range>`; the lease time in seconds."""
        element = etree.Element("range")
        write_range(element, value)
        write_lease(element, lease_time)
        return serialise(element)

    def reservation(self, value: Reservation) -> str:
        """The `<host>` of a `<dhcp>` that is there."""
        return _text(self._reservation(value))

    def changed_reservation(self, before: Reservation, after: Reservation) -> str:
        """The `<host>` that is there, as it has to be."""
        element = deepcopy(self._reservation(before))
        write_reservation(element, after)
        self._write_lease(element, after)
        return _text(element)

    def _write_lease(self, element: Element, value: Reservation) -> None:
        lease = lease_of_host(self._extra, value.address)
        if lease:
            write_attributes(
                child(element, "lease"), {name: lease.get(name) for name in ("expiry", "unit")}
            )
        elif lease_of(element) is not None:
            for each in element.findall("lease"):
                remove(each)

    def new_reservation(self, value: Reservation) -> str:
        """A new `<host>` of a `<dhcp>`."""
        element = etree.Element("host")
        write_reservation(element, value)
        self._write_lease(element, value)
        return serialise(element)

    def is_emptied(self, index: int, gone: int) -> bool:
        """Whether the `<dhcp>` of an `<ip>` holds more than ranges and reservations, and nothing
        else any more once so many of them are gone."""
        dhcp = ip_elements(self._root)[index].element.find("dhcp")
        if dhcp is None:
            return False
        tags = [node.tag for node in dhcp if isinstance(node.tag, str)]
        entries = sum(tag in ("range", "host") for tag in tags)
        return entries < len(tags) and entries <= gone

    def _reservation(self, value: Reservation) -> Element:
        return self._reservations[value]

    @cached_property
    def _reservations(self) -> dict[Reservation, Element]:
        """The first of those that are alike."""
        every = [pair for ip in self._root.findall("ip") for pair in reservations_of(ip)]
        return {value: element for element, value in reversed(every)}

    def host(self, address: IpAddress, names: Sequence[str]) -> str:
        """The `<host>` of `<dns>` with an address and all its names."""
        element = etree.Element("host")
        write_host(element, str(address), names)
        return serialise(element)

    def record(self, value: DnsRecord) -> str:
        """The `<srv>` or `<txt>` that is there, or a new one.

        Raises ValueError for other kinds: a host record is one name of several, and an alias is
        an option of dnsmasq's, which network-update has no section for.
        """
        if value.kind not in (RecordKind.SRV, RecordKind.TXT):
            raise ValueError(f"{value} is no element of its own")
        for element, present in plain_records(self._root, value.kind):
            if present == value:
                return _text(element)
        element = etree.Element(value.kind.value)
        write_record(element, value)
        return serialise(element)

    def portgroup(self, value: Portgroup, extra: Pairs) -> str:
        """The `<portgroup>` of that name as it has to be, or a new one, with its settings of a
        network's extra."""
        named = (item for item, found in portgroups_of(self._root) if found.name == value.name)
        found = next(named, None)
        element = etree.Element("portgroup") if found is None else deepcopy(found)
        write_portgroup(element, value)
        alone = etree.Element("network")
        alone.append(element)
        write_extra(alone, extra)
        return _text(element)

    def forward_interface(self, dev: str) -> str:
        """An `<interface>` of forward-interface."""
        element = etree.Element("interface")
        set_attribute(element, "dev", dev)
        return serialise(element)


def _find(pairs: Iterable[tuple[Element, T]], value: T) -> Element:
    return next(element for element, present in pairs if present == value)


def _text(element: Element) -> str:
    return serialise(element).strip()
