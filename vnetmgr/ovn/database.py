"""The northbound database, as values of the model and writes of it."""

from __future__ import annotations

import os
from math import inf
from typing import TYPE_CHECKING, Self

from vnetmgr.model.names import joined
from vnetmgr.model.record import replace
from vnetmgr.ovn.client import Client
from vnetmgr.ovn.reading import read
from vnetmgr.ovn.remotes import remote_of
from vnetmgr.ovn.schema import NORTHBOUND
from vnetmgr.ovn.writing import Writing
from vnetmgr.runtime.closing import Closing

if TYPE_CHECKING:
    from collections.abc import Callable

    from vnetmgr.errors import VnetError
    from vnetmgr.model.overlay.northbound import Northbound
    from vnetmgr.model.overlay.settings import OvnSettings
    from vnetmgr.model.overlay.southbound import Written
    from vnetmgr.model.writes import SetOverlay, SetPorts
    from vnetmgr.ovn.copying import Tables, Transaction
    from vnetmgr.ovn.reading import Known


class Database(Closing):
    """A connection to a northbound database. All methods raise VnetError; none prints.

        settings = OvnSettings(northbound=northbound.remote)      # the fixture of tests/ovn
        with Database.connect(settings) as database:
            before = database.read()
            database.set_overlay(SetOverlay(name="blue", before=None, after=Overlay(...)))
            database.set_ports(SetPorts(changes=(PortChange(before=None, after=port),)))
            assert database.read().port(port.name) == port

    Each write is one transaction, and raises RefusedError where what it builds on (`before`) is not
    what the database has now. From any thread; not from a fork of the process that made it.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._seen: tuple[int, Northbound] | None = None
        self._ports: Known = {}
        self._is_there = False
        """Whether it was there when it was heard last."""
        self.written: Written | None = None
        """What has been written since somebody set this to None."""
        self._last: Written | None = None

    @classmethod
    def connect(
        cls,
        settings: OvnSettings,
        *,
        trace: Callable[[str], None] | None = None,
        patience_s: float | None = None,
    ) -> Self:
        """Connect to `settings.northbound`. `patience_s`: how long it is waited for at most."""
        remote = remote_of(settings.northbound or "", settings)
        return cls(Client.connect(remote, NORTHBOUND, trace=trace, patience_s=patience_s))

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    @property
    def unusable(self) -> VnetError | None:
        """Why it is of no use any more; None: it is."""
        return self._client.unusable

    @property
    def at(self) -> str:
        """Where it is, for messages."""
        return self._client.remote.at

    def read(self, *, patience_s: float | None = None) -> Northbound:
        """What it has now. `patience_s`: how long it is waited for, by whoever can do without."""
        with self._client.lock:
            self._client.patience_s = patience_s
            self._client.refresh()
            return self._now(self._client.tables)

    @property
    def last(self) -> Northbound:
        """What it had when it was asked last, or heard."""
        with self._client.lock:
            return self._now(self._client.tables)

    def hear(self, rouse: int) -> bool:
        """Wait until something changes in it, or somebody counts this eventfd up; whether it was
        away and has come back, as it has when it is heard first. Raises VnetError where it cannot
        be waited for; while the database is away it is waited for as well."""
        before, came = self._client.version, False

        def happened(_: Tables) -> bool:
            nonlocal came
            was_there, self._is_there = self._is_there, self._client.is_there
            came = came or (self._is_there and not was_there)
            return _was_roused(rouse) or self._client.version != before or came

        self._client.wait_for(happened, inf, also=rouse)
        return came

    def _now(self, tables: Tables) -> Northbound:
        version = self._client.version
        if self._seen is None or self._seen[0] != version:
            for uuid in self._client.touched():
                self._ports.pop(uuid, None)
            self._seen = (version, read(tables, self.at, self._ports))
        return self._seen[1]

    def set_overlay(self, write: SetOverlay) -> None:
        """Make a logical switch, change it or take it away."""
        self._write(f"network {write.name}", lambda writing: writing.overlay(write))

    def set_ports(self, write: SetPorts) -> None:
        """Make logical ports, change them or take them away."""
        named = [port.label for each in write.changes for port in each.states[:1]]
        self._write(f"ports of {joined(named)}", lambda writing: writing.ports(write))

    def _write(self, what: str, do: Callable[[Writing], None]) -> None:
        def work(txn: Transaction, tables: Tables) -> None:
            writing = Writing(txn, tables, self._now(tables))
            do(writing)
            self._last = writing.written

        with self._client.lock:
            self._client.patience_s = None
            # What others do by hand is in no transaction's way.
            self._client.refresh()
            self._client.transact(what, work)
            if self._last is not None:
                self.written = replace(self.written or self._last, number=self._last.number)

    def wait_for_hosts(self, timeout_s: float) -> bool:
        """Whether all hosts have followed the last write within that time."""
        number = 0 if self._last is None else self._last.number
        return self._client.wait_for(lambda tables: _followed(tables) >= number, timeout_s)


def _was_roused(rouse: int) -> bool:
    try:
        return os.eventfd_read(rouse) > 0
    except BlockingIOError:
        return False


def _followed(tables: Tables) -> int:
    return max((int(row.hv_cfg) for row in tables["NB_Global"].rows.values()), default=0)
