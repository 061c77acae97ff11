"""One lab for the whole run, brought up when the first test asks for it."""

from __future__ import annotations

import gc
import os
import signal
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.lab import Lab, OvnPair, Pair, lab_unavailable
from tests.ovn import Central, Cluster, Database, databases_unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

# No test is about time: on a loaded machine any example may be slow. Whether a change lands is no
# matter of luck: CI tries the same examples each time, everybody else looks for others.
settings.register_profile("any-machine", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("any-machine")
# A shell starts what it puts into the background with ^C ignored, and so would be all that tests
# start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)
# So does nohup with SIGHUP: a handler, unlike that, is not handed on.
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda number, frame: None)


# What is collected stays to the end: looked through again and again, 14,000 tests are a quarter of
# the time of their collection, and of tests that collect garbage themselves.
gc.disable()


def pytest_collection_finish() -> None:
    """From here on only what tests make is garbage."""
    gc.collect()
    gc.freeze()
    gc.enable()


# Files that take longest: begun last, they would be what the whole run waits for.
LONGEST = (
    "test_spec_guarantees.py",
    "test_network_undo.py",
    "test_forwards.py",
    "test_undo.py",
    "test_pages.py",
    "test_lab.py",
    "test_restart.py",
    "test_failures.py",
    "test_killed.py",
    "test_user_forwards.py",
    "test_spec.py",
    "test_network_updates.py",
    "test_addresses.py",
    "test_every_option.py",
    "test_update.py",
    "test_orphans.py",
    "test_watch.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Real guests first, the longest files before all; short ones fill what is left."""
    longest = {name: number for number, name in enumerate(LONGEST)}

    def order(item: pytest.Item) -> tuple[bool, int]:
        system = "system" in item.path.parts
        return (not system, longest.get(item.path.name, len(LONGEST)))

    items.sort(key=order)


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    """A private libvirtd with bridges and LANs; what it stands in for is printed."""
    need(lab_unavailable())
    with Lab() as lab:
        for text in lab.stand_ins:
            print(f"not the real thing: {text}")
        yield lab


@pytest.fixture(scope="session")
def whole_pair() -> Iterator[Pair]:
    """Two hosts and who administers them; `pair` is for tests."""
    need(lab_unavailable() or Lab.lacks("sshd"))
    with Pair() as pair:
        yield pair


@pytest.fixture
def pair(whole_pair: Pair) -> Iterator[Pair]:
    """Two hosts without domains or networks, and who administers them; afterwards as well."""
    yield whole_pair
    whole_pair.clear()


@pytest.fixture
def northbound() -> Iterator[Database]:
    """OVN's northbound database, empty, with nobody who reads it."""
    need(databases_unavailable())
    with Database() as database:
        yield database


@pytest.fixture
def northbound_cluster() -> Iterator[Cluster]:
    """The same on three servers."""
    need(databases_unavailable())
    with Cluster() as cluster:
        yield cluster


@pytest.fixture
def central() -> Iterator[Central]:
    """Both databases, and ovn-northd; `central.north` is the northbound one."""
    need(databases_unavailable())
    with Central() as central:
        yield central


@pytest.fixture(scope="session")
def whole_overlay() -> Iterator[OvnPair]:
    """Two hosts that OVN joins, and a third for who asks for it; `overlay` is for tests."""
    need(lab_unavailable() or Lab.lacks("sshd") or Lab.lacks("ovn"))
    with OvnPair() as pair:
        yield pair


@pytest.fixture
def overlay(whole_overlay: OvnPair) -> Iterator[OvnPair]:
    """Hosts without domains or networks, and an OVN without switches; afterwards as well."""
    yield whole_overlay
    whole_overlay.clear()


def need(reason: str | None) -> None:
    """Skip a test for a reason, if there is one; no machine of CI may have one."""
    if reason:
        if os.environ.get("CI"):
            pytest.fail(f"CI can have it, but: {reason}")
        pytest.skip(reason)
