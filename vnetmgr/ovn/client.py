"""One connection to a database of OVN's, with a copy of what it has.

ovsdbapp would serve it in a thread of its own. Here it is served by whoever asks, and only then: a
signal finds nothing under way that nobody knows of, a fork has no thread to lose, and the end of
the connection is the end of it.
"""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager, contextmanager
from os import getpid
from threading import RLock
from time import monotonic
from typing import TYPE_CHECKING, Any, Protocol, Self

from ovs.db import idl as ovs_idl
from ovsdbapp.backend.ovs_idl import Backend, command, connection, idlutils

from vnetmgr.errors import VnetError
from vnetmgr.ovn.messages import hasten
from vnetmgr.ovn.remotes import Remote, knock, known, other_database, prepare
from vnetmgr.ovn.schema import schema_of
from vnetmgr.runtime.answers import ANSWERS, SLICE_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, KeysView, Sequence
    from types import TracebackType
    from typing import TypeAlias

    Row: TypeAlias = Any
    """A row of the copy: its columns are attributes. The library has no types."""
    Transaction: TypeAlias = ovs_idl.Transaction

_FOR_EVER_S = 1e9
_AWAY_S = 10.0
"""How long a server that has ended, or a cluster without a leader, is waited for."""
_BACKOFF_MS = (200, 1000)
_COUNTERS = frozenset({"NB_Global", "SB_Global"})
"""What each write and each host that has followed one counts up."""


class _OverdueError(Exception):
    """Nothing was answered for too long, or nobody waits for it any more."""


class Tables(Protocol):
    """The copy of a database."""

    def __getitem__(self, name: str) -> Any: ...

    def keys(self) -> KeysView[str]: ...


class _Copy(connection.OvsdbIdl):  # type: ignore[misc]  # the library has no types
    """The library's copy of a database, which looks up between two messages."""

    look: Callable[[], None]
    is_roused = False
    """Whether somebody wakes it when it is to look up, so that it sleeps until then."""
    changes = 0
    """How often a row that somebody may want to look at again has come, changed or gone."""

    def notify(self, event: str, row: Any, updates: Any = None) -> None:  # noqa: ARG002 - theirs
        if row._table.name not in _COUNTERS:  # noqa: SLF001 - there is no other way to its name
            self.changes += 1

    def run(self) -> bool:
        self.look()
        hasten(self._session)
        return bool(super().run())

    @property
    def served(self) -> frozenset[str]:
        """The databases that its server has; none: it has not said so yet."""
        tables = self.server_tables or {}
        rows = tables["Database"].rows.values() if "Database" in tables else ()
        return frozenset(row.name for row in rows) - {"_Server"}

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


class _Served:
    """What ovsdbapp takes for a connection: a transaction is carried out where it is asked for."""

    is_running = False

    def __init__(self, copy: _Copy) -> None:
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
            txn = ovs_idl.Transaction(self.idl)
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


class _Backend(Backend):  # type: ignore[misc]  # the library has no types
    """ovsdbapp's way to make transactions; it would have one connection for a whole process."""

    schema = ""
    ovsdb_connection: Any = None
    tables: Any = None
    idl: Any = None

    def __init__(self, served: _Served) -> None:
        self.ovsdb_connection, self.idl, self.tables = served, served.idl, served.idl.tables

    def transaction(self) -> Any:
        """One that raises what goes wrong, and logs nothing."""
        return self.create_transaction(check_error=True, log_errors=False)


class _Work(command.BaseCommand):  # type: ignore[misc]  # the library has no types
    """Any code as a transaction. It is run again when something that it verified has changed."""

    def __init__(self, backend: _Backend, work: Callable[[Transaction, Tables], None]) -> None:
        super().__init__(backend)
        self._work = work

    def run_idl(self, txn: Transaction) -> None:
        self._work(txn, self.api.tables)


def _ask_something(_: Transaction, tables: Tables) -> None:
    """Ask for a value, whichever; of an empty database there is nothing to ask."""
    for name in _COUNTERS & tables.keys():
        for row in tables[name].rows.values():
            row.fetch("nb_cfg")


class Client:
    """A connection. All methods raise VnetError; none prints.

    From any thread, one at a time; not from a fork of the process that made it. `with
    Client.connect(remote_of("unix:..."), NORTHBOUND) as client: ...`
    """

    def __init__(self, remote: Remote, database: str, trace: Callable[[str], None] | None) -> None:
        self.remote, self.database = remote, database
        self._trace, self._lock, self._process = trace, RLock(), getpid()
        self.unusable: VnetError | None = None
        """Why nothing more can be asked."""
        self._dropped = False
        self._away_since: float | None = None
        """Since when nobody is there, while something is asked."""
        self._waits = False
        """Whether nothing is asked, and it is waited for what may come."""
        helper = ovs_idl.SchemaHelper(None, dict(schema_of(database)))
        helper.register_all()
        # A cluster's leader alone has what was written last; of one server there is no choice.
        several = len(remote.servers) > 1
        self._copy = _Copy(",".join(known(remote)), helper, leader_only=several)
        self._copy.look = self._look
        # It would be 1 to 8 s: a cluster that has another leader is waited for.
        self._copy._session.reconnect.set_backoff(*_BACKOFF_MS)  # noqa: SLF001
        self._served = _Served(self._copy)
        self._backend = _Backend(self._served)

    @classmethod
    def connect(
        cls, remote: Remote, database: str, *, trace: Callable[[str], None] | None = None
    ) -> Self:
        """Connect, and copy what of the database vnetmgr uses. `trace` gets what is asked, and
        which of it is a write."""
        logging.getLogger("ovsdbapp").setLevel(logging.CRITICAL + 1)  # it logs tracebacks
        prepare(remote)
        knock(remote)
        client = cls(remote, database, trace)
        try:
            with client._asking("connecting"):
                client._served.start(client._refuse_other)
        except BaseException:
            client.close()
            raise
        return client

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def tables(self) -> Tables:
        """The copy, as of the last call of another method."""
        tables: Tables = self._copy.tables
        return tables

    @property
    def version(self) -> int:
        """Another number whenever the copy has changed, but for counters of writes."""
        return self._copy.changes

    @property
    def lock(self) -> AbstractContextManager[object]:
        """Whoever reads several rows holds it, or another thread might change them meanwhile."""
        return self._lock

    def refresh(self) -> None:
        """Have in the copy what the database has now: it answers a question behind all that was
        written before."""
        self._transact("read", _ask_something, writes=False)

    def transact(self, what: str, work: Callable[[Transaction, Tables], None]) -> None:
        """Make one transaction: all of it is done, or nothing. `work` writes to rows of the copy,
        and verifies what it builds on; it is run again when that has changed meanwhile. What it
        raises undoes all. `what`: in words, for messages."""
        self._transact(what, work, writes=True)

    def _transact(
        self, what: str, work: Callable[[Transaction, Tables], None], *, writes: bool
    ) -> None:
        with (
            self._asking(what, writes=writes),
            self._backend.transaction() as transaction,
        ):
            transaction.add(_Work(self._backend, work))

    def wait_for(
        self, fits: Callable[[Tables], bool], timeout_s: float, *, also: int | None = None
    ) -> bool:
        """Whether the copy is so within that time. `also`: a descriptor, of which it is looked
        again when there is something to read."""
        until = monotonic() + timeout_s
        with self._asking("waiting", until=until):
            self._copy.is_roused = also is not None
            try:
                while not fits(self.tables):
                    if monotonic() >= until:
                        return False
                    self._copy.turn(also)
            finally:
                self._copy.is_roused = False
        return True

    @contextmanager
    def _asking(
        self, what: str, until: float | None = None, *, writes: bool = False
    ) -> Iterator[None]:
        with self._lock:
            self._refuse_unusable()
            self._away_since, self._waits = None, until is not None
            if self._trace is not None:
                verb = "write " if writes else ""
                self._trace(f"OVN's database {self.remote.at}: {verb}{what}")
            words = f"OVN's database {self.remote.at}: {what}"
            question = ANSWERS.ask(lambda: words, self.give_up, ends_by_itself=until is not None)
            try:
                yield
            except VnetError:
                raise  # what it was about is not to be
            except _OverdueError:
                self.unusable = self._overdue(what, writes=writes)
                raise self.unusable from None
            except RuntimeError as error:  # what the server says
                raise VnetError(
                    f"OVN's database {self.remote.at} refuses: {what}: {error}",
                    "`ovn-nbctl show` shows what is there",
                    about=self.remote.about,
                ) from None
            except BaseException:
                self.unusable = self._cut()
                raise
            finally:
                ANSWERS.answered(question)

    def _look(self) -> None:
        """Between two messages. Raises _OverdueError."""
        now = monotonic()
        self._away_since = None if self._copy.is_there else self._away_since or now
        away = self._away_since is not None and now - self._away_since > _AWAY_S
        if self._dropped or ANSWERS.left_s() <= 0 or (away and not self._waits):
            raise _OverdueError

    def _refuse_other(self) -> None:
        """It would be asked for ever for what it has not."""
        served = self._copy.served
        if len(self.remote.servers) == 1 and served and self.database not in served:
            raise other_database(self.remote, self.database, served)

    def give_up(self) -> None:
        """Wait for no answer any more, in whichever thread; nothing can be asked from then on."""
        self._dropped = True

    def _refuse_unusable(self) -> None:
        if self._process != getpid():
            raise VnetError(
                f"this connection to OVN's database {self.remote.at} is that of the process "
                "before a fork",
                "connect anew in this process",
                about=self.remote.about,
            )
        if self.unusable is not None:
            raise self.unusable

    def _overdue(self, what: str, *, writes: bool) -> VnetError:
        away = self._away_since is not None
        silent_s = min(ANSWERS.timeout_s or _AWAY_S, _AWAY_S) if away else ANSWERS.timeout_s
        how = "been away" if away else "not answered"
        return VnetError(
            f"OVN's database {self.remote.at} has {how} for {silent_s:g} s: {what}"
            + (": whether it was done is not known" if writes else ""),
            f"does it run, is it {self.database}, and has its cluster a leader? see `ovs-appctl -t "
            "/var/run/ovn/ovnnb_db.ctl cluster/status OVN_Northbound`; then run the command again: "
            "it goes on "
            "from what is there. --timeout TIME waits longer",
            about=self.remote.about,
        )

    def _cut(self) -> VnetError:
        return VnetError(
            f"the connection to OVN's database {self.remote.at} was cut short",
            "run the command again",
            about=self.remote.about,
        )

    def close(self) -> None:
        """Close it; in a fork nothing is touched, as it is not its own."""
        if self._process != getpid():
            return
        self.unusable = self.unusable or VnetError(
            f"this connection to OVN's database {self.remote.at} is closed",
            about=self.remote.about,
        )
        self.give_up()
        if self._lock.acquire(timeout=SLICE_S * 5):  # whoever is under way looks up by then
            try:
                self._copy.close()
            finally:
                self._lock.release()
