"""Points a nic's `<source>` somewhere else, and takes along what only its old kind has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import VnetError
from vnetmgr.libvirt_xml.edit import child, drop_attributes, remove, remove_if_empty, set_attribute
from vnetmgr.libvirt_xml.nic_read import source_of
from vnetmgr.model.nic import Mode, Source
from vnetmgr.model.values import PciAddress

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

NIC_ORDER = (
    *("mac", "source", "vlan", "virtualport", "bandwidth", "port", "ip", "route"),
    *("portForward", "script", "downscript", "backenddomain", "target", "guest", "model"),
    *("driver", "backend", "filterref", "tune", "teaming", "link", "mtu", "coalesce", "boot"),
    *("alias", "rom", "acpi", "address"),
)
"""The order in which libvirt writes a nic's children: virDomainNetDefFormat, seen on 9.0."""

_SOURCE_NAMES = {Mode.BRIDGE: "bridge", Mode.NETWORK: "network", Mode.DIRECT: "dev"}
# Everything that libvirt puts into <source> for some kind; what it does not know stays.
_SOURCE_ATTRIBUTES = (
    *("bridge", "macTableManager", "network", "portgroup", "portid", "dev", "mode", "path"),
    *("type", "address", "port", "name", "missing", "startupPolicy"),
    *("switchid", "portgroupid", "connectionid"),
)
_SOURCE_CHILDREN = ("address", "local", "ip", "route", "reconnect", "vendor", "product")
# Only a live nic has these in its source: what its network gave to it.
LIVE_SOURCE_ATTRIBUTES = ("portid", "bridge", "macTableManager", "dev", "mode")

# Which virtualports fit a source. None: no type given, for the network to decide.
_VIRTUALPORTS: dict[Mode, frozenset[str | None]] = {
    Mode.BRIDGE: frozenset({"openvswitch", "midonet"}),
    Mode.NETWORK: frozenset({"openvswitch", "midonet", "802.1Qbg", "802.1Qbh", None}),
    Mode.DIRECT: frozenset({"802.1Qbg", "802.1Qbh"}),
    Mode.HOSTDEV: frozenset({"802.1Qbg", "802.1Qbh"}),
    Mode.USER: frozenset(),
}
# libvirt refuses these on any other kind: addresses are a matter of SLIRP and passt alone
# ("Invalid attempt to set network interface guest-side IP", qemu_validate.c).
_USER_CHILDREN = ("ip", "route", "portForward")
_HOSTDEV_DRIVERS = ("kvm", "vfio", "xen")


def write_source(nic: Element, wanted: Source) -> None:
    """Point a nic at a source. A nic that is there already is left as it is.

    Raises VnetError for kinds that nobody writes here, and for one without a name.
    """
    present = source_of(nic)
    if present == wanted:
        return
    if wanted.mode not in _VIRTUALPORTS:
        raise VnetError(f"a nic cannot be put on a source of the kind {wanted.mode}")
    if wanted.mode is not Mode.USER and not wanted.name:
        raise VnetError(f"a nic on a source of the kind {wanted.mode} needs the source's name")
    if present.mode is not wanted.mode:
        _leave(nic, present.mode, wanted.mode)
    elif wanted.mode is Mode.NETWORK and (source := nic.find("source")) is not None:
        drop_attributes(source, *LIVE_SOURCE_ATTRIBUTES)
    set_attribute(nic, "type", wanted.mode.value)
    _enter(nic, wanted)


def restore_network(nic: Element) -> None:
    """Give a live nic on a network the form of its config: the network, not what is behind it."""
    source = nic.find("source")
    if source is None or source_of(nic).mode is not Mode.NETWORK:
        return
    set_attribute(nic, "type", Mode.NETWORK.value)
    drop_attributes(nic, "managed")
    drop_attributes(source, *LIVE_SOURCE_ATTRIBUTES)
    for node in source.findall("address"):
        remove(node)


def _enter(nic: Element, wanted: Source) -> None:
    if wanted.mode is Mode.USER:
        return
    source = child(nic, "source", NIC_ORDER)
    name = wanted.name or ""
    if wanted.mode is not Mode.HOSTDEV:
        set_attribute(source, _SOURCE_NAMES[wanted.mode], name)
        return
    try:
        address = PciAddress.parse(name)
    except ValueError as error:
        raise VnetError(str(error)) from error
    if "managed" not in nic.attrib:
        set_attribute(nic, "managed", "yes")  # libvirt takes the device from the host's driver
    write_pci_address(child(source, "address"), address)


def write_pci_address(element: Element, address: PciAddress) -> None:
    """Write the four numbers as libvirt does; other attributes (multifunction) stay."""
    numbers = {
        "type": "pci",
        "domain": f"0x{address.domain:04x}",
        "bus": f"0x{address.bus:02x}",
        "slot": f"0x{address.slot:02x}",
        "function": f"0x{address.function:x}",
    }
    for name, value in numbers.items():
        set_attribute(element, name, value)


def _leave(nic: Element, old: Mode, new: Mode) -> None:
    source = nic.find("source")
    if source is not None:
        drop_attributes(source, *_SOURCE_ATTRIBUTES)
        for tag in _SOURCE_CHILDREN:
            for node in source.findall(tag):
                remove(node)
        if new is Mode.USER:
            remove_if_empty(source)
    virtualport = nic.find("virtualport")
    if virtualport is not None and virtualport.get("type") not in _VIRTUALPORTS[new]:
        remove(virtualport)
    if old is Mode.USER:
        _leave_user(nic)
    driver = nic.find("driver")
    if old is Mode.HOSTDEV:
        drop_attributes(nic, "managed")
        if driver is not None and driver.get("name") in _HOSTDEV_DRIVERS:
            drop_attributes(driver, "name")
            remove_if_empty(driver)


def _leave_user(nic: Element) -> None:
    for tag in _USER_CHILDREN:
        for node in nic.findall(tag):
            remove(node)
    backend = nic.find("backend")
    if backend is not None:
        drop_attributes(backend, "type", "logFile")  # passt's
        remove_if_empty(backend)
