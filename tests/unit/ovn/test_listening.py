"""What others change in the database is heard."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from queue import Empty, SimpleQueue

import pytest

from tests.ovn import Database as Server
from vnetmgr.errors import VnetError
from vnetmgr.model.overlay.northbound import Northbound
from vnetmgr.model.overlay.settings import OvnSettings
from vnetmgr.ovn.listening import Listener

Heard = SimpleQueue[Northbound | VnetError]


@pytest.fixture
def heard(northbound: Server) -> Iterator[Heard]:
    """What a listener hears."""
    queue: Heard = SimpleQueue()
    listener = Listener(OvnSettings(northbound=northbound.remote), queue.put)
    try:
        yield queue
    finally:
        listener.close()
        assert "ovn-events" not in [thread.name for thread in threading.enumerate()]


def names(heard: Heard) -> list[str]:
    found = heard.get(timeout=20)
    assert isinstance(found, Northbound), found
    return [each.network.name for each in found.overlays]


def test_changes_are_heard_and_counters_are_not(heard: Heard, northbound: Server) -> None:
    assert names(heard) == []
    northbound.ctl("ls-add blue")
    assert names(heard) == ["blue"]
    northbound.ctl("set nb_global . hv_cfg=7 nb_cfg=9")
    northbound.ctl("ls-add green")
    assert names(heard) == ["blue", "green"]
    with pytest.raises(Empty):
        heard.get(timeout=0.2)


def test_a_server_that_starts_anew_is_heard_again(heard: Heard, northbound: Server) -> None:
    assert names(heard) == []
    northbound.kill()
    northbound.start()
    northbound.ctl("ls-add blue")
    found = names(heard)
    while found != ["blue"]:
        found = names(heard)


def test_one_that_stays_away_is_told_of_once(heard: Heard, northbound: Server) -> None:
    assert names(heard) == []
    northbound.kill()
    lost = heard.get(timeout=20)
    assert isinstance(lost, VnetError)
    assert northbound.remote in lost.message
    northbound.start()
    assert names(heard) == []
