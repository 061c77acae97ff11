"""Which nics are asked for."""

from __future__ import annotations

import pytest

from tests.unit.model.path.examples import FACTS, MAC, WEB1
from vnetmgr.doctor.targets import Target, domains_of, nics_of, parse_targets
from vnetmgr.errors import NotFoundError, RefusedError, UsageError
from vnetmgr.model.record import replace


def test_words() -> None:
    asked = parse_targets(["web1/lan", "web2", "web1/lan", "web1/52:54:00:00:00:01"])
    assert asked == (
        Target("web1", "lan"),
        Target("web2"),
        Target("web1", "52:54:00:00:00:01"),
    )
    assert domains_of(asked) == ("web1", "web2")


@pytest.mark.parametrize("word", ["", "/", "/lan", "web1/"])
def test_words_that_name_nothing(word: str) -> None:
    with pytest.raises(UsageError):
        parse_targets([word])


@pytest.mark.parametrize("nic", ["lan", MAC, MAC.upper().replace(":", "-"), "vnet0"])
def test_a_nic_in_every_way(nic: str) -> None:
    assert nics_of(FACTS, [Target("web1", nic)]) == {("web1", "lan")}


def test_a_whole_domain_has_all_its_nics() -> None:
    assert nics_of(FACTS, [Target("web1", "lan"), Target("web1")]) == frozenset()
    assert nics_of(FACTS, ()) == frozenset()


def test_what_is_not_there_or_not_clear() -> None:
    with pytest.raises(NotFoundError) as raised:
        nics_of(FACTS, [Target("web2")])
    assert raised.value.hint == "there are: web1"
    with pytest.raises(NotFoundError) as raised:
        nics_of(FACTS, [Target("web1", "wan")])
    assert raised.value.hint == "there are: lan"
    twice = replace(FACTS, domains=(replace(WEB1, nics=WEB1.nics * 2),))
    with pytest.raises(RefusedError):
        nics_of(twice, [Target("web1", MAC)])
