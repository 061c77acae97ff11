"""Plugs taps into their bridges again, and flaps links: many guests' nics at once."""

from __future__ import annotations

from time import sleep
from typing import TYPE_CHECKING, TypeVar

import libvirt

from vnetmgr.command import Command
from vnetmgr.errors import (
    ConnectionLostError,
    NotFoundError,
    NotPluggedError,
    VnetError,
)
from vnetmgr.libvirt_xml.nics.read import read_nic
from vnetmgr.model.writes import LinkFlap, Tap
from vnetmgr.problem import About

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vnetmgr.host.session import Session
    from vnetmgr.model.writes import FlapLinks, ReplugTaps, UpdateDevice

T = TypeVar("T", Tap, LinkFlap)

# How long a link stays down. A DHCP client that is told of a loss and a return within a moment may
# take it for none; some of Linux' drivers look at their link every 2 s (pcnet32, e1000).
_TOLD_S, _POLLED_S = 1.0, 2.5


def replug_taps(session: Session, write: ReplugTaps) -> None:
    """Move each tap to the hop network and back: libvirt does nothing for a nic that is updated
    to what it is (9.0 and 11.3), so it has to be somewhere else for a moment."""
    hop = _hop(session, write)
    if hop is None:
        return

    def move(tap: Tap) -> VnetError | None:
        try:
            _update(session, tap.domain, tap.away)
        except VnetError as error:
            if _has_gone(session, tap.domain, error):
                return None
            # It may be on the hop network already, from a run that was cut short.
        return _tried(session, tap.domain, lambda: _update(session, tap.domain, tap.back))

    try:
        failed = _all(session, move, write.taps)
    finally:
        # Nics that could not go back stay without a bridge, and their documents say where to.
        session.call(About("network", write.hop), hop.destroy)
    if failed:
        raise NotPluggedError(
            f"network {write.network}: {len(failed)} of {len(write.taps)} nics could not be "
            "plugged in again:",
            f"try again: {Command('start-network', write.network)}",
            nics=_nics(failed),
            items=_items(failed),
        )


def flap_links(session: Session, write: FlapLinks) -> None:
    """Take all the links down, then up again: the guests notice, and ask for addresses."""

    def down(link: LinkFlap) -> VnetError | None:
        return _tried(session, link.domain, lambda: _update(session, link.domain, link.down))

    def up(link: LinkFlap) -> VnetError | None:
        return _tried(session, link.domain, lambda: _update(session, link.domain, link.up))

    failed = _all(session, down, write.links)
    try:
        sleep(max((_down_s(link.up) for link in write.links), default=0))
    finally:
        failed += _all(session, up, write.links)
    if failed:
        raise NotPluggedError(
            f"network {write.network}: {len(failed)} links could not be flapped:",
            "those guests ask for an address when their lease is half over",
            nics=_nics(failed),
            items=_items(failed),
        )


def bring_up(session: Session, write: UpdateDevice, update: Callable[[], None]) -> None:
    """Do the update that brings up a link, once the guest has had the time to notice that it is
    down. One that has stopped meanwhile is no failure."""
    sleep(_down_s(write.xml))
    error = _tried(session, write.domain, update)
    if error is not None:
        raise error


def _down_s(nic_xml: str) -> float:
    return _TOLD_S if (read_nic(nic_xml).model or "").startswith("virtio") else _POLLED_S


def _hop(session: Session, write: ReplugTaps) -> libvirt.virNetwork | None:
    """The hop network, if need be a new one; None where there is none and nothing to move."""
    what = About("network", write.hop)
    try:
        return session.network(write.hop)
    except NotFoundError:
        if not write.taps:
            return None
        return session.call(what, session.conn.networkCreateXML, write.hop_xml)


def _update(session: Session, domain: str, xml: str) -> None:
    handle = session.lookup(domain)
    session.call(
        About("domain", domain), handle.updateDeviceFlags, xml, libvirt.VIR_DOMAIN_AFFECT_LIVE
    )


def _all(
    session: Session, work: Callable[[T], VnetError | None], items: Sequence[T]
) -> list[tuple[str, str, str]]:
    """(domain, nic, reason) of each that failed."""
    results = session.call.fan_out(work, items)
    return sorted(
        (item.domain, item.label, error.message) for item, error in results if error is not None
    )


def _tried(session: Session, domain: str, work: Callable[[], None]) -> VnetError | None:
    try:
        work()
    except VnetError as error:
        return None if _has_gone(session, domain, error) else error
    return None


def _has_gone(session: Session, domain: str, error: VnetError) -> bool:
    """Whether a call failed because the guest has stopped meanwhile; then nothing is amiss."""
    if isinstance(error, ConnectionLostError):
        raise error
    try:
        return not session.call(About("domain", domain), session.lookup(domain).isActive)
    except NotFoundError:
        return True


def _nics(failed: Sequence[tuple[str, str, str]]) -> frozenset[tuple[str, str]]:
    return frozenset((domain, label) for domain, label, _ in failed)


def _items(failed: Sequence[tuple[str, str, str]]) -> list[str]:
    return [f"{domain}/{label}: {reason}" for domain, label, reason in failed]
