"""What nft lists, as rules and as what is in their way. The listings are nft's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.nft_json.samples import (
    ALL,
    FEW,
    HERE,
    LISTED,
    OTHERS,
    SIX,
    WEB,
    entries,
)
from vnetmgr.model.record import replace
from vnetmgr.model.seen.rules import LiveRules
from vnetmgr.nft_json.read import Listing

if TYPE_CHECKING:
    from collections.abc import Callable


def listed(change: Callable[[list[dict[str, Any]]], None] | None = None) -> Listing:
    """The listing of ALL, changed."""
    found = entries()
    if change is not None:
        change(found)
    return Listing(found)


def part(found: list[dict[str, Any]], kind: str, **wanted: object) -> dict[str, Any]:
    """The first object of a kind with these values."""
    every = (each[kind] for each in found if kind in each)
    return next(each for each in every if wanted.items() <= each.items())


def test_all_of_it_is_read_as_it_was_written() -> None:
    found = Listing(entries(LISTED)).live_rules()
    assert set(found.rules) == set(ALL.rules)
    assert len(found.rules) == len(ALL.rules)
    assert found.passages == ALL.passages
    assert (found.whole, found.stray) == (True, False)
    assert found.connections == {rule.where: 0 for rule in ALL.rules}


@pytest.mark.parametrize("others", [[], entries(OTHERS)])
def test_without_the_table_there_is_nothing(others: list[dict[str, Any]]) -> None:
    found = Listing(others)
    assert not found.has_table
    assert found.live_rules() == LiveRules()


def test_connections_are_those_of_all_a_rules_keys() -> None:
    def count(found: list[dict[str, Any]]) -> None:
        for elem, _ in part(found, "map", name="address4")["elem"]:
            elem["elem"]["counter"]["packets"] = 5

    connections = listed(count).live_rules().connections
    assert connections[WEB.where] == 5
    assert connections[SIX.where] == 0
    assert connections[FEW.where] == 5 * 3  # two networks, and 127.0.0.0/8


def no_comment(found: list[dict[str, Any]]) -> None:
    for elem, _ in part(found, "map", name="address4")["elem"]:
        elem["elem"].pop("comment")


def no_port(found: list[dict[str, Any]]) -> None:
    del part(found, "map", name="port4")["elem"]


def no_address(found: list[dict[str, Any]]) -> None:
    del part(found, "map", name="address6")["elem"]


def no_elements(found: list[dict[str, Any]]) -> None:
    for each in found:
        for value in each.values():
            value.pop("elem", None)


@pytest.mark.parametrize(
    ("change", "left"),
    # A range has one element, in a map of its own.
    [(no_comment, 4), (no_port, 4), (no_address, 7), (no_elements, 0)],
)
def test_what_no_rule_has_is_stray(
    change: Callable[[list[dict[str, Any]]], None], left: int
) -> None:
    found = listed(change).live_rules()
    assert (len(found.rules), found.stray) == (left, True)


@pytest.mark.parametrize("name", ["prerouting", "output", "postrouting", "guard"])
def test_a_chain_that_lost_a_rule_is_not_whole(name: str) -> None:
    def lose(found: list[dict[str, Any]]) -> None:
        gone = part(found, "rule", chain=name)
        found[:] = [each for each in found if each.get("rule") is not gone]

    found = listed(lose).live_rules()
    assert not found.whole
    assert set(found.rules) == set(ALL.rules)


@pytest.mark.parametrize("name", ["address6", "masquerade6", "loopback", "localnet"])
def test_a_set_that_is_gone_is_not_whole(name: str) -> None:
    def lose(found: list[dict[str, Any]]) -> None:
        kind = "map" if name.startswith("address") else "set"
        gone = part(found, kind, name=name)
        found[:] = [each for each in found if each.get(kind) is not gone]

    assert not listed(lose).live_rules().whole


def test_a_rule_too_many_is_not_whole() -> None:
    def more(found: list[dict[str, Any]]) -> None:
        found.append({"rule": part(found, "rule", chain="guard")})

    assert not listed(more).live_rules().whole


def test_tables_of_the_same_name_are_not_ours() -> None:
    def rename(found: list[dict[str, Any]]) -> None:
        for each in found:
            for value in each.values():
                value["family"] = "ip"

    assert listed(rename).live_rules() == LiveRules()


def test_localnet_needs_both_sets() -> None:
    def lose(found: list[dict[str, Any]]) -> None:
        part(found, "set", name="localnet")["elem"] = [
            {"elem": {"val": "virbr8", "comment": "vnetmgr"}}
        ]

    one, other = listed(lose).live_rules().passages
    assert (one.localnet, other.localnet) == (False, True)
    assert one == replace(ALL.passages[0], localnet=False)


def test_who_listens_there() -> None:
    assert {rule.listen for rule in listed().live_rules().rules} == {
        None,
        HERE.listen,
        *(rule.listen for rule in ALL.rules),
    }


def test_obstacles() -> None:
    found = list(Listing(entries(OTHERS)).obstacles())
    said = [str(each) for each in found]
    handles = [
        each["rule"]["handle"]
        for each in entries(OTHERS)
        if each.get("rule", {}).get("table") == "last"
    ]
    _, reject, _, drop6 = handles
    assert said == [
        "table inet firewall, chain forward: its policy is drop",
        f"table ip last, chain forward: its rule {reject} is reject",
        f"table ip6 last, chain forward: its rule {drop6} is drop",
        # iptables' own chains are those of ip and ip6.
        "table inet filter, chain FORWARD: its policy is drop",
    ]


def test_an_accept_that_asks_for_more_helps_nobody() -> None:
    found = entries(OTHERS)
    dnat = next(
        each["rule"]
        for each in found
        if each.get("rule", {}).get("table") == "careful" and "dnat" in str(each)
    )
    match = {"match": {"op": "==", "left": {"meta": {"key": "iifname"}}, "right": "eth9"}}
    dnat["expr"].insert(0, match)
    said = [str(each) for each in Listing(found).obstacles()]
    assert "table inet careful, chain forward: its policy is drop" in said


def test_our_own_table_is_no_obstacle() -> None:
    assert list(listed().obstacles()) == []
