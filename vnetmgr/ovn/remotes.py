"""Where a database of OVN's is, as OVN's own programs take it: `unix:FILE`, `tcp:HOST:PORT`,
`ssl:HOST:PORT`; those of a cluster are separated by commas."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any

from vnetmgr.errors import UsageError, VnetError
from vnetmgr.model.overlay.options import parse_northbound
from vnetmgr.model.overlay.tls import TlsFiles
from vnetmgr.model.record import Record
from vnetmgr.problem import About
from vnetmgr.runtime.answers import ANSWERS, SLICE_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from vnetmgr.model.overlay.settings import OvnSettings

CONNECT_S = 5.0
"""How long a server may take to let anybody in."""


class Remote(Record):
    """A database that can be connected to."""

    at: str
    """As it was said; for messages."""
    servers: tuple[str, ...]
    private_key: str | None = None
    certificate: str | None = None
    ca_cert: str | None = None

    @property
    def has_tls(self) -> bool:
        """Whether one of its servers wants to know who asks."""
        return any(server.startswith("ssl:") for server in self.servers)

    @property
    def about(self) -> About:
        """What errors are about."""
        return About("ovn", self.at)


def remote_of(at: str, settings: OvnSettings | None = None) -> Remote:
    """The servers of a database. Raises UsageError for what is none."""
    servers = tuple(filter(None, (part.strip() for part in at.split(","))))
    try:
        parse_northbound(",".join(servers) or at)
    except ValueError as error:
        raise UsageError(f"{at!r} is no place of a database of OVN's", f"{error}") from None
    named = TlsFiles.FIELDS if settings is not None else ()
    files = {field: getattr(settings, field) for field in named}
    return Remote(at=at, servers=servers, **files)


def prepare(remote: Remote) -> None:
    """Give the library the files of TLS, where they are needed. Raises VnetError."""
    if not remote.has_tls:
        return
    from vnetmgr.ovn.tls import give_files

    give_files({field: getattr(remote, field) for field in TlsFiles.FIELDS}, remote.at)


def knock(remote: Remote, patience_s: float | None = None) -> None:
    """See whether a server lets anybody in: it says at once why it does not, where the library
    would go on trying. Raises VnetError."""
    limits = (CONNECT_S, ANSWERS.timeout_s, patience_s)
    until = monotonic() + min(filter(None, limits))
    doors = [door for server in remote.servers for door in _doors(server)]
    try:
        while not any(door.is_open() for door in doors):
            waiting = [door for door in doors if door.error is None]
            if not waiting or monotonic() >= until:
                raise _nobody(remote, doors)
            _wait(waiting)
    finally:
        for door in doors:
            door.close()


def addresses_of(server: str) -> list[str]:
    """A server by each of its addresses: the library does not look names up. Raises OSError."""
    import socket

    kind, _, rest = server.partition(":")
    if kind == "unix":
        return [server]
    host, _, port = rest.rpartition(":")
    try:
        found = socket.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise OSError("that is no name of a host") from None
    hosts = dict.fromkeys(str(address[0]) for *_, address in found)
    return [f"{kind}:[{each}]:{port}" if ":" in each else f"{kind}:{each}:{port}" for each in hosts]


def known(remote: Remote) -> Iterator[str]:
    """All addresses of its servers; a name that nobody knows is left out."""
    for server in remote.servers:
        with suppress(OSError):
            yield from addresses_of(server)


def _doors(server: str) -> Iterator[_Door]:
    try:
        for address in addresses_of(server):
            yield _Door(server, address)
    except OSError as error:
        yield _Door(server, None, error.strerror or str(error))


class _Door:
    """One server, while it is not known whether it lets anybody in."""

    def __init__(self, server: str, address: str | None, error: str | None = None) -> None:
        self.server, self._address = server, address
        self.error = error
        """Why it does not."""
        self.distrusts = False
        """Whether it is there, and one side does not trust the other."""
        self.is_forbidden = False
        """Whether it is there, for others than who asks."""
        self._stream: Any = None
        if error is None:
            self._do(self._open)

    def _open(self) -> int:
        from ovs.stream import Stream

        error, self._stream = Stream.open(self._address)
        return int(error)

    def is_open(self) -> bool:
        """Whether it does."""
        return self.error is None and self._do(lambda: int(self._stream.connect()))

    def _do(self, step: Callable[[], int]) -> bool:
        """Whether a step is done; the library lets through some errors of ssl's."""
        import ssl

        try:
            number = step()
        except ssl.SSLError as error:
            self.error, self.distrusts = f"TLS: {error.reason or error}", True
        except OSError as error:
            self.error = error.strerror or str(error)
        else:
            if number not in (0, errno.EAGAIN):
                self.error = self._said(number)
                self.is_forbidden = number == errno.EACCES and self.server.startswith("unix:")
            return number == 0
        return False

    def _said(self, number: int) -> str:
        # The library takes an error's first argument for its number, also of those of TLS.
        if self.server.startswith("ssl:") and number == _ssl_error():
            self.distrusts = True
            return "TLS: one side does not trust the other's certificate"
        return os.strerror(number)

    def wait(self, poller: Any) -> None:
        """Wake when there is something to look at."""
        self._stream.run()
        self._stream.run_wait(poller)
        self._stream.connect_wait(poller)

    def close(self) -> None:
        """Nobody goes in here."""
        if self._stream is not None:
            self._stream.close()


def _ssl_error() -> int:
    """What OpenSSL calls what is wrong with the other side, or its certificate."""
    import ssl

    return int(ssl.SSL_ERROR_SSL)


def _wait(doors: Iterable[_Door]) -> None:
    from ovs.poller import Poller

    poller = Poller()
    for door in doors:
        door.wait(poller)
    poller.timer_wait(int(SLICE_S * 1000))
    poller.block()


def _nobody(remote: Remote, doors: Sequence[_Door]) -> VnetError:
    failed = {door.server: door.error or "no answer" for door in doors}
    reasons = "; ".join(f"{server}: {why}" for server, why in failed.items())
    if any(door.distrusts for door in doors):
        hint = (
            f"is {remote.ca_cert} that of who has signed the database's certificate, and are both "
            "valid now? `openssl x509 -noout -dates -in FILE` says so"
        )
    elif any(door.is_forbidden for door in doors):
        hint = (
            "its socket is root's alone, as a rule: run vnetmgr as root (`sudo "
            "--preserve-env=OVN_NB_DB`), or have the database listen by ssl: as well"
        )
    elif any(server.startswith("unix:") for server in remote.servers):
        hint = "does it run? see `systemctl status ovn-central`; `--ovn-nb` says where it is"
    else:
        hint = (
            "does it run, and listen there? `ovn-nbctl get-connection` says so on its host; "
            "`--ovn-nb` says where it is"
        )
    return VnetError(f"cannot connect to OVN's database: {reasons}", hint, about=remote.about)


def other_database(remote: Remote, wanted: str, served: Iterable[str]) -> VnetError:
    """That a server has something else than what is asked for."""
    return VnetError(
        f"OVN's database {remote.at} is not {wanted}: it is {', '.join(sorted(served))}",
        "as a rule the northbound one, of --ovn-nb and ovn: {northbound: ...}, listens to port "
        "6641, and the southbound one, of join-overlay --southbound, to 6642",
        about=remote.about,
    )


def older_database(remote: Remote, wanted: str, missing: str) -> VnetError:
    """That a server's schema has not all that is asked for."""
    return VnetError(
        f"OVN's database {remote.at} has no {missing}: its {wanted} is of an older OVN: "
        "vnetmgr takes 22.06 and newer",
        "after an upgrade of OVN its database is converted when its server starts: `systemctl "
        "restart ovn-central` (of a cluster: on each of its servers)",
        about=remote.about,
    )
