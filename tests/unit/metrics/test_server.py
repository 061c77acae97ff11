"""The endpoint holds out: slow, long and odd requests do no harm to others."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from http import HTTPStatus
from http.client import HTTPConnection
from threading import Barrier, Thread
from urllib.parse import urlsplit

import pytest

from vnetmgr.errors import VnetError
from vnetmgr.metrics import server as module
from vnetmgr.metrics.addresses import read_address
from vnetmgr.metrics.requests import LONGEST_HEAD, Reply
from vnetmgr.metrics.server import Server

BODY = b"vnetmgr_libvirt_up 1\n"


class Here:
    """A server, and those who ask it."""

    def __init__(self, server: Server) -> None:
        url = urlsplit(server.urls[0])
        assert url.hostname
        assert url.port
        self.address = url.hostname, url.port

    def connect(self) -> socket.socket:
        return socket.create_connection(self.address, timeout=20)

    def ask(self, method: str = "GET", path: str = "/metrics") -> tuple[int, bytes]:
        connection = HTTPConnection(*self.address, timeout=20)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def send(self, data: bytes) -> bytes:
        """All that is answered to some bytes."""
        with self.connect() as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            found = b""
            while chunk := connection.recv(4096):
                found += chunk
            return found


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Iterator[Here]:
    monkeypatch.setattr(module, "HEAD_S", 1.0)
    monkeypatch.setattr(module, "_PATIENCE_S", 0.1)
    with Server([read_address("0", public=False)], lambda: Reply(HTTPStatus.OK, BODY)) as server:
        yield Here(server)


def test_it_answers(here: Here) -> None:
    assert here.ask() == (200, BODY)
    assert here.ask("HEAD") == (200, b"")
    assert here.ask("POST")[0] == 405
    assert here.ask(path="/other")[0] == 404


def test_ipv6() -> None:
    address = read_address("[::1]:0", public=False)
    with Server([address], lambda: Reply(HTTPStatus.OK, BODY)) as server:
        assert server.urls[0].startswith("http://[::1]:")
        assert Here(server).ask() == (200, BODY)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\x00" * 100 + b"\r\n\r\n", b"400"),
        (b"GET /metrics HTTP/1.1\r\nx: " + b"y" * LONGEST_HEAD * 2, b"431"),
        (b"\x80\xff\r\n\r\n", b"400"),
        (b"", b""),
        (b"GET /met", b""),
    ],
)
def test_nonsense(here: Here, data: bytes, status: bytes) -> None:
    assert here.send(data)[9:12] == status
    assert here.ask() == (200, BODY)


def test_a_slow_one_is_let_go(here: Here) -> None:
    with here.connect() as slow:
        slow.sendall(b"GET /metrics HTTP/1.1\r\n")
        assert slow.recv(100)[9:12] == b"408"
    with here.connect() as silent:
        assert silent.recv(100) == b""


def test_many_slow_ones_hold_up_nobody(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HEAD_S", 60.0)
    with ExitStack() as slow:
        for _ in range(3 * module.MAX_CONNECTIONS):
            slow.enter_context(here.connect()).sendall(b"GET /metrics")
        assert here.ask() == (200, BODY)


def test_many_at_once(here: Here) -> None:
    start, found = Barrier(20), []

    def ask() -> None:
        start.wait()
        found.append(here.ask())

    threads = [Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [(200, BODY)] * 20


def test_an_address_that_is_taken(here: Here) -> None:
    taken = read_address(f"{here.address[0]}:{here.address[1]}", public=False)
    with pytest.raises(VnetError) as refused:
        Server([taken], lambda: Reply(HTTPStatus.OK, BODY))
    assert str(taken) in refused.value.message
    assert refused.value.hint
