"""Where nothing is wrong nothing is said to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.doctor.healthy import healthy
from vnetmgr.doctor.walk import walk
from vnetmgr.model.path.finding import Status
from vnetmgr.model.path.saved import read_saved, saved

if TYPE_CHECKING:
    from vnetmgr.model.path.facts import PathFacts

HOSTS = list(healthy())


def test_they_are_many_and_differ() -> None:
    names = [name for name, _ in HOSTS]
    assert len(set(names)) == len(names) >= 200
    texts = {saved(facts) for _, facts in HOSTS}
    assert len(texts) == len(names)


@pytest.mark.parametrize("facts", [each for _, each in HOSTS], ids=[name for name, _ in HOSTS])
def test_nothing_is_broken_and_nothing_is_warned_of(facts: PathFacts) -> None:
    for path in walk(facts):
        assert path.first_cause is None
        looked = [each for each in path.findings if each.status is Status.OK]
        assert looked


def test_what_goes_past_the_host_is_not_ok() -> None:
    """It is said that nobody sees it."""
    hosts = dict(HOSTS)
    for name in ("a network of macvtaps", "Open vSwitch", "a nic of kind hostdev"):
        (path,) = walk(hosts[name])
        found = {each.check: each.status for each in path.findings}
        assert found["path-not-visible"] is Status.NOT_CHECKED


def test_a_file_tells_as_much_as_the_host() -> None:
    _, facts = HOSTS[0]
    again = read_saved(saved(facts))
    assert [path.findings for path in walk(again)] == [path.findings for path in walk(facts)]
