"""A remote host's bridges, through libvirt's interface API."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias

from vnetmgr.errors import ConnectionLostError, NotFoundError, UnsupportedError, VnetError
from vnetmgr.libvirt_xml.link_read import read_bridge_ports, read_link_mtu
from vnetmgr.model.seen.observed import Links
from vnetmgr.problem import About

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import libvirt

    from vnetmgr.host.session import Session

# libvirt writes a link's document itself (src/conf/interface_conf.c): its type comes first.
_BRIDGE = "<interface type='bridge'"
# The links that libvirt itself makes for guests: never bridges, and there are many.
_GUEST_LINKS = ("vnet", "macvtap")
_TRIES = 5

_Bridge: TypeAlias = tuple[str, tuple[str, ...]]
"""(its MAC, its ports but for guests' taps)."""


def read_links(session: Session, bridges: Sequence[str]) -> Links | None:
    """Which names are bridges; None where there is no interface API.

    The wanted ones are looked up by name. Only when one is missing, or none is named, are
    all links asked for: an error then names those that exist.
    """
    try:
        found = _bridges(session, _called(session, bridges))
        if not bridges or found.keys() != set(bridges):
            found |= _bridges(session, _all_links(session))
    except UnsupportedError:
        return None
    return Links(
        bridges=frozenset(found),
        other_ports={name: ports for name, (_, ports) in found.items()},
        bridge_macs={name: mac for name, (mac, _) in found.items()},
    )


def has_link(session: Session, name: str) -> bool:
    """Whether the host has a link of that name, of whatever kind; False where the driver has no
    interface API."""
    if not session.features.host_links:
        return False
    try:
        session.call(About("link", name), session.conn.interfaceLookupByName, name)
    except (NotFoundError, UnsupportedError):
        return False
    return True


def read_mtus(session: Session, names: Iterable[str]) -> dict[str, int | None] | None:
    """Those of these links that the host has, of whatever kind, each with its MTU where that is
    told; None where libvirt cannot say."""
    if not session.features.host_links:
        return None
    found = {}
    try:
        for link in _called(session, names):
            with suppress(NotFoundError):  # gone since it was looked up
                found[link.name()] = read_link_mtu(_document(session, link))
    except UnsupportedError:
        return None
    return found


def _called(session: Session, names: Iterable[str]) -> Iterator[libvirt.virInterface]:
    for name in names:
        with suppress(NotFoundError):
            yield session.call(About("link", name), session.conn.interfaceLookupByName, name)


def _all_links(session: Session) -> Iterator[libvirt.virInterface]:
    # Not the active ones alone: to libvirt a bridge is that only while one of its ports is up.
    links = session.call("links", session.conn.listAllInterfaces, 0)
    return (link for link in links if not link.name().startswith(_GUEST_LINKS))


def _bridges(session: Session, links: Iterable[libvirt.virInterface]) -> dict[str, _Bridge]:
    """The links that are bridges, by name."""
    found = {}
    for link in links:
        with suppress(NotFoundError):  # gone since it was listed
            xml = _document(session, link)
            if xml.startswith(_BRIDGE):
                found[link.name()] = (link.MACString(), read_bridge_ports(xml))
    return found


def _document(session: Session, link: libvirt.virInterface) -> str:
    """libvirt looks at each port of a bridge, and fails where one of them goes meanwhile: guests'
    taps come and go."""
    for _ in range(_TRIES - 1):
        try:
            return session.call(About("link", link.name()), link.XMLDesc, 0)
        except (ConnectionLostError, NotFoundError, UnsupportedError):
            raise
        except VnetError:
            continue
    return session.call(About("link", link.name()), link.XMLDesc, 0)
