"""ovsdbapp's copy of a database, and its transactions, without a thread of its own."""

from __future__ import annotations

from threading import RLock
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol

from vnetmgr.ovn.library import Backend, command, idlutils, ovs_idl
from vnetmgr.ovn.messages import hasten
from vnetmgr.ovn.unparsed import UnparsedCopy
from vnetmgr.runtime.answers import SLICE_S

if TYPE_CHECKING:
    from collections.abc import Callable, KeysView, Sequence
    from typing import TypeAlias
    from uuid import UUID

    Transaction: TypeAlias = ovs_idl.Transaction

_FOR_EVER_S = 1e9
_COPYING = (
    ovs_idl.Idl.IDL_S_DATA_MONITOR_REQUESTED,
    ovs_idl.Idl.IDL_S_DATA_MONITOR_COND_REQUESTED,
    ovs_idl.Idl.IDL_S_DATA_MONITOR_COND_SINCE_REQUESTED,
)
COUNTERS = frozenset({"NB_Global", "SB_Global"})
"""What each write and each host that has followed one counts up."""


class Tables(Protocol):
    """The copy of a database."""

    def __getitem__(self, name: str) -> Any: ...

    def keys(self) -> KeysView[str]: ...


class Copy(UnparsedCopy):
    """The library's copy of a database, which looks up between two messages."""

    look: Callable[[], None]
    is_roused = False
    """Whether somebody wakes it when it is to look up, so that it sleeps until then."""
    changes = 0
    """How often a row that somebody may want to look at again has come, changed or gone."""

    def __init__(self, *args: Any, **others: Any) -> None:
        super().__init__(*args, **others)
        self.touched: set[UUID] = set()
        """The rows of which that is so since somebody asked last."""

    def notify(self, event: str, row: Any, updates: Any = None) -> None:  # noqa: ARG002 - theirs
        if row._table.name not in COUNTERS:  # noqa: SLF001 - there is no other way to its name
            self.changes += 1
            self.touched.add(row.uuid)

    def run(self) -> bool:
        self.look()
        hasten(self._session)
        had_all = self.state == ovs_idl.Idl.IDL_S_MONITORING
        changed = bool(super().run())
        if not had_all and self.state == ovs_idl.Idl.IDL_S_MONITORING:
            self.changes += 1  # the rows of before are gone without a word
        return changed

    @property
    def served(self) -> dict[str, str | None]:
        """The databases that its server has, with their schemas; none: it has not said so yet. A
        cluster's member that has not joined yet has none of one."""
        tables = self.server_tables or {}
        rows = tables["Database"].rows.values() if "Database" in tables else ()
        found = {row.name: next(iter(row.schema), None) for row in rows}
        found.pop("_Server", None)
        return found

    @property
    def is_there(self) -> bool:
        """Whether it follows the database, as far as is known."""
        monitoring = self.state == ovs_idl.Idl.IDL_S_MONITORING
        return monitoring and bool(self._session.is_connected())

    def cooperative_yield(self) -> None:
        """The library sleeps here, for each row: for other threads, of which there are none."""

    def wait(self, poller: Any) -> None:
        super().wait(poller)
        if not self.is_roused:
            poller.timer_wait(int(SLICE_S * 1000))

    @property
    def arrived(self) -> int:
        """How much has come of a copy that it waits for."""
        rpc = self._session.rpc
        return 0 if rpc is None or self.state not in _COPYING else int(rpc.get_received_bytes())

    def turn(self, also: int | None = None) -> None:
        """Take in what has come, and wait for more; or for this descriptor."""
        from ovs.poller import POLLIN, Poller

        if self.run():
            return
        poller = Poller()
        self.wait(poller)
        if also is not None:
            poller.fd_wait(also, POLLIN)
        poller.block()


class _Transaction(ovs_idl.Transaction):  # type: ignore[misc]  # the library has no types
    """The library's transaction, which is sent sooner."""

    def _substitute_uuids(self, json: Any) -> Any:
        """No map of OVN's that is written has rows in it, and the library looks at each text."""
        if type(json) is list and json and json[0] == "map":
            return json
        return super()._substitute_uuids(json)


class Served:
    """What ovsdbapp takes for a connection: a transaction is carried out where it is asked for."""

    is_running = False

    def __init__(self, copy: Copy) -> None:
        self.idl, self.lock, self.timeout = copy, RLock(), _FOR_EVER_S

    def start(self, check: Callable[[], None] | None = None) -> None:
        """Connect, and get the copy; whoever checks may raise what is in its way."""
        while self.idl.state != ovs_idl.Idl.IDL_S_MONITORING:
            self.idl.turn()
            if check is not None:
                check()
        self.is_running = True

    def queue_txn(self, txn: Any) -> None:
        """Carry it out."""
        try:
            self._carry_out(txn.commands)
            txn.results.put([each.result for each in txn.commands])
        except Exception as error:
            txn.results.put(idlutils.ExceptionResult(ex=error, tb=""))

    def _carry_out(self, commands: Sequence[Any]) -> None:
        """ovsdbapp 2.1 sleeps for 1, 2, 4 and then 8 s where something has changed meanwhile, or
        the server is another one now."""
        while True:
            seen = self.idl.change_seqno
            txn = _Transaction(self.idl)
            try:
                for each in commands:
                    each.run_idl(txn)
            except Exception:
                txn.abort()
                raise
            status = txn.commit_block()
            if status in (txn.SUCCESS, txn.UNCHANGED):
                return
            if status != txn.TRY_AGAIN:
                raise RuntimeError(txn.get_error())
            until = monotonic() + SLICE_S
            while self.idl.change_seqno == seen and monotonic() < until:
                self.idl.turn()
            self.start()


class OwnBackend(Backend):  # type: ignore[misc]  # the library has no types
    """ovsdbapp's way to make transactions; it would have one connection for a whole process."""

    schema = ""
    ovsdb_connection: Any = None
    tables: Any = None
    idl: Any = None

    def __init__(self, served: Served) -> None:
        self.ovsdb_connection, self.idl, self.tables = served, served.idl, served.idl.tables

    def transaction(self) -> Any:
        """One that raises what goes wrong, and logs nothing."""
        return self.create_transaction(check_error=True, log_errors=False)


class Work(command.BaseCommand):  # type: ignore[misc]  # the library has no types
    """Any code as a transaction. It is run again when something that it verified has changed."""

    def __init__(self, backend: OwnBackend, work: Callable[[Transaction, Tables], None]) -> None:
        super().__init__(backend)
        self._work = work

    def run_idl(self, txn: Transaction) -> None:
        self._work(txn, self.api.tables)
