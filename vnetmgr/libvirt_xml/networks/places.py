"""Where in a `<network>` the fields are that are one attribute, and how it says a mode: a row for
each, which the reader, the writer and what tells the rest of a document go by.

Source: libvirt's formatnetwork.html.
"""

from __future__ import annotations

from typing import NamedTuple

from vnetmgr.libvirt_xml.nics.places import Place
from vnetmgr.libvirt_xml.values import mac_of, number, yes_no
from vnetmgr.model.network import NetworkMode


def _name(text: str) -> str | None:
    return text or None


PLACES: dict[str, Place] = {
    "bridge": Place("bridge", "name", _name),
    "mtu": Place("mtu", "size", number),
    "dns_domain": Place("domain", "name", _name),
    "isolated_ports": Place("port", "isolated", yes_no),
    "pf": Place("forward/pf", "dev"),
    "nat_ipv6": Place("forward/nat", "ipv6", yes_no),
    # Only seen.
    "mac": Place("mac", "address", mac_of),
    "virtualport": Place("virtualport", "type"),
}
"""By the field's name."""


class Forward(NamedTuple):
    """How a network says its mode."""

    mode: str | None
    """That of `<forward>`; None: it has none."""
    bridge: bool | None = None
    """Whether it names a bridge, where that tells it from another; None: it tells nothing."""


FORWARDS = {
    NetworkMode.NAT: Forward("nat"),
    NetworkMode.ROUTED: Forward("route"),
    NetworkMode.OPEN: Forward("open"),
    NetworkMode.ISOLATED: Forward(None),
    NetworkMode.BRIDGE: Forward("bridge", bridge=True),  # without one it is macvtap
    NetworkMode.HOSTDEV: Forward("hostdev"),
}
"""Those that can be written."""
