"""The `<qemu:override>` of a domain: device properties that libvirt has no element for.

libvirt has it since 8.2 (drvqemu.html), and puts it onto QEMU's command line when the domain
starts. A device that is plugged in later gets none of it (seen on 9.0).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from vnetmgr.libvirt_xml.edit import append, drop_attributes, remove_if_empty, set_attribute
from vnetmgr.libvirt_xml.values import number

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_NAMESPACE = "http://libvirt.org/schemas/domain/qemu/1.0"
_QEMU = f"{{{_NAMESPACE}}}"
_VECTORS = f"{_QEMU}frontend/{_QEMU}property[@name='vectors']"


def read_vectors(root: Element) -> dict[str, int]:
    """User alias -> MSI-X vectors, for the devices that have them set."""
    found = {}
    for device in root.iterfind(f"{_QEMU}override/{_QEMU}device"):
        held = device.find(_VECTORS)
        vectors = None if held is None else number(held.get("value"))
        if vectors is not None:  # none with type='remove'
            found[device.get("alias", "")] = vectors
    return found


def write_vectors(root: Element, alias: str, vectors: int | None) -> None:
    """Set a device's vectors, or take the setting out with what it leaves empty."""
    override = root.find(f"{_QEMU}override")
    device = None if override is None else _device(override, alias)
    held = None if device is None else device.find(_VECTORS)
    if vectors is not None:
        if held is None:
            held = _make(root, alias)
        set_attribute(held, "type", "unsigned")
        set_attribute(held, "value", str(vectors))
    elif held is not None:
        held.attrib.clear()
        while held is not root and (parent := held.getparent()) is not None:
            if held.tag == f"{_QEMU}device" and len(held) == 0:
                drop_attributes(held, "alias")
            remove_if_empty(held)
            held = parent


def _make(root: Element, alias: str) -> Element:
    override = root.find(f"{_QEMU}override")
    if override is None:
        override = append(root, etree.Element(f"{_QEMU}override", nsmap=_PREFIX))
    device = _device(override, alias)
    if device is None:
        device = append(override, etree.Element(f"{_QEMU}device", alias=alias, nsmap=_PREFIX))
    frontend = device.find(f"{_QEMU}frontend")
    if frontend is None:
        frontend = append(device, etree.Element(f"{_QEMU}frontend", nsmap=_PREFIX))
    made = append(frontend, etree.Element(f"{_QEMU}property", name="vectors", nsmap=_PREFIX))
    prefixes = [prefix for node in root.iter() for prefix in node.nsmap if prefix]
    # libvirt declares the namespace on <domain>, and so do we; the others' stay as they are.
    etree.cleanup_namespaces(root, top_nsmap=_PREFIX, keep_ns_prefixes=list(set(prefixes)))
    return made


_PREFIX = {"qemu": _NAMESPACE}


def _device(override: Element, alias: str) -> Element | None:
    devices = override.iterfind(f"{_QEMU}device")
    return next((device for device in devices if device.get("alias") == alias), None)
