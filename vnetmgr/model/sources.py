"""The kinds of source that a nic can have, and what is so of all nics on one: a row for each kind.

Where each is in an `<interface>` stands in libvirt_xml/nics/places.py, how it is asked for in
model/options/nics.py. Measured on libvirt 9.0 and QEMU 7.2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.model.nic import Mode
from vnetmgr.model.record import Row

if TYPE_CHECKING:
    from collections.abc import Callable


class SourceKind(Row):
    """What is so of the nics on a source of one kind."""

    asked_for: bool = False
    """It is an option of attach-nic, and a key of a spec's nic."""
    named: bool = False
    """It means nothing without a name: libvirt would take an empty one for some."""
    tap: bool = False
    """The host has a link for each nic, a tap or a macvtap, which it can shape."""
    switched: bool = False
    """The link is a port of a bridge, the host's or a network's: libvirt moves it to another in
    place."""
    on_link: bool = False
    """Its name is a link of the host's, whose packets and the guests' are one stream."""
    past_the_host: bool = False
    """Packets go by a link of the host's, and past its bridges and rules."""
    forwarded: bool = False
    """Ports of the host can lead to its nics: in a network that the host routes, or by QEMU."""
    virtio_rings: bool = False
    """Another program shares the guest's rings: the model is virtio, and its queues may be long
    (hw/net/virtio-net.c, virtio_net_max_tx_queue_size)."""
    pluggable: bool = True
    """libvirt plugs such a nic into a running guest; "hotplug of interface type of server is not
    implemented yet" (qemu_hotplug.c)."""


_SOCKET = SourceKind(named=True, pluggable=False)
_RINGS = SourceKind(named=True, virtio_rings=True)

SOURCES: dict[Mode, SourceKind] = {
    Mode.BRIDGE: SourceKind(asked_for=True, named=True, tap=True, switched=True),
    Mode.NETWORK: SourceKind(asked_for=True, named=True, tap=True, switched=True, forwarded=True),
    Mode.USER: SourceKind(asked_for=True, forwarded=True),
    Mode.DIRECT: SourceKind(asked_for=True, named=True, tap=True, on_link=True, past_the_host=True),
    Mode.HOSTDEV: SourceKind(asked_for=True, named=True, past_the_host=True),
    Mode.ETHERNET: SourceKind(tap=True),
    Mode.VHOSTUSER: _RINGS,
    Mode.VDPA: _RINGS,
    Mode.INTERNAL: SourceKind(pluggable=False),
    Mode.SERVER: _SOCKET,
    Mode.CLIENT: _SOCKET,
    Mode.MCAST: _SOCKET,
    Mode.UDP: _SOCKET,
    Mode.NULL: SourceKind(pluggable=False),
    Mode.VDS: SourceKind(),
    Mode.OTHER: SourceKind(),
}


def _those(which: Callable[[SourceKind], bool]) -> frozenset[Mode]:
    return frozenset(mode for mode, kind in SOURCES.items() if which(kind))


ASKED_FOR = _those(lambda kind: kind.asked_for)
NAMED = _those(lambda kind: kind.named)
TAPS = _those(lambda kind: kind.tap)
SWITCHED = _those(lambda kind: kind.switched)
ON_LINKS = _those(lambda kind: kind.on_link)
PAST_THE_HOST = _those(lambda kind: kind.past_the_host)
FORWARDED = _those(lambda kind: kind.forwarded)
VIRTIO_RINGS = _those(lambda kind: kind.virtio_rings)
PLUGGABLE = _those(lambda kind: kind.pluggable)
