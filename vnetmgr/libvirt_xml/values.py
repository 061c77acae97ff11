"""What attributes of libvirt's documents say, as values. Lenient: what is odd is None."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from vnetmgr.model.values import DIRECTIONS, Bandwidth, Burst, Mac, PciAddress, Rate

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


def _bandwidth_of(element: Element | None) -> Bandwidth | None:
    return None if element is None else _bandwidth(*map(element.get, Bandwidth.FIELDS))


def bandwidths_of(holder: Element) -> dict[str, Bandwidth | None]:
    """Those of a nic, a portgroup or a network, by field."""
    return {each: _bandwidth_of(holder.find(f"bandwidth/{each}")) for each in DIRECTIONS}


# Many nics say the same.
@cache
def _bandwidth(
    average: str | None, peak: str | None, burst: str | None, floor: str | None
) -> Bandwidth | None:
    # Numbers above 0: libvirt reads a 0 as nothing.
    rates = [Rate(value) if (value := number(text)) else None for text in (average, peak, floor)]
    kibibytes = number(burst)
    if rates[0] is None and rates[2] is None:
        return None
    return Bandwidth(rates[0], rates[1], Burst(kibibytes) if kibibytes else None, rates[2])


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
