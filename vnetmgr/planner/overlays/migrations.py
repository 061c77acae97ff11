"""What the logical ports of a guest are told while it migrates, by what libvirt tells of it on the
two hosts. Pure.

Measured with a ping every 10 ms through migrations between two hosts, Open vSwitch in user space:
both hosts at liberty to claim the port: 136 answers come twice, 157 late; told of it beforehand and
then of the guest's stop at once: none twice, 8 lost at most, and those that it misses while it is
stopped are answered when it runs again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from vnetmgr.model.nic import Mode
from vnetmgr.model.overlay.migration import Migration
from vnetmgr.model.overlay.northbound import LogicalPort, PortChange
from vnetmgr.model.record import replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from vnetmgr.model.domain import DomainDocument
    from vnetmgr.model.overlay.southbound import Southbound

Happened: TypeAlias = Literal["coming", "leaving", "arrived", "stayed", "left"]
"""coming: its QEMU here waits for it; leaving: it has stopped here, to go on there; arrived,
stayed: it runs here, as it was to or after all; left: its QEMU here has ended."""


def changes_by(
    ports: Iterable[LogicalPort],
    happened: Happened,
    now_s: float,
    *,
    ends: tuple[str, str] | None = None,
    here: str | None = None,
) -> tuple[PortChange, ...]:
    """What is done about a guest's ports. `ends`: the chassis that it comes from, and this
    one; None: they cannot be told from here, and who has not been told of it stays so. `here`:
    this one's alone; None: it is the one that was prepared for."""
    found = ((port, _next(port.migration, happened, now_s, ends, here)) for port in ports)
    return tuple(
        PortChange(before=port, after=replace(port, migration=migration))
        for port, migration in found
        if migration != port.migration
    )


def _next(
    migration: Migration | None,
    happened: Happened,
    now_s: float,
    ends: tuple[str, str] | None,
    here: str | None,
) -> Migration | None:
    if happened == "coming":
        return _coming(migration, now_s, ends)
    if migration is None:
        return None
    if happened == "left":
        # One that has just been prepared is of the next migration, wherever from.
        return migration if migration.stage == "ready" else None
    if happened == "leaving":
        return migration.at("open", now_s) if migration.stage == "ready" else migration
    if migration.stage == "settled":
        return migration
    there = here or (migration.target if happened == "arrived" else migration.source)
    return migration.settled_on(there, now_s)


def _coming(
    migration: Migration | None, now_s: float, ends: tuple[str, str] | None
) -> Migration | None:
    if ends is None or ends[0] == ends[1]:
        return migration
    source, target = ends
    prepared = migration is not None and migration.stage != "settled"
    if migration is not None and prepared and (migration.source, migration.target) == ends:
        return migration
    return Migration(source=source, target=target, since_s=int(now_s))


def source_of(ports: Iterable[LogicalPort], found: Southbound, here: str) -> str | None:
    """The chassis that a guest comes from to this one, by who has its ports. Where this one has
    claimed them already, it is the one whose host's name the ports' owner says. None: not just one.
    """
    ports = tuple(ports)
    names, hosts = {port.name for port in ports}, {port.owner and port.owner.host for port in ports}
    bound = {each.chassis for each in found.bindings if each.port in names} - {here, None}
    named = {each.name for each in found.chassis if each.hostname in hosts} - {here}
    sources = bound or named
    return sources.pop() if len(sources) == 1 else None


def ids_of(guest: DomainDocument, ports: Iterable[LogicalPort]) -> dict[str, str]:
    """What OVN knows each nic of a guest by that migrates, by the nic's key. libvirt hands on no
    interfaceid that it has made up for a running nic; then its MAC tells, on its network."""
    of_guest = [port for port in ports if port.owner and port.owner.domain == guest.uuid]
    found: dict[str, str] = {}
    for nic, _ in guest.nics:
        mine = [
            port.name
            for port in of_guest
            if port.name == nic.interface_id
            or (
                nic.interface_id is None
                and (port.mac, port.switch) == (nic.mac, nic.source.name)
                and nic.source.mode is Mode.NETWORK
            )
        ]
        if len(mine) == 1:
            found[nic.key] = mine[0]
    return found
