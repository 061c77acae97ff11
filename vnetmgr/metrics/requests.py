"""Pure: one request of HTTP, and what is answered. Only what a scraper needs of it."""

from __future__ import annotations

from http import HTTPStatus
from typing import NamedTuple

from vnetmgr.printable import is_printable

LONGEST_HEAD = 8192
"""Bytes of a request, all headers with it."""
PATH = "/metrics"
_METHODS = ("GET", "HEAD")
_INDEX = f"vnetmgr metrics: see {PATH}\n".encode()
_PLAIN = "text/plain; charset=utf-8"


class Asked(NamedTuple):
    """A request for the metrics."""

    with_body: bool


class Reply(NamedTuple):
    """What is answered."""

    status: HTTPStatus
    body: bytes
    content_type: str = _PLAIN
    with_body: bool = True

    def __bytes__(self) -> bytes:
        allow = f"Allow: {', '.join(_METHODS)}\r\n" * (self.status is HTTPStatus.METHOD_NOT_ALLOWED)
        head = (
            f"HTTP/1.1 {self.status.value} {self.status.phrase}\r\n"
            f"Content-Type: {self.content_type}\r\n"
            f"Content-Length: {len(self.body)}\r\n"
            f"{allow}"
            "X-Content-Type-Options: nosniff\r\n"
            "Cache-Control: no-store\r\n"
            "Connection: close\r\n\r\n"
        )
        return head.encode() + (self.body if self.with_body else b"")


def failure(status: HTTPStatus) -> Reply:
    """An answer that is none."""
    return Reply(status, f"{status.value} {status.phrase}\n".encode())


def read_request(head: bytes) -> Asked | Reply:
    """What is asked for, or the answer at once. `head`: all before the empty line."""
    try:
        line, *headers = head.decode("ascii").split("\r\n")
    except UnicodeDecodeError:
        return failure(HTTPStatus.BAD_REQUEST)
    words = line.split(" ")
    if len(words) != 3 or not all(map(_is_header, headers)) or not is_printable(line):
        return failure(HTTPStatus.BAD_REQUEST)
    method, target, version = words
    if version not in ("HTTP/1.0", "HTTP/1.1"):
        return failure(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED)
    if method not in _METHODS:
        return failure(HTTPStatus.METHOD_NOT_ALLOWED)
    path = target.partition("?")[0]
    if path == PATH:
        return Asked(with_body=method == "GET")
    if path == "/":
        return Reply(HTTPStatus.OK, _INDEX, with_body=method == "GET")
    return failure(HTTPStatus.NOT_FOUND)._replace(with_body=method == "GET")


def _is_header(line: str) -> bool:
    name, colon, _ = line.partition(":")
    return bool(colon) and name.replace("-", "").replace("_", "").isalnum()
