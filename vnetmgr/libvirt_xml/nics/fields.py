"""Writes the managed fields of a patch into an `<interface>`, each into what it owns there: one
attribute by its row in places.py, more by its own function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from vnetmgr.errors import VnetError
from vnetmgr.libvirt_xml.edit import (
    append,
    child,
    descendant,
    drop_attributes,
    new_child,
    remove,
    remove_if_empty,
    set_attribute,
    write_at,
    write_attributes,
)
from vnetmgr.libvirt_xml.nics.places import NIC_ORDER, ORDERS, PLACES
from vnetmgr.libvirt_xml.nics.read import nic_of, source_of, vlan_of
from vnetmgr.libvirt_xml.nics.source import write_pci_address, write_source
from vnetmgr.libvirt_xml.values import bandwidths_of, number, pci_address_of
from vnetmgr.model.nic import differences, nic_alias, whole
from vnetmgr.model.patch import Unset

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lxml.etree import _Element as Element

    from vnetmgr.libvirt_xml.nics.places import Place
    from vnetmgr.model.nic import Nic, NicPatch, Pairs
    from vnetmgr.model.values import Bandwidth, PciAddress


def apply_patch(nic: Element, patch: NicPatch) -> None:
    """Write every managed field that differs. Raises VnetError for what fits no such nic.

    `vectors` is no part of a nic's element: see domain_write.set_vectors.
    """
    if not isinstance(patch.source, Unset):
        write_source(nic, patch.source)
    present = nic_of(nic)
    patch = whole(patch, present)
    differ = {field for field, _, _ in differences(present, patch)}
    if "name" in differ or "owned" in differ:
        _write_alias(nic, present, patch)
    for field, value in patch.items():
        if field in _WRITERS:
            _WRITERS[field](nic, value)
        elif field in PLACES and field in differ:
            _write_place(nic, PLACES[field], value)


def _write_place(nic: Element, place: Place, value: object) -> None:
    source = source_of(nic)
    if place.only is not None and source.mode is not place.only:
        if value is None:
            return
        raise VnetError(
            f"{place.attribute} {value!r} is for a {place.only} source; this one is a {source.mode}"
        )
    write_at(nic, place.path, place.attribute, value, ORDERS)


def _write_alias(nic: Element, present: Nic, patch: NicPatch) -> None:
    name = present.name if isinstance(patch.name, Unset) else patch.name
    owned = present.owned if isinstance(patch.owned, Unset) else patch.owned
    if name is not None:
        set_attribute(child(nic, "alias", NIC_ORDER), "name", nic_alias(name, owned=owned))


def write_virtualport(nic: Element, value: str | None, order: Sequence[str] = NIC_ORDER) -> None:
    """Set the type of the virtual port of a nic, portgroup or network. Parameters belong to a
    type: they stay with it and go with it."""
    element = nic.find("virtualport")
    if element is not None and element.get("type") != value:
        if value is None:
            remove(element)
            return
        for parameters in element.findall("parameters"):
            remove(parameters)
    if value is not None:
        set_attribute(child(nic, "virtualport", order), "type", value)


def write_vlan(
    nic: Element, tags: tuple[int, ...] | None, order: Sequence[str] = NIC_ORDER
) -> None:
    """Set the VLAN tags of a nic, portgroup or network; those that stay keep what they have."""
    if (tags or None) == vlan_of(nic):
        return
    if not tags:
        if (element := nic.find("vlan")) is not None:
            remove(element)  # even with a comment in it: libvirt refuses one without tags
        return
    vlan = child(nic, "vlan", order)
    old = {number(tag.get("id")): tag for tag in vlan.findall("tag")}
    for present in vlan.findall("tag"):
        remove(present)
    for wanted in tags:
        if wanted in old:
            append(vlan, old[wanted])  # with its nativeMode
        else:
            new_child(vlan, "tag", id=str(wanted))
    write_trunk(vlan)


def write_trunk(vlan: Element) -> None:
    """Say whether a `<vlan>` is a trunk: libvirt wants that with several tags, and where one has a
    nativeMode."""
    if len(vlan.findall("tag")) > 1 or vlan.find("tag[@nativeMode]") is not None:
        set_attribute(vlan, "trunk", "yes")
    else:
        drop_attributes(vlan, "trunk")


def _write_address(nic: Element, address: PciAddress | None) -> None:
    element = nic.find("address")
    if address is not None:
        if element is not None and pci_address_of(element) == address:
            return
        if element is not None and element.get("type") != "pci":
            element.attrib.clear()  # another bus's numbers
        write_pci_address(child(nic, "address", NIC_ORDER), address)
    elif element is not None and element.get("type") == "pci":
        remove(element)


def write_bandwidth(
    holder: Element,
    direction: str,
    bandwidth: Bandwidth | None,
    orders: Mapping[str, Sequence[str]] = ORDERS,
) -> None:
    """Set what a nic, a portgroup or a network may have of a direction."""
    path = f"bandwidth/{direction}"
    if bandwidths_of(holder)[direction] == bandwidth:
        return
    if bandwidth is not None:
        rates = (bandwidth.average, bandwidth.peak, bandwidth.floor)
        average, peak, floor = (None if each is None else each.kilobytes_per_s for each in rates)
        burst = None if bandwidth.burst is None else bandwidth.burst.kibibytes
        parts = {"average": average, "peak": peak, "floor": floor, "burst": burst}
        write_attributes(descendant(holder, path, orders), parts)
    else:
        for found in holder.findall(path):
            remove(found)  # with all that is in it: libvirt refuses one without a rate
        if (around := holder.find("bandwidth")) is not None:
            remove_if_empty(around)


def _write_filter(nic: Element, name: str | None) -> None:
    element = nic.find("filterref")
    if name is not None:
        set_attribute(child(nic, "filterref", NIC_ORDER), "filter", name)
    elif element is not None:
        remove(element)


def _write_filter_param(nic: Element, params: Pairs | None) -> None:
    element = nic.find("filterref")
    if element is None:
        if params:
            raise VnetError("filter parameters are for a nic that has a filter")
        return
    if (params or None) == nic_of(nic).filter_param:
        return
    for node in element.findall("parameter"):
        remove(node)
    for name, value in params or ():
        new_child(element, "parameter", name=name, value=value)


def _write_extra(nic: Element, extra: Any) -> None:
    from vnetmgr.libvirt_xml.nics.extra import write_extra

    write_extra(nic, extra)


# What it takes to write more than one attribute is beside it. Any: each knows its own field.
_WRITERS: dict[str, Callable[[Element, Any], None]] = {
    "virtualport": write_virtualport,
    "vlan": write_vlan,
    "pci_address": _write_address,
    "inbound": lambda nic, value: write_bandwidth(nic, "inbound", value),
    "outbound": lambda nic, value: write_bandwidth(nic, "outbound", value),
    "filter": _write_filter,
    "filter_param": _write_filter_param,
    "extra": _write_extra,
}
