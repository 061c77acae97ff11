"""One connection to a database of OVN's, with a copy of what it has.

ovsdbapp would serve it in a thread of its own. Here it is served by whoever asks, and only then: a
signal finds nothing under way that nobody knows of, a fork has no thread to lose, and the end of
the connection is the end of it.
"""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager, contextmanager
from math import inf
from os import getpid
from threading import RLock
from time import monotonic
from typing import TYPE_CHECKING, Any, Self

from vnetmgr.errors import VnetError
from vnetmgr.ovn.copying import COUNTERS, Copy, OwnBackend, Served, Work
from vnetmgr.ovn.library import ovs_idl
from vnetmgr.ovn.remotes import Remote, knock, known, older_database, other_database, prepare
from vnetmgr.ovn.schema import SOUTHBOUND, lacking, schema_of
from vnetmgr.printable import shell_word
from vnetmgr.problem import Service
from vnetmgr.runtime.answers import ANSWERS, SLICE_S, STILL_S
from vnetmgr.runtime.closing import Closing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TypeAlias
    from uuid import UUID

    from vnetmgr.ovn.copying import Tables, Transaction

    Row: TypeAlias = Any
    """A row of the copy: its columns are attributes. The library has no types."""

_AWAY_S = 10.0
"""How long a server that has ended, or a cluster without a leader, is waited for."""
_BACKOFF_MS = (200, 1000)


class _OverdueError(Exception):
    """Nothing was answered for too long, or nobody waits for it any more."""


def _ask_something(_: Transaction, tables: Tables) -> None:
    """Ask for a value, whichever; of an empty database there is nothing to ask."""
    for name in COUNTERS & tables.keys():
        for row in tables[name].rows.values():
            row.fetch("nb_cfg")


class Client(Closing):
    """A connection. All methods raise VnetError; none prints.

    From any thread, one at a time; not from a fork of the process that made it. `with
    Client.connect(remote_of("unix:..."), NORTHBOUND) as client: ...`
    """

    def __init__(
        self,
        remote: Remote,
        database: str,
        trace: Callable[[str], None] | None,
        tables: Sequence[str] = (),
    ) -> None:
        self.remote, self.database = remote, database
        side = "southbound" if database == SOUTHBOUND else "northbound"
        self._name = f"OVN's {side} database {remote.at}"
        tool = "ovn-sbctl" if database == SOUTHBOUND else "ovn-nbctl"
        self._tool = f"{tool} --db={shell_word(remote.at)}"
        self.patience_s: float | None = None
        """How long it is waited for by whoever asks now; None: as by those who need it."""
        self._trace, self._lock, self._process = trace, RLock(), getpid()
        self.unusable: VnetError | None = None
        """Why nothing more can be asked."""
        self._dropped = False
        self._away_since: float | None = None
        """Since when nobody is there, while something is asked."""
        self._arrived = 0
        self._looked = 0.0
        self._waits = False
        """Whether nothing is asked, and it is waited for what may come."""
        helper = ovs_idl.SchemaHelper(None, dict(schema_of(database)))
        for each in tables:
            helper.register_table(each)
        if not tables:
            helper.register_all()
        # A cluster's leader alone has what was written last; of one server there is no choice.
        several = len(remote.servers) > 1
        self._copy = Copy(",".join(known(remote)), helper, leader_only=several)
        self._copy.look = self._look
        # It would be 1 to 8 s: a cluster that has another leader is waited for.
        self._copy._session.reconnect.set_backoff(*_BACKOFF_MS)  # noqa: SLF001
        self._served = Served(self._copy)
        self._backend = OwnBackend(self._served)

    @classmethod
    def connect(
        cls,
        remote: Remote,
        database: str,
        *,
        trace: Callable[[str], None] | None = None,
        tables: Sequence[str] = (),
        patience_s: float | None = None,
    ) -> Self:
        """Connect, and copy what of the database vnetmgr uses, or these tables. `trace` gets what
        is asked, and which of it is a write; `patience_s` counts until somebody says otherwise."""
        logging.getLogger("ovsdbapp").setLevel(logging.CRITICAL + 1)  # it logs tracebacks
        prepare(remote)
        knock(remote, patience_s)
        client = cls(remote, database, trace, tables)
        client.patience_s = patience_s
        try:
            with client._asking("connecting"):
                client._served.start(client._refuse_other)
        except BaseException:
            client.close()
            raise
        return client

    @property
    def tables(self) -> Tables:
        """The copy, as of the last call of another method."""
        tables: Tables = self._copy.tables
        return tables

    @property
    def version(self) -> int:
        """Another number whenever the copy has changed, but for counters of writes."""
        return self._copy.changes

    def touched(self) -> set[UUID]:
        """The rows that have come, changed or gone since this was asked last."""
        found, self._copy.touched = self._copy.touched, set()
        return found

    @property
    def is_there(self) -> bool:
        """Whether the database is there, as far as is known."""
        return self._copy.is_there

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
            transaction.add(Work(self._backend, work))

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
                self._trace(f"{self._name}: {verb}{what}")
            question = ANSWERS.ask(
                lambda: what,
                self.give_up,
                ends_by_itself=until is not None,
                timeout_s=self._shorter(ANSWERS.timeout_s),
                of=Service(self._name, self._what_to_see(), self.remote.about),
            )
            try:
                yield
            except VnetError:
                raise  # what it was about is not to be
            except _OverdueError:
                self.unusable = self._overdue(what, writes=writes)
                raise self.unusable from None
            except RuntimeError as error:  # what the server says
                raise VnetError(
                    f"{self._name} refuses: {what}: {error}",
                    f"`{self._tool} show` shows what is there",
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
        stood_still, self._looked = now - self._looked > STILL_S, now
        arrived, self._arrived = self._arrived, self._copy.arrived
        if self._copy.is_there:
            self._away_since = None
        elif self._away_since is None or self._arrived > arrived or stood_still:
            self._away_since = now
        away = self._away_since is not None and now - self._away_since > self._shorter(_AWAY_S)
        if self._dropped or ANSWERS.left_s() <= 0 or (away and not self._waits):
            raise _OverdueError

    def _shorter(self, limit_s: float) -> float:
        """A limit, or the patience of whoever asks; 0: for ever."""
        return min(limit_s or inf, self.patience_s) if self.patience_s else limit_s

    def _refuse_other(self) -> None:
        """It would be asked for ever for what it has not."""
        served = self._copy.served
        if len(self.remote.servers) == 1 and served and self.database not in served:
            raise other_database(self.remote, self.database, served)
        schema = served.get(self.database)
        if schema is not None and (missing := lacking(self.database, schema)):
            raise older_database(self.remote, self.database, missing)

    def give_up(self) -> None:
        """Wait for no answer any more, in whichever thread; nothing can be asked from then on."""
        self._dropped = True

    def _refuse_unusable(self) -> None:
        if self._process != getpid():
            raise VnetError(
                f"this connection to {self._name} is that of the process before a fork",
                "connect anew in this process",
                about=self.remote.about,
            )
        if self.unusable is not None:
            raise self.unusable

    def _overdue(self, what: str, *, writes: bool) -> VnetError:
        away = self._away_since is not None
        silent_s = self._shorter(ANSWERS.timeout_s)
        if away:
            silent_s = min(silent_s or _AWAY_S, self._shorter(_AWAY_S))
        how = "been away" if away else "not answered"
        return VnetError(
            f"{self._name} has {how} for {silent_s:g} s: {what}"
            + (": whether it was done is not known" if writes else ""),
            self._what_to_see(),
            about=self.remote.about,
        )

    def _what_to_see(self) -> str:
        if self.remote.has_tls and not self._served.is_running:
            # By TLS 1.3 who comes in is refused when it has come in.
            return (
                f"does its server trust {self.remote.certificate}, and is that valid now? "
                "ovsdb-server's log there says why it ends connections; --timeout TIME waits longer"
            )
        control = "ovnsb_db.ctl" if self.database == SOUTHBOUND else "ovnnb_db.ctl"
        return (
            f"does it run, is it {self.database}, and has its cluster a leader? see `ovs-appctl -t "
            f"/var/run/ovn/{control} cluster/status {self.database}`; then run the command again: "
            "it goes on from what is there. --timeout TIME waits longer"
        )

    def _cut(self) -> VnetError:
        return VnetError(
            f"the connection to {self._name} was cut short",
            "run the command again",
            about=self.remote.about,
        )

    def close(self) -> None:
        """Close it; in a fork nothing is touched, as it is not its own."""
        if self._process != getpid():
            return
        self.unusable = self.unusable or VnetError(
            f"this connection to {self._name} is closed",
            about=self.remote.about,
        )
        self.give_up()
        if self._lock.acquire(timeout=SLICE_S * 5):  # whoever is under way looks up by then
            try:
                self._copy.close()
            finally:
                self._lock.release()
