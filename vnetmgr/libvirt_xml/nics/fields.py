"""Writes the managed fields of a patch into an `<interface>`, each into what it owns there."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from vnetmgr.errors import VnetError
from vnetmgr.libvirt_xml.edit import (
    append,
    child,
    drop_attributes,
    new_child,
    remove,
    remove_if_empty,
    set_attribute,
)
from vnetmgr.libvirt_xml.nics.extra import write_extra
from vnetmgr.libvirt_xml.nics.read import nic_of, number, pci_address_of, source_of, vlan_of
from vnetmgr.libvirt_xml.nics.source import NIC_ORDER, write_pci_address, write_source
from vnetmgr.model.nic import Mode, SomePairs, differences, nic_alias, whole
from vnetmgr.model.patch import Setting, Unset

if TYPE_CHECKING:
    from collections.abc import Callable

    from lxml.etree import _Element as Element

    from vnetmgr.model.nic import Nic, NicPatch, Pairs
    from vnetmgr.model.values import PciAddress, Rate

T = TypeVar("T")

PLAIN_FIELDS = {
    "mac": ("mac", "address"),
    "model": ("model", "type"),
    "mtu": ("mtu", "size"),
    "queues": ("driver", "queues"),
    "boot_order": ("boot", "order"),
    "link": ("link", "state"),
    "isolated_port": ("port", "isolated"),
}
"""Fields that are one attribute of one child."""


def apply_patch(nic: Element, patch: NicPatch) -> None:
    """Write every managed field that differs. Raises VnetError for what fits no such nic.

    `vectors` is no part of a nic's element: see domain_write.set_vectors.
    """
    if not isinstance(patch.source, Unset):
        write_source(nic, patch.source)
    present = nic_of(nic)
    patch = whole(patch, present)
    differ = {field for field, _, _ in differences(present, patch)}
    for field, value in patch.items():
        if field in differ and field in PLAIN_FIELDS:
            _write_plain(nic, field, value)
    if "name" in differ or "owned" in differ:
        _write_alias(nic, present, patch)
    _write_if(nic, patch.portgroup, _write_portgroup)
    _write_if(nic, patch.direct_mode, _write_direct_mode)
    _write_if(nic, patch.virtualport, _write_virtualport)
    _write_if(nic, patch.vlan, write_vlan)
    _write_if(nic, patch.pci_address, _write_address)
    _write_if(nic, patch.inbound, _write_inbound)
    _write_if(nic, patch.outbound, _write_outbound)
    _write_if(nic, patch.filter, _write_filter)
    _write_if(nic, _complete(patch.filter_param), _write_filter_param)
    _write_if(nic, _complete(patch.extra), write_extra)


def _complete(pairs: Setting[Pairs | SomePairs]) -> Setting[Pairs]:
    if isinstance(pairs, SomePairs):
        raise TypeError("a patch that is written has complete maps")
    return pairs


def _write_if(
    nic: Element, value: T | Unset | None, write: Callable[[Element, T | None], None]
) -> None:
    if not isinstance(value, Unset):
        write(nic, value)


def _write_plain(nic: Element, field: str, value: object) -> None:
    tag, attribute = PLAIN_FIELDS[field]
    text = ("yes" if value else "no") if isinstance(value, bool) else str(value)
    _write_attribute(nic, tag, attribute, None if value is None else text)


def _write_attribute(parent: Element, tag: str, attribute: str, value: str | None) -> None:
    """Set an attribute of a child, or clear it and then the child if nothing else is in it."""
    if value is not None:
        set_attribute(child(parent, tag, NIC_ORDER), attribute, value)
    elif (found := parent.find(tag)) is not None:
        drop_attributes(found, attribute)
        remove_if_empty(found)


def _write_alias(nic: Element, present: Nic, patch: NicPatch) -> None:
    name = present.name if isinstance(patch.name, Unset) else patch.name
    owned = present.owned if isinstance(patch.owned, Unset) else patch.owned
    if name is not None:
        _write_attribute(nic, "alias", "name", nic_alias(name, owned=owned))


def _write_source_attribute(nic: Element, mode: Mode, attribute: str, value: str | None) -> None:
    if source_of(nic).mode is mode:
        _write_attribute(nic, "source", attribute, value)
    elif value is not None:
        kind = source_of(nic).mode
        raise VnetError(f"{attribute} {value!r} is for a {mode} source; this one is a {kind}")


def _write_portgroup(nic: Element, value: str | None) -> None:
    _write_source_attribute(nic, Mode.NETWORK, "portgroup", value)


def _write_direct_mode(nic: Element, value: str | None) -> None:
    _write_source_attribute(nic, Mode.DIRECT, "mode", value)


def _write_virtualport(nic: Element, value: str | None) -> None:
    """Parameters belong to a type: they stay with it and go with it."""
    element = nic.find("virtualport")
    if element is not None and element.get("type") != value:
        if value is None:
            remove(element)
            return
        for parameters in element.findall("parameters"):
            remove(parameters)
    if value is not None:
        set_attribute(child(nic, "virtualport", NIC_ORDER), "type", value)


def write_vlan(nic: Element, tags: tuple[int, ...] | None) -> None:
    """Set the VLAN tags of a nic or portgroup; those that stay keep what else they have.

    libvirt wants trunk='yes' with several tags, and where one has a nativeMode.
    """
    if (tags or None) == vlan_of(nic):
        return
    if not tags:
        if (element := nic.find("vlan")) is not None:
            remove(element)  # even with a comment in it: libvirt refuses one without tags
        return
    vlan = child(nic, "vlan", NIC_ORDER)
    old = {number(tag.get("id")): tag for tag in vlan.findall("tag")}
    for present in vlan.findall("tag"):
        remove(present)
    for wanted in tags:
        if wanted in old:
            append(vlan, old[wanted])  # with its nativeMode
        else:
            new_child(vlan, "tag", id=str(wanted))
    if len(tags) > 1 or vlan.find("tag[@nativeMode]") is not None:
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


def _write_inbound(nic: Element, rate: Rate | None) -> None:
    write_rate(nic, "inbound", rate)


def _write_outbound(nic: Element, rate: Rate | None) -> None:
    write_rate(nic, "outbound", rate)


def write_rate(nic: Element, direction: str, rate: Rate | None) -> None:
    """Set the average rate, inbound or outbound, of a nic or portgroup."""
    bandwidth = nic.find("bandwidth")
    if rate is not None:
        bandwidth = child(nic, "bandwidth", NIC_ORDER)
        element = child(bandwidth, direction, ("inbound", "outbound"))
        set_attribute(element, "average", str(rate.kilobytes_per_s))
        peak = number(element.get("peak"))
        if peak is not None and peak < rate.kilobytes_per_s:
            drop_attributes(element, "peak")  # it would be the rate
    elif bandwidth is not None and (found := bandwidth.find(direction)) is not None:
        # libvirt refuses peak and burst without an average; floor stands by itself.
        drop_attributes(found, "average", "peak", "burst")
        remove_if_empty(found)
        remove_if_empty(bandwidth)


def _write_filter(nic: Element, name: str | None) -> None:
    element = nic.find("filterref")
    if name is not None:
        _write_attribute(nic, "filterref", "filter", name)
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
