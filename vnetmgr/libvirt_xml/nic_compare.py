"""Whether a nic's config and live elements are the same nic, as libvirt shows the two."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from vnetmgr.libvirt_xml.nic_read import number
from vnetmgr.libvirt_xml.nic_source import restore_network
from vnetmgr.model.names import USER_ALIAS_PREFIX

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

Canon: TypeAlias = tuple[str, tuple[tuple[str, str], ...], str, tuple["Canon", ...]]

# What a network, or its portgroup, gives to a live nic whose config has no such element.
_INHERITED = ("bandwidth", "vlan", "virtualport", "mtu", "port")
# libvirt fills these in when the guest starts, where config leaves them open.
_ADDED = ("target", "backend")


def same(config: Element, live: Element) -> bool:
    """Whether the two differ only by what libvirt adds to live. Changes both trees."""
    on_network = config.get("type") == "network"
    restore_network(live)
    _drop_missing(config, live, _ADDED)
    if on_network:
        _drop_missing(config, live, _INHERITED)
        if "trustGuestRxFilters" not in config.attrib:
            live.attrib.pop("trustGuestRxFilters", None)
    _drop_generated_parameters(config, live)
    for nic in (config, live):
        _drop_defaults(nic)
    return _canon(config) == _canon(live)


def _drop_missing(config: Element, live: Element, tags: tuple[str, ...]) -> None:
    for tag in tags:
        if config.find(tag) is None:
            for node in live.findall(tag):
                live.remove(node)


def _drop_generated_parameters(config: Element, live: Element) -> None:
    """Open vSwitch's interfaceid is made up where none is given, and a network adds its own."""
    wanted, found = config.find("virtualport"), live.find("virtualport")
    if wanted is None or found is None:
        return
    given = wanted.find("parameters")
    parameters = found.find("parameters")
    if parameters is None:
        return
    for name in list(parameters.attrib):
        if given is None or name not in given.attrib:
            del parameters.attrib[name]
    if given is None:
        found.remove(parameters)
    if "type" not in wanted.attrib:
        found.attrib.pop("type", None)


def _drop_defaults(nic: Element) -> None:
    for node in list(nic):
        generated = node.tag == "alias" and not node.get("name", "").startswith(USER_ALIAS_PREFIX)
        up = node.tag == "link" and node.get("state", "up") == "up"
        shared = node.tag == "port" and node.get("isolated", "no") == "no" and len(node.attrib) < 2
        if generated or up or shared:
            nic.remove(node)
        elif node.tag == "bandwidth":
            node.attrib.pop("classID", None)  # the tc class that libvirt chose


def _canon(element: Element) -> Canon:
    """An element as a value, without comments, white space and order."""
    elements = (child for child in element if isinstance(child.tag, str))
    attributes = sorted((str(name), str(value)) for name, value in element.attrib.items())
    if element.tag == "address":
        # 0x02 and 2 are one number.
        attributes = [(name, str(number(value) or value)) for name, value in attributes]
    children = tuple(sorted(_canon(child) for child in elements))
    return (str(element.tag), tuple(attributes), (element.text or "").strip(), children)
