"""What a watch is to look at because of OVN, and when."""

from __future__ import annotations

from math import inf
from types import SimpleNamespace
from typing import Any

import pytest

from tests.unit.watch.wanted import network, spec
from vnetmgr.host.events import Event
from vnetmgr.model.network import NetworkMode
from vnetmgr.planner.restrict import Key
from vnetmgr.watch import overlays as module
from vnetmgr.watch.overlays import Overlays

SPEC = spec(network("blue", mode=NetworkMode.OVERLAY))
WEB = Key("domain", "web")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A time of its own."""
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def happens(overlays: Overlays, *words: str) -> None:
    """What libvirt says of a guest that migrates."""
    for what in words:
        overlays.heed(Event(kind="domain", name="web", what=what, uuid="u", by_migration=True))


@pytest.mark.parametrize("words", [("started", "resumed"), ("suspended", "resumed")])
def test_a_guest_that_stays_where_it_is_is_looked_at_again(
    clock: Any, words: tuple[str, ...]
) -> None:
    overlays = Overlays(lambda: None)
    happens(overlays, *words)
    assert overlays.at == 112.0
    assert overlays.touched(SPEC, 111.9) == set()
    assert overlays.touched(SPEC, 112.0) == {WEB}
    assert overlays.touched(SPEC, 113.0) == set()
    assert overlays.at == inf


def test_one_that_is_gone_is_not(clock: Any) -> None:
    overlays = Overlays(lambda: None)
    happens(overlays, "suspended", "stopped")
    assert overlays.at == inf
