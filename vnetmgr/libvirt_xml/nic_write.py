"""Edits `<interface>` elements: the managed fields in place, everything else as it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import VnetError
from vnetmgr.libvirt_xml.documents import parse_as, serialise
from vnetmgr.libvirt_xml.nic_compare import same
from vnetmgr.libvirt_xml.nic_fields import apply_patch
from vnetmgr.libvirt_xml.nic_read import source_of
from vnetmgr.libvirt_xml.nic_source import restore_network
from vnetmgr.model.nic import Mode

if TYPE_CHECKING:
    from vnetmgr.model.nic import NicPatch

# Kinds of source that mean nothing until it is named; libvirt would take an empty name for some.
_NAMED = {
    *(Mode.BRIDGE, Mode.NETWORK, Mode.DIRECT, Mode.HOSTDEV, Mode.VHOSTUSER, Mode.VDPA),
    *(Mode.SERVER, Mode.CLIENT, Mode.MCAST, Mode.UDP),
}


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
    nic = parse_as("interface", template)
    apply_patch(nic, patch)
    source = source_of(nic)
    if source.mode in _NAMED and not source.name:
        raise VnetError(f"the new nic has a source of the kind {source.mode}, but no name for it")
    element = nic.find("source")
    if element is not None and "portid" in element.attrib:
        raise VnetError("the nic's template is a running nic's XML", "take it from the config")
    return serialise(nic)


def update_form(live_xml: str) -> str:
    """A live element in the form that a live update takes.

    Fed back as it is, a nic on a forward=bridge network would become a plain bridge nic, and
    one on any network would be held to the bridge that it is (or no longer is) on.
    """
    nic = parse_as("interface", live_xml)
    restore_network(nic)
    return serialise(nic)


def attach_form(config_xml: str) -> str:
    """A config element in the form that plugs the same nic into the running domain."""
    return serialise(parse_as("interface", config_xml))


def same_nic(config_xml: str, live_xml: str) -> bool:
    """Whether a nic's two elements are equal but for what libvirt adds to live."""
    return same(parse_as("interface", config_xml), parse_as("interface", live_xml))
