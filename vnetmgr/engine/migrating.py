"""What OVN is told of a guest that migrates, by whoever hears of it."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING

from vnetmgr.errors import RefusedError, VnetError
from vnetmgr.local.chassis.read import read_chassis
from vnetmgr.local.links import has_switches
from vnetmgr.model.overlay.northbound import Chassis
from vnetmgr.model.overlay.settings import DEFAULT_FLEET
from vnetmgr.model.writes import SetPorts
from vnetmgr.planner.overlays.moves import moved, source_of

if TYPE_CHECKING:
    from vnetmgr.model.overlay.northbound import LogicalPort
    from vnetmgr.model.overlay.settings import OvnSettings
    from vnetmgr.ovn.database import Database
    from vnetmgr.planner.overlays.moves import Happened

_TRIES = 5


def tell_ports(database: Database, settings: OvnSettings, uuid: str, happened: Happened) -> bool:
    """Have a domain's ports know what has happened; whether anything had to be written. Raises
    VnetError. It is no step of a plan: packets are lost meanwhile, and whoever plans next finds it
    done, or does it."""
    for again in reversed(range(_TRIES)):
        ports = _ports_of(database, settings, uuid)
        names = names_of(ports, settings) if happened == "coming" and ports else None
        changes = moved(ports, happened, time(), names=names)
        if not changes:
            return False
        try:
            database.set_ports(SetPorts(changes=changes))
        except RefusedError:  # the other host has told it something at the same moment
            if not again:
                raise
        else:
            return True
    raise AssertionError("the last try returns, or raises")


def _ports_of(database: Database, settings: OvnSettings, uuid: str) -> list[LogicalPort]:
    fleet = settings.fleet or DEFAULT_FLEET
    return [
        port
        for port in database.read().ports
        if port.owner is not None and port.owner.domain == uuid and port.owner.fleet == fleet
    ]


def names_of(ports: list[LogicalPort], settings: OvnSettings) -> tuple[str, str] | None:
    """The chassis that a guest comes from, and this machine's; None where that cannot be told: one
    that is wrong would take the guest off its network before it has left."""
    try:
        chassis = read_chassis() if has_switches() else Chassis()
        if chassis.system_id is None or chassis.southbound is None:
            return None
        from vnetmgr.ovn.southbound import read_southbound

        found = read_southbound(chassis.southbound, settings)
    except VnetError:
        return None
    source = source_of(ports, found, chassis.system_id)
    return None if source is None else (source, chassis.system_id)
