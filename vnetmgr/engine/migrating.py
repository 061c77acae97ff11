"""What OVN is told of a guest that migrates, by whoever hears of it."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING

from vnetmgr.engine.chassis import chassis_here
from vnetmgr.errors import RefusedError, VnetError
from vnetmgr.libvirt_xml.domain_read import read_domain
from vnetmgr.libvirt_xml.domain_write import replace_nic
from vnetmgr.libvirt_xml.nics.write import as_port
from vnetmgr.local.chassis.southbound import find_southbound
from vnetmgr.model.nic import Mode
from vnetmgr.model.overlay.host import Chassis
from vnetmgr.model.overlay.settings import DEFAULT_FLEET
from vnetmgr.model.record import Row
from vnetmgr.model.writes import SetPorts
from vnetmgr.planner.overlays.migrations import changes_by, ids_of, source_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from vnetmgr.model.nic import Nic
    from vnetmgr.model.overlay.northbound import LogicalPort, PortChange
    from vnetmgr.model.overlay.settings import OvnSettings
    from vnetmgr.ovn.database import Database
    from vnetmgr.planner.overlays.migrations import Happened

_TRIES = 5
_FOLLOW_S = 2.0
"""How long the hosts may take to follow, before the guest comes all the same."""


def tell_ports(
    database: Database, settings: OvnSettings, uuid: str, happened: Happened, *, is_here: bool
) -> tuple[PortChange, ...]:
    """Have a domain's ports know what has happened on a host; what was written. Raises VnetError.
    `is_here`: whether that is this machine, and can be asked what OVN calls it. It is no step of
    a plan: packets are lost meanwhile, and whoever plans next finds it done, or does it."""
    fleet = settings.fleet or DEFAULT_FLEET
    return _tell(
        database, settings, lambda port: port.is_of(uuid, fleet), happened, is_here=is_here
    )


class Expected(Row):
    """A guest that comes to this host."""

    name: str
    document: str
    """As libvirt is to have it here."""
    told: tuple[PortChange, ...] = ()


def expect(document: str, settings: OvnSettings, *, tell: bool) -> Expected:
    """Have the ports of a guest that comes to this host know of it, by its document, which libvirt
    waits for, and is not asked about. Raises VnetError. `tell`: else nothing is written."""
    guest = read_domain(document)
    if not any(_may_have_port(nic) for nic, _ in guest.nics):
        return Expected(name=guest.name, document=document)
    from vnetmgr.ovn.database import Database

    with Database.connect(settings) as database:
        ports = [each for each in database.read().ports if each.owner is not None]
        ids = ids_of(guest, ports)
        for nic, xml in guest.nics:
            if nic.interface_id is None and nic.key in ids:
                # Else libvirt makes up another one here, and nobody knows the guest by that.
                document = replace_nic(document, xml, as_port(xml, ids[nic.key]))
        names = frozenset(ids.values())
        told = _tell(database, settings, lambda port: port.name in names, "coming", tell=tell)
        if told and tell:
            database.wait_for_hosts(_FOLLOW_S)
    return Expected(name=guest.name, document=document, told=told)


def _may_have_port(nic: Nic) -> bool:
    """Whether it may be on an overlay: a network's name does not tell, and a bridge has an id."""
    return nic.source.mode is Mode.NETWORK or nic.interface_id is not None


def _tell(
    database: Database,
    settings: OvnSettings,
    is_its: Callable[[LogicalPort], bool],
    happened: Happened,
    *,
    tell: bool = True,
    is_here: bool = True,
) -> tuple[PortChange, ...]:
    asked = is_here and happened not in ("leaving", "left")
    chassis = (chassis_here() if asked else None) or Chassis()
    here = chassis.system_id
    for again in reversed(range(_TRIES)):
        ports = [port for port in database.read().ports if is_its(port)]
        ends = ends_of(ports, chassis, settings) if happened == "coming" else None
        changes = changes_by(ports, happened, time(), ends=ends, here=here)
        if not changes or not tell:
            return changes
        try:
            database.set_ports(SetPorts(changes=changes))
        except RefusedError:  # the other host has told it something at the same moment
            if not again:
                raise
        else:
            return changes
    raise AssertionError("the last try returns, or raises")


def ends_of(
    ports: list[LogicalPort], chassis: Chassis, settings: OvnSettings
) -> tuple[str, str] | None:
    """The chassis that a guest comes from, and this machine's; None where that cannot be told: one
    that is wrong would take the guest off its network before it has left. The same where all of
    its ports know of it: the hook, or somebody, was here first."""
    here = chassis.system_id
    at = find_southbound(chassis, settings.northbound)
    if here is None or at is None or all(_knows(port, here) for port in ports):
        return None
    from vnetmgr.ovn.southbound import read_southbound

    try:
        source = source_of(ports, read_southbound(at, settings), here)
    except VnetError:
        return None
    return None if source is None else (source, here)


def _knows(port: LogicalPort, here: str) -> bool:
    migration = port.migration
    return migration is not None and migration.stage != "settled" and migration.target == here
