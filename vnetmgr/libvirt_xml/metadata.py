"""vnetmgr's own element in the `<metadata>` of domains and networks.

libvirt keeps one element for each namespace (formatdomain.html, "General metadata"): a domain's
is `<vnetmgr:data>`, with one child for each thing that it holds; what is not known stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from vnetmgr.libvirt_xml.documents import parse, serialise
from vnetmgr.libvirt_xml.edit import append, child
from vnetmgr.libvirt_xml.nic_read import number
from vnetmgr.model.domain import Hold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lxml.etree import _Element as Element

VNETMGR = "urn:vnetmgr:1"
KEY = "vnetmgr"
"""The prefix that libvirt writes the element with."""

OWNED = f"{{{VNETMGR}}}owned"
"""In a network: that vnetmgr made it from a spec."""

_DATA = f"{{{VNETMGR}}}data"
_HOLD = f"{{{VNETMGR}}}hold"


def mark_owned(root: Element, order: Sequence[str]) -> None:
    """Mark a network as made from a spec."""
    metadata = child(root, "metadata", order)
    if metadata.find(OWNED) is None:
        append(metadata, etree.Element(OWNED, nsmap={KEY: VNETMGR}))


def data_of(root: Element) -> str | None:
    """A domain's `<vnetmgr:data>` as text; None without one."""
    metadata = root.find("metadata")
    found = None if metadata is None else metadata.find(_DATA)
    return None if found is None else serialise(found)


def read_holds(data: str | None) -> tuple[Hold, ...]:
    """The holds of a `<vnetmgr:data>`; those that cannot be read are none."""
    if data is None:
        return ()
    return tuple(hold for node in parse(data).iterchildren(_HOLD) if (hold := _hold(node)))


def _hold(node: Element) -> Hold | None:
    until = number(node.get("until"))
    if until is None:
        return None
    return Hold(nic=node.get("nic"), until_s=until, reason=node.get("reason", ""))


def settable(data: str) -> str:
    """The element as setMetadata takes it: libvirt itself puts it, and all that is in it, into
    the namespace, and refuses one that has it already (virXMLInjectNamespace)."""
    root = parse(data)
    for node in root.iter(etree.Element):
        node.tag = etree.QName(node).localname
    etree.cleanup_namespaces(root)
    return serialise(root)


def with_holds(data: str | None, holds: Sequence[Hold]) -> str | None:
    """A `<vnetmgr:data>` with these holds alone; None where nothing is left in it."""
    root = etree.Element(_DATA, nsmap={KEY: VNETMGR}) if data is None else parse(data)
    for node in root.findall(_HOLD):
        root.remove(node)
    for hold in holds:
        node = etree.SubElement(root, _HOLD)
        if hold.nic is not None:
            node.set("nic", hold.nic)
        node.set("until", str(hold.until_s))
        if hold.reason:
            node.set("reason", hold.reason)
    return serialise(root) if len(root) else None
