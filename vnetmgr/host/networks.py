"""Reads libvirt's virtual networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libvirt

from vnetmgr.errors import NotFoundError, UnsupportedError, VnetError
from vnetmgr.libvirt_xml.networks.read import read_network
from vnetmgr.model.network import SeenNetwork
from vnetmgr.model.seen.observed import EVERY
from vnetmgr.problem import About

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vnetmgr.host.session import Session


def observe_networks(
    session: Session, names: Sequence[str], *, ports: bool
) -> tuple[SeenNetwork, ...]:
    """The networks named, or all of them; those that do not exist are left out."""
    return tuple(_each(session, names, ports=ports))


def _each(session: Session, names: Sequence[str], *, ports: bool) -> Iterator[SeenNetwork]:
    for handle in network_handles(session, names):
        try:
            found = _seen(session, handle, ports=ports)
        except NotFoundError:
            continue  # gone since it was listed
        if found is not None:
            yield found


def network_handles(session: Session, names: Sequence[str]) -> Iterator[libvirt.virNetwork]:
    """The networks named, or all of them."""
    if EVERY in names:
        found = session.call("networks", session.conn.listAllNetworks, 0)
        yield from sorted(found, key=lambda handle: handle.name())
        return
    for name in dict.fromkeys(names):
        try:
            yield session.network(name)
        except NotFoundError:
            continue


def config_of(session: Session, handle: libvirt.virNetwork) -> str:
    """A network's config document; of the test driver's, the only one it has."""
    inactive = libvirt.VIR_NETWORK_XML_INACTIVE if session.features.network_config else 0
    return session.call(About("network", handle.name()), handle.XMLDesc, inactive)


def _seen(session: Session, handle: libvirt.virNetwork, *, ports: bool) -> SeenNetwork | None:
    """The network in both states; None for a transient one that is being destroyed: libvirt 9.0
    stops it first and forgets it then, and it can be asked in between."""
    call, name = session.call, handle.name()
    what = About("network", name)
    config = config_of(session, handle) if call(what, handle.isPersistent) else None
    live = call(what, handle.XMLDesc, 0) if call(what, handle.isActive) else None
    if config is None and live is None:
        return None
    return SeenNetwork(
        key=name,
        autostart=config is not None and bool(call(what, handle.autostart)),
        config=read_network(config) if config else None,
        live=read_network(live) if live else None,
        config_xml=config,
        live_xml=live,
        ports=_ports(session, handle) if ports and live else None,
    )


def _ports(session: Session, handle: libvirt.virNetwork) -> frozenset[str] | None:
    what = About("network", handle.name())
    try:
        found = session.call(what, handle.listAllPorts, 0)
    except UnsupportedError:  # the test driver, and libvirt before 5.5
        return None
    except VnetError:
        if session.call(what, handle.isActive):
            raise
        return None  # stopped since it was read
    return frozenset(port.UUIDString() for port in found)


def network_names(session: Session) -> list[str]:
    """Every network's name."""
    return [handle.name() for handle in network_handles(session, (EVERY,))]
