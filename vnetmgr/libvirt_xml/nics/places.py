"""Where in an `<interface>` the fields of a nic are that are one attribute: a row for each.

The reader, the writer and what tells the rest of a document go by these rows; what more it takes
to write one is beside the writer (fields.py). Source: libvirt's formatdomain.html, "Network
interfaces".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vnetmgr.libvirt_xml.values import mac_of, number, rate_of, yes_no
from vnetmgr.model.nic import Mode

if TYPE_CHECKING:
    from collections.abc import Callable


class Place(NamedTuple):
    """One attribute."""

    path: str
    """Of its element, below `<interface>`."""
    attribute: str
    read: Callable[[str], object] = str
    """What its text means; None where it means nothing."""
    only: Mode | None = None
    """The one kind of source that has it; None: every kind may."""


PLACES: dict[str, Place] = {
    "mac": Place("mac", "address", mac_of),
    "model": Place("model", "type"),
    "portgroup": Place("source", "portgroup", only=Mode.NETWORK),
    "direct_mode": Place("source", "mode", only=Mode.DIRECT),
    "virtualport": Place("virtualport", "type"),
    "mtu": Place("mtu", "size", number),
    "queues": Place("driver", "queues", number),
    "boot_order": Place("boot", "order", number),
    "link": Place("link", "state"),
    "inbound": Place("bandwidth/inbound", "average", rate_of),
    "outbound": Place("bandwidth/outbound", "average", rate_of),
    "filter": Place("filterref", "filter"),
    "isolated_port": Place("port", "isolated", yes_no),
    # Only seen: libvirt's, of a live nic.
    "target": Place("target", "dev"),
    "bridge": Place("source", "bridge"),
    "port_id": Place("source", "portid"),
    "interface_id": Place("virtualport/parameters", "interfaceid"),
}
"""By the field's name."""

SOURCE_NAMES = {
    Mode.BRIDGE: "bridge",
    Mode.NETWORK: "network",
    Mode.DIRECT: "dev",
    Mode.VDPA: "dev",
    Mode.VHOSTUSER: "path",
    Mode.INTERNAL: "name",
}
"""Which attribute of `<source>` names it; what is not here has none, or an address."""
SOCKETS = frozenset({Mode.SERVER, Mode.CLIENT, Mode.MCAST, Mode.UDP})
"""The kinds whose source is an address and a port."""

NIC_ORDER = (
    *("mac", "source", "vlan", "virtualport", "bandwidth", "port", "ip", "route"),
    *("portForward", "script", "downscript", "backenddomain", "target", "guest", "model"),
    *("driver", "backend", "filterref", "tune", "teaming", "link", "mtu", "coalesce", "boot"),
    *("alias", "rom", "acpi", "address"),
)
"""The order in which libvirt writes a nic's children: virDomainNetDefFormat, seen on 9.0."""
ORDERS = {
    **dict.fromkeys(("interface", "portgroup"), NIC_ORDER),
    "driver": ("host", "guest"),
    "bandwidth": ("inbound", "outbound"),
}
"""The order of an element's children, by its tag."""
