"""Reads the host's links as libvirt's interface API describes them."""

from __future__ import annotations

from vnetmgr.libvirt_xml.documents import parse_as
from vnetmgr.libvirt_xml.values import number


def read_bridge_ports(xml: str) -> tuple[str, ...]:
    """The ports of a bridge's `<interface>`. libvirt leaves guests' taps (vnetN) out."""
    ports = parse_as("interface", xml).iterfind("bridge/interface")
    return tuple(name for port in ports if (name := port.get("name")))


def read_link_mtu(xml: str) -> int | None:
    """The MTU of a link, where its document tells."""
    mtu = parse_as("interface", xml).find("mtu")
    return None if mtu is None else number(mtu.get("size"))
