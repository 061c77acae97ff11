"""How many of several hosts are done, for who waits."""

from __future__ import annotations

import sys
from io import StringIO

import pytest

from vnetmgr.render import progress
from vnetmgr.render.blocks import Form
from vnetmgr.render.console import settle
from vnetmgr.render.progress import Counted


class Screen(StringIO):
    """A terminal, of so few columns."""

    def __init__(self, columns: int = 80) -> None:
        super().__init__()
        self.columns = columns

    def isatty(self) -> bool:
        return True

    @property
    def line(self) -> str:
        """What stands in its last line."""
        return self.getvalue().rpartition("\r\033[K")[2]


class Clock:
    """The time, in seconds."""

    now = 100.0

    def monotonic(self) -> float:
        """As the module `time` has it."""
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    settle(Form.TABLE)
    return clock


def on(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> Screen:
    """The screen as the place of messages."""
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setattr(progress, "_columns", lambda: screen.columns)
    return screen


def test_it_is_shown_once_that_takes_long_and_goes(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = on(Screen(), monkeypatch)
    with Counted(["kvm1", "kvm2", "kvm3"]) as counted:
        counted.done("kvm1")
        counted.waits()
        assert screen.getvalue() == ""
        clock.now += 3
        counted.waits()
        assert screen.line == "1 of 3 hosts; waiting for kvm2, kvm3"
        written = screen.getvalue()
        counted.waits()
        assert screen.getvalue() == written
        counted.done("kvm3")
        counted.waits()
        assert screen.line == "2 of 3 hosts; waiting for kvm2"
        counted.done("kvm2")
        counted.waits()
    assert screen.line == ""


def test_it_stays_in_one_line(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = on(Screen(columns=20), monkeypatch)
    with Counted([f"kvm{number}" for number in range(100)]) as counted:
        clock.now += 3
        counted.waits()
        assert screen.line == "0 of 100 hosts; wai"


@pytest.mark.parametrize("where", ["pipe", "quiet"])
def test_nobody_is_told_in_a_pipe_or_with_quiet(
    where: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(Form.TABLE, quiet=where == "quiet")
    said = on(Screen(), monkeypatch) if where == "quiet" else StringIO()
    monkeypatch.setattr(sys, "stderr", said)
    with Counted(["kvm1"]) as counted:
        clock.now += 3
        counted.waits()
    assert said.getvalue() == ""
