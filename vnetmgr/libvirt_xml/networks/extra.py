"""Reads and writes a network's `extra`: attributes and texts by their paths below `<network>`.

`read` imports this only for networks that have some.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from vnetmgr.libvirt_xml.edit import (
    append,
    child,
    drop_attributes,
    remove,
    remove_empty,
    set_attribute,
    set_text,
    write_attributes,
)
from vnetmgr.libvirt_xml.networks.ip import address_of, subnet_of
from vnetmgr.libvirt_xml.networks.order import NETWORK_ORDER, ORDERS
from vnetmgr.libvirt_xml.values import pci_address_of
from vnetmgr.model.options.network_extra import NETWORK_EXTRA, key_of, steps
from vnetmgr.model.values import PciAddress

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from lxml.etree import _Element as Element

    from vnetmgr.model.nic import Pairs

_ADDRESS = "forward.address"


def _subnet(ip: Element) -> object:
    address = address_of(ip.get("address"))
    return None if address is None else subnet_of(ip, address)


_SELECTED_BY: Mapping[str, Callable[[Element], object]] = {
    "portgroup": lambda element: element.get("name"),
    "ip": _subnet,
    "host": lambda element: address_of(element.get("ip")),
    "address": pci_address_of,
}
"""What stands in the brackets of an element of which there may be several."""


def extra_of(root: Element, asked: Collection[str] = ()) -> Pairs:
    """The settings that a network has; those that cannot be read are left out, and those that it
    has in any case, unless they are asked for."""
    found: dict[str, str] = {}
    for key, known in NETWORK_EXTRA.items():
        if not (known.clearable or key in asked):
            continue
        parts = tuple(steps(key))
        for path, element in _elements(root, parts[:-1]):
            text = _value(element, parts[-1][0], text=known.text)
            if text is None or text == known.default:
                continue
            try:
                found.setdefault(f"{path}{parts[-1][0]}", known.read(text))
            except ValueError:
                continue
    return tuple(found.items())


def write_extra(root: Element, pairs: Pairs | None) -> None:
    """Make the settings these and no others. Those of an element that is not there are left out:
    who wants them reads them back."""
    wanted = dict(pairs or ())
    for path, _ in extra_of(root):
        if path not in wanted:
            _clear(root, path)
    present = dict(extra_of(root, wanted))
    for path, value in wanted.items():
        if present.get(path) != value:
            _write(root, path, value)


def _write(root: Element, path: str, value: str) -> None:
    *parts, (last, _) = steps(path)
    element = _made(root, parts)
    if element is None:
        return
    if NETWORK_EXTRA[key_of(path)].text:
        set_text(child(element, last, NETWORK_ORDER), value)
    else:
        set_attribute(element, last, value)


def _clear(root: Element, path: str) -> None:
    *parts, (last, _) = steps(path)
    known = NETWORK_EXTRA[key_of(path)]
    for found, element in _elements(root, parts):
        if f"{found}{last}" != path:
            continue
        if known.text:
            for node in element.findall(last):
                remove(node)
        elif found.startswith(_ADDRESS) or last == "expiry":
            remove(element)  # what is left of it says nothing
        elif path == "forward.managed":
            set_attribute(element, last, "yes")
        else:
            drop_attributes(element, last)
            remove_empty(element, root)
        return


def _made(root: Element, parts: Sequence[tuple[str, str | None]]) -> Element | None:
    """The element at a path, made with what is missing on the way; None where one of several is
    not there, but for a card's address: that is nothing besides."""
    element = root
    for index, (tag, selector) in enumerate(parts):
        if selector is not None:
            found = next((node for node in element.findall(tag) if _name(node) == selector), None)
            if found is None and tag == "address":
                found = append(element, etree.Element(tag))
                _write_pci(found, PciAddress.parse(selector))
        elif element.find(tag) is None and _is_of_several(parts[index:]):
            found = None
        else:
            found = child(element, tag, ORDERS.get(str(element.tag), ()))
        if found is None:
            return None
        element = found
    return element


def _is_of_several(parts: Sequence[tuple[str, str | None]]) -> bool:
    """Whether further on one of several elements is named, which is there or not."""
    return any(selector is not None and tag != "address" for tag, selector in parts)


def _write_pci(element: Element, address: PciAddress) -> None:
    numbers = {"domain": f"0x{address.domain:04x}", "bus": f"0x{address.bus:02x}"}
    numbers |= {"slot": f"0x{address.slot:02x}", "function": f"0x{address.function:x}"}
    write_attributes(element, {"type": "pci", **numbers})


def _elements(
    parent: Element, parts: Sequence[tuple[str, str | None]], path: str = ""
) -> Iterator[tuple[str, Element]]:
    """The elements at a path of tags, each with its path and a dot behind; of several that nothing
    tells apart, the first."""
    if not parts:
        yield path, parent
        return
    tag, several = parts[0]
    if several is None:
        found = parent.find(tag)
        if found is not None:
            yield from _elements(found, parts[1:], f"{path}{tag}.")
        return
    for node in parent.findall(tag):
        name = _name(node)
        if name and "]" not in name:
            yield from _elements(node, parts[1:], f"{path}{tag}[{name}].")


def _name(element: Element) -> str | None:
    found = _SELECTED_BY[str(element.tag)](element)
    return None if found is None else str(found)


def _value(element: Element, last: str, *, text: bool) -> str | None:
    return element.findtext(last) or None if text else element.get(last)
