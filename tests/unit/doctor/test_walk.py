"""The path of a nic: what is checked, what is not, and what comes first."""

from __future__ import annotations

import pytest

from tests.unit.doctor.hosts import switch_host
from tests.unit.model.path.examples import BRIDGE, FACTS, TAP, WEB1
from vnetmgr.doctor.checks import CHECKS
from vnetmgr.doctor.walk import walk
from vnetmgr.model.path.domains import DomainState
from vnetmgr.model.path.facts import PathFacts
from vnetmgr.model.path.finding import Status
from vnetmgr.model.path.unseen import Need, Unseen
from vnetmgr.model.record import replace


def test_every_check_has_an_id_of_its_own() -> None:
    ids = [row.id for row in CHECKS]
    assert len(set(ids)) == len(ids)


def test_what_was_not_looked_at_is_not_ok() -> None:
    unseen = (Unseen(part="links", needs=Need.LOCAL_HOST, why="needs a local host"),)
    networks = tuple(replace(each, autostart=True) for each in FACTS.networks)
    (path,) = walk(replace(FACTS, links=None, networks=networks, unseen=unseen))
    found = {each.check: each for each in path.findings}
    assert found["bridge-down"].status is Status.NOT_CHECKED
    assert found["bridge-down"].cause == "needs a local host"
    assert path.first_cause is None


def test_of_a_bridge_that_is_not_there_nothing_is_ok() -> None:
    """As when its network was stopped."""
    stopped = tuple(replace(each, live=None) for each in FACTS.networks)
    links = (replace(TAP, master=None, port=None),)
    (path,) = walk(replace(FACTS, links=links, networks=stopped))
    found = {each.check: each.status for each in path.findings}
    assert found["network-inactive"] is Status.BROKEN
    assert not found.keys() & {"bridge-down", "bridge-no-uplink"}


def test_open_vswitch_s_own_link_may_be_down() -> None:
    """As ovn-controller leaves br-int: frames go all the same."""
    facts = switch_host()
    assert facts.links is not None
    links = tuple(replace(e, up=False) if e.kind == "openvswitch" else e for e in facts.links)
    for one in (facts, replace(facts, links=links)):
        (path,) = walk(one)
        assert "bridge-down" not in {each.check for each in path.findings}


def test_the_first_fault_on_the_way_is_the_cause() -> None:
    """Whatever else follows from it."""
    faults = replace(FACTS, links=(replace(TAP, master=None), replace(BRIDGE, up=False)))
    (path,) = walk(faults)
    cause = path.first_cause
    assert cause is not None
    assert cause.check == "tap-not-on-bridge"
    assert cause.remedy == "vnetmgr update-nic web1 lan --network lab"
    assert cause.fixable
    paused = replace(faults, domains=(replace(WEB1, state=DomainState.PAUSED),))
    (path,) = walk(paused)
    assert path.first_cause is not None
    assert path.first_cause.check == "domain-not-running"


@pytest.mark.parametrize(
    ("nics", "seen"), [(frozenset(), 1), ({("web1", "lan")}, 1), ({("web1", "x")}, 0)]
)
def test_only_what_was_asked_for_is_checked(nics: set[tuple[str, str]], seen: int) -> None:
    other = replace(WEB1, name="web2")
    facts = replace(FACTS, domains=(other, WEB1))
    assert len(list(walk(facts, frozenset(nics)))) == seen


def test_a_domain_without_nics_says_so() -> None:
    facts = PathFacts(
        uri="u", host="h", taken_s=0, asked=("web1",), domains=(replace(WEB1, nics=()),)
    )
    (path,) = walk(facts)
    assert [each.check for each in path.findings] == ["no-nic"]
    assert path.first_cause is None


def test_names_are_quoted_for_a_shell() -> None:
    hostile = replace(WEB1, name="a; rm -rf ~", state=DomainState.PAUSED)
    (path,) = walk(replace(FACTS, domains=(hostile,), asked=(hostile.name,)))
    assert path.first_cause is not None
    assert path.first_cause.remedy == "virsh resume 'a; rm -rf ~'"
