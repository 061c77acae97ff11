"""Reading the kernel's traces: for so long, and not silently less than there are."""

from __future__ import annotations

import errno
import socket
import time
from typing import cast

import pytest

from tests.unit.local.nftrace.test_messages import EVENT, RECORDED
from vnetmgr.errors import VnetError
from vnetmgr.local.nftrace.watch import _counts, _events


class Channel:
    """A socket that gives these answers, and then nothing."""

    def __init__(self, *answers: bytes | int) -> None:
        self._answers = list(answers)

    def settimeout(self, seconds: float) -> None:
        assert seconds > 0

    def recv(self, size: int) -> bytes:
        answer = self._answers.pop(0) if self._answers else errno.EAGAIN
        if isinstance(answer, bytes):
            return answer
        if answer == errno.EAGAIN:
            raise TimeoutError
        raise OSError(answer, "as the kernel says")


def read(*answers: bytes | int) -> tuple[int, bool]:
    channel = cast("socket.socket", Channel(*answers))
    events, overrun = _events(channel, time.monotonic() + 60)
    assert set(events) <= {EVENT}
    return len(events), overrun


def test_what_comes_is_read() -> None:
    assert read(RECORDED, RECORDED * 2, b"") == (3, False)


def test_more_than_can_be_read_is_said() -> None:
    assert read(RECORDED, errno.ENOBUFS, RECORDED) == (2, True)


def test_a_flood_ends_it() -> None:
    count, overrun = read(*[RECORDED * 1000] * 200)
    assert (count, overrun) == (100_000, True)


def test_another_error_is_one() -> None:
    with pytest.raises(VnetError, match="the kernel's traces end: as the kernel says"):
        read(errno.EBADF)


def test_a_rule_counts_before_its_limit_and_after() -> None:
    """As `nft -j list table` has it."""
    counted = [{"counter": {"packets": number, "bytes": 0}} for number in (9, 2)]
    rule = {"rule": {"expr": [{"match": {}}, counted[0], {"limit": {}}, counted[1]]}}
    assert _counts([{"table": {}}, rule, {"chain": {}}, rule]) == (18, 4)
