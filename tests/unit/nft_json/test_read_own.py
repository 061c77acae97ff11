"""What is in vnetmgr's table and is somebody else's: named, kept, and never in the way."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from tests.unit.nft_json.samples import ALL, LISTED, RANGE, UNMARKED, entries
from vnetmgr.nft_json.read import Listing

HERE = {"family": "inet", "table": "vnetmgr"}
EVERY4 = {"prefix": {"addr": "0.0.0.0", "len": 0}}


def key(*parts: object) -> dict[str, Any]:
    return {"concat": list(parts)}


# What somebody adds to a map or set of vnetmgr's -> what it is called.
ELEMENTS: dict[str, tuple[str, Any, str]] = {
    "a range": (
        "address4",
        [key(EVERY4, EVERY4, "tcp", {"range": [9000, 9100]}), "10.0.0.9"],
        "element 0.0.0.0/0 . 0.0.0.0/0 . tcp . 9000-9100 : 10.0.0.9 of map address4",
    ),
    "a range of addresses": (
        "address4",
        [key({"range": ["10.0.0.1", "10.0.0.9"]}, EVERY4, "tcp", 9), "10.0.0.9"],
        "element 10.0.0.1-10.0.0.9 . 0.0.0.0/0 . tcp . 9 : 10.0.0.9 of map address4",
    ),
    "without a comment": (
        "port4",
        [key(EVERY4, EVERY4, "tcp", 9), 9],
        "element 0.0.0.0/0 . 0.0.0.0/0 . tcp . 9 : 9 of map port4",
    ),
    "with a comment and a timeout": (
        "address6",
        [
            {
                "elem": {
                    "val": key("::1", "::2", "udp", 9),
                    "timeout": 60,
                    "expires": 59,
                    "comment": "mine, all mine",
                }
            },
            "fd00::1",
        ],
        "element ::1 . ::2 . udp . 9 : fd00::1 of map address6",
    ),
    "a protocol": (
        "port4",
        [key(EVERY4, EVERY4, "sctp", 9), 9],
        "element 0.0.0.0/0 . 0.0.0.0/0 . sctp . 9 : 9 of map port4",
    ),
    "a protocol by number, with vnetmgr's kind of comment": (
        "port4",
        [
            {
                "elem": {
                    "val": key(EVERY4, EVERY4, 132, 9),
                    "comment": "11111111-2222-3333-4444-555555555555 52:54:00:00:00:01 virbr7",
                }
            },
            9,
        ],
        "element 0.0.0.0/0 . 0.0.0.0/0 . 132 . 9 : 9 of map port4",
    ),
    "a single port among the ranges": (
        "same4",
        [key(EVERY4, EVERY4, "tcp", 9), "10.0.0.9"],
        "element 0.0.0.0/0 . 0.0.0.0/0 . tcp . 9 : 10.0.0.9 of map same4",
    ),
    "a bridge": ("localnet", "br0", "element br0 of set localnet"),
    "a pattern": ("localnet", "virbr*", "element virbr* of set localnet"),
    "a network": (
        "masquerade4",
        key("virbr9", {"range": ["10.0.0.1", "10.0.0.7"]}),
        "element virbr9 . 10.0.0.1-10.0.0.7 of set masquerade4",
    ),
    "a port of the loopback": ("loopback", key("tcp", 25), "element tcp . 25 of set loopback"),
    "not even a concatenation": ("masquerade6", "virbr9", "element virbr9 of set masquerade6"),
    "nothing known": ("address4", {"surprise": 1}, 'element {"surprise": 1} of map address4'),
}


def with_element(name: str, element: object) -> list[dict[str, Any]]:
    found = deepcopy(entries())
    for each in found:
        for kind in ("map", "set"):
            if each.get(kind, {}).get("name") == name:
                each[kind].setdefault("elem", []).append(element)
    return found


@pytest.mark.parametrize("case", ELEMENTS)
def test_an_element_is_named_and_all_else_is_as_it_was(case: str) -> None:
    name, element, said = ELEMENTS[case]
    listing = Listing(with_element(name, element))
    found = listing.live_rules()
    assert [text for text in found.others if said in text or text in said]
    assert len(found.others) == 1
    assert set(found.rules) == set(ALL.rules)
    assert found.passages == ALL.passages
    assert (found.whole, found.stray) == (True, False)
    assert (listing.own_table().others, listing.own_table().halves) == (True, ())


# What somebody adds to the table -> what it is called.
OBJECTS: dict[str, tuple[dict[str, Any], str]] = {
    "a chain": ({"chain": {**HERE, "name": "theirs", "handle": 90}}, "chain theirs"),
    "a base chain": (
        {
            "chain": {
                **HERE,
                "name": "theirs",
                "handle": 90,
                "type": "filter",
                "hook": "input",
                "prio": 0,
                "policy": "drop",
            }
        },
        "chain theirs",
    ),
    "a set": ({"set": {**HERE, "name": "theirs", "handle": 90, "type": "mark"}}, "set theirs"),
    "a map": (
        {"map": {**HERE, "name": "theirs", "handle": 90, "type": "mark", "map": "verdict"}},
        "map theirs",
    ),
    "a counter": ({"counter": {**HERE, "name": "c", "handle": 90, "packets": 1}}, "counter c"),
    "a quota": ({"quota": {**HERE, "name": "q", "handle": 90, "bytes": 1}}, "quota q"),
    "a flowtable": ({"flowtable": {**HERE, "name": "f", "handle": 90}}, "flowtable f"),
    "a rule": (
        {"rule": {**HERE, "chain": "guard", "handle": 91, "expr": [{"accept": None}]}},
        "rule 91 of chain guard",
    ),
    "a chain of a map's name": ({"chain": {**HERE, "name": "port4", "handle": 9}}, "chain port4"),
}


@pytest.mark.parametrize("case", OBJECTS)
def test_an_object_is_named_and_stays(case: str) -> None:
    entry, said = OBJECTS[case]
    found = Listing([*entries(), entry]).live_rules()
    assert found.others == (said,)
    assert set(found.rules) == set(ALL.rules)
    assert (found.whole, found.stray, found.blockers) == (True, False, ())


def changed(kind: str, name: str, **values: object) -> list[dict[str, Any]]:
    found = deepcopy(entries())
    for each in found:
        if each.get(kind, {}).get("name") == name:
            each[kind].update(values)
    return found


@pytest.mark.parametrize(
    ("kind", "name", "values"),
    [
        ("map", "address4", {"type": "ipv4_addr"}),
        ("map", "port4", {"map": "verdict"}),
        ("map", "same6", {"flags": ["constant", "interval"]}),
        ("map", "address6", {"flags": []}),
        ("set", "localnet", {"type": "mark"}),
        ("chain", "prerouting", {"prio": 0}),
        ("chain", "output", {"type": "route"}),
        ("chain", "guard", {"policy": "drop"}),
        ("chain", "guard", {"hook": "input"}),
    ],
)
def test_what_has_a_name_of_ours_and_is_something_else(
    kind: str, name: str, values: dict[str, object]
) -> None:
    found = Listing(changed(kind, name, **values)).live_rules()
    assert found.blockers == (f"{kind} {name}",)
    assert not found.whole


def test_more_flags_change_nothing() -> None:
    found = Listing(changed("map", "address4", flags=["interval", "timeout"]))
    assert found.live_rules().whole


def test_a_dormant_table_is_not_whole() -> None:
    found = Listing(entries(LISTED), {("inet", "vnetmgr")}).live_rules()
    assert not found.whole
    assert set(found.rules) == set(ALL.rules)


def test_the_table_of_the_version_before_is_read_and_gets_its_marks() -> None:
    listing = Listing(entries(UNMARKED))
    found = listing.live_rules()
    assert {*found.rules, RANGE} >= {r for r in ALL.rules if r.version == 4}
    assert (found.whole, found.others) == (False, ())
    table = listing.own_table()
    assert table.unmarked
    assert {name for name, _ in table.halves} == {
        "masquerade4",
        "masquerade6",
        "loopback",
        "localnet",
    }
