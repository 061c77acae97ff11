"""The endpoint: a thread for each connection, few of them, none for long.

Whoever sends slowly, much or nonsense is let go, and holds up nobody else.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from http import HTTPStatus
from time import monotonic
from typing import TYPE_CHECKING, Self

from vnetmgr.errors import VnetError
from vnetmgr.metrics.requests import LONGEST_HEAD, Asked, Reply, failure, read_request

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import TracebackType

    from vnetmgr.metrics.addresses import Address

MAX_CONNECTIONS = 32
HEAD_S = 5.0
"""A request has come by then, ..."""
ANSWER_S = 20.0
"""... and its answer is taken by then."""
_PATIENCE_S = 1.0
"""So long nobody is let go who has not sent his request, even where somebody waits for a place."""
_DRAIN = 1 << 16


class Server:
    """A context manager: listens and answers, in threads. `answer` makes the metrics, and is called
    from many threads. Raises VnetError for an address that cannot be had."""

    def __init__(self, addresses: Sequence[Address], answer: Callable[[], Reply]) -> None:
        self._answer = answer
        self._lock = threading.Condition()
        self._reading: dict[socket.socket, float] = {}
        """Connections whose request has not come yet, the oldest first."""
        self._open = 0
        self._closed = False
        self._listeners: list[socket.socket] = []
        try:
            for address in addresses:
                self._listeners.append(_listen(address))
        except BaseException:
            self._close()
            raise

    def __enter__(self) -> Self:
        for listener in self._listeners:
            threading.Thread(
                target=self._accept, args=(listener,), daemon=True, name="listen"
            ).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    @property
    def urls(self) -> list[str]:
        """Where it listens."""
        found = []
        for listener in self._listeners:
            host, port = listener.getsockname()[:2]
            shown = f"[{host}]" if listener.family == socket.AF_INET6 else host
            found.append(f"http://{shown}:{port}/metrics")
        return found

    def _close(self) -> None:
        self._closed = True
        for listener in self._listeners:
            with suppress(OSError):  # wakes who accepts
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()

    def _accept(self, listener: socket.socket) -> None:
        while not self._closed:
            try:
                connection = listener.accept()[0]
            except OSError:  # it is closed; or there are too few descriptors, for a moment
                threading.Event().wait(0.1)
                continue
            if not self._has_place():
                connection.close()
                continue
            with self._lock:
                self._open += 1
                self._reading[connection] = monotonic()
            try:
                threading.Thread(
                    target=self._serve, args=(connection,), daemon=True, name="answer"
                ).start()
            except RuntimeError:  # no thread can be had
                self._leave(connection)

    def _has_place(self) -> bool:
        """Wait for a place; whoever has had one for long without asking is let go for it."""
        with self._lock:
            if self._open < MAX_CONNECTIONS:
                return True
            for connection, since in list(self._reading.items()):
                if since <= monotonic() - _PATIENCE_S:
                    with suppress(OSError):
                        connection.shutdown(socket.SHUT_RDWR)
            return self._lock.wait_for(lambda: self._open < MAX_CONNECTIONS, _PATIENCE_S)

    def _leave(self, connection: socket.socket) -> None:
        with self._lock:
            self._reading.pop(connection, None)
            self._open -= 1
            self._lock.notify_all()
        connection.close()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with suppress(OSError):  # he has gone, or is too slow
                self._converse(connection)
        finally:
            self._leave(connection)

    def _converse(self, connection: socket.socket) -> None:
        head = read_head(connection, monotonic() + HEAD_S)
        with self._lock:
            self._reading.pop(connection, None)
        if not head:
            return
        asked = read_request(head) if isinstance(head, bytes) else head
        if isinstance(asked, Asked):
            reply = self._answer()._replace(with_body=asked.with_body)
        else:
            reply = asked
        connection.settimeout(ANSWER_S)  # of all that is sent
        connection.sendall(bytes(reply))
        connection.shutdown(socket.SHUT_WR)
        # What he still sends would have the kernel cut off what he has not read yet.
        connection.settimeout(0.5)
        connection.recv(_DRAIN)


def read_head(connection: socket.socket, until: float) -> bytes | Reply:
    """A request up to its empty line; nothing where none comes; an answer where it is too long, or
    takes too long. Raises OSError."""
    data = b""
    while (end := data.find(b"\r\n\r\n")) < 0:
        left = until - monotonic()
        if left <= 0:
            return failure(HTTPStatus.REQUEST_TIMEOUT) if data else b""
        if len(data) > LONGEST_HEAD:
            return failure(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        connection.settimeout(left)
        try:
            chunk = connection.recv(4096)
        except TimeoutError:
            continue
        if not chunk:
            return b""
        data += chunk
    return data[:end]


def _listen(address: Address) -> socket.socket:
    family = socket.AF_INET6 if address.ip.version == 6 else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:  # [::] beside 0.0.0.0
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((str(address.ip), address.port))
        listener.listen(MAX_CONNECTIONS)
    except OSError as error:
        listener.close()
        raise VnetError(
            f"cannot listen on {address}: {error.strerror}",
            "another program may listen there: see `ss -ltnp`; or choose another address or port",
        ) from None
    return listener
