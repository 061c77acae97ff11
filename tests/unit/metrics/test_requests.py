"""What is asked for over HTTP, and what is answered to what is not."""

from __future__ import annotations

from http import HTTPStatus

import pytest

from vnetmgr.metrics.requests import Asked, Reply, read_request

HOST = b"\r\nHost: x"


@pytest.mark.parametrize(
    ("head", "with_body"),
    [
        (b"GET /metrics HTTP/1.1" + HOST, True),
        (b"GET /metrics?name[]=up HTTP/1.0", True),
        (b"HEAD /metrics HTTP/1.1\r\nAccept: text/plain;q=0.5,*/*", False),
    ],
)
def test_metrics(head: bytes, *, with_body: bool) -> None:
    assert read_request(head) == Asked(with_body=with_body)


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET / HTTP/1.1" + HOST, 200),
        (b"GET /etc/passwd HTTP/1.1", 404),
        (b"GET //metrics HTTP/1.1", 404),
        (b"GET /metrics/../x HTTP/1.1", 404),
        (b"GET http://other/metrics HTTP/1.1", 404),
        (b"POST /metrics HTTP/1.1\r\nContent-Length: 5", 405),
        (b"get /metrics HTTP/1.1", 405),
        (b"GET /metrics HTTP/2", 505),
        (b"GET /metrics", 400),
        (b"GET  /metrics HTTP/1.1", 400),
        (b"GET /metrics HTTP/1.1\r\nno header", 400),
        (b"GET /metrics HTTP/1.1\r\n folded: x", 400),
        (b"\x16\x03\x01\x02\x00\x01", 400),
        (b"GET /metrics\nHTTP/1.1 x", 400),
        (b"", 400),
    ],
)
def test_all_else(head: bytes, status: int) -> None:
    reply = read_request(head)
    assert isinstance(reply, Reply)
    assert reply.status == status


def test_an_answer_is_whole_and_alone() -> None:
    head, _, body = bytes(Reply(HTTPStatus.OK, b"abc")).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\nContent-Length: 3\r\n" in head
    assert head.endswith(b"\r\nConnection: close")
    assert body == b"abc"
    assert bytes(Reply(HTTPStatus.OK, b"abc", with_body=False)) == head + b"\r\n\r\n"


def test_what_is_allowed_is_said() -> None:
    reply = read_request(b"DELETE /metrics HTTP/1.1")
    assert isinstance(reply, Reply)
    assert b"\r\nAllow: GET, HEAD\r\n" in bytes(reply)
