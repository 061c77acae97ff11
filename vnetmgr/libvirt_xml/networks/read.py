"""Reads `<network>` documents. Lenient: what libvirt accepts, or wrote, never fails here.

Element meanings: libvirt's formatnetwork.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from vnetmgr.errors import VnetError
from vnetmgr.libvirt_xml.documents import parse_as
from vnetmgr.libvirt_xml.metadata import (
    fleet_of,
    is_owned,
    is_unfinished,
    marked_for,
    read_kept,
)
from vnetmgr.libvirt_xml.networks.order import OPTIONS
from vnetmgr.libvirt_xml.networks.places import FORWARDS, PLACES
from vnetmgr.libvirt_xml.nics.read import native_vlan_of, vlan_of
from vnetmgr.libvirt_xml.values import attribute_of, bandwidths_of
from vnetmgr.model.network import Network, NetworkMode, Portgroup
from vnetmgr.model.nic import OPENVSWITCH
from vnetmgr.model.record import replace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element as Element

_MODES = {
    (said, named): mode
    for mode, forward in FORWARDS.items()
    for said in (forward.mode, *forward.others)
    for named in (True, False)
    if forward.bridge in (None, named) and not forward.marked
}
"""By the mode of `<forward>`, and whether a bridge is named."""
# What libvirt writes into every network with NAT that runs.
_LIBVIRTS_PORTS = {"start": "1024", "end": "65535"}
_has_extra = etree.XPath(
    "boolean(@ipv6 | title | description | forward[@managed!='yes'] | forward/driver"
    " | forward/address | virtualport/parameters | portgroup/@trustGuestRxFilters"
    " | portgroup/virtualport/parameters | ip/@localPtr | ip/dhcp/host/lease)"
)
"""Whether there is any of what NETWORK_EXTRA has."""


def read_network(xml: str) -> Network:
    """Read a `<network>`; raises VnetError for anything else, and for one without a name.

    Values that cannot be read are left out.
    """
    return network_of(parse_as("network", xml))


def network_of(root: Element) -> Network:
    """Read a `<network>` element."""
    name = root.findtext("name")
    if not name:
        raise VnetError("the network document has no name")
    network = Network(
        name=name,
        mode=mode_of(root),
        uuid=root.findtext("uuid") or None,
        owned=is_owned(root),
        marked_for=marked_for(root),
        forward_devs=forward_devs_of(root),
        direct_mode=direct_mode_of(root),
        vlan=vlan_of(root) or (),
        native_vlan=native_vlan_of(root),
        portgroups=tuple(group for _, group in portgroups_of(root)),
        **{**bandwidths_of(root), **dict(_plain(root))},  # type: ignore[arg-type]  # the table's readers fit
    )
    if root.find("metadata") is not None:
        fleet = fleet_of(root) if network.mode is NetworkMode.OVERLAY else None
        kept = read_kept(root)
        network = replace(network, unfinished=is_unfinished(root), kept=kept, fleet=fleet)
    return _with_parts(network, root)


def _with_parts(network: Network, root: Element) -> Network:
    """With what takes a reader of its own, imported for networks that have it."""
    # `ipaddress` and what needs it: nic commands read networks that have no addresses, too.
    if root.find("ip") is not None:
        network = replace(network, **_ip_side(root))
    if root.find("route") is not None:
        from vnetmgr.libvirt_xml.networks.routes import routes_of

        network = replace(network, routes=tuple(route for _, route in routes_of(root)))
    nat = root.find("forward/nat")
    if nat is not None and [dict(each.attrib) for each in nat] not in ([], [_LIBVIRTS_PORTS]):
        from vnetmgr.libvirt_xml.networks.nat import nat_of

        network = replace(network, **nat_of(root))
    if root.find("dns") is not None or root.find(OPTIONS) is not None:
        from vnetmgr.libvirt_xml.networks.dnsmasq import dns_side

        network = replace(network, **dns_side(root))
    if _has_extra(root):
        from vnetmgr.libvirt_xml.networks.extra import extra_of

        network = replace(network, extra=extra_of(root))
    return network


def _ip_side(root: Element) -> dict[str, object]:
    from vnetmgr.libvirt_xml.networks.ip import addressing_of

    fields = addressing_of(root)
    if root.find("ip/tftp") is not None or root.find("ip/dhcp/bootp") is not None:
        from vnetmgr.libvirt_xml.networks.boot import boot_of

        fields |= boot_of(root)
    return fields


def _plain(root: Element) -> Iterator[tuple[str, object]]:
    """What is one attribute."""
    for field, place in PLACES.items():
        text = attribute_of(root, place.path, place.attribute)
        if text is not None:
            yield field, place.read(text)


def mode_of(root: Element) -> NetworkMode:
    """A network's mode."""
    forward = root.find("forward")
    mode = None if forward is None else forward.get("mode", "nat")
    named = bool(attribute_of(root, "bridge", "name"))
    found = _MODES.get((mode, named), NetworkMode.OTHER)
    if found is NetworkMode.BRIDGE and fleet_of(root) is not None:
        return NetworkMode.OVERLAY if _is_on_openvswitch(root) else found
    return found


def _is_on_openvswitch(root: Element) -> bool:
    return attribute_of(root, "virtualport", "type") == OPENVSWITCH


def forward_devs_of(root: Element) -> tuple[str, ...]:
    """The links of `<forward>`: those it lists, else the one that it names."""
    devs = [each.get("dev") for each in root.findall("forward/interface")]
    devs = devs if any(devs) else [attribute_of(root, "forward", "dev")]
    return tuple(dict.fromkeys(dev for dev in devs if dev))


def direct_mode_of(root: Element) -> str | None:
    """How macvtaps on its links work; None for other modes of networks."""
    has = mode_of(root) is NetworkMode.MACVTAP
    return attribute_of(root, "forward", "mode") if has else None


def portgroups_of(root: Element) -> list[tuple[Element, Portgroup]]:
    """The portgroups that have a name, each with its element."""
    named = (element for element in root.findall("portgroup") if element.get("name"))
    return [(element, _portgroup(element)) for element in named]


def _portgroup(element: Element) -> Portgroup:
    return Portgroup(
        name=element.get("name", ""),
        default=element.get("default") == "yes",
        vlan=vlan_of(element),
        native_vlan=native_vlan_of(element),
        virtualport=attribute_of(element, "virtualport", "type") or None,
        **bandwidths_of(element),
    )
