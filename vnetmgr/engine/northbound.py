"""A host's way to OVN's northbound database: one connection for a run, which is closed with it."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING

from vnetmgr.errors import UsageError, VnetError
from vnetmgr.model.overlay.settings import DEFAULT_FLEET, settings_of, usual_fleet
from vnetmgr.model.record import replace
from vnetmgr.model.writes import SetOverlay
from vnetmgr.planner.overlays.merge import with_northbound
from vnetmgr.problem import About
from vnetmgr.runtime.answers import BRIEF_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from vnetmgr.host.connect import Host
    from vnetmgr.model.overlay.host import Chassis
    from vnetmgr.model.overlay.northbound import Northbound
    from vnetmgr.model.overlay.settings import OvnSettings
    from vnetmgr.model.overlay.southbound import Southbound, Written
    from vnetmgr.model.seen.observed import Observed
    from vnetmgr.model.writes import NorthboundWrite
    from vnetmgr.ovn.database import Database

DEFAULT_SOCKET = Path("/var/run/ovn/ovnnb_db.sock")
"""Where OVN has it on the machine that it runs on."""
_BESIDE = "ovn"
_SAME_S = 1.0
"""For how long what was in the way is taken to be so still: a change is planned again at once."""
_opening = Lock()


def settings_for(host: Host, spec: OvnSettings | None) -> OvnSettings:
    """Where the database is, and for whom vnetmgr writes there. `northbound` None: nowhere."""
    return settings_at(host.ovn, spec, is_local=host.is_local)


def settings_at(
    command: OvnSettings | None, spec: OvnSettings | None, *, is_local: bool
) -> OvnSettings:
    """The same without a connection. `is_local`: whether it is this machine's libvirt, with which
    OVN's own socket counts where nobody says anything else."""
    settings = settings_of(command, spec, os.environ)
    if settings.northbound is None and is_local and DEFAULT_SOCKET.exists():
        return replace(settings, northbound=f"unix:{DEFAULT_SOCKET}")
    return settings


def observe_overlays(
    host: Host, observed: Observed, spec: OvnSettings | None, *, briefly: bool = False
) -> Observed:
    """With what OVN has of overlays, or with why it cannot be asked. `briefly`: for whom that is as
    good an answer, so that the database is not waited for long."""
    settings = settings_for(host, spec)
    if settings.fleet is None:  # as of commands, which are about what is there
        fleets = (each.any.fleet for each in observed.overlays)
        settings = replace(settings, fleet=usual_fleet(fleets))
    try:
        found = northbound_of(host, settings, briefly=briefly)
    except VnetError as error:
        return replace(observed, northbound_unseen=error)
    return with_northbound(observed, found)


def northbound_of(host: Host, settings: OvnSettings, *, briefly: bool = False) -> Northbound:
    """What the database has now. Raises VnetError."""
    patience_s = BRIEF_S if briefly else None
    found = _database(host, settings, patience_s).read(patience_s=patience_s)
    fleet = settings.fleet or DEFAULT_FLEET
    return replace(found, fleet=fleet, revision=settings.revision)


def southbound_of(host: Host, chassis: Chassis | None) -> Southbound:
    """What the southbound database has now, for whom not to know it is as good an answer.
    `chassis`: what the host is to OVN, as far as that can be seen. Raises VnetError."""
    from vnetmgr.local.chassis.southbound import find_southbound

    settings = settings_for(host, None)
    at = find_southbound(chassis, settings.northbound)
    if at is None:
        raise VnetError("it is not known where OVN's southbound database is: OVN_SB_DB says it")
    from vnetmgr.ovn.southbound import read_southbound

    return read_southbound(at, settings)


def write_overlays(host: Host, write: NorthboundWrite) -> None:
    """Carry out one write, where what it builds on was read. Raises VnetError."""
    database = host.beside.get(_BESIDE)
    if not isinstance(database, _Opened):
        raise VnetError("OVN's northbound database was not looked at yet")
    if isinstance(write, SetOverlay):
        database.usable().set_overlay(write)
    else:
        database.usable().set_ports(write)


def looked_at(host: Host) -> OvnSettings | None:
    """The database that this run has looked at, and for whom; None: none."""
    opened = host.beside.get(_BESIDE)
    return replace(opened.settings, fleet=opened.fleet) if isinstance(opened, _Opened) else None


def seen_last(host: Host) -> Northbound | None:
    """What that database had when this run looked at it last; None: it did not answer."""
    opened = host.beside.get(_BESIDE)
    return opened.last if isinstance(opened, _Opened) else None


def written(host: Host) -> Written | None:
    """What has been written there since this was asked last."""
    opened = host.beside.get(_BESIDE)
    return opened.written() if isinstance(opened, _Opened) else None


class _Opened:
    """The connection, or why there is none."""

    def __init__(self, settings: OvnSettings, note: Callable[[str], None]) -> None:
        self.settings, self._note = settings, note
        self.fleet: str | None = None
        """For whom it was asked last."""
        self._database: Database | None = None
        self._failed: tuple[float, VnetError] | None = None

    def usable(self, patience_s: float | None = None) -> Database:
        """The connection; a new one where the last has failed. Raises VnetError."""
        if self._database is not None and (error := self._database.unusable) is not None:
            self._failed = self._failed or (monotonic(), error)
            self._database.close()
            self._database = None
        if self._failed is not None and monotonic() - self._failed[0] < _SAME_S:
            raise self._failed[1]
        if self._database is None:
            self._failed = None
            try:
                self._database = _connect(self.settings, self._note, patience_s)
            except VnetError as error:
                self._failed = (monotonic(), error)
                raise
        return self._database

    @property
    def last(self) -> Northbound | None:
        """What it had when it was asked last."""
        return None if self._database is None else self._database.last

    def written(self) -> Written | None:
        """What has been written by it since this was asked last."""
        if self._database is None:
            return None
        found, self._database.written = self._database.written, None
        return found

    def close(self) -> None:
        """Close it."""
        if self._database is not None:
            self._database.close()


def _database(host: Host, settings: OvnSettings, patience_s: float | None) -> Database:
    where = replace(settings, fleet=None, revision=None, origin=None)
    with _opening:
        opened = host.beside.get(_BESIDE)
        if not isinstance(opened, _Opened) or opened.settings != where:
            if opened is not None:
                opened.close()
            opened = host.beside[_BESIDE] = _Opened(where, host.note)
        opened.fleet = settings.fleet
    return opened.usable(patience_s)


def _connect(
    settings: OvnSettings, note: Callable[[str], None], patience_s: float | None
) -> Database:
    if settings.northbound is None:
        raise VnetError(
            "nobody says where OVN's northbound database is",
            "say --ovn-nb REMOTE, a spec's ovn: {northbound: REMOTE}, or OVN_NB_DB (which sudo "
            "drops), as of ovn-nbctl: tcp:10.0.0.1:6641, ssl:..., unix:FILE",
            about=About("ovn", ""),
        )
    from vnetmgr.ovn.database import Database

    try:
        return Database.connect(settings, trace=note, patience_s=patience_s)
    except UsageError as error:  # options and specs are read before
        raise error.saying(f"OVN_NB_DB or OVN_NBCTL_OPTIONS: {error.text}") from None
