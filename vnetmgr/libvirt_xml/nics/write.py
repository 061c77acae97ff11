"""Edits `<interface>` elements: the managed fields in place, everything else as it stands."""

from __future__ import annotations

from copy import deepcopy
from functools import lru_cache
from typing import TYPE_CHECKING

from vnetmgr.errors import VnetError
from vnetmgr.libvirt_xml.documents import parse_as, serialise
from vnetmgr.libvirt_xml.edit import (
    child,
    drop_attributes,
    remove,
    remove_if_empty,
    set_attribute,
)
from vnetmgr.libvirt_xml.nics.fields import apply_patch
from vnetmgr.libvirt_xml.nics.places import NIC_ORDER
from vnetmgr.libvirt_xml.nics.read import nic_of, source_of
from vnetmgr.libvirt_xml.nics.source import restore_network, write_source
from vnetmgr.model.nic import OPENVSWITCH, Mode, NicPatch, Source
from vnetmgr.model.record import replace
from vnetmgr.model.sources import NAMED
from vnetmgr.model.values import Mac

if TYPE_CHECKING:
    from collections.abc import Collection

    from lxml.etree import _Element as Element

    from vnetmgr.model.nic import Nic

_ANY = Mac("52:54:00:00:00:00")


def merge_nic(xml: str, patch: NicPatch) -> str:
    """The element with the managed fields as wanted; None clears one.

    Unknown elements and attributes, comments and order survive. Raises VnetError for XML that
    is no `<interface>`, and for a field that such a nic cannot have.
    """
    nic = parse_as("interface", xml)
    apply_patch(nic, patch)
    return serialise(nic)


def new_nic(template: str, patch: NicPatch) -> str:
    """A new nic from a template, to attach; comments before the element are left out.

    Raises VnetError if its source is still without a name, or still that of a live nic.
    """
    return serialise(_new_nic(template, patch))


def new_nic_as_read(template: str, patch: NicPatch) -> tuple[str, Nic]:
    """The same, and what read_nic makes of it. Of a spec's many nics most are alike but for their
    MACs: they are made once."""
    if isinstance(patch.mac, Mac) and (made := _with_any_mac(template, replace(patch, mac=_ANY))):
        xml, nic = made
        return xml.replace(str(_ANY), str(patch.mac)), replace(nic, mac=patch.mac)
    element = _new_nic(template, patch)
    return serialise(element), nic_of(element)


@lru_cache(maxsize=16)
def _with_any_mac(template: str, patch: NicPatch) -> tuple[str, Nic] | None:
    """With _ANY for its MAC; None where that could stand for something else, too."""
    element = _new_nic(template, patch)
    xml, nic = serialise(element), nic_of(element)
    return (xml, nic) if nic.mac == _ANY and xml.count(str(_ANY)) == 1 else None


def _new_nic(template: str, patch: NicPatch) -> Element:
    nic = deepcopy(_parse_template(template))
    apply_patch(nic, patch)
    source = source_of(nic)
    if source.mode in NAMED and not source.name:
        raise VnetError(f"the new nic has a source of the kind {source.mode}, but no name for it")
    element = nic.find("source")
    if element is not None and "portid" in element.attrib:
        raise VnetError("the nic's template is a running nic's XML", "take it from the config")
    return nic


@lru_cache(maxsize=16)
def _parse_template(template: str) -> Element:
    """A spec makes many nics from one; each gets a copy."""
    return parse_as("interface", template)


def without_floor(xml: str) -> str:
    """The element without a guaranteed rate."""
    nic = parse_as("interface", xml)
    if nic.find("bandwidth/inbound[@floor]") is None:
        return xml
    _drop_floor(nic)
    return serialise(nic)


def with_interface_id(xml: str, interface_id: str, *, overwrite: bool = False) -> str:
    """The element, on Open vSwitch, with an interfaceid: libvirt makes one up where there is none,
    another in each state (9.0). `overwrite`: in place of the one that it has."""
    nic = parse_as("interface", xml)
    virtualport = nic.find("virtualport")
    if virtualport is None or virtualport.get("type") != OPENVSWITCH:
        return xml
    parameters = child(virtualport, "parameters")
    if overwrite or "interfaceid" not in parameters.attrib:
        set_attribute(parameters, "interfaceid", interface_id)
    return serialise(nic)


def as_port(xml: str, interface_id: str) -> str:
    """The element of a nic on a network of Open vSwitch, which has said nothing of that itself,
    with the interfaceid that it is known by."""
    nic = parse_as("interface", xml)
    set_attribute(child(nic, "virtualport"), "type", OPENVSWITCH)
    return with_interface_id(serialise(nic), interface_id)


def update_form(live_xml: str) -> str:
    """A live element in the form that a live update takes.

    Fed back as it is, a nic on a forward=bridge network would become a plain bridge nic, and
    one on any network would be held to the bridge that it is (or no longer is) on.
    """
    nic = parse_as("interface", live_xml)
    restore_network(nic)
    return serialise(nic)


def hop_forms(
    live_xml: str, config_xml: str | None, *, hop: str, home: Source, inherited: Collection[str]
) -> tuple[str, str]:
    """A live element on the network `hop`, and then back on its `home`: two live updates.

    `inherited` are the elements (bandwidth, port, vlan) that the nic only has from its network:
    fed back, they would become the nic's own, and it would miss what the network gives now. A
    floor is left out on `hop`, where libvirt refuses it.
    """
    nic = parse_as("interface", live_xml)
    restore_network(nic)
    for tag in inherited:
        for node in nic.findall(tag):
            remove(node)
    if source_of(nic) != home:  # left on the hop network, which has no floors
        write_source(nic, home)
        if config_xml is not None:
            _restore(nic, parse_as("interface", config_xml))
    back = serialise(nic)
    # The portgroup stays, though `hop` has none: 9.0 does not mind, 11.3 refuses to change it.
    write_source(nic, Source(Mode.NETWORK, hop))
    _drop_floor(nic)
    return serialise(nic), back


def without(xml: str, tags: Collection[str]) -> str:
    """An element without its children of these tags."""
    nic = parse_as("interface", xml)
    for tag in tags:
        for node in nic.findall(tag):
            remove(node)
    return serialise(nic)


def link_forms(live_xml: str) -> tuple[str, str]:
    """A live element with its link down, and then as it is: two live updates."""
    up = update_form(live_xml)
    return down_form(up), up


def down_form(xml: str) -> str:
    """The element with its link down, before a live update that brings it up. It is without a
    floor: libvirt counts that twice while it changes the nic (9.0)."""
    return without_floor(merge_nic(xml, NicPatch(link="down")))


def attach_form(config_xml: str) -> str:
    """A config element in the form that plugs the same nic into the running domain."""
    return serialise(parse_as("interface", config_xml))


def _restore(nic: Element, config: Element) -> None:
    """Give a nic that comes back what only its config still knows."""
    source, bandwidth = config.find("source"), config.find("bandwidth")
    portgroup = source.get("portgroup") if source is not None else None
    present_source = child(nic, "source", NIC_ORDER)
    if portgroup is not None and "portgroup" not in present_source.attrib:
        set_attribute(present_source, "portgroup", portgroup)
    if bandwidth is not None:
        present = child(nic, "bandwidth", NIC_ORDER)
        present[:] = [deepcopy(node) for node in bandwidth]


def _drop_floor(nic: Element) -> None:
    for inbound in nic.findall("bandwidth/inbound"):
        bandwidth = inbound.getparent()
        drop_attributes(inbound, "floor")
        if "average" not in inbound.attrib:
            remove(inbound)  # libvirt wants one of the two
        if bandwidth is not None:
            remove_if_empty(bandwidth)
