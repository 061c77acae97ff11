"""What a watch is to look at because of OVN, and when."""

from __future__ import annotations

from math import inf
from types import SimpleNamespace
from typing import Any

import pytest

from tests.unit.ovn.values import overlay, port
from tests.unit.watch.wanted import network, spec
from vnetmgr.host.events import Event
from vnetmgr.model.network import NetworkMode
from vnetmgr.model.overlay.northbound import Northbound
from vnetmgr.model.overlay.settings import OvnSettings
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


def test_what_is_made_and_taken_away_while_nobody_hears_it_is_missed(
    clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of a database that comes and goes: the one who listens finds it as it was before."""
    made = port()
    owner = made.owner
    assert owner is not None
    assert owner.domain_name is not None
    empty = Northbound(at="unix:nb", overlays=(overlay(),))
    full = Northbound(at="unix:nb", overlays=(overlay(),), ports=(made,))
    host: Any = SimpleNamespace(name=owner.host, is_local=True)
    listeners: list[Any] = []

    def listen(settings: object, heard: object, **others: object) -> Any:
        listeners.append(SimpleNamespace(settings=settings, heard=heard, close=lambda: None))
        return listeners[-1]

    monkeypatch.setattr("vnetmgr.ovn.listener.Listener", listen)
    monkeypatch.setattr("vnetmgr.engine.northbound.looked_at", lambda _: OvnSettings())
    monkeypatch.setattr("vnetmgr.engine.northbound.seen_last", lambda _: empty)
    overlays = Overlays(lambda: None)
    overlays.follow(host)
    assert overlays.touched(SPEC, 101.0) == set()
    monkeypatch.setattr("vnetmgr.engine.northbound.seen_last", lambda _: full)
    overlays.follow(host)
    listeners[0].heard(empty, empty)
    assert overlays.touched(SPEC, 100.1) == set()
    assert overlays.at == 100.5
    assert overlays.touched(SPEC, 100.5) == {Key("domain", owner.domain_name)}
    assert overlays.at == inf
