"""A remote host's bridges, through libvirt's interface API."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libvirt

from vnetmgr.errors import NotFoundError, UnsupportedError
from vnetmgr.model.desired import Links

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetmgr.host.session import Session

# libvirt writes a link's document itself (src/conf/interface_conf.c): its type comes first.
_BRIDGE = "<interface type='bridge'"
# The links that libvirt itself makes for guests: never bridges, and there are many.
_GUEST_LINKS = ("vnet", "macvtap")


def read_links(session: Session, bridges: Sequence[str]) -> Links | None:
    """Which names are bridges; None where the driver has no interface API.

    The wanted ones are looked up by name. Only when one is missing, or none is named, are
    all links asked for: an error then names those that exist.
    """
    if not session.features.host_links:
        return None
    try:
        found = frozenset(name for name in bridges if _is_bridge_called(session, name))
        if not bridges or found != frozenset(bridges):
            found |= _all_bridges(session)
    except UnsupportedError:
        return None
    return Links(bridges=found)


def _is_bridge_called(session: Session, name: str) -> bool:
    try:
        link = session.call(f"link {name}", session.conn.interfaceLookupByName, name)
        return _is_bridge(session, link)
    except NotFoundError:
        return False


def _all_bridges(session: Session) -> frozenset[str]:
    flag = libvirt.VIR_CONNECT_LIST_INTERFACES_ACTIVE
    links = session.call("links", session.conn.listAllInterfaces, flag)
    return frozenset(
        link.name()
        for link in links
        if not link.name().startswith(_GUEST_LINKS) and _still_bridge(session, link)
    )


def _still_bridge(session: Session, link: libvirt.virInterface) -> bool:
    try:
        return _is_bridge(session, link)
    except NotFoundError:
        return False  # gone since it was listed


def _is_bridge(session: Session, link: libvirt.virInterface) -> bool:
    xml = session.call(f"link {link.name()}", link.XMLDesc, 0)
    return xml.startswith(_BRIDGE)
