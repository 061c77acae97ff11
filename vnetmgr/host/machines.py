"""Which machines a host can run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vnetmgr.errors import ConnectionLostError, UnsupportedError, VnetError
from vnetmgr.libvirt_xml.machine_read import read_host_machines
from vnetmgr.model.record import replace
from vnetmgr.model.seen.machine import HostMachines

if TYPE_CHECKING:
    from vnetmgr.host.session import Session
    from vnetmgr.model.seen.machine import GuestMachine


def read_machines(session: Session, guest: GuestMachine) -> HostMachines:
    """What a host can run in general, and whether it would run that."""
    try:
        known = read_host_machines(session.call("capabilities", session.conn.getCapabilities))
    except UnsupportedError:
        known = HostMachines()
    return replace(known, runs=_runs(session, guest))


def _runs(session: Session, guest: GuestMachine) -> bool | None:
    """None on a read-only connection, which must not ask, and where no QEMU is run."""
    if session.readonly or not session.features.monitor:
        return None
    ask = session.conn.getDomainCapabilities
    emulator, machine = guest.emulator or None, guest.machine or None
    try:
        session.call("machine", ask, emulator, guest.arch or None, machine, guest.virt_type or None)
    except UnsupportedError:
        return None
    except ConnectionLostError:
        raise
    except VnetError:  # it has no code of its own for any of the four
        return False
    return True
