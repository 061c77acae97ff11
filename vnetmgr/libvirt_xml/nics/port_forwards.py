"""`<portForward>` of a nic in user mode by passt (formatdomain.html, "Userspace connection using
passt"; libvirt 9.0). Forwards that are not named stay as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from lxml import etree

from vnetmgr.libvirt_xml.documents import parse_as, serialise
from vnetmgr.libvirt_xml.edit import add_all, remove
from vnetmgr.libvirt_xml.nics.places import NIC_ORDER
from vnetmgr.libvirt_xml.values import number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lxml.etree import _Element as Element

    from vnetmgr.model.forward import Forward

_TAG = "portForward"
_Key: TypeAlias = tuple[str, str | None, int, int, int]
"""protocol, address, first and last port of the host, first of the guest"""


def has_forward(nic_xml: str, forward: Forward) -> bool:
    """Whether a nic's element has a forward just so."""
    nic = parse_as("interface", nic_xml)
    return _key(forward) in {key for key, _ in _ranges(nic)}


def with_port_forwards(nic_xml: str, *, gone: Iterable[Forward], wanted: Iterable[Forward]) -> str:
    """The element without some forwards, and with others that it may have already."""
    nic = parse_as("interface", nic_xml)
    dropped = {_key(each) for each in gone}
    for key, node in list(_ranges(nic)):
        if key in dropped:
            _drop(node)
    present = {key for key, _ in _ranges(nic)}
    new = [each for each in wanted if _key(each) not in present]
    add_all(nic, _TAG, new, _write, NIC_ORDER)
    return serialise(nic)


def _key(forward: Forward) -> _Key:
    listen = forward.listen
    every = listen is None or (listen.version == 4 and listen.is_unspecified)
    return (
        forward.protocol.value,
        None if every else str(listen),
        forward.host_port,
        forward.host_port + forward.ports - 1,
        forward.guest_port,
    )


def _ranges(nic: Element) -> Iterator[tuple[_Key, Element]]:
    """The ranges of the host's every link; those of one link, and what is left out of others, are
    nothing that vnetmgr writes."""
    for node in nic.iterchildren(_TAG):
        if node.get("dev") is not None:
            continue
        for each in node.iterchildren("range"):
            start = number(each.get("start"))
            if start is None or each.get("exclude") == "yes":
                continue
            end, to = number(each.get("end")) or start, number(each.get("to")) or start
            yield (node.get("proto", ""), node.get("address"), start, end, to), each


def _drop(node: Element) -> None:
    parent = node.getparent()
    remove(node)
    # Without a range it would mean every port.
    if parent is not None and not any(isinstance(each.tag, str) for each in parent):
        remove(parent)


def _write(node: Element, forward: Forward) -> None:
    protocol, address, start, end, to = _key(forward)
    node.set("proto", protocol)
    if address is not None:
        node.set("address", address)
    new = etree.SubElement(node, "range", start=str(start))
    if end != start:
        new.set("end", str(end))
    new.set("to", str(to))
