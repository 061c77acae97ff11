"""Reads what vnetmgr needs of a `<domain>`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from vnetmgr.errors import VnetError
from vnetmgr.libvirt_xml.documents import parse_as, serialise
from vnetmgr.libvirt_xml.nics.read import nic_of
from vnetmgr.libvirt_xml.values import number, pci_address_of
from vnetmgr.model.domain import DomainDocument, PciController, PciTopology
from vnetmgr.model.record import replace
from vnetmgr.model.values import PciAddress

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

    from vnetmgr.model.nic import Nic

# Where libvirt keeps a slot of bus 0 for the ISA bridge, whatever the document has there
# (qemuDomainValidateDevicePCISlotsPIIX3, qemuDomainMachineIsI440FX).
_PIIX3 = r"pc$|pc-[01]\.|pc-i440fx-|rhel"
_ISA_BRIDGE = PciAddress(0, 0, 1, 0)
AGENT_CHANNEL = "org.qemu.guest_agent.0"
_PCI_ROOTS = {"pci-root", "pcie-root"}


def says_no_more(live: str | None, config: str | None) -> bool:
    """Whether a live document is the config's but for the domain's id, as those of libvirt's test
    driver are: it need not be read, which is half of what reading its domains takes."""
    if live is None or config is None:
        return False
    kind, _, behind = live.partition(" id='")
    number, _, rest = behind.partition("'")
    # Without namespaces on the root, its id has no bearing on the rest.
    quoted = kind.removeprefix("<domain type='").removesuffix("'")
    plain = quoted.isalnum() and kind == f"<domain type='{quoted}'"
    return plain and number.isdigit() and rest[:1] == ">" and config == f"{kind}{rest}"


def read_domain(xml: str) -> DomainDocument:
    """Name, UUID and nics of a domain document; raises VnetError if it is none."""
    root = parse_as("domain", xml)
    name = root.findtext("name")
    if not name:
        raise VnetError("the domain document has no name")
    devices = root.find("devices")
    nics: list[Element] = [] if devices is None else devices.findall("interface")
    vectors = _vectors(root) if "override" in xml else {}
    return DomainDocument(
        name=name,
        uuid=root.findtext("uuid") or "",
        nics=tuple((_with_vectors(nic_of(nic), vectors), serialise(nic)) for nic in nics),
        agent_connected=devices is not None and _agent_connected(devices),
        data_xml=_data(root) if "vnetmgr" in xml or "&" in xml else None,
    )


def _vectors(root: Element) -> dict[str, int]:
    from vnetmgr.libvirt_xml.nics.override import read_vectors

    return read_vectors(root)


def _data(root: Element) -> str | None:
    from vnetmgr.libvirt_xml.metadata import data_of

    return data_of(root)


def _with_vectors(nic: Nic, vectors: dict[str, int]) -> Nic:
    found = vectors.get(nic.alias or "")
    return nic if found is None else replace(nic, vectors=found)


def kept_data(document: DomainDocument) -> dict[str, Any]:
    """What vnetmgr keeps in a domain's metadata, as fields of a SeenDomain. With another domain's
    UUID it is a copy, and says nothing of this one."""
    data = document.data_xml
    if data is None:
        return {}
    from vnetmgr.libvirt_xml.metadata import (
        read_forwards,
        read_holds,
        read_owned,
        read_pairs,
        read_stamp,
    )

    stamp, forwards = read_stamp(data), read_forwards(data)
    if stamp not in (None, document.uuid):
        return {"data_xml": data, "stamp": stamp, "copied": forwards}
    return {
        "data_xml": data,
        "stamp": stamp,
        "holds": read_holds(data),
        "forwards": forwards,
        "owned_nics": read_owned(data),
        "pairs": read_pairs(data),
    }


def read_pci_topology(xml: str) -> PciTopology | None:
    """The PCI buses of a domain document and every address in use on them.

    None if it has no PCI root: a machine without PCI (s390x), or a document that libvirt has
    not laid out yet.
    """
    root = parse_as("domain", xml)
    devices = root.find("devices")
    if devices is None:
        return None
    pci = [node for node in devices.iterchildren("controller") if node.get("type") == "pci"]
    controllers = tuple(found for node in pci if (found := _controller(node)))
    if not any(controller.model in _PCI_ROOTS for controller in controllers):
        return None
    used = _used_addresses(devices)
    if re.match(_PIIX3, _machine(root)[1]):
        used |= {_ISA_BRIDGE}
    return PciTopology(controllers=controllers, used=used)


def read_overrides(xml: str) -> dict[str, int]:
    """User alias -> MSI-X vectors in `<qemu:override>`, also of devices that are not there."""
    return _vectors(parse_as("domain", xml))


def read_machine(xml: str) -> tuple[str, str]:
    """(architecture, machine type), each empty where the document does not say."""
    return _machine(parse_as("domain", xml))


def _machine(root: Element) -> tuple[str, str]:
    kind = root.find("os/type")
    return ("", "") if kind is None else (kind.get("arch", ""), kind.get("machine", ""))


def read_aliases(xml: str) -> frozenset[str]:
    """The aliases of all devices: libvirt wants them unique among all, not among nics."""
    if "<alias" not in xml:  # as in many a config, and parsing it takes long
        return frozenset()
    devices = parse_as("domain", xml).find("devices")
    if devices is None:
        return frozenset()
    return frozenset(name for alias in devices.iter("alias") if (name := alias.get("name")))


def read_host_addresses(xml: str) -> frozenset[PciAddress]:
    """The PCI devices of the host that a domain has: as nics, and as plain `<hostdev>`."""
    if "hostdev" not in xml:
        return frozenset()
    devices = parse_as("domain", xml).find("devices")
    if devices is None:
        return frozenset()
    owners = [node for node in devices.iterchildren("hostdev") if node.get("type") == "pci"]
    owners += [node for node in devices.iterchildren("interface") if node.get("type") == "hostdev"]
    found = (pci_address_of(node.find("source/address"), typed=False) for node in owners)
    return frozenset(address for address in found if address is not None)


def has_os_boot(xml: str) -> bool:
    """Whether the boot order is by kind (`<os><boot dev>`), which excludes `<boot order>`."""
    return parse_as("domain", xml).find("os/boot") is not None


def read_boot_disk(xml: str) -> str | None:
    """The target of the first disk, which a domain boots from when nothing is said."""
    disks = parse_as("domain", xml).findall("devices/disk")
    hard = [disk for disk in disks if disk.get("device", "disk") == "disk"]
    target = next((disk.find("target") for disk in hard or disks), None)
    return None if target is None else target.get("dev")


def read_boot_orders(xml: str) -> frozenset[int]:
    """The boot orders that devices have: libvirt wants each only once."""
    devices = parse_as("domain", xml).find("devices")
    if devices is None:
        return frozenset()
    orders = (number(boot.get("order")) for boot in devices.iter("boot"))
    return frozenset(order for order in orders if order is not None)


def _agent_connected(devices: Element) -> bool:
    targets = (channel.find("target") for channel in devices.iterchildren("channel"))
    return any(
        target is not None
        and target.get("name") == AGENT_CHANNEL
        and target.get("state") == "connected"
        for target in targets
    )


def _controller(node: Element) -> PciController | None:
    index = number(node.get("index"))
    if index is None:
        return None
    target = node.find("target")
    hotplug = target is None or target.get("hotplug") != "off"
    return PciController(index=index, model=node.get("model", ""), hotplug=hotplug)


def _used_addresses(devices: Element) -> frozenset[PciAddress]:
    """The guest's addresses. Those within <source> are the host's (hostdev, NVMe disks)."""
    found = (
        pci_address_of(node)
        for node in devices.iter("address")
        if (parent := node.getparent()) is not None and parent.tag != "source"
    )
    return frozenset(address for address in found if address is not None)
