"""Makes a network one of another mode, and takes along what only its old mode has.

What libvirt refuses in which mode: networkValidate (src/network/bridge_driver.c) and
virNetworkDefParseXML; seen on 9.0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import VnetError
from vnetmgr.libvirt_xml.edit import (
    add_all,
    child,
    drop_attributes,
    remove,
    remove_if_empty,
    set_attribute,
)
from vnetmgr.libvirt_xml.metadata import forget_overlay
from vnetmgr.libvirt_xml.networks.order import NETWORK_ORDER, OPTIONS, ORDERS
from vnetmgr.libvirt_xml.networks.places import FORWARDS
from vnetmgr.libvirt_xml.networks.read import mode_of
from vnetmgr.libvirt_xml.nics.fields import write_virtualport
from vnetmgr.libvirt_xml.values import attribute_of
from vnetmgr.model.network import NetworkMode
from vnetmgr.model.nic import OPENVSWITCH
from vnetmgr.model.overlay.host import INTEGRATION_BRIDGE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lxml.etree import _Element as Element

# Only a network with a bridge of its own has an IP side, and a bridge to set up.
_IP_SIDE = ("mtu", "mac", "domain", "dns", "ip", "route", OPTIONS)
_BRIDGE_SETTINGS = ("stp", "delay", "zone")
# These are of the switch or card that a network of that mode is on.
_OTHERS_SWITCH = ("vlan", "virtualport")
_CARD = ("pf", "address", "driver")


def write_mode(root: Element, mode: NetworkMode) -> None:
    """Give a network a mode; what the new one cannot have goes, all else stays.

    The name of a bridge goes where it was the network's own and no longer is, or becomes it.
    Raises VnetError for the modes that nobody writes here.
    """
    present = mode_of(root)
    if mode is present:
        return
    if mode is NetworkMode.OTHER:
        raise VnetError("a network can be given a mode that vnetmgr knows, and no other")
    bridge = root.find("bridge")
    if bridge is not None and not (mode.has_own_bridge and present.has_own_bridge):
        drop_attributes(bridge, "name")
    _drop_children(root, *_OTHERS_SWITCH)
    _drop_unfit(root, mode)
    if not mode.kind.has("bridge"):
        _drop_children(root, "bridge")
    elif bridge is not None:
        remove_if_empty(bridge)
    _write_forward(root, mode)
    if mode is NetworkMode.OVERLAY:
        _write_overlay(root)
    elif present is NetworkMode.OVERLAY:
        forget_overlay(root)


def _drop_unfit(root: Element, mode: NetworkMode) -> None:
    """Take away what such a network has none of."""
    if not mode.has_own_bridge:
        _drop_children(root, *_IP_SIDE)
        drop_attributes(root, "ipv6")
        for bridge in root.findall("bridge"):
            drop_attributes(bridge, *_BRIDGE_SETTINGS)
    if not mode.kind.has("inbound"):
        _drop_children(root, "bandwidth")
        for group in root.findall("portgroup"):
            _drop_children(group, "bandwidth")


def _write_overlay(root: Element) -> None:
    """On OVN's bridge; the mark that makes it one is whoever's that makes the network."""
    if attribute_of(root, "bridge", "name") is None:
        set_attribute(child(root, "bridge", NETWORK_ORDER), "name", INTEGRATION_BRIDGE)
    write_virtualport(root, OPENVSWITCH, NETWORK_ORDER)


def _write_forward(root: Element, mode: NetworkMode) -> None:
    forward, said = root.find("forward"), FORWARDS[mode].mode
    if said is None:
        if forward is not None:
            remove(forward)
        return
    forward = child(root, "forward", NETWORK_ORDER)
    set_attribute(forward, "mode", said)
    if not mode.kind.has("nat_ipv6"):
        _drop_children(forward, "nat")
    if not mode.kind.has("pf"):
        _drop_children(forward, *_CARD)
        drop_attributes(forward, "managed")
    else:
        set_attribute(forward, "managed", "yes")  # libvirt takes it from the host's driver
    # macvtap has a pool of them; the others have one at most.
    several = len(forward.findall("interface")) > 1 and not mode.kind.on_link
    if several or not mode.kind.has("forward_devs"):
        _drop_devs(forward)


def write_forward_devs(root: Element, devs: Sequence[str]) -> None:
    """Set the links that packets leave by, or guests are on; VnetError in a mode that has none."""
    forward = root.find("forward")
    if devs and (forward is None or not _has(root, "forward_devs")):
        raise VnetError(f"a network of the mode {mode_of(root)} has no link that it forwards to")
    if forward is None:
        return
    if not devs:
        _drop_devs(forward)
        return
    present = forward.findall("interface")
    stay = {each.get("dev") for each in present if each.get("dev") in devs}
    new = [dev for dev in devs if dev not in stay]
    for element in (each for each in present if each.get("dev") not in stay):
        if new:
            set_attribute(element, "dev", new.pop(0))
        else:
            remove(element)
    if present or len(devs) > 1:
        add_all(forward, "interface", new, _write_dev, ORDERS["forward"])
    # libvirt writes both, and wants the first to agree.
    if "dev" in forward.attrib or not present:
        first = forward.find("interface")
        set_attribute(forward, "dev", devs[0] if first is None else first.get("dev", ""))


def _write_dev(interface: Element, dev: str) -> None:
    set_attribute(interface, "dev", dev)


def write_direct_mode(root: Element, mode: str | None) -> None:
    """Set how macvtaps on its links work; VnetError in a mode of a network that has none."""
    if mode is None:
        return  # without one it is no macvtap network
    forward = root.find("forward")
    if forward is None or not _has(root, "direct_mode"):
        raise VnetError(f"a network of the mode {mode_of(root)} has no macvtaps")
    set_attribute(forward, "mode", mode)


def write_nat_ipv6(root: Element, wanted: bool | None) -> None:  # noqa: FBT001
    """Set whether IPv6 is translated too; raises VnetError without NAT."""
    forward = root.find("forward")
    if wanted:
        if forward is None or not _has(root, "nat_ipv6"):
            raise VnetError(f"a network of the mode {mode_of(root)} has no NAT, nor one of IPv6")
        set_attribute(child(forward, "nat"), "ipv6", "yes")
    elif forward is not None and (nat := forward.find("nat")) is not None:
        drop_attributes(nat, "ipv6")
        remove_if_empty(nat)


def write_pf(root: Element, pf: str | None) -> None:
    """Set the link whose virtual functions a hostdev network hands out; VnetError for others."""
    forward = root.find("forward")
    if pf is not None:
        if forward is None or not _has(root, "pf"):
            raise VnetError(f"a network of the mode {mode_of(root)} hands out no virtual functions")
        _drop_children(forward, "address", "interface")  # the functions of another
        set_attribute(child(forward, "pf"), "dev", pf)
    elif forward is not None:
        _drop_children(forward, "pf")


def _has(root: Element, field: str) -> bool:
    """Whether a network can have a field; what a mode has that is none of ours, nobody knows."""
    mode = mode_of(root)
    return mode is not NetworkMode.OTHER and mode.kind.has(field)


def _drop_devs(forward: Element) -> None:
    drop_attributes(forward, "dev")
    _drop_children(forward, "interface")


def _drop_children(parent: Element, *tags: str) -> None:
    for tag in tags:
        for node in parent.findall(tag):
            remove(node)
