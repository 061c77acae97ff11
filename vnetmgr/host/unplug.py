"""Takes a device out, and believes it only when it is gone."""

from __future__ import annotations

from time import monotonic, sleep
from typing import TYPE_CHECKING

import libvirt

from vnetmgr.errors import (
    ConnectionLostError,
    NotFoundError,
    NotReleasedError,
    RefusedError,
    VnetError,
)
from vnetmgr.libvirt_xml.domain_read import read_domain
from vnetmgr.libvirt_xml.nics.read import read_nic
from vnetmgr.model.state import State
from vnetmgr.problem import About
from vnetmgr.runtime.interrupts import in_a_hurry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vnetmgr.host.session import Session
    from vnetmgr.model.nic import Nic
    from vnetmgr.model.writes import DetachDevice

_POLL_S = 0.1


def detach(session: Session, write: DetachDevice, *, timeout_s: float) -> None:
    """Detach exactly the nic that `write.xml` describes; raises NotReleasedError.

    libvirt waits 5 s for the guest (src/qemu/qemu_hotplug.c,
    qemuDomainRemoveDeviceWaitTime) and then returns success with the nic still there. So the
    live document is read until it is gone, for `timeout_s` in all.
    """
    end = monotonic() + timeout_s
    wanted, handle = read_nic(write.xml), session.lookup(write.domain)
    nics = _nics(session, handle, write.state)
    if write.state is State.LIVE and nics is not None and _has_let_go(nics, wanted):
        return
    _must_be_the_one(write, nics or (), wanted)
    if write.state is State.CONFIG:
        _call(session, handle, write, libvirt.VIR_DOMAIN_AFFECT_CONFIG)
        return
    _ask_the_guest(session, handle, write, wanted=wanted)
    while _is_plugged(session, handle, wanted):
        if monotonic() >= end or in_a_hurry():
            raise NotReleasedError(
                f"domain {write.domain}: unplug requested, the guest has not let go of "
                f"{write.label}",
                "a guest that is paused, still booting or without a driver lets go later, or "
                "at its next reset",
                mac=wanted.mac,
            )
        sleep(_POLL_S)


def _ask_the_guest(
    session: Session, handle: libvirt.virDomain, write: DetachDevice, *, wanted: Nic
) -> None:
    """The live half. It is no failure when an unplug that was asked for earlier has just come
    true (the guest resumed): libvirt then finds no device."""
    try:
        _call(session, handle, write, libvirt.VIR_DOMAIN_AFFECT_LIVE)
    except ConnectionLostError:
        raise
    except VnetError:
        nics = _nics(session, handle, State.LIVE)
        if nics is None or not _has_let_go(nics, wanted):
            raise


def _call(session: Session, handle: libvirt.virDomain, write: DetachDevice, flags: int) -> None:
    session.call(About("domain", write.domain), handle.detachDeviceFlags, write.xml, flags)


def _has_let_go(nics: Sequence[Nic], wanted: Nic) -> bool:
    """Whether an unplug that was asked for earlier has come true since the plan was made."""
    return wanted.mac is not None and all(nic.mac != wanted.mac for nic in nics)


def _must_be_the_one(write: DetachDevice, nics: Sequence[Nic], wanted: Nic) -> None:
    """libvirt takes the first device that matches, and needs less than we do to match."""
    found = sum(_is(nic, wanted) for nic in nics)
    if wanted.mac is None or found != 1:
        how_many = "no nic" if not found else f"{found} nics"
        raise RefusedError(
            f"domain {write.domain}: {how_many} in {write.state} that {write.label} could be",
            "nothing was detached; the domain was changed meanwhile, or give the PCI address",
        )


def _is_plugged(session: Session, handle: libvirt.virDomain, wanted: Nic) -> bool:
    return any(_is(nic, wanted) for nic in _nics(session, handle, State.LIVE) or ())


def _nics(session: Session, handle: libvirt.virDomain, state: State) -> list[Nic] | None:
    """The nics that a domain has in a state; None when it is gone or off."""
    flags = libvirt.VIR_DOMAIN_XML_INACTIVE if state is State.CONFIG else 0
    try:
        xml = session.call(About("domain", handle.name()), handle.XMLDesc, flags)
    except NotFoundError:
        return None
    if state is State.LIVE and " id=" not in xml.partition(">")[0]:
        return None  # only a running domain has an id; this is its config
    return [nic for nic, _ in read_domain(xml).nics]


def _is(nic: Nic, wanted: Nic) -> bool:
    """By MAC, and by user alias and PCI address where the wanted element has them."""
    return (
        nic.mac == wanted.mac
        and wanted.alias in (None, nic.alias)
        and wanted.pci_address in (None, nic.pci_address)
    )
