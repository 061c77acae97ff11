"""What is looked at once for many, what is said while libvirt is gone, and that it comes back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import pytest

from vnetmgr.errors import ConnectionLostError, NoAnswerError, VnetError
from vnetmgr.metrics import endpoint as module
from vnetmgr.metrics.endpoint import Endpoint
from vnetmgr.metrics.facts import Examined, Scraped
from vnetmgr.model.record import replace


class World:
    """A libvirt that comes and goes, and a clock."""

    def __init__(self) -> None:
        self.now = 100.0
        self.away: VnetError | None = None
        """Why it cannot be connected to."""
        self.broken: VnetError | None = None
        """Why a look fails."""
        self.opened = self.closed = self.looks = 0
        self.said: list[str] = []

    def open(self) -> Any:
        if self.away is not None:
            raise self.away
        self.opened += 1
        return self

    # The connection, with its scraper

    def heed(self) -> None:
        """Nothing has happened."""

    @property
    def scraper(self) -> World:
        return self

    def scrape(self) -> Scraped:
        self.looks += 1
        if self.broken is not None:
            raise self.broken
        return Scraped(up=True, version="1", duration_s=float(self.looks))

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()
    monkeypatch.setattr(module, "monotonic", lambda: made.now)
    monkeypatch.setattr(module, "_Connection", lambda host: host)
    monkeypatch.setattr(module, "_IDLE_S", 0.01)
    return made


class Rounds:
    latest: Examined | None = None


def made(world: World, rounds: Any = None) -> Endpoint:
    return Endpoint(
        world.open,
        note=world.said.append,
        complain=lambda error: world.said.append(error.message),
        rounds=rounds,
    )


@contextmanager
def asking(endpoint: Endpoint, times: int) -> Iterator[list[str]]:
    """So many who ask at once; what they are told, at the end."""
    told: list[str] = []
    threads = [
        Thread(target=lambda: told.append(endpoint.answer().body.decode())) for _ in range(times)
    ]
    for thread in threads:
        thread.start()
    while endpoint._asks.qsize() < times:
        pass
    yield told
    for thread in threads:
        thread.join()


def ask(endpoint: Endpoint, times: int = 1) -> list[str]:
    with asking(endpoint, times) as told:
        for _ in range(times):
            endpoint.work()
    return told


def test_many_who_ask_at_once_share_a_look(world: World) -> None:
    endpoint = made(world)
    told = ask(endpoint, times=10)
    assert len(set(told)) == world.looks == 1
    world.now += 0.5
    assert ask(endpoint) == told[:1]
    world.now += 1.5
    assert ask(endpoint) != told[:1]
    assert (world.looks, world.opened) == (2, 1)


def test_without_libvirt_that_is_said_once_and_it_is_tried_again(world: World) -> None:
    endpoint = made(world)
    world.away = VnetError("libvirt does not run")
    for _ in range(3):
        world.now += 10
        (text,) = ask(endpoint)
        assert "vnetmgr_libvirt_up 0.0" in text
    world.away = None
    world.now += 10
    (text,) = ask(endpoint)
    assert "vnetmgr_libvirt_up 1.0" in text
    assert world.said == ["libvirt does not run", "libvirt answers again"]


def test_a_connection_that_is_lost_is_made_again(world: World) -> None:
    endpoint = made(world)
    ask(endpoint)
    world.now += 10
    world.broken = ConnectionLostError("it was lost")
    assert "vnetmgr_libvirt_up 0.0" in ask(endpoint)[0]
    world.broken = None
    world.now += 10
    assert "vnetmgr_libvirt_up 1.0" in ask(endpoint)[0]
    assert (world.opened, world.closed) == (2, 1)


def test_a_libvirt_that_hangs_is_left_in_peace_for_a_while(world: World) -> None:
    endpoint = made(world)
    world.broken = NoAnswerError("no answer")
    ask(endpoint)
    world.broken = None
    for wait_s, up in ((5, 0), (10, 0), (20, 1)):
        world.now += wait_s
        assert f"vnetmgr_libvirt_up {up:.1f}" in ask(endpoint)[0]


def test_who_has_waited_too_long_is_told_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE_S", 0.05)
    endpoint = made(world)
    assert "vnetmgr_libvirt_up 0.0" in endpoint.answer().body.decode()  # nobody is at work
    world.now += 1
    endpoint.work()  # what he asked is over
    assert world.looks == 0


def test_doctors_findings_are_those_of_its_last_look(world: World) -> None:
    rounds = Rounds()
    endpoint = made(world, rounds)
    assert "vnetmgr_doctor_run_success 1.0" not in ask(endpoint)[0]
    rounds.latest = Examined(ended_s=1.0, duration_s=2.0, success=True)
    world.now += 10
    assert "vnetmgr_doctor_run_success 1.0" in ask(endpoint)[0]
    rounds.latest = replace(rounds.latest, success=False)
    world.now += 10
    assert "vnetmgr_doctor_run_success 0.0" in ask(endpoint)[0]
