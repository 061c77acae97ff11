"""Where in an `<interface>` the fields of a nic are that are one attribute: a row for each.

The reader, the writer and what tells the rest of a document go by these rows; what more it takes
to write one is beside the writer (fields.py). Source: libvirt's formatdomain.html, "Network
interfaces".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.libvirt_xml.values import mac_of, number, yes_no
from vnetmgr.model.nic import Mode
from vnetmgr.model.options.nics import NIC_OPTIONS, SOURCE_OPTIONS
from vnetmgr.model.record import Row

if TYPE_CHECKING:
    from collections.abc import Callable


class Place(Row):
    """One attribute."""

    path: str
    """Of its element, below `<interface>`."""
    attribute: str
    read: Callable[[str], object] = str
    """What its text means; None where it means nothing."""
    only: Mode | None = None
    """The one kind of source that has it; None: every kind may."""


def _place(field: str, read: Callable[[str], object] = str, only: Mode | None = None) -> Place:
    """Where the option's own row says that it is."""
    path, _, attribute = NIC_OPTIONS[field].said.rpartition(".")
    return Place(path.replace(".", "/"), attribute, read, only)


PLACES: dict[str, Place] = {
    "mac": _place("mac", mac_of),
    "model": _place("model"),
    "portgroup": _place("portgroup", only=Mode.NETWORK),
    "direct_mode": Place("source", "mode", only=Mode.DIRECT),  # a key of extra elsewhere
    "virtualport": _place("virtualport"),
    "mtu": _place("mtu", number),
    "queues": _place("queues", number),
    "boot_order": _place("boot_order", number),
    "link": _place("link"),
    "filter": _place("filter"),
    "isolated_port": _place("isolated_port", yes_no),
    # Only seen: libvirt's, of a live nic.
    "target": Place("target", "dev"),
    "bridge": Place("source", "bridge"),
    "port_id": Place("source", "portid"),
    "interface_id": Place("virtualport/parameters", "interfaceid"),
}
"""By the field's name."""


class SourcePlace(Row):
    """How an `<interface>` says a source of one kind."""

    name: str | None = None
    """The attribute of `<source>` that names it; None where it has no name, or an address."""
    socket: bool = False
    """Whether it is an address and a port."""
    virtualports: frozenset[str | None] = frozenset()
    """The types of `<virtualport>` that fit it. None: no type given, for the network to decide."""
    children: tuple[str, ...] = ()
    """Of `<interface>`, which libvirt refuses on any other kind."""


def _source(
    mode: Mode, virtualports: frozenset[str | None], children: tuple[str, ...] = ()
) -> SourcePlace:
    """One that has an option, whose row says where its name is; none there: it has no name."""
    name = SOURCE_OPTIONS[mode].said.removeprefix("source.") or None
    return SourcePlace(name, virtualports=virtualports, children=children)


_SOCKET = SourcePlace(socket=True)
_QBG_QBH = frozenset({"802.1Qbg", "802.1Qbh"})

SOURCE_PLACES: dict[Mode, SourcePlace] = {
    Mode.BRIDGE: _source(Mode.BRIDGE, frozenset({"openvswitch", "midonet"})),
    Mode.NETWORK: _source(Mode.NETWORK, _QBG_QBH | {"openvswitch", "midonet", None}),
    # Addresses are a matter of SLIRP and passt alone: "Invalid attempt to set network interface
    # guest-side IP" (qemu_validate.c).
    Mode.USER: _source(Mode.USER, frozenset(), children=("ip", "route", "portForward")),
    Mode.DIRECT: _source(Mode.DIRECT, _QBG_QBH),
    Mode.HOSTDEV: _source(Mode.HOSTDEV, _QBG_QBH),
    # "scripts are not supported on interfaces of type bridge" (9.0).
    Mode.ETHERNET: SourcePlace(children=("script", "downscript")),
    # Its target is Open vSwitch's link, which libvirt found by the path.
    Mode.VHOSTUSER: SourcePlace("path", children=("target",)),
    Mode.VDPA: SourcePlace("dev"),
    Mode.SERVER: _SOCKET,
    Mode.CLIENT: _SOCKET,
    Mode.MCAST: _SOCKET,
    Mode.UDP: _SOCKET,
}
"""The kinds that can be written; what is so of their nics is in model/sources.py."""
SEEN_PLACES = SOURCE_PLACES | {Mode.INTERNAL: SourcePlace("name")}
"""Those that are read."""

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
