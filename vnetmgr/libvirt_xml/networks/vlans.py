"""The VLANs that a network, or a portgroup, gives to its nics.

Source: libvirt's formatnetwork.html, "Setting VLAN tag", "Portgroups".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.libvirt_xml.edit import drop_attributes, set_attribute
from vnetmgr.libvirt_xml.nics.fields import write_trunk, write_vlan
from vnetmgr.libvirt_xml.nics.read import UNTAGGED
from vnetmgr.libvirt_xml.values import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lxml.etree import _Element as Element


def write_vlans(
    element: Element, tags: tuple[int, ...], native: int | None, order: Sequence[str]
) -> None:
    """Set the tags, and that of them which is native. One that is native with its tag on it is
    somebody else's, and gives way to another only: libvirt has one at most."""
    write_vlan(element, tags, order)
    vlan = element.find("vlan")
    if vlan is None:
        return
    for tag in vlan.findall("tag"):
        if native is not None and number(tag.get("id")) == native:
            set_attribute(tag, "nativeMode", UNTAGGED)
        elif native is not None or tag.get("nativeMode") == UNTAGGED:
            drop_attributes(tag, "nativeMode")
    write_trunk(vlan)
