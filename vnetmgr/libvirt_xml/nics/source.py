"""Points a nic's `<source>` somewhere else, and takes along what only its old kind has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import VnetError
from vnetmgr.libvirt_xml.edit import (
    child,
    drop_attributes,
    new_child,
    remove,
    remove_if_empty,
    set_attribute,
)
from vnetmgr.libvirt_xml.nics.places import NIC_ORDER, SOURCE_PLACES
from vnetmgr.libvirt_xml.nics.read import source_of
from vnetmgr.model.nic import Mode, Source
from vnetmgr.model.sources import NAMED, SWITCHED
from vnetmgr.model.values import PciAddress

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

    from vnetmgr.model.qemu.endpoint import Endpoint

# Everything that libvirt puts into <source> for some kind; what it does not know stays.
_SOURCE_ATTRIBUTES = (
    *("bridge", "macTableManager", "network", "portgroup", "portid", "dev", "mode", "path"),
    *("type", "address", "port", "name", "missing", "startupPolicy"),
    *("switchid", "portgroupid", "connectionid"),
)
_SOURCE_CHILDREN = ("address", "local", "ip", "route", "reconnect", "vendor", "product")
# Only a live nic has these in its source: what its network gave to it.
LIVE_SOURCE_ATTRIBUTES = ("portid", "bridge", "macTableManager", "dev", "mode")

_HOSTDEV_DRIVERS = ("kvm", "vfio", "xen")


def write_source(nic: Element, wanted: Source) -> None:
    """Point a nic at a source. A nic that is there already is left as it is.

    Raises VnetError for kinds that nobody writes here, and for one without a name.
    """
    present = source_of(nic)
    if present == wanted:
        return
    if wanted.mode not in SOURCE_PLACES:
        raise VnetError(f"a nic cannot be put on a source of the kind {wanted.mode}")
    if wanted.mode in NAMED and not wanted.name:
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
    if wanted.mode not in NAMED:
        return
    source = child(nic, "source", NIC_ORDER)
    name = wanted.name or ""
    try:
        place = SOURCE_PLACES[wanted.mode]
        if place.socket:
            _write_socket(source, wanted.mode, name)
        elif wanted.mode is Mode.HOSTDEV:
            _write_hostdev(nic, source, PciAddress.parse(name))
        elif place.name is not None:
            set_attribute(source, place.name, name)
    except ValueError as error:
        raise VnetError(f"a source of the kind {wanted.mode}: {error}") from error
    if wanted.mode is Mode.VHOSTUSER:
        if not name.startswith("/"):
            raise VnetError(f"a source of the kind vhostuser: {name!r} is no path from the root")
        set_attribute(source, "type", "unix")  # libvirt knows no other (virDomainNetDefParseXML)
        if "mode" not in source.attrib:
            set_attribute(source, "mode", "client")  # the switch listens, as ovs-vswitchd does


def _write_hostdev(nic: Element, source: Element, address: PciAddress) -> None:
    if "managed" not in nic.attrib:
        set_attribute(nic, "managed", "yes")  # libvirt takes the device from the host's driver
    write_pci_address(child(source, "address"), address)


def _write_socket(source: Element, mode: Mode, name: str) -> None:
    """QEMU's socket back ends; only a udp source has a near end of its own."""
    from vnetmgr.model.qemu.endpoint import Endpoint, parse_udp

    if mode is Mode.UDP:
        far, near = parse_udp(name)
        local = source.find("local")
        _write_endpoint(new_child(source, "local") if local is None else local, near)
    else:
        far = Endpoint.parse(name, address_needed=mode is not Mode.SERVER)
    _write_endpoint(source, far)


def _write_endpoint(element: Element, endpoint: Endpoint) -> None:
    if endpoint.address:
        set_attribute(element, "address", endpoint.address)
    else:
        drop_attributes(element, "address")
    set_attribute(element, "port", str(endpoint.port))


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
            _remove_all(source, tag)
        if new not in NAMED:
            remove_if_empty(source)
    virtualport = nic.find("virtualport")
    if virtualport is not None and virtualport.get("type") not in SOURCE_PLACES[new].virtualports:
        remove(virtualport)
    # "coalesce settings on interface type user are not supported" (9.0), nor elsewhere.
    coalesce = () if new in SWITCHED else ("coalesce",)
    own = SOURCE_PLACES[old].children if old in SOURCE_PLACES else ()
    for tag in (*own, *coalesce):
        _remove_all(nic, tag)
    if old is Mode.USER and (backend := nic.find("backend")) is not None:
        drop_attributes(backend, "type", "logFile")  # passt's
        remove_if_empty(backend)
    if old is Mode.HOSTDEV:
        _leave_hostdev(nic)


def _remove_all(parent: Element, tag: str) -> None:
    for node in parent.findall(tag):
        remove(node)


def _leave_hostdev(nic: Element) -> None:
    drop_attributes(nic, "managed")
    driver = nic.find("driver")
    if driver is not None and driver.get("name") in _HOSTDEV_DRIVERS:
        drop_attributes(driver, "name")
        remove_if_empty(driver)
