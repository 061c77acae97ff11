"""What one vnetmgr asks another for, of the host that the guest is to go to."""

from __future__ import annotations

import json
from ipaddress import ip_address

import pytest

from tests.unit.migration.hosts import LINKS, WEB, domain, facts, nic, over_libvirt, seen_there
from vnetmgr.errors import ExitCode, UsageError
from vnetmgr.migration.compare import compare
from vnetmgr.migration.facts import Facts, Side
from vnetmgr.migration.there import check_of, forwards_of, found_there, unseen, with_seen
from vnetmgr.model.forward import Protocol
from vnetmgr.model.nic import Mode
from vnetmgr.model.record import replace
from vnetmgr.model.seen.rules import Listener, LiveRules
from vnetmgr.render.documents.migration import MIGRATION_CHECK

SWITCHED = nic(Mode.BRIDGE, "ovsbr0", virtualport="openvswitch")
FAR = over_libvirt(facts(domain(SWITCHED, forwards=(WEB,))), "ovsbr0")
NGINX = Listener(
    protocol=Protocol.TCP, address=ip_address("0.0.0.0"), port=8080, program="nginx\x1b"
)


def itself(*, listeners: tuple[Listener, ...] = (), switches: frozenset[str]) -> Side:
    """The other host as it sees itself."""
    known: Facts = seen_there(
        FAR, links=replace(LINKS, switches=switches), rules=LiveRules(listeners=listeners)
    )
    return known.destination


def test_what_is_asked_for() -> None:
    assert unseen(compare(FAR)) == [
        {"object": "bridge", "name": "ovsbr0"},
        {"object": "forward", "name": "8080:80/tcp"},
    ]
    assert unseen(compare(facts(domain(SWITCHED)))) == []


@pytest.mark.parametrize(
    ("there", "found"),
    [
        (itself(switches=frozenset({"ovsbr0"})), {"bridge": "ok", "forward": "ok"}),
        (
            itself(switches=frozenset(), listeners=(NGINX,)),
            {"bridge": "differs", "forward": "differs"},
        ),
    ],
)
def test_what_it_says_takes_the_place_of_what_was_not_seen(
    there: Side, found: dict[str, str]
) -> None:
    asked = compare(FAR)
    said = json.loads(json.dumps(MIGRATION_CHECK.json(found_there(unseen(asked), there))))
    check = with_seen(asked, check_of(said).items)
    assert {item.object: item.status for item in check.items if item.object in found} == found
    assert [item.object for item in check.items] == [item.object for item in asked.items]
    assert (check.exit_code is ExitCode.REFUSED) is ("differs" in found.values())
    assert not any("\x1b" in item.cause for item in check.items)


def test_nothing_else_is_taken_from_it() -> None:
    known = compare(facts(domain(SWITCHED)))
    lies = replace(known, items=tuple(replace(item, cause="x") for item in known.items))
    assert with_seen(known, lies.items) == known


def test_a_check_is_read_back() -> None:
    known = compare(FAR)
    assert check_of(MIGRATION_CHECK.json(known)) == known


@pytest.mark.parametrize("told", [None, 1, "x", [1], [{}], [{"object": "forward"}]])
def test_what_is_no_question(told: object) -> None:
    with pytest.raises(UsageError):
        found_there(told, FAR.destination)


def test_a_forward_that_is_none() -> None:
    with pytest.raises(UsageError):
        forwards_of([{"object": "forward", "name": "x"}])
