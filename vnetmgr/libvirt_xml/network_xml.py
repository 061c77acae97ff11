"""Reads `<network>` documents and fills their templates in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import VnetError
from vnetmgr.libvirt_xml.documents import parse_as, serialise
from vnetmgr.libvirt_xml.edit import child, remove, set_attribute, set_text
from vnetmgr.model.network import Network, NetworkMode

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

_ORDER = ("name", "uuid", "title", "description", "metadata", "forward", "bridge", "mtu", "mac")

_FORWARD_MODES = {
    "nat": NetworkMode.NAT,
    "route": NetworkMode.ROUTED,
    "open": NetworkMode.OPEN,
    "hostdev": NetworkMode.HOSTDEV,
}


def read_network(xml: str) -> Network:
    """Read a `<network>`; raises VnetError for anything else."""
    root = parse_as("network", xml)
    name = root.findtext("name")
    if not name:
        raise VnetError("the network document has no name")
    bridge = root.find("bridge")
    virtualport = root.find("virtualport")
    bridge_name = None if bridge is None else bridge.get("name")
    pf = root.find("forward/pf")
    groups = (group.get("name") for group in root.findall("portgroup"))
    return Network(
        name=name,
        mode=_mode(root, bridge_name),
        bridge=bridge_name,
        virtualport=None if virtualport is None else virtualport.get("type"),
        portgroups=tuple(group for group in groups if group),
        pf=None if pf is None else pf.get("dev"),
    )


def fill_network(
    template: str, *, name: str, bridge: str | None = None, pf: str | None = None
) -> str:
    """A network of that name from a template; `bridge` is its bridge's name, `pf` the link whose
    virtual functions it hands out.

    A UUID in the template goes: two networks may not share one.
    """
    root = parse_as("network", template)
    set_text(child(root, "name", _ORDER), name)
    uuid = root.find("uuid")
    if uuid is not None:
        remove(uuid)
    if bridge is not None:
        set_attribute(child(root, "bridge", _ORDER), "name", bridge)
    if pf is not None:
        set_attribute(child(child(root, "forward", _ORDER), "pf"), "dev", pf)
    return serialise(root)


def _mode(root: Element, bridge: str | None) -> NetworkMode:
    """forward=bridge without a bridge is macvtap, which is none of ours."""
    forward = root.find("forward")
    if forward is None:
        return NetworkMode.ISOLATED
    mode = forward.get("mode", "nat")
    if mode == "bridge" and bridge:
        return NetworkMode.BRIDGE
    return _FORWARD_MODES.get(mode, NetworkMode.OTHER)
