"""Whoever stands between a client and its database, and cuts them off at the worst moment."""

from __future__ import annotations

import re
import socket
from contextlib import suppress
from threading import Thread
from typing import TYPE_CHECKING, Self

from vnetmgr.runtime.closing import Closing

if TYPE_CHECKING:
    from pathlib import Path

_WRITES = re.compile(rb'"op": ?"(?:insert|update|mutate|delete)"')
_ANSWER = re.compile(rb'"result": ?\[')


class Between(Closing):
    """Passes everything on. `lose(n)`: the n-th transaction from then on that writes is carried
    out, its answer is lost, and the connection with it."""

    def __init__(self, path: Path, server: Path) -> None:
        self._path, self._server = path, server
        self.lost = 0
        """How many answers were."""
        self._writes_left = 0
        self._door = socket.socket(socket.AF_UNIX)

    @property
    def remote(self) -> str:
        """Where the database seems to be."""
        return f"unix:{self._path}"

    def __enter__(self) -> Self:
        self._door.bind(str(self._path))
        self._door.listen()
        Thread(target=self._let_in, daemon=True).start()
        return self

    def close(self) -> None:
        """End it."""
        self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()

    def lose(self, number: int = 1) -> None:
        """Cut off whoever writes for the n-th time from now on, once."""
        self._writes_left = number

    def _let_in(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._door.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(str(self._server))
                Thread(target=_Passage(self, client, server).up, daemon=True).start()

    def is_unlucky(self) -> bool:
        """Whether the answer to the write that has just come is to be lost."""
        self._writes_left -= 1
        return self._writes_left == 0


class _Passage:
    """One connection."""

    def __init__(self, between: Between, client: socket.socket, server: socket.socket) -> None:
        self._between, self._client, self._server = between, client, server
        self._is_cut = False

    def up(self) -> None:
        """From the client to the server, until one of them goes."""
        back = Thread(target=self._down, daemon=True)
        back.start()
        said = b""
        with suppress(OSError):
            while some := self._client.recv(1 << 16):
                said += some
                if _WRITES.search(said):
                    said = b""
                    self._is_cut = self._is_cut or self._between.is_unlucky()
                self._server.sendall(some)
        self._end()
        back.join()
        self._client.close()
        self._server.close()

    def _down(self) -> None:
        kept = b""
        with suppress(OSError):
            while some := self._server.recv(1 << 16):
                if not self._is_cut:
                    self._client.sendall(some)
                    continue
                kept += some
                if _ANSWER.search(kept):
                    self._between.lost += 1
                    break
        self._end()

    def _end(self) -> None:
        for each in (self._client, self._server):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
