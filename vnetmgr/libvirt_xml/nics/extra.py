"""Writes a nic's `extra`: attributes by their place below `<interface>`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import VnetError
from vnetmgr.libvirt_xml.edit import (
    child,
    descendant,
    drop_attributes,
    insert_beside,
    remove_empty,
    set_attribute,
    set_text,
)
from vnetmgr.libvirt_xml.nics.places import NIC_ORDER, ORDERS
from vnetmgr.libvirt_xml.nics.read import TEXTS, extra_of, ip_of
from vnetmgr.model.nic import Mode
from vnetmgr.model.options.extra import EXTRA_KEYS, FAMILIES

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

    from vnetmgr.model.nic import Pairs


def write_extra(nic: Element, pairs: Pairs | None) -> None:
    """Make the settings these and no others; what EXTRA_KEYS does not know stays."""
    wanted, present = dict(pairs or ()), dict(extra_of(nic) or ())
    for key in EXTRA_KEYS:
        if key in wanted and wanted[key] != present.get(key):
            _write(nic, key, wanted[key])
        elif key in present and key not in wanted:
            _clear(nic, key)


def _write(nic: Element, key: str, value: str) -> None:
    if key == "source.mode" and nic.get("type") != Mode.VHOSTUSER:
        raise VnetError(f"{key} {value!r} is for a {Mode.VHOSTUSER} source; this one is another")
    path, _, attribute = key.replace(".", "/").rpartition("/")
    if key in TEXTS:
        set_text(descendant(nic, f"{path}/{attribute}", ORDERS), value)
    elif path in FAMILIES:
        set_attribute(_ip(nic, path), attribute, value)
    else:
        set_attribute(descendant(nic, path, ORDERS), attribute, value)


def _ip(nic: Element, key: str) -> Element:
    """The `<ip>` of a family, made beside the other's if it is not there."""
    found = ip_of(nic, key)
    if found is None:
        others = nic.findall("ip")
        found = child(nic, "ip", NIC_ORDER) if not others else insert_beside(others[-1], "ip")
        if key == "ip6":
            set_attribute(found, "family", FAMILIES[key])
    return found


def _clear(nic: Element, key: str) -> None:
    path, _, attribute = key.replace(".", "/").rpartition("/")
    element = nic.find(f"{path}/{attribute}" if key in TEXTS else path) if path else nic
    if path in FAMILIES:
        element = ip_of(nic, path)
    if element is None:
        return
    if path in FAMILIES and attribute == "address":
        drop_attributes(element, "prefix", "family")  # what is left would be another family's
    if key in TEXTS:
        element.text = None
    elif key == "source.mode":
        if nic.get("type") == Mode.VHOSTUSER:  # libvirt wants one of the two
            set_attribute(element, attribute, "client")
    else:
        drop_attributes(element, attribute)
    remove_empty(element, nic)
