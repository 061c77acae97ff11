"""Hearing what becomes of a real northbound database."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue

import pytest

from tests.lab.waiting import eventually
from tests.ovn import Database as Server
from tests.ovn.database import SCHEMAS, run
from tests.unit.ovn.values import overlay, port
from vnetmgr.errors import VnetError
from vnetmgr.model.overlay.northbound import Northbound, PortChange
from vnetmgr.model.overlay.settings import OvnSettings
from vnetmgr.model.writes import SetOverlay, SetPorts
from vnetmgr.ovn.database import Database
from vnetmgr.ovn.listener import Listener

_S = 20.0
MADE = SetOverlay(name="blue", before=None, after=overlay())


class Heard:
    """What was heard."""

    def __init__(self) -> None:
        self.queue: SimpleQueue[tuple[Northbound, Northbound]] = SimpleQueue()

    def __call__(self, before: Northbound, after: Northbound) -> None:
        self.queue.put((before, after))

    def until(self, *ports: str) -> Northbound:
        """Until the database has these ports."""
        while True:
            _, after = self.queue.get(timeout=_S)
            if [each.name for each in after.ports] == list(ports):
                return after


@pytest.fixture
def heard() -> Heard:
    """Nothing yet."""
    return Heard()


@pytest.fixture
def listener(northbound: Server, heard: Heard) -> Iterator[Listener]:
    """Somebody who listens, and has begun to."""
    with Database.connect(OvnSettings(northbound=northbound.remote)) as database:
        database.set_overlay(MADE)
    listener = Listener(OvnSettings(northbound=northbound.remote), heard)
    at_work = threading.Event()
    listener.do(lambda _: at_work.set())
    assert at_work.wait(_S)
    yield listener
    listener.close()
    eventually(lambda: not _listens(), "its thread has ended")


def _listens() -> bool:
    return any(thread.name == "vnetmgr-ovn" for thread in threading.enumerate())


def _files() -> int:
    """How many files this process has open."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_others_writes_are_heard(northbound: Server, listener: Listener, heard: Heard) -> None:
    northbound.ctl("lsp-add blue p1")
    assert heard.until("p1").ports[0].owner is None
    northbound.ctl("lsp-del p1")
    heard.until()


def test_what_is_done_for_others_is_done_there(listener: Listener, heard: Heard) -> None:
    made = port()
    listener.do(lambda db: db.set_ports(SetPorts(changes=(PortChange(before=None, after=made),))))
    assert heard.until(made.name).port(made.name) == made


def test_what_fails_there_ends_nothing(
    northbound: Server, listener: Listener, heard: Heard
) -> None:
    stale = SetPorts(changes=(PortChange(before=port(), after=None),))

    def fail(database: Database) -> None:
        database.set_ports(stale)

    listener.do(fail)

    def refuse(_: Database) -> None:
        raise VnetError("no")

    listener.do(refuse)
    northbound.ctl("lsp-add blue p1")
    heard.until("p1")


def test_a_database_that_comes_back_is_heard_again(
    northbound: Server, listener: Listener, heard: Heard
) -> None:
    northbound.kill()
    northbound.start()
    northbound.ctl("lsp-add blue p1")
    heard.until("p1")


def test_one_that_comes_back_empty_is_heard(
    northbound: Server, listener: Listener, heard: Heard
) -> None:
    northbound.ctl("lsp-add blue p1")
    heard.until("p1")
    northbound.kill()
    northbound.file.unlink()
    run(f"ovsdb-tool create {northbound.file} {SCHEMAS['OVN_Northbound']}")
    northbound.start()
    assert heard.until().overlays == ()


def test_what_changes_before_it_listens_is_heard(northbound: Server, heard: Heard) -> None:
    settings = OvnSettings(northbound=northbound.remote)
    with Database.connect(settings) as database:
        before = database.read()
    northbound.ctl("ls-add blue -- lsp-add blue p1")
    listener = Listener(settings, heard, known=before)
    heard.until("p1")
    listener.close()


def test_it_says_that_the_database_is_there_and_is_back(northbound: Server, heard: Heard) -> None:
    back: SimpleQueue[None] = SimpleQueue()
    settings = OvnSettings(northbound=northbound.remote)
    listener = Listener(settings, heard, back=lambda: back.put(None))
    for _ in range(2):
        back.get(timeout=_S)
        northbound.kill()
        northbound.start()
    back.get(timeout=_S)
    listener.close()


def test_one_that_is_closed_while_nobody_answers_leaves_nothing(
    northbound: Server, heard: Heard
) -> None:
    northbound.kill()
    before = _files()
    for _ in range(200):
        Listener(OvnSettings(northbound=northbound.remote), heard).close()
    eventually(lambda: not _listens(), "their threads have ended")
    assert _files() <= before


def test_one_that_is_not_there_yet_is_waited_for(northbound: Server, heard: Heard) -> None:
    northbound.kill()
    listener = Listener(OvnSettings(northbound=northbound.remote), heard)
    done = threading.Event()
    listener.do(lambda _: done.set())
    northbound.start()
    assert done.wait(_S)
    northbound.ctl("ls-add blue -- lsp-add blue p1")
    heard.until("p1")
    listener.close()


def test_threads_that_have_listened_leave_no_file_open(northbound: Server, heard: Heard) -> None:
    """libuuid keeps one open for each thread that has asked it for an id made of the time."""

    def listen() -> None:
        at_work = threading.Event()
        listener = Listener(OvnSettings(northbound=northbound.remote), heard)
        listener.do(lambda _: at_work.set())
        assert at_work.wait(_S)
        listener.close()
        eventually(lambda: not _listens(), "its thread has ended")

    listen()  # what is opened once for a whole process
    before = _files()
    for _ in range(3):
        listen()
    assert _files() <= before
