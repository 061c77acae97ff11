"""Reads libvirt's virtual networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libvirt

from vnetmgr.errors import NotFoundError
from vnetmgr.libvirt_xml.network_xml import read_network
from vnetmgr.model.desired import EVERY
from vnetmgr.model.network import SeenNetwork

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vnetmgr.host.session import Session


def observe_networks(session: Session, names: Sequence[str]) -> tuple[SeenNetwork, ...]:
    """The networks named, or all of them; those that do not exist are left out."""
    return tuple(_each(session, names))


def _each(session: Session, names: Sequence[str]) -> Iterator[SeenNetwork]:
    for handle in _handles(session, names):
        try:
            yield _seen(session, handle)
        except NotFoundError:
            continue  # gone since it was listed


def _handles(session: Session, names: Sequence[str]) -> Iterator[libvirt.virNetwork]:
    if EVERY in names:
        found = session.call("networks", session.conn.listAllNetworks, 0)
        yield from sorted(found, key=lambda handle: handle.name())
        return
    for name in dict.fromkeys(names):
        try:
            yield session.call(f"network {name}", session.conn.networkLookupByName, name)
        except NotFoundError:
            continue


def _seen(session: Session, handle: libvirt.virNetwork) -> SeenNetwork:
    call, name = session.call, handle.name()
    what = f"network {name}"
    inactive = libvirt.VIR_NETWORK_XML_INACTIVE if session.features.network_config else 0
    config = call(what, handle.XMLDesc, inactive) if call(what, handle.isPersistent) else None
    live = call(what, handle.XMLDesc, 0) if call(what, handle.isActive) else None
    return SeenNetwork(
        name=name,
        autostart=config is not None and bool(call(what, handle.autostart)),
        config=read_network(config) if config else None,
        live=read_network(live) if live else None,
    )
