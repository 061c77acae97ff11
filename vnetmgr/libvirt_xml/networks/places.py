"""Where in a `<network>` the fields are that are one attribute, and how it says a mode: what the
reader, the writer and what tells the rest of a document go by.

Source: libvirt's formatnetwork.html.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vnetmgr.libvirt_xml.nics.places import Place
from vnetmgr.libvirt_xml.values import mac_of, number
from vnetmgr.model.network import NetworkMode
from vnetmgr.model.network_attributes import NETWORK_ATTRIBUTES

if TYPE_CHECKING:
    from collections.abc import Callable

    from vnetmgr.model.network_attributes import Attribute


def _text(text: str) -> str | None:
    return text or None


_READERS: dict[type, Callable[[str], object]] = {str: _text, int: number}


def _reader(attribute: Attribute) -> Callable[[str], object]:
    """From the attribute's text to its value; None where it means nothing."""
    switch = dict(zip(attribute.words, (True, False), strict=True))
    read = switch.get if attribute.type is bool else _READERS[attribute.type]
    if not attribute.written:
        return read

    def said(text: str) -> object:
        value = read(text)
        return None if value == attribute.default else value

    return said


PLACES: dict[str, Place] = {
    **{
        field: Place(each.path, each.name, _reader(each))
        for field, each in NETWORK_ATTRIBUTES.items()
    },
    # Only seen.
    "mac": Place("mac", "address", mac_of),
}
"""By the field's name."""


class Forward(NamedTuple):
    """How a network says its mode."""

    mode: str | None
    """That of `<forward>`; None: it has none."""
    bridge: bool | None = None
    """Whether it names a bridge, where that tells it from another; None: it tells nothing."""
    marked: bool = False
    """Whether only vnetmgr's mark tells it from another (metadata.py)."""
    others: tuple[str, ...] = ()
    """Other modes of `<forward>` that mean it as well: the field direct_mode tells which."""


FORWARDS = {
    NetworkMode.NAT: Forward("nat"),
    NetworkMode.ROUTED: Forward("route"),
    NetworkMode.OPEN: Forward("open"),
    NetworkMode.ISOLATED: Forward(None),
    NetworkMode.BRIDGE: Forward("bridge", bridge=True),  # without one it is macvtap
    NetworkMode.HOSTDEV: Forward("hostdev"),
    NetworkMode.OVERLAY: Forward("bridge", bridge=True, marked=True),
    NetworkMode.MACVTAP: Forward("bridge", bridge=False, others=("vepa", "private", "passthrough")),
}
"""Those that can be written."""
