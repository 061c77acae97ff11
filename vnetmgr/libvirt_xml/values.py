"""What attributes of libvirt's documents say, as values. Lenient: what is odd is None."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from vnetmgr.model.values import Mac, PciAddress, Rate

if TYPE_CHECKING:
    from lxml.etree import _Element as Element


def number(text: str | None) -> int | None:
    """A number as libvirt reads them (0x is hexadecimal); None for anything else."""
    if text is None:
        return None
    try:
        return int(text, 16 if text[:2] in ("0x", "0X") else 10)
    except ValueError:
        return None


def yes_no(text: str | None) -> bool | None:
    """A switch of libvirt's; None for anything but yes and no."""
    return {"yes": True, "no": False}.get(text or "")


def rate_of(text: str | None) -> Rate | None:
    """An `average`; None for anything but a number above 0."""
    value = number(text)
    return Rate(value) if value else None


@cache
def mac_of(text: str | None) -> Mac | None:
    """A MAC in its normal form; None for what is none."""
    try:
        return None if text is None else Mac.normalise(text)
    except ValueError:
        return None


def pci_address_of(address: Element | None, *, typed: bool = True) -> PciAddress | None:
    """An `<address type='pci'>`; None for other buses and for one without numbers."""
    if address is None or address.get("type", "" if typed else "pci") != "pci":
        return None
    parts = [number(address.get(part, "0")) for part in ("domain", "bus", "slot", "function")]
    if "slot" not in address.attrib and "bus" not in address.attrib:
        return None
    domain, bus, slot, function = parts
    if domain is None or bus is None or slot is None or function is None:
        return None
    return PciAddress(domain, bus, slot, function)


def attribute_of(element: Element, path: str, attribute: str) -> str | None:
    """An attribute of the first descendant at a path, or of the element itself where that is empty;
    None if either is missing."""
    found = element.find(path) if path else element
    return None if found is None else found.get(attribute)
