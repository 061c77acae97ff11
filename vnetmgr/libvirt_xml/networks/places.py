"""Where in a `<network>` the fields are that are one attribute, and how it says a mode: what the
reader, the writer and what tells the rest of a document go by.

Source: libvirt's formatnetwork.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vnetmgr.libvirt_xml.nics.places import Place
from vnetmgr.libvirt_xml.values import mac_of, number, yes_no
from vnetmgr.model.network import NetworkMode
from vnetmgr.model.network_attributes import NETWORK_ATTRIBUTES

if TYPE_CHECKING:
    from collections.abc import Callable


def _text(text: str) -> str | None:
    return text or None


_READERS: dict[type, Callable[[str], object]] = {str: _text, int: number, bool: yes_no}

PLACES: dict[str, Place] = {
    **{
        field: Place(each.path, each.name, _READERS[each.type])
        for field, each in NETWORK_ATTRIBUTES.items()
    },
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
    others: tuple[str, ...] = ()
    """Other modes of `<forward>` that mean it as well: the field direct_mode tells which."""


FORWARDS = {
    NetworkMode.NAT: Forward("nat"),
    NetworkMode.ROUTED: Forward("route"),
    NetworkMode.OPEN: Forward("open"),
    NetworkMode.ISOLATED: Forward(None),
    NetworkMode.BRIDGE: Forward("bridge", bridge=True),  # without one it is macvtap
    NetworkMode.HOSTDEV: Forward("hostdev"),
    NetworkMode.MACVTAP: Forward("bridge", bridge=False, others=("vepa", "private", "passthrough")),
}
"""Those that can be written."""
