"""Edits whole `<domain>` documents: nics and controllers in and out, everything else kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from vnetmgr.errors import VnetError
from vnetmgr.libvirt_xml.documents import parse, parse_as, serialise, serialise_document
from vnetmgr.libvirt_xml.edit import (
    append,
    child,
    drop_attributes,
    indentation,
    insert,
    insert_after,
    new_child,
    reindent,
    remove,
    remove_if_empty,
    set_attribute,
    set_text,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lxml.etree import _Element as Element

    from vnetmgr.model.desired import DomainFields

# libvirt's own order (virDomainDefFormatInternal), as far as anything is put in here.
_DOMAIN_ORDER = (
    *("name", "uuid", "genid", "title", "description", "metadata", "maxMemory", "memory"),
    *("currentMemory", "memoryBacking", "vcpu", "vcpus", "iothreads", "cputune", "os"),
)
_OS_ORDER = ("type", "init", "firmware", "loader", "nvram", "kernel", "initrd", "cmdline")
_DISK_ORDER = ("driver", "auth", "source", "backingStore", "target")


def insert_nic(domain_xml: str, nic_xml: str) -> str:
    """Add a nic behind the last one, or at the end of the devices."""
    root = parse_as("domain", domain_xml)
    add_nic(root, nic_xml)
    return serialise_document(root)


def replace_nic(domain_xml: str, old_nic_xml: str, new_nic_xml: str) -> str:
    """Put a nic where another is.

    `old_nic_xml` is the element as read_domain gave it of this very document; raises VnetError
    if it is not in there exactly once.
    """
    root = parse_as("domain", domain_xml)
    old = _find_nic(root, old_nic_xml)
    new = parse_as("interface", new_nic_xml)
    reindent(new, indentation(old))
    new.tail = old.tail
    parent = _parent(old)
    parent.replace(old, new)
    return serialise_document(root)


def remove_nic(domain_xml: str, nic_xml: str) -> str:
    """Take a nic out; found, and refused, as in replace_nic."""
    root = parse_as("domain", domain_xml)
    remove(_find_nic(root, nic_xml))
    return serialise_document(root)


def set_data(domain_xml: str, data: str | None) -> str:
    """Put vnetmgr's element into a domain's metadata, in place of the one that is there; None takes
    it out. Others' stay."""
    from vnetmgr.libvirt_xml.metadata import DATA

    root = parse_as("domain", domain_xml)
    metadata = child(root, "metadata", _DOMAIN_ORDER)
    for node in metadata.findall(DATA):
        remove(node)
    if data is not None:
        append(metadata, parse(data))
    remove_if_empty(metadata)
    return serialise_document(root)


def set_vectors(domain_xml: str, alias: str, vectors: int | None) -> str:
    """Set the MSI-X vectors of the device with a user alias in `<qemu:override>`; None takes the
    setting out. Every other property, device and qemu: element stays."""
    from vnetmgr.libvirt_xml.nics.override import write_vectors

    root = parse_as("domain", domain_xml)
    write_vectors(root, alias, vectors)
    return serialise_document(root)


def add_controllers(domain_xml: str, models: Sequence[str]) -> str:
    """Add PCI controllers behind those that are there; libvirt numbers them when it defines.

    attachDeviceFlags does not: on 9.0 it refuses one without index, modelName and chassis.
    """
    root = parse_as("domain", domain_xml)
    devices = child(root, "devices")
    present = devices.findall("controller")
    last = next((node for node in reversed(present) if node.get("type") == "pci"), None)
    if last is None and present:
        last = present[-1]
    for model in models:
        new = _controller(model)
        if last is None:
            append(devices, new)
        else:
            insert_after(last, new)
        last = new
    return serialise_document(root)


def add_nic(root: Element, nic_xml: str) -> None:
    """Add a nic to a domain element."""
    new = parse_as("interface", nic_xml)
    devices = child(root, "devices")
    present = devices.findall("interface")
    if present:
        insert_after(present[-1], new)
    else:
        append(devices, new)
    reindent(new, indentation(new))


def fill_domain(template: str, fields: DomainFields, nics: Sequence[str] = ()) -> str:
    """A new domain from a template, with these nics.

    A UUID in the template goes, also when no other is given: two domains may not share one. What
    vnetmgr keeps in its metadata goes, too: a template may be a copy of a domain that runs.
    """
    from vnetmgr.libvirt_xml.metadata import forget_data

    root = parse_as("domain", template)
    set_text(child(root, "name", _DOMAIN_ORDER), fields.name)
    uuid = root.find("uuid")
    if uuid is not None:
        remove(uuid)
    if fields.uuid is not None:
        set_text(child(root, "uuid", _DOMAIN_ORDER), fields.uuid)
    forget_data(root)
    if fields.virt_type is not None:
        set_attribute(root, "type", fields.virt_type)
    _fill_size(root, fields)
    _fill_os(root, fields)
    devices = child(root, "devices")
    if fields.disk is not None:
        _fill_disk(devices, fields.disk, fields.disk_format)
    for nic in nics:
        add_nic(root, nic)
    return serialise(root)


def _fill_size(root: Element, fields: DomainFields) -> None:
    if fields.memory_bytes is not None:
        memory = child(root, "memory", _DOMAIN_ORDER)
        set_attribute(memory, "unit", "KiB")
        set_text(memory, str(-(-fields.memory_bytes // 1024)))  # libvirt counts in KiB too
        current = root.find("currentMemory")
        if current is not None:
            remove(current)  # the template's may be more than the new maximum
    if fields.vcpus is not None:
        vcpu = child(root, "vcpu", _DOMAIN_ORDER)
        set_text(vcpu, str(fields.vcpus))
        drop_attributes(vcpu, "current")


def _fill_os(root: Element, fields: DomainFields) -> None:
    os = child(root, "os", _DOMAIN_ORDER)
    if fields.machine is not None:
        set_attribute(child(os, "type", _OS_ORDER), "machine", fields.machine)
    texts = {"kernel": fields.kernel, "initrd": fields.initrd, "cmdline": fields.cmdline}
    for tag, text in texts.items():
        if text is not None:
            set_text(child(os, tag, _OS_ORDER), text)


def _fill_disk(devices: Element, path: str, disk_format: str | None) -> None:
    disk = next((d for d in devices.findall("disk") if d.get("device", "disk") == "disk"), None)
    if disk is None:
        disk = etree.Element("disk", {"device": "disk"})
        emulator = devices.find("emulator")
        insert(devices, disk, 0 if emulator is None else devices.index(emulator) + 1)
    block = path.startswith("/dev/")
    set_attribute(disk, "type", "block" if block else "file")
    driver = child(disk, "driver", _DISK_ORDER)
    set_attribute(driver, "name", "qemu")
    set_attribute(driver, "type", disk_format or driver.get("type") or "raw")
    source = child(disk, "source", _DISK_ORDER)
    source.attrib.clear()  # another kind of disk has others
    set_attribute(source, "dev" if block else "file", path)
    if disk.find("target") is None:
        new_child(disk, "target", dev="vda", bus="virtio")


def _find_nic(root: Element, nic_xml: str) -> Element:
    devices = root.find("devices")
    nics = [] if devices is None else devices.findall("interface")
    found = [nic for nic in nics if serialise(nic) == nic_xml]
    if len(found) != 1:
        many = "more than once" if found else "not"
        raise VnetError(
            f"the nic is {many} in the definition of domain {root.findtext('name')}",
            "it has changed meanwhile: run the command again" if not found else None,
        )
    return found[0]


def _controller(model: str) -> Element:
    return etree.Element("controller", {"type": "pci", "model": model})


def _parent(element: Element) -> Element:
    parent = element.getparent()
    if parent is None:
        raise ValueError("a root element has no parent")
    return parent
